"""Induction heads as they form: two-layer, attention-only transformers trained from nothing, several at once.

1. `sample` deals token sequences that repeat a block again and again; the length of the block differs from sequence to
   sequence. Part of the text follows fixed word pairs (bigrams), which are easier to learn.
2. `train` teaches one toy a seed to predict the next token, all in one batched computation, and looks now and then.
3. An exam with fresh sequences gives the loss before and after the repetition begins, and two scores a head: how much
   it looks at the token before, and how much at the token *after* the last occurrence (prefix matching).
4. `transitions` says when, and whether, the loss on repetitions fell off its plateau.

Nulls: one layer (no head can build on another's output), and a world in which nothing repeats.
Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; Olsson et al. 2022, "In-context Learning and
Induction Heads". Built in chapter 04.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding, scaled_dot_product_attention

N_HEADS, D_HEAD, D_MODEL = 4, 16, 64
BLOCK = 16
"""Length of the block in the exam, which holds it twice."""
THETA = 100.0
"""Base of the rotary positions: slow enough to tell 33 places apart."""
Head = tuple[int, int]


@dataclass(frozen=True)
class World:
    """What the toys read."""

    n_tokens: int = 64
    """Token 0 is the separator that begins every sequence."""
    bigram: float = 0.3
    """How often a token of the block is one of the three usual successors of the token before; else any token."""
    repeats: bool = True
    """Whether the block is repeated; else new tokens go on to the end."""


class Weights(NamedTuple):
    """The parameters of many toys."""

    embed: Float[Tensor, "model token d_model"]
    qkv: Float[Tensor, "model layer d_model three_heads"]
    """Queries, keys and values of all heads, side by side."""
    out: Float[Tensor, "model layer heads d_model"]
    unembed: Float[Tensor, "model d_model token"]


class Run(NamedTuple):
    """One forward pass."""

    logits: Float[Tensor, "model row seq token"]
    patterns: Float[Tensor, "layer model row head query key"]


class Formation(NamedTuple):
    """What was seen while toys trained; losses in nats a token, scores as mean attention (0 to 1)."""

    steps: list[int]
    first: Float[Tensor, "look model"]
    """Loss on the block's first showing, where only bigrams help."""
    again: Float[Tensor, "look model"]
    """Loss on its second showing."""
    previous: Float[Tensor, "look model layer head"]
    """Attention to the token before."""
    induction: Float[Tensor, "look model layer head"]
    """Attention to the token after the last occurrence of the present one."""
    weights: Weights


class Transition(NamedTuple):
    """How one toy's best head became an induction head, if it did."""

    found: bool
    """The head stands, and while it formed the loss on repetitions fell at least twice as fast as over all training."""
    start: int
    """The first step from which the head's score stays above a fifth of its final value."""
    end: int
    """The same for four fifths."""
    before: float
    """Loss on the second showing at `start`, in nats a token."""
    after: float
    """The same at `end`."""
    share: float
    """The share of all the loss that was ever lost that was lost between `start` and `end`."""


# --- what they read ---


def successors(world: World) -> Int[Tensor, "token three"]:
    """The three usual successors of every token: the same for all toys of a world."""
    generator = torch.Generator().manual_seed(20_22)
    rows = [torch.randperm(world.n_tokens - 1, generator=generator)[:3] + 1 for _ in range(world.n_tokens)]
    return torch.stack(rows)


