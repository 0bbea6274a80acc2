"""Exercises 3 to 5: how much a node matters, which nodes stay, and what a graph predicts."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook.exercises import Check, Mistake

# --- 3 · influence ---


def influence(edges: Float[Tensor, "target source"], p: Float[Tensor, " node"]) -> Float[Tensor, " node"]:
    """The share of all paths to the logits, weighted by their probability p, that run through each node."""
    shares = edges.abs()
    shares = shares / shares.sum(1, keepdim=True).clamp(min=1e-12)
    eye = torch.eye(len(shares))
    return p @ (torch.linalg.inv(eye - shares) - eye)


def _small_graphs() -> list[tuple]:
    edges = (torch.randn(7, 7) * (torch.rand(7, 7) < 0.7)).tril(-1)
    edges[:3] = 0.0  # three sources
    edges[3, 0], edges[5:, 3] = 1.0, torch.tensor([-2.0, 1.0])
    edges[5:, 5:] = 0.0
    p = torch.tensor([0, 0, 0, 0, 0, 0.7, 0.2])
    chain = torch.zeros(3, 3)
    chain[1, 0], chain[2, 1] = -4.0, 0.5
    return [(edges, p), (chain, torch.tensor([0.0, 0, 1]))]


def _by_powers(edges, p):
    sizes = edges.abs().sum(1)
    shares = torch.where(sizes[:, None] > 0, edges.abs() / sizes[:, None].clamp(min=1e-12), 0.0)
    total, step = torch.zeros_like(p), p
    for _ in range(len(p)):
        step = step @ shares
        total = total + step
    return total


def _with(shares: Tensor, p: Tensor) -> Tensor:
    eye = torch.eye(len(p))
    return p @ (torch.linalg.inv(eye - shares) - eye)


def _row_shares(edges: Tensor) -> Tensor:
    return edges.abs() / edges.abs().sum(1, keepdim=True).clamp(min=1e-12)


INFLUENCE = Check(
    id="tracing.influence",
    reference=influence,
    inputs=_small_graphs,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "direct only",
            lambda edges, p: p @ _row_shares(edges),
            "This counts edges that end at a logit, and no longer path. What does a node get that acts through "
            "another feature?",
        ),
        Mistake(
            "signed",
            lambda edges, p: _with(edges / edges.abs().sum(1, keepdim=True).clamp(min=1e-12), p),
            "Positive and negative edges cancel in yours. Influence asks how much a node is involved, not which way. "
            "What should happen to the signs first?",
        ),
        Mistake(
            "shared out by source",
            lambda edges, p: _with(edges.abs() / edges.abs().sum(0, keepdim=True).clamp(min=1e-12), p),
            "It seems that what leaves a source sums to 1. Here what *enters a target* sums to 1. Over which axis do "
            "you divide?",
        ),
        Mistake(
            "with itself",
            lambda edges, p: _with(_row_shares(edges), p) + p,
            "The logits get their own probability as influence on themselves. Which term of the sum is a path of "
            "length 0?",
        ),
        Mistake(
            "not normalised",
            lambda edges, p: _with(edges.abs(), p),
            "The edges are not turned into shares, so a path gains weight at every large edge. What should the "
            "edges into one target sum to?",
        ),
        Mistake(
            "every logit alike",
            lambda edges, p: influence(edges, (p > 0).float()),
            "Each logit counts the same here. Shouldn't a likely token weigh more than an unlikely one?",
        ),
        Mistake(
            "nan where nothing enters",
            lambda edges, p: _with(edges.abs() / edges.abs().sum(1, keepdim=True), p),
            "Something is not a number: rows of tokens and errors have no incoming edges, and you divide by their sum, "
            "0. What share does anything have of nothing?",
        ),
    ),
    alternatives=(_by_powers,),
    fallback="Take the chain of three nodes: everything that reaches the logit comes through the middle one, all of "
    "which comes from the first. Both have influence 1. What does yours give them?",
)

# --- 4 · keep ---


def keep(influence: Float[Tensor, " node"], share: float) -> Bool[Tensor, " node"]:
    """The fewest nodes that together have at least `share` of all influence."""
    ranked, order = influence.sort(descending=True)
    ahead = ranked.cumsum(0) - ranked  # what the nodes before it have together
    kept = torch.zeros(len(influence), dtype=torch.bool)
    kept[order[ahead < (share - 1e-6) * influence.sum()]] = True
    return kept


def _influences() -> list[tuple]:
    return [
        (torch.tensor([0.05, 0.85, 0.04, 0.06]), 0.8),
        (torch.tensor([0.3, 0.1, 0.9, 0.2, 0.02, 0.6]), 0.8),
        (torch.tensor([4.0, 1.0, 3.0, 2.0]), 0.5),
    ]


def _one_by_one(influence, share):
    kept, total = torch.zeros(len(influence), dtype=torch.bool), 0.0
    for i in sorted(range(len(influence)), key=lambda i: -influence[i]):
        if total >= share * float(influence.sum()) - 1e-6:
            break
        kept[i], total = True, total + float(influence[i])
    return kept


def _colleague(influence, share):
    order = influence.argsort(descending=True)
    kept = torch.zeros(len(influence), dtype=torch.bool)
    kept[order[influence[order].cumsum(0) / influence.sum() <= share]] = True
    return kept


def _in_sorted_order(influence, share):
    return keep(influence.sort(descending=True).values, share)


def _from_below(influence, share):
    order = influence.argsort()
    kept = torch.zeros(len(influence), dtype=torch.bool)
    kept[order[influence[order].cumsum(0) / influence.sum() <= share]] = True
    return kept


KEEP = Check(
    id="tracing.keep",
    reference=keep,
    inputs=_influences,
    mistakes=(
        Mistake(
            "colleague",
            _colleague,
            "The node that carries the sum over the line is left out, as in the colleague's code. With one node of "
            "85 % nothing is left at all. Which nodes does one need to *reach* the share?",
        ),
        Mistake(
            "sorted places",
            _in_sorted_order,
            "The marks are in the order of the sorted list. Whose mark belongs to the second node of the graph?",
        ),
        Mistake(
            "smallest first",
            _from_below,
            "The sum runs from the least influential node upwards. From which end does one need fewer nodes?",
        ),
        Mistake(
            "not a share",
            lambda influence, share: keep(influence / influence.sum(), share / float(influence.sum())),
            "Works where influences sum to 1, not elsewhere. Of what is `share` a share?",
        ),
        Mistake(
            "share of the nodes",
            lambda influence, share: torch.isin(
                torch.arange(len(influence)),
                influence.argsort(descending=True)[: round(share * len(influence))],
            ),
            "It looks as if that share of the *nodes* is kept. The share is one of influence. How many nodes does it "
            "take?",
        ),
        Mistake(
            "near the best",
            lambda influence, share: influence >= (1 - share) * influence.max(),
            "Each node seems to be compared with the best one. Pruning asks what the kept ones have *together*. Where "
            "is the running sum?",
        ),
    ),
    alternatives=(_one_by_one,),
    fallback="Sort by influence and add up until the share is reached; then stop. For 0.85, 0.06, 0.05, 0.04 and "
    "share 0.8: how many are needed?",
)

# --- 5 · predicted_change ---


def predicted_change(
    edges: Float[Tensor, "target source"],
    value: Float[Tensor, " node"],
    feature: Bool[Tensor, " node"],
    node: int,
    factor: float,
) -> Float[Tensor, " node"]:
    """How much every node's value changes when one node is multiplied; a feature's output stops at zero."""
    scale, change = torch.ones(len(value)), torch.zeros(len(value))
    scale[node], change[node] = factor, (factor - 1) * value[node]
    for target in range(node + 1, len(value)):
        change[target] = edges[target] @ (scale - 1)
        if feature[target]:
            scale[target] = (1 + change[target] / value[target]).clamp(min=0)
    return change


def _nets() -> list[tuple]:
    edges = torch.tensor(
        [
            [0.0, 0, 0, 0, 0, 0],
            [0.0, 0, 0, 0, 0, 0],
            [1.5, 0.5, 0, 0, 0, 0],
            [0.5, -0.2, 0.5, 0, 0, 0],
            [0.0, 0.9, -0.4, 0.1, 0, 0],
            [0.2, 0.0, 1.0, 2.0, -0.7, 0],
        ]
    )
    value = edges.sum(1)
    value[:2] = torch.tensor([1.0, 2.0])
    feature = torch.tensor([0, 0, 1, 1, 1, 0]).bool()
    return [(edges, value, feature, node, factor) for node, factor in ((0, 0.0), (2, 3.0), (2, -1.0), (0, -2.0))]


def _wave(edges, value, feature, node, factor):
    """All at once, as often as the longest path is long."""
    source = torch.zeros(len(value))
    source[node] = (factor - 1) * value[node]
    change = source
    for _ in range(len(value)):
        relative = torch.where(feature, (change / value).clamp(min=-1), 0.0)
        relative[node] = factor - 1
        change = torch.where(torch.arange(len(value)) == node, source, edges @ relative)
    return change


def _linear(edges, value, feature, node, factor):
    scale, change = torch.ones(len(value)), torch.zeros(len(value))
    scale[node], change[node] = factor, (factor - 1) * value[node]
    for target in range(node + 1, len(value)):
        change[target] = edges[target] @ (scale - 1)
        if feature[target]:
            scale[target] = 1 + change[target] / value[target]
    return change


def _direct(edges, value, feature, node, factor):
    change = (factor - 1) * edges[:, node]
    return torch.where(torch.arange(len(value)) == node, (factor - 1) * value[node], change)


def _absolute(edges, value, feature, node, factor):
    scale, change = torch.ones(len(value)), torch.zeros(len(value))
    scale[node], change[node] = factor, (factor - 1) * value[node]
    for target in range(node + 1, len(value)):
        change[target] = edges[target] @ (scale - 1)
        if feature[target]:
            scale[target] = (1 + change[target]).clamp(min=0)
    return change


PREDICTED_CHANGE = Check(
    id="tracing.predicted_change",
    reference=predicted_change,
    inputs=_nets,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "direct only",
            _direct,
            "Each node changes only by its own edge from the source. What about nodes that are fed by nodes that have "
            "changed?",
        ),
        Mistake(
            "below zero",
            _linear,
            "Right as long as nothing dies. A feature whose input falls below zero writes nothing; yours goes on to "
            "write a negative amount. Where can the scale be stopped?",
        ),
        Mistake(
            "absolute scale",
            _absolute,
            "A target's change is used as if it were a share. If a feature rises from 4 to 5, by which factor do its "
            "outgoing edges grow?",
        ),
        Mistake(
            "factor instead of change",
            lambda edges, value, feature, node, factor: predicted_change(edges, value, feature, node, factor + 1),
            "Factor 1 should change nothing, and yours changes something. By how much does an edge grow when its "
            "source is multiplied by `factor`?",
        ),
        Mistake(
            "the new values",
            lambda edges, value, feature, node, factor: value + predicted_change(edges, value, feature, node, factor),
            "These look like the new values. What was asked for is the change. What should an untouched node get?",
        ),
    ),
    alternatives=(_wave,),
    fallback="Go through the nodes in order. A node's change is the sum over its incoming edges of edge × (scale of "
    "the source − 1). What is the scale of a node that nothing has reached?",
)
