"""The phase diagram: more features than dimensions. Ignore one, or squeeze it in?

1. For two features in one dimension, three pure strategies have an expected loss that can be written down
   (`loss_ignoring`, `loss_antipodal`); `predicted_phase` takes the cheapest, and `border` is where it changes.
2. For three features in two dimensions, `cheapest_phase` integrates the loss of each pure strategy (`STRATEGIES`).
3. `phase_diagram` trains a model in every cell of a grid, all at once; `trained_phase` says what each one does.

Features are present with probability p (the density) and then uniform on [0, 1], so E[x] = p/2, E[x²] = p/3.
Elhage et al. 2022, section on the phase change.
"""

import itertools
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.superposition.toy import Toy, best_of, forward_all, train

PHASES = ("ignored", "shares", "alone")
"""What becomes of the last feature: not represented, in one line with others, or with a dimension to itself."""

_SLANT = 3**0.5 / 2
STRATEGIES: dict[tuple[int, int], tuple[tuple[int, list[list[float]]], ...]] = {
    (2, 1): ((0, [[1, 0]]), (1, [[1, -1]]), (2, [[0, 1]])),
    (3, 2): (
        (0, [[1, 0, 0], [0, 1, 0]]),
        (1, [[1, 0, 0], [0, 1, -1]]),
        (1, [[1, -0.5, -0.5], [0, _SLANT, -_SLANT]]),
        (2, [[1, -1, 0], [0, 0, 1]]),
        (2, [[1, 0, 0], [0, 0, 1]]),
    ),
}
"""For (features, dimensions): pure strategies as an index into PHASES and a W whose columns have length 1 or 0."""


class PhaseDiagram(NamedTuple):
    """A grid of trained models: rows are relative importances, columns densities."""

    importance: Float[Tensor, " row"]
    """Importance of the extra feature, where the other features' is 1."""
    density: Float[Tensor, " column"]
    """Probability that a feature is present."""
    toy: Toy
    """The models, row by row."""
    phase: Int[Tensor, "row column"]
    """Index into PHASES."""


