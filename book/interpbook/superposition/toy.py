"""Toy models of superposition: squeeze many sparse features through few dimensions, and out again.

1. `sample_features` draws inputs in which each feature is mostly zero.
2. `reconstruct` is the whole model: down to `d_hidden` numbers, up again by the same matrix, a bias, a ReLU.
3. `train` fits many such models at once: every tensor has a leading axis `inst`, so a sweep over densities and
   importances costs little more than one model.

Elhage et al. 2022, Toy Models of Superposition. Built in chapter 01.
"""

from collections.abc import Callable
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
    """The sampler of most experiments: features come and go independently."""
    value = torch.rand(n, len(density), n_features, generator=generator)
    return value * (torch.rand(value.shape, generator=generator) < density[:, None])


def in_pairs(anti: bool) -> Sampler:
    """A sampler whose features come in pairs (0, 1), (2, 3), …: always together, or (`anti`) never together."""

    def sample(n: int, density: Float[Tensor, " inst"], n_features: int, generator: torch.Generator) -> Features:
        pairs = (n, len(density), n_features // 2)
        here = torch.rand(pairs, generator=generator) < density[:, None]
        first = torch.rand(pairs, generator=generator) < 0.5
        members = (here & first, here & ~first) if anti else (here, here)
        present = torch.stack(members, dim=-1).flatten(-2)
        return present * torch.rand(present.shape, generator=generator)

    return sample


def forward_all(
    x: Features, W: Float[Tensor, "inst d_hidden n_features"], b: Float[Tensor, "inst n_features"], *, relu: bool = True
) -> Features:
    """`reconstruct` for many models at once; without `relu` the model is linear."""
    hidden = torch.einsum("bif,ihf->bih", x, W)
    pre = torch.einsum("bih,ihf->bif", hidden, W) + b
    return torch.relu(pre) if relu else pre


def train(
    n_features: int,
    n_hidden: int,
    density: Float[Tensor, " inst"],
    importance: Float[Tensor, "inst n_features"] | Float[Tensor, " n_features"],
    *,
    steps: int = 2000,
    batch: int = 256,
    lr: float = 0.02,
    seed: int = 0,
    relu: bool = True,
    sampler: Sampler = independent,
    watch: Callable[[int, Tensor], None] | None = None,
) -> Toy:
    """Train one model per entry of `density`, all at once, by Adam with a learning rate that falls to zero.

    Each model has its own inputs and its own start. `watch(step, W)` sees every step.

    Raises:
        ValueError: a density is not between 0 and 1.
    """
    if not bool(((density > 0) & (density <= 1)).all()):
        raise ValueError(f"train: densities must lie above 0 and at most 1; got {density.tolist()}.")
    generator = torch.Generator().manual_seed(seed)
    n_inst = len(density)
    importance = importance.expand(n_inst, n_features)
    W = torch.randn(n_inst, n_hidden, n_features, generator=generator) / n_hidden**0.5
    W, b = W.requires_grad_(), torch.zeros(n_inst, n_features, requires_grad=True)
    optimiser = torch.optim.Adam([W, b], lr=lr, fused=True)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
        x = sampler(batch, density, n_features, generator)
        loss = _loss(x, forward_all(x, W, b, relu=relu), importance).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if watch is not None:
            watch(step, W.detach())
    return _evaluated(W.detach(), b.detach(), density, importance, relu, sampler, generator)


def _loss(x: Features, x_hat: Features, importance: Float[Tensor, "inst n_features"]) -> Float[Tensor, " inst"]:
    return (importance * (x - x_hat) ** 2).sum(-1).mean(0)


def _evaluated(
    W: Tensor, b: Tensor, density: Tensor, importance: Tensor, relu: bool, sampler: Sampler, generator: torch.Generator
) -> Toy:
    """Loss on 20 fresh batches."""
    with torch.no_grad():
        fresh = (sampler(512, density, W.shape[-1], generator) for _ in range(20))
        loss = torch.stack([_loss(x, forward_all(x, W, b, relu=relu), importance) for x in fresh]).mean(0)
    return Toy(W, b, loss)


def best_of(n_restarts: int, train_once: Callable[[int], Toy]) -> Toy:
    """The lowest-loss model of several starts, chosen for each `inst` on its own; `train_once` takes the seed.

    Training can end in a local minimum; the paper, too, keeps the best of several.
    """
    runs = [train_once(seed) for seed in range(n_restarts)]
    best = torch.stack([run.loss for run in runs]).argmin(0)
    which = torch.arange(len(best))
    W, b, loss = (torch.stack([run[part] for run in runs])[best, which] for part in range(3))
    return Toy(W, b, loss)
