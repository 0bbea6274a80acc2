"""A toy in which a direction for *true* appears while it trains, and one change that keeps it from appearing.

1. Facts: each of N subjects has one right attribute. A sequence is `subject attribute subject' attribute'`. With
   probability rho both pairs are right; otherwise each attribute is drawn at random. So whether the first pair was
   right says whether it pays to know the second: truth is worth something, though nobody labels it.
2. Model: embeddings, one attention layer that takes the mean of all so far, one normalisation, one unembedding.
3. `truth_auroc` asks whether one direction tells right first pairs from wrong ones at the second subject.

After Ravfogel et al. 2025 (arXiv 2510.15804), smaller. Many models train at once: the first axis of every tensor.
Built in chapter 02.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from interpbook.probes.linear import logistic, score
from interpbook.stats import auroc


@dataclass(frozen=True)
class World:
    """One kind of model, and the world it grows up in."""

    norm: bool = True
    """Whether the stream is scaled to one length before the unembedding."""
    shared: bool = True
    """Whether the two pairs of a sequence are right or wrong together; else each tosses its own coin."""
    rho: float = 0.9
    """How often a pair is right."""


class Weights(NamedTuple):
    """The parameters of many toys."""

    embed: Float[Tensor, "model token d"]
    position: Float[Tensor, "model 4 d"]
    value: Float[Tensor, "model d d"]
    unembed: Float[Tensor, "model d token"]


class Sequences(NamedTuple):
    """What the toys read."""

    tokens: Int[Tensor, "batch seq"]
    """subject, N + attribute, subject', N + attribute' (the last is what an exam leaves out)."""
    true: Bool[Tensor, " batch"]
    """Whether the first pair was drawn to be right."""


def sample(world: World, n_facts: int, n: int, generator: torch.Generator) -> Sequences:
    """`n` sequences; the right attribute of subject i has number i (names mean nothing to a toy)."""
    true = torch.rand(n, generator=generator) < world.rho
    second = true if world.shared else torch.rand(n, generator=generator) < world.rho
    subjects, others = (torch.randint(n_facts, (n, 2), generator=generator) for _ in range(2))
    attributes = torch.where(torch.stack([true, second], 1), subjects, others)
    tokens = torch.stack([subjects[:, 0], n_facts + attributes[:, 0], subjects[:, 1], n_facts + attributes[:, 1]], 1)
    return Sequences(tokens, true)


def streams(
    weights: Weights, tokens: Int[Tensor, "model batch seq"], norm: Bool[Tensor, " model"]
) -> Float[Tensor, "model batch seq d"]:
    """The stream before the unembedding: token + position + the mean of all values so far, normalised or not."""
    n_models, seq = len(tokens), tokens.shape[-1]
    index = torch.arange(n_models)[:, None, None]
    x = weights.embed[index, tokens] + weights.position[:, None, :seq]
    values = torch.einsum("mbsd,mde->mbse", x, weights.value)
    stream = x + values.cumsum(2) / torch.arange(1, seq + 1)[:, None]
    length = stream.norm(dim=-1, keepdim=True) / stream.shape[-1] ** 0.5
    return torch.where(norm[:, None, None, None], stream / length, stream)


def train(
    worlds: Sequence[World],
    *,
    n_facts: int = 64,
    d: int = 64,
    steps: int = 3000,
    batch: int = 128,
    lr: float = 2e-3,
    seed: int = 0,
    watch: Callable[[int, Weights], None] | None = None,
) -> Weights:
    """One toy a world, trained to predict the next token; `watch(step, weights)` looks on."""
    generator, n_models = torch.Generator().manual_seed(seed), len(worlds)
    norm = torch.tensor([world.norm for world in worlds])
    weights = _start(n_models, n_facts, d, generator)
    optimiser = torch.optim.Adam(list(weights), lr=lr)
    for step in range(steps + 1):
        if watch is not None:
            watch(step, weights)
        tokens = torch.stack([sample(world, n_facts, batch, generator).tokens for world in worlds])
        with torch.enable_grad():
            optimiser.zero_grad()
            logits = torch.einsum("mbsd,mdt->mbst", streams(weights, tokens[..., :3], norm), weights.unembed)
            cross_entropy(logits.flatten(0, 2), tokens[..., 1:].flatten()).mul(n_models).backward()
            optimiser.step()
    return Weights(*(w.detach() for w in weights))


def _start(n_models: int, n_facts: int, d: int, generator: torch.Generator) -> Weights:
    def draw(*shape: int, scale: float) -> Tensor:
        return (torch.randn(n_models, *shape, generator=generator) * scale).requires_grad_()

    n_tokens, small = 2 * n_facts, d**-0.5
    return Weights(
        draw(n_tokens, d, scale=small),
        draw(4, d, scale=0.02),
        draw(d, d, scale=small),
        draw(d, n_tokens, scale=small),
    )


class Seen(NamedTuple):
    """What the toys know at one moment; one number a toy."""

    step: int
    before: list[float]
    """AUROC of right against wrong first pairs along one direction, read at the second subject before the norm."""
    after: list[float]
    """The same after the norm (where there is none: the same number)."""
    length: list[float]
    """AUROC of right against wrong by nothing but the stream's length before the norm (near 0 or near 1: it tells)."""
    known_after_right: list[float]
    """The probability of the right second attribute after a right first pair."""
    known_after_wrong: list[float]
    """The same after a wrong one."""


def look(step: int, weights: Weights, worlds: Sequence[World], *, n: int = 4000, seed: int = 1) -> Seen:
    """Probe every toy, on as many right as wrong first pairs; the probe is fitted on every other subject.

    The first pair's subject decides on which side a sequence is: what is tested are facts that the probe has not seen.
    """
    n_facts, generator = weights.embed.shape[1] // 2, torch.Generator().manual_seed(seed)
    tokens, right = _exam(n_facts, n, generator)
    everybody = tokens.expand(len(worlds), -1, -1)
    norm = torch.tensor([world.norm for world in worlds])
    with torch.no_grad():
        raw, scaled = (streams(weights, everybody, n)[:, :, 2] for n in (torch.zeros_like(norm), norm))
        told = torch.einsum("mbd,mdt->mbt", scaled, weights.unembed).softmax(-1)
    known = told[:, torch.arange(len(tokens)), n_facts + tokens[:, 2]]
    fit = tokens[:, 0] % 2 == 0
    before, after = ([_area(stream, right, fit) for stream in place] for place in (raw, scaled))
    length = [auroc(stream.norm(dim=-1), right) for stream in raw]
    return Seen(step, before, after, length, known[:, right].mean(1).tolist(), known[:, ~right].mean(1).tolist())


def _exam(n_facts: int, n: int, generator: torch.Generator) -> Sequences:
    """Subject, attribute, subject': half the pairs right, half with another subject's attribute, of the same parity.

    So whatever is learned of single attributes on even subjects says nothing about odd ones, neither right nor wrong.
    """
    subjects = torch.randint(n_facts, (n, 2), generator=generator)
    right = torch.rand(n, generator=generator) < 0.5
    steps = 2 * torch.randint(1, n_facts // 2, (n,), generator=generator)
    attributes = torch.where(right, subjects[:, 0], (subjects[:, 0] + steps) % n_facts)
    return Sequences(torch.stack([subjects[:, 0], n_facts + attributes, subjects[:, 1]], 1), right)


def _area(stream: Float[Tensor, "batch d"], right: Bool[Tensor, " batch"], fit: Bool[Tensor, " batch"]) -> float:
    probe = logistic(stream[fit], right[fit])
    return auroc(score(probe, stream[~fit]), right[~fit])
