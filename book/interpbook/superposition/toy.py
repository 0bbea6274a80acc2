"""Toy models of superposition: squeeze many sparse features through few dimensions, and out again.

1. `sample_features` draws inputs in which each feature is mostly zero.
2. `reconstruct` is the whole model: down to `d_hidden` numbers, up again by the same matrix, a bias, a ReLU.
3. `train` fits many such models at once: every tensor has a leading axis `inst`, so a sweep over densities and
   importances costs little more than one model.

Elhage et al. 2022, Toy Models of Superposition. Built in chapter 01.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

Features = Float[Tensor, "batch inst n_features"]
Sampler = Callable[[int, Float[Tensor, " inst"], int, torch.Generator], Features]


class Toy(NamedTuple):
    """Many trained toy models."""

    W: Float[Tensor, "inst d_hidden n_features"]
    """Column `i` of a model's `W` is the direction that stands for feature `i`."""
    b: Float[Tensor, "inst n_features"]
    """The bias of each output."""
    loss: Float[Tensor, " inst"]
    """Weighted loss on fresh inputs that training did not see."""


def sample_features(n: int, n_features: int, density: float, *, seed: int = 0) -> Float[Tensor, "n n_features"]:
    """Inputs in which each feature is present with probability `density`, and then uniform between 0 and 1.

    The papers speak of sparsity S; the density is 1 - S.
    """
    generator = torch.Generator().manual_seed(seed)
    present = torch.rand(n, n_features, generator=generator) < density
    return present * torch.rand(n, n_features, generator=generator)


def reconstruct(
    x: Float[Tensor, "batch n_features"], W: Float[Tensor, "d_hidden n_features"], b: Float[Tensor, " n_features"]
) -> Float[Tensor, "batch n_features"]:
    """What a toy model gives back for `x`: ReLU(WᵀWx + b). Equal to `x` only where nothing interferes."""
    hidden = x @ W.T
    return torch.relu(hidden @ W + b)


def weighted_loss(
    x: Float[Tensor, "batch n_features"],
    x_hat: Float[Tensor, "batch n_features"],
    importance: Float[Tensor, " n_features"],
) -> Float[Tensor, ""]:
    """Squared error, each feature weighted by its importance: summed over features, averaged over inputs."""
    return (importance * (x - x_hat) ** 2).sum(-1).mean()


def independent(n: int, density: Float[Tensor, " inst"], n_features: int, generator: torch.Generator) -> Features:
    """The sampler of most experiments: features come and go independently.

    One draw decides both: below the density the feature is present, and how far below says how strongly.
    """
    draw = torch.rand(len(density), n_features, n, generator=generator)  # the longest axis last, which is fastest
    share = density[:, None, None]
    return ((draw < share) * draw.div_(share)).permute(2, 0, 1)


