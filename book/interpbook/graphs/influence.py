"""Which nodes matter for what the model says, which may go, and how much of the graph is error.

1. Every row of edges becomes shares: sizes, divided by their sum.
2. A node's influence is what reaches the logits from it on all paths: share times share along each, added up.
3. `prune` keeps the nodes that make up most of the influence, then the edges that do, then drops what hangs loose.
4. `scores` say how much of the influence goes through features at all.

Ameisen et al. 2025; thresholds and order of steps as in circuit-tracer (Hanna, Piotrowski and others), so that both
give the same small graph from the same large one. Built in chapter 05.
"""

from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook.graphs.errors import GraphError
from interpbook.graphs.graph import Graph, NodeLike, keep_nodes

SMALL = 1e-10


def shares(edges: Float[Tensor, "target source"]) -> Float[Tensor, "target source"]:
    """Each row's sizes, divided by their sum; a row without inputs stays 0."""
    sizes = edges.abs()
    return sizes / sizes.sum(1, keepdim=True).clamp(min=SMALL)


def flow(share: Float[Tensor, "target source"], weights: Float[Tensor, " target"]) -> Float[Tensor, " source"]:
    """What reaches `weights` from each node over one step, two steps, and so on, added up: weights · ((I - A)^-1 - I).

    The graph has no circles, so the sum ends after as many steps as its longest path has.
    """
    now, total = weights @ share, torch.zeros_like(weights)
    for _ in range(len(weights) + 1):
        if not bool(now.any()):
            return total
        total = total + now
        now = now @ share
    raise GraphError("influence: the graph runs in circles; edges must go from earlier to later nodes.")


def logit_weights(graph: Graph, logits: NodeLike | None = None) -> Float[Tensor, " node"]:
    """How much each node counts as an end: the logits by their probability, or one node alone."""
    weights = torch.zeros(len(graph.nodes))
    if logits is None:
        weights[graph.where("logit")] = graph.probabilities.to(weights)
    else:
        weights[graph.index(logits)] = 1.0
    return weights


def influence(graph: Graph, on: NodeLike | None = None) -> Float[Tensor, " node"]:
    """How much of the logits' input comes from each node over all paths, without signs.

    `on` asks about one node instead. The sum over all nodes is larger than 1: a path counts at each node on it.
    """
    return flow(shares(graph.edges), logit_weights(graph, on))


def cumulative(scores: Float[Tensor, " node"]) -> Float[Tensor, " node"]:
    """For each node: the part of all influence that it and every stronger node have together. Small is important."""
    order = scores.argsort(descending=True)
    result = torch.empty_like(scores)
    result[order] = scores[order].cumsum(0) / scores.sum().clamp(min=SMALL)
    return result


def edge_influence(edges: Float[Tensor, "target source"], weights: Tensor) -> Float[Tensor, "target source"]:
    """How much of the logits' input runs over each edge: its share, times the influence of the node that it enters."""
    share = shares(edges)
    return share * (flow(share, weights) + weights)[:, None]


class Kept(NamedTuple):
    """What pruning keeps."""

    nodes: Bool[Tensor, " node"]
    edges: Bool[Tensor, "target source"]


def kept(graph: Graph, nodes: float = 0.8, edges: float = 0.98) -> Kept:
    """What `prune` would keep, as masks. See there."""
    for name, part in (("nodes", nodes), ("edges", edges)):
        if not 0 <= part <= 1:
            raise GraphError(f"prune: {name} is the part of all influence to keep, 0 to 1; got {part}.")
    weights = logit_weights(graph)
    strength = flow(shares(graph.edges), weights)
    node_mask = strength >= _least(strength, nodes)
    node_mask[graph.where("token").start :] = True
    inner = graph.edges * node_mask[:, None] * node_mask
    strength_of_edge = edge_influence(inner, weights)
    edge_mask = (strength_of_edge >= _least(strength_of_edge.flatten(), edges)) & (inner != 0)
    return _without_loose_ends(graph, Kept(node_mask, edge_mask))


def prune(graph: Graph, nodes: float = 0.8, edges: float = 0.98) -> Graph:
    """The smallest graph with this part of the influence: first of nodes, then of the edges between them.

    Tokens and logits always stay. A feature stays only if something still enters it and it still reaches a logit; an
    error, if it reaches one. What was cut is counted in `rest` and `left_out`, so that rows still add up.
    """
    masks = kept(graph, nodes, edges)
    cut = torch.where(masks.edges, torch.zeros(()), graph.edges)
    thinned = replace(
        graph,
        edges=graph.edges - cut,
        rest=graph.rest + cut.sum(1),
        left_out=graph.left_out + cut.abs().sum(1),
        about={**graph.about, "pruned": f"nodes {nodes:g}, edges {edges:g}"},
    )
    return keep_nodes(thinned, masks.nodes.nonzero()[:, 0].tolist())


def _least(scores: Float[Tensor, " item"], part: float) -> Tensor:
    """The score of the last item that is needed to reach this part of the sum."""
    ordered = scores.sort(descending=True).values
    reached = ordered.cumsum(0) / ordered.sum().clamp(min=SMALL)
    place = int(torch.searchsorted(reached, torch.tensor(part, dtype=reached.dtype)))
    return ordered[min(place, len(ordered) - 1)]


def _without_loose_ends(graph: Graph, masks: Kept) -> Kept:
    """Features that nothing enters, features and errors that enter nothing: gone, until none is left."""
    node_mask, edge_mask = masks.nodes.clone(), masks.edges.clone()
    features, inner = graph.where("feature"), slice(0, graph.where("token").start)
    while True:
        edge_mask &= node_mask[:, None] & node_mask
        before = node_mask.clone()
        node_mask[inner] &= edge_mask[:, inner].any(0)
        node_mask[features] &= edge_mask[features].any(1)
        if bool((node_mask == before).all()):
            return Kept(node_mask, edge_mask)


class Scores(NamedTuple):
    """How much of a graph is understood in terms of features, and how much is error. All 0 to 1."""

    replacement: float
    """Of the influence that starts at tokens or errors, the part that starts at tokens: whole paths free of error."""
    completeness: float
    """Of every node's inputs, weighted by the node's influence, the part that does not come from errors."""
    left_out: float
    """Of the same inputs, the part that comes from features which are not in the graph; circuit-tracer ignores it."""


def scores(graph: Graph) -> Scores:
    """Replacement and completeness (Ameisen et al. 2025), and what the graph leaves out."""
    weights, share = logit_weights(graph), shares(graph.edges)
    strength = flow(share, weights)
    from_tokens, errors = strength[graph.where("token")].sum(), graph.where("error")
    from_errors, reach = strength[errors].sum(), strength + weights
    inside = graph.edges.abs().sum(1)
    outside = graph.left_out / (graph.left_out + inside).clamp(min=SMALL)
    listening = reach * (inside + graph.left_out > 0)
    return Scores(
        replacement=float(from_tokens / (from_tokens + from_errors).clamp(min=SMALL)),
        completeness=float(((1 - share[:, errors].sum(1)) * reach).sum() / reach.sum().clamp(min=SMALL)),
        left_out=float((outside * listening).sum() / listening.sum().clamp(min=SMALL)),
    )
