"""What a graph expects of an intervention, and what the model does.

`predicted_effect` follows the edges: a node that is switched off takes its contributions away from all that listen, and
so on. `intervene` puts the same change into the model. The graph knows nothing of attention that would have looked
elsewhere, of features that would have woken up, of norms that would have changed; `agreement` measures how much that
matters. Ameisen et al. 2025, "validating attribution graphs". Built in chapter 05.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import numpy as np
import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attribution.errors import AttributionError
from interpbook.attribution.running import Setting, run
from interpbook.graphs import Graph, influence
from interpbook.stats import Estimate, bootstrap

Changes = Mapping[Any, float]
"""Node (index, id or node) → what its activation is multiplied by: 0 off, 1 as it is, 2 doubled, -1 turned round."""


class Effect(NamedTuple):
    """What an intervention changes. NaN: not a feature, or not asked."""

    change: Float[Tensor, " node"]
    """Of each feature's activation."""
    logits: Float[Tensor, " logit"]
    """Of each of the graph's logits, against the mean of all logits."""


def predicted_effect(graph: Graph, changes: Changes, *, threshold: bool = True) -> Effect:
    """What the graph expects when some features' activations are multiplied.

    Every listener loses or gains in proportion, layer after layer. A feature cannot fall below 0 (`threshold`); one
    that is not active is not in the graph and cannot wake.
    """
    factors = checked(graph, changes)
    relative = torch.zeros(len(graph.nodes))
    features = graph.where("feature")
    neurons = graph.about.get("basis") == "neurons"
    layers = torch.tensor([node.layer for node in graph.nodes[features]])
    for layer in layers.unique().tolist():
        here = (layers == layer).nonzero()[:, 0]
        now = graph.edges[here] @ relative / graph.value[here]
        relative[here] = now.clamp(min=-1.0) if threshold and not neurons else now
        for node, factor in factors.items():
            if graph.nodes[node].layer == layer:
                relative[node] = factor - 1.0
    activation = torch.tensor([node.activation for node in graph.nodes])
    change = torch.full_like(relative, torch.nan)
    change[features] = (relative * activation)[features]
    return Effect(change, graph.edges[graph.where("logit")] @ relative)


def intervene(
    model: TransformersModel,
    transcoders: Mapping[int, Any] | None,
    graph: Graph,
    changes: Changes,
    *,
    frozen: bool = False,
) -> Effect:
    """What the model does when the same features are set to `factor` times what they were on this prompt.

    A feature is set by adding the missing (or taking the surplus) amount of its decoder row to what its MLP writes; a
    neuron (`transcoders=None`) is set itself. `frozen` holds attention patterns and norms at what they were, which
    tests the graph on its own ground; without it the model answers freely.
    """
    return _measured(model, transcoders, graph, [checked(graph, changes)], frozen, features=True)[0]


def measured_logits(
    model: TransformersModel,
    transcoders: Mapping[int, Any] | None,
    graph: Graph,
    interventions: Sequence[Changes],
    *,
    frozen: bool = False,
) -> Float[Tensor, "intervention logit"]:
    """The change of the graph's logits under each of many interventions, run side by side."""
    wanted = [checked(graph, changes) for changes in interventions]
    return torch.stack([e.logits for e in _measured(model, transcoders, graph, wanted, frozen, features=False)])


def checked(graph: Graph, changes: Changes) -> dict[int, float]:
    """The changes by index; only features can be changed."""
    factors = {graph.index(node): float(factor) for node, factor in changes.items()}
    for node in factors:
        if graph.nodes[node].kind != "feature":
            raise AttributionError(
                f"intervene: {graph.nodes[node].id!r} is a {graph.nodes[node].kind}; only features can be changed."
            )
    return factors


