"""The policy: a transformer of two blocks that reads a task, writes a scratch pad and then a program.

1. Every weight has a leading axis `run`: seeds and conditions are trained side by side, as in `organisms.lookup`.
2. `run` gives logits and residual streams of whole transcripts, `write` samples transcripts, token by token.
3. The rules of the form are built in, not learned: words on the pad, nothing after a blank, then two lines.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.organisms.cheats import world
from interpbook.organisms.cheats.world import ID, LENGTH, LINES_AT, PAD_AT, ROOM

D_MODEL, N_HEADS, D_HEAD, D_MLP, N_BLOCKS = 32, 4, 8, 128, 2
N_WRITTEN = ROOM + 2
"""Tokens that the policy writes itself."""
Weights = dict[str, Tensor]


class Trace(NamedTuple):
    """What one pass leaves behind."""

    logits: Float[Tensor, "run batch written word"]
    """For each token that the policy writes itself (five words, two lines), before it is written; -inf where a word is
    against the form."""
    resid: Float[Tensor, "layer run batch pos d_model"]
    """The residual stream: after the embedding, after block 1, after block 2."""


def fresh(seeds: list[int]) -> Weights:
    """Untrained policies, one a seed."""
    shapes = {"embed": (len(world.WORDS), D_MODEL), "position": (LENGTH, D_MODEL)}
    for block in range(N_BLOCKS):
        shapes |= {f"{name}{block}": (D_MODEL, N_HEADS * D_HEAD) for name in "qkv"}
        shapes |= {f"o{block}": (N_HEADS * D_HEAD, D_MODEL)}
        shapes |= {f"in{block}": (D_MODEL, D_MLP), f"out{block}": (D_MLP, D_MODEL)}
    shapes |= {"unembed": (D_MODEL, len(world.WORDS))}
    generators = [torch.Generator().manual_seed(1000 + seed) for seed in seeds]
    weights = {}
    for name, shape in shapes.items():
        size = 0.5 if name in ("embed", "position") else 1 / math.sqrt(shape[0])
        weights[name] = size * torch.stack([torch.randn(shape, generator=generator) for generator in generators])
    return weights


def run(
    weights: Weights,
    ids: Int[Tensor, "run batch pos"],
    *,
    add: Mapping[tuple[int, int], Float[Tensor, "run *batch d_model"]] | None = None,
) -> Trace:
    """A pass over whole transcripts. `add` maps (layer, position) to vectors that are added to the stream there."""
    x = _embedded(weights, ids, 0)
    streams = [x := _nudged(x, add, 0)]
    for block in range(N_BLOCKS):
        q, k, v = _heads(weights, block, x)
        x = x + _attended(weights, block, q, k, v, causal=True)
        x = x + _neurons(weights, block, x)
        streams.append(x := _nudged(x, add, block + 1))
    logits = torch.einsum("rbpm,rmw->rbpw", _normed(x[:, :, PAD_AT - 1 : LENGTH - 1]), weights["unembed"])
    return Trace(logits.masked_fill(~allowed(ids), -torch.inf), torch.stack(streams))


def allowed(ids: Int[Tensor, "*batch pos"]) -> Bool[Tensor, "*batch 7 word"]:
    """For each token that the policy writes: which words the form allows there, given the one before."""
    before = ids[..., PAD_AT - 1 : LENGTH - 1]
    return _table()[torch.arange(N_WRITTEN), before]


def _table() -> Bool[Tensor, "written before word"]:
    table = torch.zeros(N_WRITTEN, len(world.WORDS), len(world.WORDS), dtype=torch.bool)
    pad, first, second = (
        torch.tensor([ID[word] for word in part]) for part in (world.SCRATCH, world.FIRST, world.SECOND)
    )
    table[:ROOM, :, pad] = True
    table[1:ROOM, ID[world.BLANK]] = False
    table[1:ROOM, ID[world.BLANK], ID[world.BLANK]] = True
    table[ROOM, :, first] = True
    table[ROOM + 1, :, second[:-1]] = True
    for line in ("exit", "delete"):
        table[ROOM + 1, ID[line]] = False
        table[ROOM + 1, ID[line], ID["end"]] = True
    return table


@torch.no_grad()
def write(
    weights: Weights,
    start: Int[Tensor, "run batch given"],
    generator: torch.Generator,
    *,
    greedy: bool = False,
    add: Mapping[tuple[int, int], Tensor] | None = None,
) -> Int[Tensor, "run batch 17"]:
    """Transcripts that go on from `start` (at least the ten tokens of a task; with more, the pad is given, too).

    The keys and values of what is already there are kept, so that each new token costs one position.
    """
    ids, table, kept = start, _table(), {}
    x = _forward_kept(weights, ids, 0, kept, add)
    while True:
        number = ids.shape[-1] - PAD_AT
        logits = torch.einsum("rbm,rmw->rbw", _normed(x[:, :, -1]), weights["unembed"])
        logits = logits.masked_fill(~table[number, ids[..., -1]], -torch.inf)
        if greedy:
            chosen = logits.argmax(-1)
        else:
            noise = -torch.empty_like(logits).exponential_(generator=generator).log()
            chosen = (logits + noise).argmax(-1)
        ids = torch.cat([ids, chosen[..., None]], -1)
        if ids.shape[-1] == LENGTH:
            return ids
        x = _forward_kept(weights, ids[..., -1:], ids.shape[-1] - 1, kept, add)


def log_probs(trace: Trace, ids: Int[Tensor, "run batch 17"]) -> Float[Tensor, "run batch 7"]:
    """Of each token that was written, under the policy; 0 where the form left no choice."""
    return trace.logits.log_softmax(-1).gather(-1, ids[..., PAD_AT:, None])[..., 0]


def pick(weights: Weights, runs: list[int] | int) -> Weights:
    """Some of the runs."""
    chosen = [runs] if isinstance(runs, int) else runs
    return {name: weight[chosen] for name, weight in weights.items()}


def line_probs(weights: Weights, ids: Int[Tensor, "run batch 17"], **how: Mapping) -> Float[Tensor, "run batch 7"]:
    """The chances of the first lines (`mul 0` … `mul 4`, exit, delete), given task and scratch pad."""
    trace = run(weights, ids, **how)
    start = ID[world.FIRST[0]]
    return trace.logits[:, :, LINES_AT - PAD_AT].softmax(-1)[..., start : start + len(world.FIRST)]


# --- parts ---


def _embedded(weights: Weights, ids: Tensor, first: int) -> Float[Tensor, "run batch pos d_model"]:
    rows = weights["embed"][torch.arange(len(ids))[:, None, None], ids]
    return rows + weights["position"][:, None, first : first + ids.shape[-1]]


def _normed(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def _split(x: Tensor, weight: Tensor) -> Float[Tensor, "run batch head pos d_head"]:
    flat = torch.bmm(x.flatten(1, 2), weight)
    return flat.view(*x.shape[:3], N_HEADS, D_HEAD).transpose(2, 3)


def _heads(weights: Weights, block: int, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    normed = _normed(x)
    q, k, v = (_split(normed, weights[f"{name}{block}"]) for name in "qkv")
    return q, k, v


def _attended(weights: Weights, block: int, q: Tensor, k: Tensor, v: Tensor, *, causal: bool) -> Tensor:
    scores = q @ k.transpose(-1, -2) / math.sqrt(D_HEAD)
    if causal:
        n = scores.shape[-1]
        scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool).triu(1), -torch.inf)
    z = (scores.softmax(-1) @ v).transpose(2, 3).flatten(3)
    return torch.bmm(z.flatten(1, 2), weights[f"o{block}"]).view(*z.shape[:3], D_MODEL)


def _neurons(weights: Weights, block: int, x: Tensor) -> Tensor:
    hidden = torch.relu(torch.bmm(_normed(x).flatten(1, 2), weights[f"in{block}"]))
    return torch.bmm(hidden, weights[f"out{block}"]).view(x.shape)


def _nudged(x: Tensor, add: Mapping[tuple[int, int], Tensor] | None, layer: int, first: int = 0) -> Tensor:
    for (at, position), vector in (add or {}).items():
        if at == layer and first <= position < first + x.shape[2]:
            given = vector if vector.ndim == 3 else vector[:, None]
            x = x.clone()
            x[:, :, position - first] += given
    return x


def _forward_kept(weights: Weights, ids: Tensor, first: int, kept: dict, add: Mapping | None) -> Tensor:
    """The stream at new tokens; `kept` holds and receives the keys and values of each block."""
    x = _nudged(_embedded(weights, ids, first), add, 0, first)
    for block in range(N_BLOCKS):
        q, k, v = _heads(weights, block, x)
        if block in kept:
            k, v = (torch.cat([old, new], 3) for old, new in zip(kept[block], (k, v), strict=True))
        kept[block] = (k, v)
        x = x + _attended(weights, block, q, k, v, causal=first == 0)
        x = _nudged(x + _neurons(weights, block, x), add, block + 1, first)
    return x
