"""An attribution graph: what speaks to what inside a model, on one prompt.

Nodes are features (or neurons), errors (what the features of one MLP leave unexplained at one token), tokens and
logits. `edges[t, s]` is how much of node t's input comes from node s, directly: on no way through another node.
A row adds up to the node's whole input, `value`, with two things that no node supplies:

    edges.sum(1) + constant + rest == value

Ameisen et al. 2025. Built in chapter 05.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.graphs.errors import GraphError

KINDS = ("feature", "error", "token", "logit")
"""Kinds of node, in the order in which a graph lists them."""


class Node(NamedTuple):
    """One node."""

    kind: str
    """`feature` (a neuron, where the graph is of neurons), `error`, `token` or `logit`."""
    layer: int
    """Its block; -1 for a token, the number of blocks for a logit."""
    position: int
    """Its token, counted from the first, 0."""
    latent: int
    """Which feature; the token's id for tokens and logits; -1 for an error."""
    activation: float = math.nan
    """How active a feature is; how far a logit lies above the mean logit; how long an error's or token's vector is."""
    label: str = ""
    """What a reader should read; empty where nobody has said."""

    @property
    def id(self) -> str:
        """The name that circuit-tracer gives it: `3_517_9` is feature 517 of layer 3 at token 9."""
        match self.kind:
            case "token":
                return f"E_{self.latent}_{self.position}"
            case "logit":
                return f"{self.layer + 1}_{self.latent}_{self.position}"
            case _:
                return f"{self.layer}_{self.latent}_{self.position}"


NodeLike = int | str | Node
"""A node by its index, its id or itself."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph. Its functions are free: `prune`, `scores`, `group`, `to_json` …"""

    prompt: str
    tokens: tuple[str, ...]
    """The prompt's tokens as text, the prefix first."""
    token_ids: tuple[int, ...]
    nodes: tuple[Node, ...]
    """Features, then errors, tokens, logits."""
    edges: Float[Tensor, "target source"]
    """Row: who listens. Column: who speaks. In units of the listener's pre-activation or logit."""
    probabilities: Float[Tensor, " logit"]
    """What the model gives to each logit node's token."""
    value: Float[Tensor, " node"]
    """What a feature's (before its threshold) or logit's (above the mean logit) inputs add up to; NaN for others."""
    constant: Float[Tensor, " node"]
    """What arrives on any prompt: biases, and what the MLPs write at the first token."""
    rest: Float[Tensor, " node"]
    """What arrives from features that were left out of the graph."""
    left_out: Float[Tensor, " node"]
    """The same without signs: sum of the sizes of the edges that were left out."""
    n_layers: int
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Supernodes: a name, and the indices of its members."""
    about: Mapping[str, str] = field(default_factory=dict)
    """How it was made, as text."""

    def __post_init__(self) -> None:
        n = len(self.nodes)
        if self.edges.shape != (n, n):
            raise GraphError(f"Graph: {n} nodes need edges of shape {(n, n)}; got {tuple(self.edges.shape)}.")
        order = [KINDS.index(node.kind) for node in self.nodes]
        if order != sorted(order):
            raise GraphError(f"Graph: the nodes stand in the order {', '.join(KINDS)}; here they are mixed.")

    def where(self, kind: str) -> slice:
        """The indices of all nodes of one kind, as a slice."""
        if kind not in KINDS:
            raise GraphError(f"where: there is no kind {kind!r} of node. Kinds: {', '.join(KINDS)}.")
        kinds = [node.kind for node in self.nodes]
        first = kinds.index(kind) if kind in kinds else sum(KINDS.index(k) < KINDS.index(kind) for k in kinds)
        return slice(first, first + kinds.count(kind))

    @cached_property
    def by_id(self) -> dict[str, int]:
        """The index of each id."""
        return {node.id: i for i, node in enumerate(self.nodes)}

    def index(self, node: NodeLike) -> int:
        """The index of a node that is given by index, id or itself.

        Raises:
            GraphError: it is not in the graph (any more: pruning removes nodes).
        """
        if isinstance(node, int):
            if not 0 <= node < len(self.nodes):
                raise GraphError(f"index: this graph has nodes 0 to {len(self.nodes) - 1}; asked for {node}.")
            return node
        name = node.id if isinstance(node, Node) else node
        if name not in self.by_id:
            raise GraphError(
                f"index: no node {name!r} in this graph of {len(self.nodes)} nodes; ids look like "
                f"{self.nodes[0].id!r}. `find(layer=..., position=...)` lists what there is. Was it pruned?"
            )
        return self.by_id[name]

    def find(
        self,
        kind: str | None = None,
        *,
        layer: int | Sequence[int] | None = None,
        position: int | None = None,
        latent: int | None = None,
        label: str | None = None,
    ) -> list[int]:
        """The indices of the nodes that fit; `label`: whose label, or token's text, holds this text."""
        layers = range(-1, self.n_layers + 1) if layer is None else [layer] if isinstance(layer, int) else layer
        position = position + len(self.tokens) if position is not None and position < 0 else position
        wanted = {"kind": kind, "position": position, "latent": latent}
        asked = [(name, value) for name, value in wanted.items() if value is not None]
        return [
            i
            for i, node in enumerate(self.nodes)
            if node.layer in layers
            and all(getattr(node, name) == value for name, value in asked)
            and (label is None or label in node.label)
        ]


