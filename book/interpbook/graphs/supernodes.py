"""Reading a graph: who feeds a node, along which path, and how sets of nodes that mean one thing feed one another.

A supernode is a reader's claim that some nodes are one thing. `supergraph` adds up the edges between supernodes; with
`through=True` also the ways over nodes that are in no supernode. Ameisen et al. 2025. Built in chapter 05.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.graphs.errors import GraphError
from interpbook.graphs.graph import Graph, NodeLike
from interpbook.graphs.influence import SMALL, influence, logit_weights, shares


class Weighted(NamedTuple):
    """A node beside another, and the edge between them."""

    node: int
    weight: float


def top_inputs(graph: Graph, node: NodeLike, n: int = 5) -> list[Weighted]:
    """The nodes that send most to this one, the largest edges (of either sign) first."""
    return _largest(graph.edges[graph.index(node)], n)


def top_outputs(graph: Graph, node: NodeLike, n: int = 5) -> list[Weighted]:
    """The nodes to which this one sends most, the largest edges (of either sign) first."""
    return _largest(graph.edges[:, graph.index(node)], n)


def _largest(weights: Float[Tensor, " node"], n: int) -> list[Weighted]:
    order = weights.abs().argsort(descending=True)[:n].tolist()
    return [Weighted(i, float(weights[i])) for i in order if weights[i] != 0]


def strongest_path(graph: Graph, target: NodeLike | None = None) -> list[int]:
    """From a token or an error to a node (the first logit, if none is named): the path whose shares multiply highest.

    At each node the share is the edge's size over all that enters it, so a path through many faithful steps can win
    over a direct edge.
    """
    first = graph.where("logit").start
    end = first if target is None else graph.index(target)
    best, by = _best_ways(graph, end)
    sources = [i for i, node in enumerate(graph.nodes) if node.kind in ("token", "error") and best[i] > 0 and i != end]
    if not sources:
        raise GraphError(f"strongest_path: nothing reaches {graph.nodes[end].id!r} in this graph; was it pruned away?")
    path = [max(sources, key=lambda i: best[i])]
    while path[-1] != end:
        path.append(by[path[-1]])
    return path


def _best_ways(graph: Graph, end: int) -> tuple[list[float], list[int]]:
    """For each node the largest product of shares on a way to `end`, and its next step; listeners before speakers."""
    share = shares(graph.edges)
    best = torch.zeros(len(graph.nodes))
    by = torch.full((len(graph.nodes),), -1)
    best[end] = 1.0
    order = sorted(range(len(graph.nodes)), key=lambda i: (graph.nodes[i].layer, graph.nodes[i].kind == "feature"))
    for listener in reversed(order):
        if best[listener] > 0:
            offered = share[listener] * best[listener]
            better = offered > best
            best, by = torch.where(better, offered, best), by.masked_fill(better, listener)
    return best.tolist(), by.tolist()


class SuperGraph(NamedTuple):
    """Supernodes and what flows between them."""

    names: tuple[str, ...]
    """The groups, then the tokens, errors and logits that are in none."""
    members: tuple[tuple[int, ...], ...]
    edges: Float[Tensor, "target source"]
    """Of all that enters the target's members, the signed share that comes from the source's members: -1 to 1."""
    influence: Float[Tensor, " supernode"]
    """How much of the logits' input comes from the members, over all paths."""


def supergraph(graph: Graph, *, through: bool = False, errors: bool = False) -> SuperGraph:
    """The graph between supernodes; tokens and logits without a group stand for themselves.

    A group's inputs are those of its members, weighted by their influence. With `through`, ways over nodes without a
    group count too: shares multiply along them. All errors together are one more node with `errors=True`; without it
    they count as nodes without a group.

    Raises:
        GraphError: there are no groups; make some with `group(graph, {"name": [nodes]})`.
    """
    if not graph.groups:
        raise GraphError("supergraph: this graph has no groups; make some with group(graph, {'Texas': [nodes]}).")
    names, members = _supernodes(graph, errors)
    inside = torch.zeros(len(names), len(graph.nodes))
    for row, group in enumerate(members):
        inside[row, list(group)] = 1.0
    strength = influence(graph)
    weights = inside * (strength + logit_weights(graph) + SMALL)
    weights /= weights.sum(1, keepdim=True)
    signed = shares(graph.edges) * graph.edges.sign()
    sent = weights @ signed
    free = 1.0 - inside.sum(0)
    total = sent.clone()
    while through:
        sent = (sent * free) @ signed
        if float(sent.abs().sum()) < 1e-7:
            break
        total += sent
    return SuperGraph(names, members, total @ inside.T, inside @ strength)


def _supernodes(graph: Graph, errors: bool) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    taken = {i for members in graph.groups.values() for i in members}
    single = [
        (f"{node.label or node.id}{'' if node.kind == 'logit' else f' @{node.position}'}", (i,))
        for i, node in enumerate(graph.nodes)
        if node.kind in ("token", "logit") and i not in taken
    ]
    slips = tuple(i for i, node in enumerate(graph.nodes) if node.kind == "error" and i not in taken)
    every = [*graph.groups.items(), *single, *([("errors", slips)] if errors and slips else [])]
    return tuple(name for name, _ in every), tuple(tuple(members) for _, members in every)
