"""An attribution graph of neurons: no transcoder, no error, and far more nodes than anybody reads.

A gated neuron's activation is nonlinear(gate · x) times (up · x). With the first factor held, as attention patterns
are, it is linear in what enters it, and every MLP's output is a sum of neurons with nothing left over. (Where there is
no gate, as in GPT-2, the held factor is activation over input.) The price is that hundreds of thousands of neurons are
active on a short prompt; `neuron_graph` draws a pool of those with the largest total effect and traces among them.

Built in chapter 05.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attribution.frozen import Frozen, freeze
from interpbook.attribution.sweep import Targets, sweep
from interpbook.attribution.tracing import Logits, assemble, choose, logit_targets
from interpbook.attribution.writers import Active, FeatureWriter, pad
from interpbook.graphs import Graph
from interpbook.models.weights import NeuronWeights, neuron_weights

POOL = 16
"""Neurons in the pool for each that becomes a node."""


@dataclass(frozen=True, eq=False)
class NeuronWriter:
    """One MLP's output as all of its neurons; with their gates held, the MLP is a linear way too."""

    weights: NeuronWeights
    held: Float[Tensor, "pos neuron"]
    """What each neuron's input is multiplied by; 0 where neurons are no sources (the prefix)."""
    activation: Float[Tensor, "pos neuron"]
    constant: Float[Tensor, "pos d_model"]
    first: int
    """The number of its first source."""

    def score(self, gradient: Float[Tensor, "pos target d_model"]) -> Float[Tensor, "target source"]:
        """Each neuron's part along the gradient at its token."""
        products = (gradient @ self.weights.down) * self.activation[: len(gradient), None]
        return products.transpose(0, 1).flatten(1)

    def columns(self, n_pos: int) -> slice:
        """Neurons are numbered by token, then neuron."""
        return slice(self.first, self.first + n_pos * self.activation.shape[1])

    def through(self, gradient: Float[Tensor, "pos target d_model"]) -> Float[Tensor, "pos target d_model"]:
        """Backwards through the MLP with its gates held."""
        return ((gradient @ self.weights.down) * self.held[: len(gradient), None]) @ self.weights.up


def neuron_graph(
    model: TransformersModel,
    prompt: str | Tensor,
    *,
    n_logits: int = 10,
    logit_mass: float = 0.95,
    targets: Sequence[str] | None = None,
    max_features: int = 1000,
    batch_size: int = 256,
) -> Graph:
    """The attribution graph of a prompt whose feature nodes are neurons. Settings as for `trace_graph`.

    A neuron's `value` is its input (up · x), `activation` what it hands on. There are no error nodes; what the many
    neurons outside the graph send stands in `rest`, and `scores(graph).left_out` says how much that is at least.
    """
    frozen = freeze(model, prompt)
    weights = [neuron_weights(model, layer) for layer in range(len(frozen.blocks))]
    every = [neuron_writer(frozen, layer, w) for layer, w in enumerate(weights)]
    logits = logit_targets(frozen, model, targets, n_logits, logit_mass)
    pool = most_effective(frozen, every, logits, POOL * max_features)
    features = _features(frozen, weights, every, pool)
    writers = _pool_writers(frozen, every, features)
    n_sources = len(features.layer) + (len(frozen.blocks) + 1) * len(frozen.ids)
    traced = choose(frozen, writers, n_sources, features, logits, max_features, batch_size)
    total = sum(int((writer.activation != 0).sum()) for writer in every)
    about = {"basis": "neurons", "active": str(total), "pool": str(len(pool)), "max_features": str(max_features)}
    return assemble(frozen, features, [], logits, traced, about)


def neuron_writer(frozen: Frozen, layer: int, w: NeuronWeights) -> NeuronWriter:
    """All neurons of one MLP on this prompt."""
    x = frozen.mlp_in[layer]
    held = gates(w, x)
    constant = w.b_down.expand_as(x).clone()
    if frozen.prefixed:
        held[0], constant[0] = 0.0, frozen.mlp_out[layer, 0]
    activation = held * (x @ w.up.T + w.b_up)
    return NeuronWriter(w, held, activation, constant, layer * activation.numel())


def gates(w: NeuronWeights, x: Float[Tensor, "pos d_model"]) -> Float[Tensor, "pos neuron"]:
    """What each neuron's input is multiplied by on this prompt."""
    if w.gate is not None:
        return w.nonlinear(x @ w.gate.T)
    inputs = x @ w.up.T + w.b_up
    near = inputs.abs() < 1e-6
    return torch.where(near, torch.full_like(inputs, 0.5), w.nonlinear(inputs) / inputs.masked_fill(near, 1.0))


def most_effective(frozen: Frozen, every: Sequence[NeuronWriter], logits: Logits, n: int) -> Int[Tensor, " neuron"]:
    """The neurons whose total effect on the logits, over all ways through the frozen model, is largest; in order."""
    n_neurons = sum(writer.activation.numel() for writer in every)
    ends = Targets(
        torch.full_like(logits.ids, len(frozen.blocks)),
        torch.full_like(logits.ids, len(frozen.ids) - 1),
        logits.listens,
    )
    effects = sweep(frozen, every, n_neurons + len(frozen.ids), ends).edges[:, :n_neurons]
    strength = logits.probabilities @ effects.abs()
    return strength.topk(min(n, int((strength > 0).sum()))).indices.sort().values


def _features(
    frozen: Frozen, weights: Sequence[NeuronWeights], every: Sequence[NeuronWriter], pool: Int[Tensor, " neuron"]
) -> Active:
    """The pool in the form of active features."""
    n_pos, n_neurons = every[0].activation.shape
    layer, inner = pool // (n_pos * n_neurons), pool % (n_pos * n_neurons)
    position, latent = inner // n_neurons, inner % n_neurons
    found = [
        _of_layer(frozen, i, weights[i], every[i], position[layer == i], latent[layer == i]) for i in layer.unique()
    ]
    return Active(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def _of_layer(
    frozen: Frozen, layer: Tensor, w: NeuronWeights, writer: NeuronWriter, position: Tensor, latent: Tensor
) -> Active:
    listens = w.up[latent]
    value = (frozen.mlp_in[layer][position] * listens).sum(1) + w.b_up[latent]
    activation = writer.activation[position, latent]
    return Active(layer.expand_as(position), position, latent, activation, value, w.b_up[latent], listens)


def _pool_writers(frozen: Frozen, every: Sequence[NeuronWriter], features: Active) -> list[FeatureWriter]:
    """The pool as sources, and at each token all other neurons of the layer as one more."""
    writers, n_pos = [], len(frozen.ids)
    for layer, writer in enumerate(every):
        mine = (features.layer == layer).nonzero()[:, 0]
        position = features.position[mine]
        vectors = features.activation[mine, None] * writer.weights.down.T[features.latent[mine]]
        others = (frozen.mlp_out[layer] - writer.constant).index_add(0, position, vectors, alpha=-1)
        padded, places = pad(position, vectors, mine, n_pos)
        last = len(features.layer) + layer * n_pos + torch.arange(n_pos)[:, None]
        both = torch.cat([padded, others[:, None]], 1), torch.cat([places, last], 1)
        writers.append(FeatureWriter(*both, writer.constant))
    return writers