def _measured(
    model: TransformersModel,
    transcoders: Mapping[int, Any] | None,
    graph: Graph,
    wanted: list[dict[int, float]],
    frozen: bool,
    *,
    features: bool,
) -> list[Effect]:
    settings = [
        [Setting(*graph.nodes[i][1:4], value=factor * graph.nodes[i].activation) for i, factor in factors.items()]
        for factors in wanted
    ]
    ids = torch.tensor([graph.token_ids])
    nodes = graph.nodes[graph.where("feature")] if features else ()
    found = run(model, transcoders, ids, [[], *settings], [node[1:4] for node in nodes], frozen=frozen)
    tokens = [node.latent for node in graph.nodes[graph.where("logit")]]
    above = (found.logits - found.logits.mean(-1, keepdim=True))[:, tokens]
    rows = []
    for i in range(1, len(settings) + 1):
        change = torch.full((len(graph.nodes),), torch.nan)
        if features:
            change[graph.where("feature")] = found.activations[i] - found.activations[0]
        rows.append(Effect(change, above[i] - above[0]))
    return rows


class Agreement(NamedTuple):
    """Predicted against measured effects on the first logit, over single features."""

    nodes: tuple[int, ...]
    """The features with the largest influence."""
    predicted: Float[Tensor, " node"]
    measured: Float[Tensor, " node"]
    spearman: Estimate
    """Rank correlation of the two."""
    random_nodes: tuple[int, ...]
    """As many other features of the graph, drawn at random from the same layers where there are enough."""
    random_predicted: Float[Tensor, " node"]
    random_measured: Float[Tensor, " node"]
    random_spearman: Estimate


def agreement(
    model: TransformersModel,
    transcoders: Mapping[int, Any] | None,
    graph: Graph,
    *,
    n: int = 30,
    factor: float = 0.0,
    seed: int = 0,
    frozen: bool = False,
) -> Agreement:
    """Change the `n` most influential features one by one, and `n` random ones; compare the first logit's change.

    The random features say whether influence finds those that matter (their measured effects should be small), and
    whether a good rank correlation needs them.
    """
    chosen, others = chosen_and_random(graph, n, seed)
    every = [*chosen, *others]
    predicted = torch.stack([predicted_effect(graph, {i: factor}).logits[0] for i in every])
    measured = measured_logits(model, transcoders, graph, [{i: factor} for i in every], frozen=frozen)[:, 0]
    k = len(chosen)
    return Agreement(
        *(tuple(chosen), predicted[:k], measured[:k], rank_correlation(predicted[:k], measured[:k], seed)),
        *(tuple(others), predicted[k:], measured[k:], rank_correlation(predicted[k:], measured[k:], seed)),
    )


def chosen_and_random(graph: Graph, n: int, seed: int = 0) -> tuple[list[int], list[int]]:
    """The `n` most influential features, and `n` of the others, matched by layer where possible."""
    features = graph.where("feature")
    n_features = features.stop - features.start
    if n_features < 2 * n:
        raise AttributionError(f"agreement: {n} features and {n} others needed; the graph has {n_features}. Lower n.")
    order = influence(graph)[features].argsort(descending=True).tolist()
    chosen, pool = order[:n], order[n:]
    rng = np.random.default_rng(seed)
    left: dict[int, list[int]] = {}
    for node in rng.permutation(pool).tolist():
        left.setdefault(graph.nodes[node].layer, []).append(node)
    matched = [left[graph.nodes[node].layer].pop() for node in chosen if left.get(graph.nodes[node].layer)]
    rest = [node for nodes in left.values() for node in nodes]
    return chosen, [*matched, *rng.permutation(rest)[: n - len(matched)].tolist()]


def rank_correlation(a: Float[Tensor, " item"], b: Float[Tensor, " item"], seed: int = 0) -> Estimate:
    """Spearman's rank correlation with its bootstrap interval; equal values share a rank, and no order at all is 0."""
    return bootstrap(torch.stack([a, b], 1).numpy(), lambda rows: spearman(rows[:, 0], rows[:, 1]), seed=seed)


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation of two lists' ranks, -1 to 1."""
    first, second = _ranks(a), _ranks(b)
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _ranks(x: np.ndarray) -> np.ndarray:
    """Each value's place in the order; equal values get the mean of their places."""
    _, which, counts = np.unique(x, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[which]
