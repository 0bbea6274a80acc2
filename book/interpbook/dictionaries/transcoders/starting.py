"""Where a transcoder's training begins: at the block's own neurons, where they are at hand.

A gated block computes silu(g·x)(u·x) for each neuron and writes so much of its direction d. That product is large where
g·x and u·x are both far from 0, so each neuron gives two latents: one that looks for g + u and writes d, one that looks
for g - u and writes -d. A threshold lets each be active in few rows, and its strength is fitted to the neuron's own;
the latents that explain most are taken. What they leave over is given to the skip as far as it is linear.

After 100 steps of 1,024 rows at SmolLM2's block 15 (k = 32, one seed) the held-out error was .25 of the variance where
latents began at neurons, .48 where they began at random; without a skip it was .46.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.models.loading import info, network
from interpbook.models.sites import at, family

ACTIVE = 0.03
"""Share of the rows in which a latent begins above its threshold."""


class Neurons(NamedTuple):
    """A gated block's weights, in 32 bits."""

    gate: Float[Tensor, "neuron d_in"]
    up: Float[Tensor, "neuron d_in"]
    down: Float[Tensor, "neuron d_out"]


class Latents(NamedTuple):
    """Where latents begin, for rows as they are in the model."""

    W_enc: Float[Tensor, "latent d_in"]
    b_enc: Float[Tensor, " latent"]
    W_dec: Float[Tensor, "latent d_out"]
    gain: Float[Tensor, " latent"]
    """How much of the neurons' output each explains."""


def neurons_of(model: TransformersModel, layer: int) -> Neurons:
    """The neurons of one block.

    Raises:
        DictionaryError: the model's neurons have no gate.
    """
    mlp = at(at(network(model), family(info(model).name).blocks)[layer], "mlp")
    names = ("gate_proj", "up_proj", "down_proj")
    if not all(hasattr(mlp, name) for name in names):
        raise DictionaryError(
            f"neurons_of: a {info(model).name} model has no gated neurons ({', '.join(names)}). Let its transcoders "
            "begin at random: from_neurons=False."
        )
    gate, up, down = (getattr(mlp, name).weight.detach().float() for name in names)
    return Neurons(gate, up, down.T)


@torch.no_grad()
def latents_of(neurons: Neurons, x: Float[Tensor, "row d_in"], n_latents: int) -> Latents:
    """The `n_latents` best of two latents for each neuron, fitted to what the neurons do in some rows."""
    gate, up = x @ neurons.gate.T, x @ neurons.up.T
    lengths = neurons.down.norm(dim=1)
    wrote = torch.nn.functional.silu(gate) * up * lengths
    both = [_signed(neurons, gate, up, wrote, lengths, sign) for sign in (1.0, -1.0)]
    every = Latents(*(torch.cat(parts) for parts in zip(*both, strict=True)))
    if n_latents > len(every.gain):
        raise DictionaryError(
            f"latents_of: {len(neurons.gate)} neurons give {len(every.gain)} latents; asked for {n_latents}."
        )
    best = every.gain.topk(n_latents).indices
    return Latents(*(part[best] for part in every))


def _signed(
    neurons: Neurons,
    gate: Float[Tensor, "row neuron"],
    up: Float[Tensor, "row neuron"],
    wrote: Float[Tensor, "row neuron"],
    lengths: Float[Tensor, " neuron"],
    sign: float,
) -> Latents:
    """For each neuron the latent that stands for its positive output (sign 1) or its negative one (-1)."""
    match = gate + sign * up
    threshold = match.kthvalue(max(1, int((1 - ACTIVE) * len(match))), dim=0).values
    above, wanted = (match - threshold).relu(), (sign * wrote).relu()
    together, squares = (above * wanted).sum(0), above.square().sum(0).clamp(min=1e-9)
    strength = together / squares
    W_enc = strength[:, None] * (neurons.gate + sign * neurons.up)
    directions = sign * neurons.down / lengths[:, None].clamp(min=1e-9)
    return Latents(W_enc, -strength * threshold, directions, together**2 / squares)