def sample(world: World, n: int, generator: torch.Generator, *, block: int | None = None) -> Int[Tensor, "row seq"]:
    """`n` sequences of a separator and 32 tokens; `block` fixes the period, which else is drawn from 8 to 16."""
    seq = 2 * BLOCK
    tokens = torch.randint(1, world.n_tokens, (n, seq), generator=generator)
    usual = torch.rand(n, seq, generator=generator) < world.bigram
    which = torch.randint(3, (n, seq), generator=generator)
    follow = successors(world)
    for place in range(1, seq):
        tokens[:, place] = torch.where(usual[:, place], follow[tokens[:, place - 1], which[:, place]], tokens[:, place])
    if world.repeats:
        period = torch.randint(BLOCK // 2, BLOCK + 1, (n, 1), generator=generator) if block is None else block
        tokens = tokens.gather(1, (torch.arange(seq) % period).expand(n, -1))
    return torch.cat([torch.zeros(n, 1, dtype=torch.long), tokens], dim=1)


# --- what they compute ---


def start(world: World, seeds: Sequence[int], n_layers: int) -> Weights:
    """Random parameters, one toy a seed."""
    heads = N_HEADS * D_HEAD
    shapes = [
        ((world.n_tokens, D_MODEL), 1.0),
        ((n_layers, D_MODEL, 3 * heads), D_MODEL**-0.5),
        ((n_layers, heads, D_MODEL), 0.5 * heads**-0.5),
        ((D_MODEL, world.n_tokens), D_MODEL**-0.5),
    ]
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    parts = [torch.stack([scale * torch.randn(shape, generator=g) for g in generators]) for shape, scale in shapes]
    return Weights(*parts)


def _normed(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def _turned(x: Float[Tensor, "*some seq d_head"]) -> Float[Tensor, "*some seq d_head"]:
    """Rotary positions: pairs of numbers turn with the place, so that a score depends on the distance."""
    half = D_HEAD // 2
    angle = torch.arange(x.shape[-2])[:, None] * THETA ** (-torch.arange(half) / half)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], dim=-1)


def _heads(weights: Weights, layer: int, x: Float[Tensor, "model row seq d_model"]) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values, each (model × row, head, seq, d_head)."""
    models, rows, seq, _ = x.shape
    both = torch.bmm(_normed(x).flatten(1, 2), weights.qkv[:, layer]).view(models * rows, seq, 3, N_HEADS, D_HEAD)
    query, key, value = both.permute(2, 0, 3, 1, 4)
    return _turned(query), _turned(key), value


def forward(weights: Weights, tokens: Int[Tensor, "model row seq"], *, silent: Collection[Head] = ()) -> Run:
    """Scores for the next token, and where every head looked. `silent` heads write their mean over rows and places."""
    x, patterns = _embedded(weights, tokens), []
    seq = tokens.shape[-1]
    ahead = torch.full((seq, seq), -torch.inf).triu(1)
    for layer in range(weights.qkv.shape[1]):
        query, key, value = _heads(weights, layer, x)
        pattern = (query @ key.transpose(-1, -2) / D_HEAD**0.5 + ahead).softmax(-1)
        z = (pattern @ value).unflatten(0, tokens.shape[:2])
        for _, head in (place for place in silent if place[0] == layer):
            z[:, :, head] = z[:, :, head].mean((1, 2), keepdim=True)
        x = x + _written(weights, layer, z)
        patterns.append(pattern.unflatten(0, tokens.shape[:2]))
    return Run(_scores(weights, x), torch.stack(patterns))


def _fast(weights: Weights, tokens: Int[Tensor, "model row seq"]) -> Float[Tensor, "model row seq token"]:
    """The same logits without keeping the patterns."""
    x = _embedded(weights, tokens)
    for layer in range(weights.qkv.shape[1]):
        z = scaled_dot_product_attention(*_heads(weights, layer, x), is_causal=True)
        x = x + _written(weights, layer, z.unflatten(0, tokens.shape[:2]))
    return _scores(weights, x)


def _embedded(weights: Weights, tokens: Int[Tensor, "model row seq"]) -> Float[Tensor, "model row seq d_model"]:
    models, n_tokens, _ = weights.embed.shape
    return embedding(tokens + n_tokens * torch.arange(models)[:, None, None], weights.embed.flatten(0, 1))


def _written(weights: Weights, layer: int, z: Float[Tensor, "model row head seq d_head"]) -> Tensor:
    """What a layer's heads add to the stream."""
    flat = z.transpose(2, 3).flatten(3).flatten(1, 2)
    return torch.bmm(flat, weights.out[:, layer]).unflatten(1, (z.shape[1], z.shape[3]))


def _scores(weights: Weights, x: Float[Tensor, "model row seq d_model"]) -> Float[Tensor, "model row seq token"]:
    return torch.bmm(_normed(x).flatten(1, 2), weights.unembed).unflatten(1, x.shape[1:3])


# --- exams ---


