"""Does it add up? Two tests that a graph must pass before anybody reads it.

1. Everything that enters a node, with its constant, is what the node has before its threshold.
2. The frozen model with features and errors in the place of its MLPs says what the model says.

Built in chapter 05.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attribution.frozen import applied, attention_forward, freeze
from interpbook.attribution.neurons import neuron_writer
from interpbook.attribution.writers import active, feature_writers
from interpbook.graphs import Graph
from interpbook.models import next_logits
from interpbook.models.weights import neuron_weights

FLOOR = 0.01
"""A node whose inputs all but cancel is judged by this part of their sizes instead of by the little that is left."""


class Exactness(NamedTuple):
    """Largest relative errors; about 1e-6 is what 32 bits allow."""

    edges: float
    """Over features and logits: inputs against value, relative to the value (at least a hundredth of their sizes)."""
    logits: float
    """Over all tokens: the local replacement model's logit against the model's, relative to the largest logit."""
    n: int
    """Nodes with inputs."""


def exactness(model: TransformersModel, graph: Graph, transcoders: Mapping[int, Any] | None = None) -> Exactness:
    """Both tests. `transcoders` as the graph was made with; None for a graph of neurons."""
    ids = torch.tensor([graph.token_ids])
    true = next_logits(model, ids)[0]
    said = local_logits(model, transcoders, ids)
    errors = edge_errors(graph)
    return Exactness(float(errors.max()), float((said - true).abs().max() / true.abs().max()), len(errors))


def edge_errors(graph: Graph) -> Float[Tensor, " listener"]:
    """For each node with inputs: how far they are from its value, relative."""
    known = ~graph.value.isnan()
    value, arrived = graph.value[known], (graph.edges.sum(1) + graph.constant + graph.rest)[known]
    sizes = (graph.edges.abs().sum(1) + graph.constant.abs() + graph.rest.abs())[known]
    return (arrived - value).abs() / torch.maximum(value.abs(), FLOOR * sizes).clamp(min=1e-30)


def local_logits(
    model: TransformersModel, transcoders: Mapping[int, Any] | None, prompt: str | Tensor
) -> Float[Tensor, " d_vocab"]:
    """What the local replacement model says next: every MLP is its features (or neurons, gates held) and its error.

    It runs forwards from the tokens and uses nothing of the model's own stream but patterns and denominators.
    """
    frozen = freeze(model, prompt)
    outputs = [] if transcoders is None else _features_and_errors(frozen, transcoders)
    x = frozen.embed
    for layer, block in enumerate(frozen.blocks):
        x = x + attention_forward(block, x)
        if transcoders is None:
            writer = neuron_writer(frozen, layer, neuron_weights(model, layer))
            inputs = applied(block.norm2, x) @ writer.weights.up.T + writer.weights.b_up
            x = x + writer.constant + (writer.held * inputs) @ writer.weights.down.T
        else:
            x = x + outputs[layer](applied(block.norm2, x))
    return applied(frozen.last, x)[-1] @ frozen.unembedding.T


def _features_and_errors(frozen: Any, transcoders: Mapping[int, Any]) -> list[Any]:
    """Each MLP as the graph has it: a constant, feature vectors, an error and, where there is one, a linear skip."""
    writers = feature_writers(frozen, transcoders, active(frozen, transcoders))

    def output(writer: Any, x: Tensor) -> Tensor:
        written = writer.constant + writer.vectors.sum(1)
        return written if writer.skip is None else written + (x @ writer.skip.T) * writer.passes[:, None]

    return [lambda x, writer=writer: output(writer, x) for writer in writers]