def empty_inputs(n: int) -> dict[str, Tensor]:
    """For nodes made by hand: no constant, nothing left out, values unknown."""
    zeros = torch.zeros(n)
    return {"value": torch.full((n,), math.nan), "constant": zeros, "rest": zeros.clone(), "left_out": zeros.clone()}


def label(graph: Graph, labels: Mapping[Any, str]) -> Graph:
    """The graph with labels on some nodes, given by index, id or node."""
    by_index = {graph.index(node): text for node, text in labels.items()}
    nodes = tuple(node._replace(label=by_index.get(i, node.label)) for i, node in enumerate(graph.nodes))
    return replace(graph, nodes=nodes)


def group(graph: Graph, groups: Mapping[str, Iterable[NodeLike]]) -> Graph:
    """The graph with supernodes: names for sets of nodes that a reader takes for one thing.

    Raises:
        GraphError: a group is empty, or a node is in two of them.
    """
    members = {name: tuple(graph.index(node) for node in nodes) for name, nodes in groups.items()}
    seen: dict[int, str] = {}
    for name, indices in members.items():
        if not indices:
            raise GraphError(f"group: the group {name!r} has no members.")
        for i in indices:
            if i in seen:
                raise GraphError(f"group: node {graph.nodes[i].id!r} is in {seen[i]!r} and in {name!r}; choose one.")
            seen[i] = name
    return replace(graph, groups=members)


def keep_nodes(graph: Graph, kept: Sequence[int]) -> Graph:
    """The graph of some of its nodes. What the others sent is counted in `rest`, so that rows still add up."""
    index = torch.tensor(list(kept), dtype=torch.long)
    gone = torch.ones(len(graph.nodes), dtype=torch.bool)
    gone[index] = False
    lost = graph.edges[index][:, gone]
    place = {old: new for new, old in enumerate(index.tolist())}
    groups = {name: tuple(place[i] for i in members if i in place) for name, members in graph.groups.items()}
    logits = graph.where("logit")
    stay = torch.tensor([i in place for i in range(logits.start, logits.stop)], dtype=torch.bool)
    return replace(
        graph,
        nodes=tuple(graph.nodes[i] for i in index.tolist()),
        edges=graph.edges[index][:, index],
        probabilities=graph.probabilities[stay],
        value=graph.value[index],
        constant=graph.constant[index],
        rest=graph.rest[index] + lost.sum(1),
        left_out=graph.left_out[index] + lost.abs().sum(1),
        groups={name: members for name, members in groups.items() if members},
    )
