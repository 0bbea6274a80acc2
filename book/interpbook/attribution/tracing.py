"""An attribution graph of one prompt: `trace_graph` with transcoders, and what it shares with `neuron_graph`.

1. `freeze` the model on the prompt; find the features that fire; split every MLP's output among them and an error.
2. The targets: the logits that hold most of the probability, then features, the most influential first, in a few
   rounds, until `max_features`. What a feature that stays outside sends is added to its targets' `rest`.
3. Assemble. Nothing is pruned.

Ameisen et al. 2025; the order of work is that of circuit-tracer (Hanna, Piotrowski and others). Built in chapter 05.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attribution.errors import AttributionError
from interpbook.attribution.frozen import Frozen, freeze
from interpbook.attribution.sweep import Rows, Targets, Writer, sweep
from interpbook.attribution.writers import Active, active, errors_of, feature_writers
from interpbook.data import answer_ids
from interpbook.graphs import Graph, Node
from interpbook.graphs.influence import shares

ROUNDS = 4
"""In how many rounds features are chosen; after each, influence is known better."""


class Logits(NamedTuple):
    """The logits that a graph ends in."""

    ids: Int[Tensor, " logit"]
    text: tuple[str, ...]
    """Each token as text."""
    probabilities: Float[Tensor, " logit"]
    value: Float[Tensor, " logit"]
    """How far each lies above the mean of all logits."""
    listens: Float[Tensor, "logit d_model"]
    """Its unembedding row, above the mean row."""


class Traced(NamedTuple):
    """The inputs of the chosen features and of the logits."""

    chosen: Int[Tensor, " feature"]
    """Which of the active features; in their order."""
    features: Rows
    logits: Rows


def trace_graph(
    model: TransformersModel,
    transcoders: Mapping[int, Any],
    prompt: str | Tensor,
    *,
    n_logits: int = 10,
    logit_mass: float = 0.95,
    targets: Sequence[str] | None = None,
    max_features: int | None = 1000,
    batch_size: int = 256,
) -> Graph:
    """The attribution graph of what comes after a prompt.

    It ends in the most probable next tokens, up to `logit_mass` of the probability and `n_logits` of them, or in the
    `targets` that you name, such as [" Paris", " Rome"]. Of the features that fire, the `max_features` most influential
    become nodes (None: all). A layer without transcoder writes one error a token. Cross-layer transcoders are given in
    the same way, each under the layer that it reads at: an edge then counts everything that its source writes between
    the two. Memory grows with `max_features`
    times the number of features that fire; time with `max_features`.

    Raises:
        AttributionError: no transcoder fits, a target is not one token, or the model is not in float32.
    """
    frozen = freeze(model, prompt)
    features = active(frozen, transcoders)
    writers = feature_writers(frozen, transcoders, features)
    logits = logit_targets(frozen, model, targets, n_logits, logit_mass)
    n_errors = len(frozen.blocks) * len(frozen.ids)
    n_sources = len(features.layer) + n_errors + len(frozen.ids)
    traced = choose(frozen, writers, n_sources, features, logits, max_features, batch_size)
    errors = [
        Node("error", layer, position, -1, float(size))
        for layer, sizes in enumerate(errors_of(writers).norm(dim=-1).tolist())
        for position, size in enumerate(sizes)
    ]
    about = {
        "basis": "transcoders",
        "layers": ", ".join(map(str, sorted(transcoders))),
        "active": str(len(features.layer)),
        "max_features": str(max_features),
    }
    return assemble(frozen, features, errors, logits, traced, about)


def logit_targets(
    frozen: Frozen, model: TransformersModel, names: Sequence[str] | None, n_logits: int, mass: float
) -> Logits:
    """The logits to explain: named ones, or the most probable until `mass` is reached."""
    probabilities = frozen.logits.softmax(-1)
    if names is not None:
        ids = torch.as_tensor(answer_ids(model.tokenizer, [name.strip() for name in names]))
    else:
        if not (n_logits >= 1 and 0 < mass <= 1):
            raise AttributionError(f"trace_graph: n_logits is 1 or more, logit_mass in (0, 1]; got {n_logits}, {mass}.")
        top = probabilities.topk(min(n_logits, len(probabilities)))
        ids = top.indices[: int((top.values.cumsum(0) < mass).sum()) + 1]
    listens = frozen.unembedding[ids] - frozen.unembedding.mean(0)
    text = tuple(model.tokenizer.decode([i]) for i in ids.tolist())
    return Logits(ids, text, probabilities[ids], frozen.logits[ids] - frozen.logits.mean(), listens)


def choose(
    frozen: Frozen,
    writers: Sequence[Writer],
    n_sources: int,
    features: Active,
    logits: Logits,
    max_features: int | None,
    batch_size: int,
) -> Traced:
    """The logits' inputs, then those of the features that matter most, in rounds."""
    n_features, n_layers, last = len(features.layer), len(frozen.blocks), len(frozen.ids) - 1
    ends = Targets(torch.full_like(logits.ids, n_layers), torch.full_like(logits.ids, last), logits.listens)
    of_logits = sweep(frozen, writers, n_sources, ends, batch_size)
    wanted = n_features if max_features is None else min(max_features, n_features)
    if wanted == n_features:
        everything = sweep(frozen, writers, n_sources, features.targets, batch_size)
        return Traced(torch.arange(n_features), everything, of_logits)
    edges, constant = torch.zeros(wanted, n_sources), torch.zeros(wanted)
    order = torch.zeros(0, dtype=torch.long)
    step = max(-(-wanted // ROUNDS), 1)
    while len(order) < wanted:
        done = len(order)
        strength = partial_influence(edges[:done], order, of_logits.edges, logits.probabilities)[:n_features]
        strength[order] = -1.0
        fresh = strength.topk(min(step, wanted - done)).indices.sort().values
        rows = sweep(frozen, writers, n_sources, features.targets.take(fresh), batch_size)
        edges[done : done + len(fresh)], constant[done : done + len(fresh)] = rows
        order = torch.cat([order, fresh])
    chosen, at = order.sort()
    return Traced(chosen, Rows(edges[at], constant[at]), of_logits)


def partial_influence(
    rows: Float[Tensor, "known source"],
    known: Int[Tensor, " known"],
    of_logits: Float[Tensor, "logit source"],
    probabilities: Float[Tensor, " logit"],
) -> Float[Tensor, " source"]:
    """Influence as far as it can be told: paths that run through features whose inputs are known by now."""
    share = shares(rows)
    now = probabilities @ shares(of_logits)
    total = now.clone()
    for _ in range(len(known)):
        now = now[known] @ share
        if float(now.sum()) < 1e-6 * float(total.sum()):
            break
        total += now
    return total


def assemble(
    frozen: Frozen,
    features: Active,
    errors: list[Node],
    logits: Logits,
    traced: Traced,
    about: dict[str, str],
) -> Graph:
    """Nodes and rows become a graph; what sources outside it send becomes `rest`. Without `errors`, so do theirs."""
    chosen, n_features = traced.chosen, len(features.layer)
    outside = torch.ones(traced.logits.edges.shape[1], dtype=torch.bool)
    outside[chosen] = False
    outside[n_features if errors else -len(frozen.ids) :] = False
    inside = (~outside).nonzero()[:, 0]
    mine = features.take(chosen)
    nodes = _nodes(frozen, mine, errors, logits)
    edges, rest, left_out = torch.zeros(len(nodes), len(nodes)), torch.zeros(len(nodes)), torch.zeros(len(nodes))
    listeners = ((slice(0, len(chosen)), traced.features.edges), (slice(-len(logits.ids), None), traced.logits.edges))
    for rows, inputs in listeners:
        lost = inputs[:, outside]
        edges[rows, : len(inside)] = inputs[:, inside] if lost.shape[1] else inputs
        rest[rows], left_out[rows] = lost.sum(1), lost.abs().sum(1)
    middle = len(nodes) - len(chosen) - len(logits.ids)
    own = mine.bias + _at_norm(frozen, mine)
    bias = logits.listens @ frozen.last.bias
    unknown, nothing = torch.full((middle,), torch.nan), torch.zeros(middle)
    return Graph(
        prompt=frozen.prompt,
        tokens=frozen.tokens,
        token_ids=tuple(frozen.ids.tolist()),
        nodes=nodes,
        edges=edges,
        probabilities=logits.probabilities,
        value=torch.cat([mine.value, unknown, logits.value]),
        constant=torch.cat([traced.features.constant + own, nothing, traced.logits.constant + bias]),
        rest=rest,
        left_out=left_out,
        n_layers=len(frozen.blocks),
        about=about,
    )


def _at_norm(frozen: Frozen, features: Active) -> Float[Tensor, " feature"]:
    """What the bias of the norm before its MLP gives to each feature."""
    biases = torch.stack([block.norm2.bias for block in frozen.blocks])
    return (features.listens * biases[features.layer]).sum(1)


def _nodes(frozen: Frozen, features: Active, errors: list[Node], logits: Logits) -> tuple[Node, ...]:
    columns = (features.layer, features.position, features.latent, features.activation)
    listening = [Node("feature", *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    sizes = frozen.embed.norm(dim=-1).tolist()
    tokens = [
        Node("token", -1, position, token, sizes[position], frozen.tokens[position])
        for position, token in enumerate(frozen.ids.tolist())
    ]
    end = (len(frozen.blocks), len(frozen.ids) - 1)
    named = zip(logits.ids.tolist(), logits.value.tolist(), logits.text, strict=True)
    ends = [Node("logit", *end, token, value, text) for token, value, text in named]
    return (*listening, *errors, *tokens, *ends)