def in_pairs(together: float | Float[Tensor, " inst"]) -> Sampler:
    """A sampler whose features come in pairs (0, 1), (2, 3), …: where one is, the other is with probability `together`.

    0: partners never meet; 1: always together; the density itself: independent. Each feature keeps its density p, so
    `together` can be no smaller than (2p - 1) / p.
    """

    def sample(n: int, density: Float[Tensor, " inst"], n_features: int, generator: torch.Generator) -> Features:
        pairs = (n, len(density), n_features // 2)
        share, chance = density[:, None], torch.as_tensor(together, dtype=torch.float32).reshape(-1, 1)
        chance = chance.repeat(len(density) // len(chance), 1)
        first = torch.rand(pairs, generator=generator) < share
        otherwise = share * (1 - chance) / (1 - share).clamp(min=1e-6)
        second = torch.rand(pairs, generator=generator) < torch.where(first, chance, otherwise)
        present = torch.stack([first, second], dim=-1).flatten(-2)
        return present * torch.rand(present.shape, generator=generator)

    return sample


def forward_all(
    x: Features, W: Float[Tensor, "inst d_hidden n_features"], b: Float[Tensor, "inst n_features"], *, relu: bool = True
) -> Features:
    """`reconstruct` for many models at once; without `relu` the model is linear."""
    x = x.permute(1, 2, 0)  # (inst, feature, batch): matrix products then run over models, the batch innermost
    pre = W.mT @ (W @ x) + b[..., None]
    return (torch.relu(pre) if relu else pre).permute(2, 0, 1)


@contextmanager
def one_thread() -> Iterator[None]:
    """For thousands of tiny operations, where handing each to several threads costs more than it saves."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@one_thread()
def train(
    n_features: int,
    n_hidden: int,
    density: Float[Tensor, " inst"],
    importance: Float[Tensor, "inst n_features"] | Float[Tensor, " n_features"],
    *,
    restarts: int = 1,
    steps: int = 2000,
    batch: int = 256,
    lr: float = 0.02,
    seed: int = 0,
    relu: bool = True,
    sampler: Sampler = independent,
    watch: Callable[[int, Tensor, Tensor], None] | None = None,
) -> Toy:
    """Train one model per entry of `density`, all at once, by Adam with a learning rate that falls to zero.

    Each model has its own inputs and its own start. With `restarts` every entry is trained from so many starts, and
    the one with the lowest loss is kept. `watch(step, W, b)` sees all models before every step.

    Raises:
        ValueError: a density is not between 0 and 1.
    """
    if not bool(((density > 0) & (density <= 1)).all()):
        raise ValueError(f"train: densities must lie above 0 and at most 1; got {density.tolist()}.")
    generator = torch.Generator().manual_seed(seed)
    importance, density = importance.expand(len(density), n_features).repeat(restarts, 1), density.repeat(restarts)
    W = torch.randn(len(density), n_hidden, n_features, generator=generator) / n_hidden**0.5
    W, b = W.requires_grad_(), torch.zeros(len(density), n_features, requires_grad=True)
    optimiser = torch.optim.Adam([W, b], lr=lr, fused=True)
    for step in range(steps):
        if watch is not None:
            watch(step, W.detach(), b.detach())
        optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
        x = sampler(batch, density, n_features, generator)
        loss = losses(x, forward_all(x, W, b, relu=relu), importance).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    trained = _evaluated(W.detach(), b.detach(), density, importance, relu, sampler, generator)
    return best_of([Toy(*parts) for parts in zip(*(part.chunk(restarts) for part in trained), strict=True)])


def losses(x: Features, x_hat: Features, importance: Float[Tensor, "inst n_features"]) -> Float[Tensor, " inst"]:
    """`weighted_loss` for many models at once."""
    return (importance * (x - x_hat).square().mean(0)).sum(-1)


def _evaluated(
    W: Tensor, b: Tensor, density: Tensor, importance: Tensor, relu: bool, sampler: Sampler, generator: torch.Generator
) -> Toy:
    """Loss on 20 fresh batches."""
    with torch.no_grad():
        fresh = (sampler(512, density, W.shape[-1], generator) for _ in range(20))
        loss = torch.stack([losses(x, forward_all(x, W, b, relu=relu), importance) for x in fresh]).mean(0)
    return Toy(W, b, loss)


def best_of(runs: Sequence[Toy]) -> Toy:
    """For each model the run with the lowest loss, because training can end in a local minimum."""
    best = torch.stack([run.loss for run in runs]).argmin(0)
    which = torch.arange(len(best))
    W, b, loss = (torch.stack([run[part] for run in runs])[best, which] for part in range(3))
    return Toy(W, b, loss)


class OneToy(torch.nn.Module):
    """One toy model, written as one usually writes a model; `train` is its fast sister for many."""

    def __init__(self, n_features: int, n_hidden: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.W = torch.nn.Parameter(torch.randn(n_hidden, n_features, generator=generator) / n_hidden**0.5)
        self.b = torch.nn.Parameter(torch.zeros(n_features))

    def forward(self, x: Float[Tensor, "batch n_features"]) -> Float[Tensor, "batch n_features"]:
        """`reconstruct` with this model's weights."""
        return reconstruct(x, self.W, self.b)


def train_one(
    n_features: int,
    n_hidden: int,
    density: float,
    importance: Float[Tensor, " n_features"],
    *,
    steps: int = 2000,
    batch: int = 256,
    lr: float = 0.02,
    seed: int = 0,
) -> OneToy:
    """Train a single model, one step at a time: the same recipe as `train`, for comparison."""
    generator = torch.Generator().manual_seed(seed)
    model = OneToy(n_features, n_hidden, generator)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
        present = torch.rand(batch, n_features, generator=generator) < density
        x = present * torch.rand(batch, n_features, generator=generator)
        loss = weighted_loss(x, model(x), importance)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model