def loss_ignoring(density: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Expected squared error of a feature that is not represented: its variance p/3 - p²/4 (a bias gives its mean)."""
    return density / 3 - density**2 / 4


def loss_antipodal(density: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Expected squared error of each of two features on opposite sides of one dimension, W = (1, -1), no bias.

    Alone, a feature comes back exactly. When both are present (p²), the error is the smaller of the two, and the mean
    square of the smaller of two uniform numbers is 1/6.
    """
    return density**2 / 6


def strategy_losses(importance: Float[Tensor, "..."], density: Float[Tensor, "..."]) -> Float[Tensor, "3 ..."]:
    """The expected weighted loss of each of the three PHASES, for two features of importance 1 and `importance`."""
    importance, density = torch.broadcast_tensors(importance, density)
    ignored, shared = loss_ignoring(density), loss_antipodal(density)
    return torch.stack([importance * ignored, (1 + importance) * shared, ignored])


def predicted_phase(importance: Float[Tensor, "..."], density: Float[Tensor, "..."]) -> Int[Tensor, "..."]:
    """The cheapest of the three pure strategies, as an index into PHASES."""
    return strategy_losses(importance, density).argmin(0)


def loss_partners(
    density: Float[Tensor, "..."], together: Float[Tensor, "..."]
) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """Expected loss of two equally important partners in one dimension: opposite, and side by side.

    `together` is the probability that the other is there when one is. Opposite ends cost what they cost when both are
    present, p·together/3. Side by side, W = (√½, √½), each comes back as the mean of the two: p/3 - p·together/4.
    The two are equal at together = 4/7, at any density.
    """
    return density * together / 3, density / 3 - density * together / 4


def border(importance: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The density below which superposition is predicted: where (1 + r) p²/6 = min(r, 1) (p/3 - p²/4)."""
    scarce = importance.clamp(max=1)
    return 4 * scarce / (2 * (1 + importance) + 3 * scarce)


def cheapest_phase(
    importance: Float[Tensor, " row"], density: Float[Tensor, " column"], *, n_features: int, n_hidden: int
) -> Int[Tensor, "row column"]:
    """The cheapest of the pure STRATEGIES in every cell, its loss integrated; a feature left out gets its mean."""
    weights, densities = grid_of(importance, density, n_features)
    prices = []
    for _, columns in STRATEGIES[n_features, n_hidden]:
        W = torch.tensor(columns, dtype=torch.float32)
        left_out = W.norm(dim=0) == 0
        b = left_out * densities[:, None] / 2
        prices.append(expected_loss(W.expand(len(densities), -1, -1), b, densities, weights))
    phases = torch.tensor([phase for phase, _ in STRATEGIES[n_features, n_hidden]])
    return phases[torch.stack(prices).argmin(0)].reshape(len(importance), len(density))


def trained_phase(W: Float[Tensor, "... d_hidden n_features"]) -> Int[Tensor, "..."]:
    """What a trained model does with its last feature, as an index into PHASES.

    It is ignored if it is shorter than one half; it shares if another feature that the model keeps lies nearer than
    60° to its line; else it stands alone.
    """
    length = W.norm(dim=-2)
    unit = W / length.clamp(min=1e-6).unsqueeze(-2)
    overlap = (unit[..., -1:].mT @ unit).squeeze(-2).abs() * (length > 0.5)
    shares = (overlap[..., :-1] > 0.5).any(-1)
    return torch.where(length[..., -1] > 0.5, torch.where(shares, 1, 2), 0)


def grid_of(
    importance: Float[Tensor, " row"], density: Float[Tensor, " column"], n_features: int
) -> tuple[Float[Tensor, "row*column n_features"], Float[Tensor, " row*column"]]:
    """Every pair of an importance (of the last feature) and a density, one model each."""
    weights = torch.ones(len(importance), len(density), n_features)
    weights[..., -1] = importance[:, None]
    return weights.flatten(0, 1), density.repeat(len(importance))


def expected_loss(
    W: Float[Tensor, "inst d_hidden n_features"],
    b: Float[Tensor, "inst n_features"],
    density: Float[Tensor, " inst"],
    importance: Float[Tensor, "inst n_features"],
    *,
    n_points: int = 256,
) -> Float[Tensor, " inst"]:
    """The expected loss of small models, integrated rather than sampled.

    Every pattern of present features is weighted by its probability, and the values within it run over a fixed,
    evenly filling set of points. At a density of 0.01, two features meet once in 10,000 samples; here they always do.
    """
    n_features = W.shape[-1]
    points = torch.quasirandom.SobolEngine(n_features).draw(n_points) + 0.5 / n_points
    total = torch.zeros(len(density))
    for pattern in itertools.product((0.0, 1.0), repeat=n_features):
        x = (points * torch.tensor(pattern))[:, None].expand(-1, len(density), -1)
        n_present = sum(pattern)
        probability = density**n_present * (1 - density) ** (n_features - n_present)
        total += probability * (importance * (x - forward_all(x, W, b)) ** 2).sum(-1).mean(0)
    return total


def phase_diagram(
    importance: Float[Tensor, " row"],
    density: Float[Tensor, " column"],
    *,
    n_features: int = 2,
    n_hidden: int = 1,
    n_restarts: int = 8,
    steps: int = 300,
    batch: int = 256,
    lr: float = 0.05,
    seed: int = 0,
) -> PhaseDiagram:
    """Train a model for every importance and density of a grid, all cells at once."""
    weights, densities = grid_of(importance, density, n_features)

    runs = []
    for restart in range(n_restarts):
        own_seed = seed + 1000 * restart
        run = train(n_features, n_hidden, densities, weights, steps=steps, batch=batch, lr=lr, seed=own_seed)
        runs.append(run._replace(loss=expected_loss(run.W, run.b, densities, weights)))
    toy = best_of(runs)
    phase = trained_phase(toy.W).reshape(len(importance), len(density))
    return PhaseDiagram(importance, density, toy, phase)