def exam(world: World, *, n: int = 64, seed: int = 77) -> Int[Tensor, "row seq"]:
    """Fresh sequences that show a block of 16 tokens twice, whatever the world does."""
    held = World(world.n_tokens, world.bigram, repeats=True)
    return sample(held, n, torch.Generator().manual_seed(seed), block=BLOCK)


def losses(run: Run, rows: Int[Tensor, "row seq"]) -> tuple[Float[Tensor, " model"], Float[Tensor, " model"]]:
    """Nats a token on the first and on the second showing of the block (without its first two tokens)."""
    given = rows[None, :, 1:, None].expand(len(run.logits), -1, -1, -1)
    each = -run.logits[:, :, :-1].log_softmax(-1).gather(-1, given)[..., 0]  # (model, row, seq - 1)
    return each[:, :, 2:BLOCK].mean((1, 2)), each[:, :, BLOCK + 1 :].mean((1, 2))


def previous_scores(patterns: Float[Tensor, "*some query key"]) -> Float[Tensor, "*some"]:
    """Mean attention to the token before, over all places that have one."""
    return patterns.diagonal(-1, -2, -1).mean(-1)


def induction_scores(patterns: Float[Tensor, "*some query key"]) -> Float[Tensor, "*some"]:
    """Mean attention, on the second showing of a block, to the token *after* the same token on the first."""
    return patterns[..., BLOCK + 1 :, :].diagonal(2, -2, -1).mean(-1)


# --- growing up ---


def train(
    world: World,
    seeds: Sequence[int],
    *,
    n_layers: int = 2,
    steps: int = 900,
    rows: int = 16,
    lr: float = 4e-3,
    every: int = 20,
) -> Formation:
    """One toy a seed, trained side by side and examined every so many steps. Toys do not influence one another."""
    weights = Weights(*(part.requires_grad_() for part in start(world, seeds, n_layers)))
    optimiser = torch.optim.Adam(list(weights), lr=lr, betas=(0.9, 0.98), fused=True)
    dealers = [torch.Generator().manual_seed(1000 + seed) for seed in seeds]
    looks, examined, held = [], [], exam(world)
    for step in range(steps + 1):
        if step % every == 0:
            looks.append(step)
            examined.append(_look(weights, held))
            lessons = torch.stack([sample(world, rows * every, dealer) for dealer in dealers])
        tokens = lessons[:, (step % every) * rows :][:, :rows]
        with torch.enable_grad():
            logits = _fast(weights, tokens[:, :, :-1])
            loss = cross_entropy(logits.flatten(0, 2), tokens[:, :, 1:].flatten()) * len(seeds)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    seen = [torch.stack(series) for series in zip(*examined, strict=True)]
    return Formation(looks, *seen, weights=Weights(*(part.detach() for part in weights)))


def _look(weights: Weights, held: Int[Tensor, "row seq"]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    with torch.no_grad():
        run = forward(weights, held.expand(len(weights.embed), -1, -1))
    previous, induced = (
        score(run.patterns).mean(2).transpose(0, 1) for score in (previous_scores, induction_scores)
    )  # (model, layer, head)
    return (*losses(run, held), previous, induced)


def transitions(formation: Formation, *, stands: float = 0.35) -> list[Transition]:
    """Whether and when an induction head formed in each toy, and what became of the loss on repetitions meanwhile."""
    return [_transition(formation, model, stands) for model in range(formation.again.shape[1])]


def _transition(formation: Formation, model: int, stands: float) -> Transition:
    scores = formation.induction[:, model].flatten(1)
    score, loss = scores[:, scores[-1].argmax()], formation.again[:, model]
    begin, end = (_stays_above(score, share * float(score[-1])) for share in (0.2, 0.8))
    share = float((loss[begin] - loss[end]) / (loss[0] - loss[-1]).clamp(min=1e-9))
    found = float(score[-1]) >= stands and share >= 2 * (end - begin) / (len(score) - 1)
    steps = formation.steps
    return Transition(found, steps[begin], steps[end], float(loss[begin]), float(loss[end]), share)


def _stays_above(series: Float[Tensor, " look"], level: float) -> int:
    """The first look from which on the series is never below the level."""
    below = (series < level).nonzero()
    return int(below[-1]) + 1 if len(below) else 0
