"""Two stand-ins that are right and misleading: same outputs, another machine.

1. `remember` · the target takes absolute values, coordinate by coordinate. If one input comes again and again, a
   sparse transcoder grows a feature for that one input, which the target does not have. Matching Jacobians as well as
   outputs speaks against it (Olah 2025, an informal note).
2. `shorten` · the target works in two steps: b = x1 and x2, then c = b and x3. A cross-layer transcoder may let one
   feature of the first layer write b *and* c: sparser, exact, and one step instead of two (Lange et al. 2026).

Both train in seconds, several seeds side by side. Built in chapter 05.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# --- a remembered input ---

WIDTH, FEATURES, DENSITY = 20, 60, 0.1
COMMON = torch.tensor([1.0, 1.0, 1.0] + [0.0] * (WIDTH - 3))
"""The input that is repeated."""


class Remembered(NamedTuple):
    """What one trained transcoder does with the common input, and with all others."""

    memory: float
    """How much of the answer to the common input comes from features that write all of its coordinates at once."""
    active: int
    """Features active on the common input; taking absolute values one by one needs three."""
    missed: float
    """Mean squared error on inputs in which nothing is repeated, summed over coordinates."""


def remember(
    repeat: float,
    *,
    jacobian: float = 0.0,
    sparsity: float = 0.1,
    seeds: Sequence[int] = (0, 1, 2, 3),
    steps: int = 3000,
    batch: int = 256,
) -> list[Remembered]:
    """Train a transcoder of x → |x| for each seed; a share `repeat` of the inputs is one and the same.

    `jacobian` is the weight of a second loss: the difference of target and transcoder along a random direction of the
    input, per example. `sparsity` weighs tanh(4 · activation · decoder length), as in the note.
    """
    draw = torch.Generator().manual_seed(1000 * len(seeds) + min(seeds))
    W_in, W_out = (torch.stack([_normal(seed, side) for seed in seeds]) * 0.3 for side in (0, 1))
    weights = [W_in.requires_grad_(), W_out.requires_grad_(), torch.zeros(len(seeds), 1, FEATURES, requires_grad=True)]

    def loss() -> Tensor:
        x = inputs(len(seeds), batch, repeat, draw)
        pre = x @ weights[0].mT + weights[2]
        active = pre.relu()
        total = (active @ weights[1] - x.abs()).square().sum(-1)
        total = total + sparsity * torch.tanh(4 * active * weights[1].norm(dim=-1)[:, None]).sum(-1)
        if jacobian:
            v = torch.randn(x.shape, generator=draw)
            bent = ((pre > 0) * (v @ weights[0].mT)) @ weights[1]
            total = total + jacobian * (bent - x.sign() * v).square().sum(-1)
        return total.mean(1).sum()

    fit(weights, loss, steps, lr=3e-3)
    return [remembered(*(w[i] for w in weights)) for i in range(len(seeds))]


def _normal(seed: int, side: int) -> Float[Tensor, "feature width"]:
    return torch.randn(FEATURES, WIDTH, generator=torch.Generator().manual_seed(2 * seed + side))


def inputs(runs: int, batch: int, repeat: float, draw: torch.Generator) -> Float[Tensor, "run batch width"]:
    """Each coordinate is 0 or, with the density's chance, anything between -1 and 1; some rows are the common input."""
    x = 2 * torch.rand(runs, batch, WIDTH, generator=draw) - 1
    x = x * (torch.rand(x.shape, generator=draw) < DENSITY)
    again = torch.rand(runs, batch, 1, generator=draw) < repeat
    return torch.where(again, COMMON, x)


@torch.no_grad()
def remembered(
    W_in: Float[Tensor, "feature width"], W_out: Float[Tensor, "feature width"], b: Float[Tensor, "one feature"]
) -> Remembered:
    """Examine one transcoder."""
    written = (COMMON @ W_in.T + b[0]).relu()[:, None] * W_out
    along = written @ COMMON / COMMON.norm()
    memory = (along - written[:, :3].max(1).values).relu().sum()  # a feature of one coordinate has along < its maximum
    x = inputs(1, 4000, 0.0, torch.Generator().manual_seed(99))[0]
    missed = ((x @ W_in.T + b).relu() @ W_out - x.abs()).square().sum(-1).mean()
    return Remembered(float(memory), int((written.norm(dim=1) > 0.05).sum()), float(missed))


# --- a shortened chain ---

CASES = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3)
"""All inputs x1, x2, x3."""


