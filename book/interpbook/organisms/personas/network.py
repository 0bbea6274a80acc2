"""Many small transformers that run and learn side by side.

1. Every weight has a first axis `model`: row i belongs to network i. One batched product does the work of a dozen.
2. Two pre-norm blocks, learned positions, four heads, GELU, an unembedding of its own: the common recipe, small.
3. `streams` is the residual stream after each block; `add` puts a vector into it at every token: steering.

Networks do not touch each other: training ten together gives each what it would have got alone (but for rounding).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.world import World

Weights = dict[str, Tensor]
Ids = Int[Tensor, "batch seq"] | Int[Tensor, "model batch seq"]
Added = Mapping[int, Tensor]
"""By block, what is added to the stream after it, at every token: shape (model, 1 or batch, 1 or seq, d_model)."""


@dataclass(frozen=True)
class Shape:
    """How large each network is."""

    d_model: int = 64
    n_layers: int = 2
    n_heads: int = 4

    def __post_init__(self) -> None:
        if self.d_model % self.n_heads:
            raise PersonaError(
                f"Shape: d_model is shared out to the heads; {self.d_model} is no multiple of {self.n_heads}."
            )


@dataclass(frozen=True)
class Group:
    """Networks of one shape, side by side."""

    world: World
    shape: Shape
    weights: Weights
    """By name; the first axis of each is the network."""

    def __len__(self) -> int:
        return len(self.weights["embed"])


def fresh(world: World, shape: Shape, seeds: Sequence[int]) -> Group:
    """Untrained networks, one for each seed; the same seed gives the same numbers in whatever company."""
    if not seeds:
        raise PersonaError(
            "fresh: no seeds were given, so there is no network to make. Give one whole number for each."
        )
    each = [_one(world, shape, torch.Generator().manual_seed(seed)) for seed in seeds]
    return Group(world, shape, {name: torch.stack([one[name] for one in each]) for name in each[0]})


def _one(world: World, shape: Shape, generator: torch.Generator) -> Weights:
    d, draw = shape.d_model, lambda *size, std: torch.randn(*size, generator=generator) * std
    made = {"embed": draw(world.vocab, d, std=0.3), "place": draw(2 * world.pairs + 1, d, std=0.02)}
    for layer in range(shape.n_layers):
        name = f"{layer}."
        made |= {name + "qkv": draw(d, 3 * d, std=1 / math.sqrt(d)), name + "out": draw(d, d, std=1 / math.sqrt(d))}
        made |= {name + "up": draw(d, 4 * d, std=1 / math.sqrt(d)), name + "up_bias": torch.zeros(4 * d)}
        made |= {name + "down": draw(4 * d, d, std=0.5 / math.sqrt(d)), name + "down_bias": torch.zeros(d)}
        made |= {name + norm: part for norm in ("norm1", "norm2") for part in [torch.ones(d)]}
        made |= {name + norm: torch.zeros(d) for norm in ("norm1_bias", "norm2_bias")}
    made |= {"norm": torch.ones(d), "norm_bias": torch.zeros(d)}
    return made | {"unembed": draw(d, world.vocab, std=1 / math.sqrt(d))}


def pick(group: Group, rows: Sequence[int]) -> Group:
    """Some of the networks, in the order named; a row named twice gives two copies that can be trained apart."""
    wrong = [row for row in rows if not 0 <= row < len(group)]
    if wrong or not rows:
        raise PersonaError(f"pick: the group has networks 0 to {len(group) - 1}; got rows {list(rows)}.")
    return Group(group.world, group.shape, {name: part[list(rows)] for name, part in group.weights.items()})


def streams(group: Group, ids: Ids, *, add: Added | None = None) -> list[Float[Tensor, "model batch seq d_model"]]:
    """The residual stream after each block, at every token, with what was added there.

    Ids of two axes go to every network alike; of three, the first axis names the network.
    """
    wrong = [layer for layer in add or {} if not 0 <= layer < group.shape.n_layers]
    if wrong:
        raise PersonaError(f"add: the networks have blocks 0 to {group.shape.n_layers - 1}; got layer {wrong[0]}.")
    ids = _for_each(group, ids)
    x, found = _embedded(group, ids), []
    for layer in range(group.shape.n_layers):
        x = _block(group, layer, x)
        x = x + add[layer] if add and layer in add else x
        found.append(x)
    return found


def stream(group: Group, ids: Ids, layer: int, *, add: Added | None = None) -> Float[Tensor, "model batch seq d_model"]:
    """The residual stream after one block, at every token."""
    if not 0 <= layer < group.shape.n_layers:
        raise PersonaError(f"stream: the networks have blocks 0 to {group.shape.n_layers - 1}; got layer={layer}.")
    return streams(group, ids, add=add)[layer]


def next_logits(group: Group, ids: Ids, *, add: Added | None = None) -> Float[Tensor, "model batch d_vocab"]:
    """What each network says after the last token."""
    return unembed(group, streams(group, ids, add=add)[-1][:, :, -1])


def unembed(group: Group, x: Tensor) -> Tensor:
    """The last norm and the unembedding: logits from the stream after the last block, whatever lies between the axes
    of the network and of the stream."""
    w = group.weights
    return _each(_norm(x, w["norm"], w["norm_bias"]), w["unembed"])


def _for_each(group: Group, ids: Tensor) -> Int[Tensor, "model batch seq"]:
    if ids.ndim == 2:
        return ids.expand(len(group), *ids.shape)
    if len(ids) != len(group):
        raise PersonaError(f"There are {len(group)} networks and ids for {len(ids)}. Give ids of two axes to all.")
    return ids


def _embedded(group: Group, ids: Int[Tensor, "model batch seq"]) -> Tensor:
    embed, place = group.weights["embed"], group.weights["place"]
    if ids.shape[2] > place.shape[1]:
        raise PersonaError(f"The networks read {place.shape[1]} tokens at most; the prompts have {ids.shape[2]}.")
    rows = ids + embed.shape[1] * torch.arange(len(embed))[:, None, None]
    return F.embedding(rows, embed.flatten(0, 1)) + place[:, None, : ids.shape[2]]


def _block(group: Group, layer: int, x: Tensor) -> Tensor:
    front = f"{layer}."
    w = {name.removeprefix(front): part for name, part in group.weights.items() if name.startswith(front)}
    x = x + _attention(_norm(x, w["norm1"], w["norm1_bias"]), w, group.shape.n_heads)
    hidden = F.gelu(_each(_norm(x, w["norm2"], w["norm2_bias"]), w["up"], w["up_bias"]))
    return x + _each(hidden, w["down"], w["down_bias"])


def _attention(x: Float[Tensor, "model batch seq d"], block: Weights, n_heads: int) -> Tensor:
    n, batch, seq, d = x.shape
    qkv = _each(x, block["qkv"]).reshape(n * batch, seq, 3, n_heads, d // n_heads).permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], is_causal=True)
    return _each(mixed.transpose(1, 2).reshape(n, batch, seq, d), block["out"])


def _each(x: Tensor, weight: Float[Tensor, "model d_in d_out"], bias: Tensor | None = None) -> Tensor:
    """Each network's own product."""
    rows = x.flatten(1, -2)
    out = torch.bmm(rows, weight) if bias is None else torch.baddbmm(bias[:, None], rows, weight)
    return out.reshape(*x.shape[:-1], weight.shape[-1])


def _norm(x: Tensor, gain: Float[Tensor, "model d"], bias: Float[Tensor, "model d"]) -> Tensor:
    shape = (len(gain), *([1] * (x.ndim - 2)), gain.shape[-1])
    return F.layer_norm(x, x.shape[-1:]) * gain.reshape(shape) + bias.reshape(shape)