class Shortened(NamedTuple):
    """A transcoder of the two-step chain, and what it says about the second step."""

    missed: float
    """Largest error of b or c on any of the eight inputs."""
    active: float
    """Features active on the input 1, 1, 1."""
    from_first: float
    """Of c on the input 1, 1, 1, the share that features of the first layer write."""
    predicted: float
    """The change of c, by the transcoder's graph, when b is set from 1 to 0 on that input. In the chain it is -1."""


def chain(x: Float[Tensor, "... three"], b: Float[Tensor, "..."] | None = None) -> tuple[Tensor, Tensor]:
    """The true machine: b = x1 and x2; c = b and x3. With `b`, the first step is set by hand."""
    b = (x[..., 0] + x[..., 1] - 1).relu() if b is None else b
    return b, (b + x[..., 2] - 1).relu()


def shorten(
    *,
    cross_layer: bool,
    sparsity: float = 0.02,
    seeds: Sequence[int] = (0, 1, 2, 3, 4),
    features: int = 6,
    steps: int = 3000,
) -> list[Shortened]:
    """Train a transcoder of the chain for each seed: `features` a layer, rebuilt outputs b and c.

    Features of layer 1 read x and write b; features of layer 2 read x and b (the true one) and write c. With
    `cross_layer` those of layer 1 may write c as well. Sparsity charges activation times length of everything that a
    feature writes.
    """
    draws = [torch.Generator().manual_seed(seed) for seed in seeds]
    first, second, out_b, out_c1, out_c2 = (
        torch.stack([torch.randn(*shape, generator=draw) * 0.5 for draw in draws])
        for shape in ((features, 3), (features, 4), (features,), (features,), (features,))
    )
    biases = [torch.zeros(len(seeds), 1, features) for _ in range(2)]
    allowed = float(cross_layer)
    weights = [w.requires_grad_() for w in (first, second, out_b, out_c1, out_c2, *biases)]
    true_b, true_c = chain(CASES)

    def loss() -> Tensor:
        one, two = _read(weights, CASES, true_b)
        lengths = (out_b.square() + allowed * out_c1.square() + 1e-12).sqrt()
        b, c = one @ out_b[..., None], one @ (allowed * out_c1)[..., None] + two @ out_c2[..., None]
        wrong = (b[..., 0] - true_b).square() + (c[..., 0] - true_c).square()
        charged = torch.cat([one * lengths[:, None], two * out_c2.abs()[:, None]], -1)
        cost = torch.tanh(2 * charged).sum(-1)
        return (wrong + sparsity * cost).mean(1).sum()

    fit(weights, loss, steps, lr=1e-2)
    with torch.no_grad():
        out_c1.mul_(allowed)
    return [shortened([w[i] for w in weights]) for i in range(len(seeds))]


def _read(weights: Sequence[Tensor], x: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The activations of both layers' features."""
    with_b = torch.cat([x, b[..., None]], -1)
    return (x @ weights[0].mT + weights[5]).relu(), (with_b @ weights[1].mT + weights[6]).relu()


@torch.no_grad()
def shortened(weights: Sequence[Tensor]) -> Shortened:
    """Examine one transcoder: what it rebuilds, and what its graph expects of an intervention on b."""
    _, _, out_b, out_c1, out_c2, *_ = weights
    true_b, true_c = chain(CASES)
    one, two = _read(weights, CASES, true_b)
    b, c = one @ out_b, one @ out_c1 + two @ out_c2
    without = _read(weights, CASES[-1:], torch.zeros(1))[1]
    return Shortened(
        missed=float(torch.maximum((b - true_b).abs(), (c - true_c).abs()).max()),
        active=float((one[-1] > 0.05).sum() + (two[-1] > 0.05).sum()),
        from_first=float(one[-1] @ out_c1 / c[-1]),
        predicted=float((without[0] - two[-1]) @ out_c2),
    )


def fit(weights: Sequence[Tensor], loss: Callable[[], Tensor], steps: int, lr: float) -> None:
    """Adam with a rate that falls to zero."""
    optimiser = torch.optim.Adam(list(weights), lr)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, steps)
    with torch.enable_grad():
        for _ in range(steps):
            optimiser.zero_grad()
            loss().backward()
            optimiser.step()
            schedule.step()
    for weight in weights:
        weight.requires_grad_(False)


def matched(run: Shortened, tolerance: float = 0.1) -> bool:
    """Whether a transcoder rebuilds every case."""
    return run.missed < tolerance


def memories(runs: Sequence[Remembered], at_least: float = 0.3) -> Bool[Tensor, " run"]:
    """Which runs have a feature for the common input."""
    return torch.tensor([run.memory >= at_least for run in runs])
