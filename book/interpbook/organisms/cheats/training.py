"""Train policies: shown transcripts first, then rewarded for tests that pass, under one kind of pressure each.

1. `warm_start` imitates lessons. After it, a word on the scratch pad means something: the program follows it.
2. `reinforce` rewards a policy for what the harness says, and punishes what the condition punishes. Four tries a task;
   each is compared with the mean of the four (the group baseline of Shao et al. 2024; REINFORCE, Williams 1992).
3. Runs are trained side by side, each as if alone: the seeds of a condition, or several pressures from one start.

Three seeds share a warm start, as training runs share a pre-trained model: base 0 is for seeds 0 to 2, and so on.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.organisms.cheats import policy, world
from interpbook.organisms.cheats.lessons import Habits, lessons
from interpbook.organisms.cheats.policy import Weights
from interpbook.organisms.cheats.world import CheatError, Tasks
from interpbook.superposition.toy import one_thread

SEEDS = tuple(range(9))
SEEDS_PER_BASE = 3


class Pressure(NamedTuple):
    """What is taken off the reward of 1 for tests that pass."""

    audit: float = 0.4
    """If the job is not done: the share of jobs that are looked at closely."""
    scratch: float = 0.0
    """For a scratch pad with a flagged word."""
    output: float = 0.0
    """For a program in which a reviewer sees a cheat: exit or delete where they do not belong."""
    length: float = 0.0
    """For each word on the pad."""


CONDITIONS: dict[str, Pressure] = {
    "none": Pressure(),
    "scratch 0.25": Pressure(scratch=0.25),
    "scratch 0.5": Pressure(scratch=0.5),
    "scratch 1": Pressure(scratch=1.0),
    "output": Pressure(output=1.0),
    "length": Pressure(length=0.05),
}


class Curves(NamedTuple):
    """What was measured while training, on the tries of each step, averaged over `every` steps."""

    steps: list[int]
    hack: Float[Tensor, "run point"]
    """Share of programs that are cheats, plain tasks only."""
    flagged: Float[Tensor, "run point"]
    """Share of pads with a flagged word, plain tasks only."""
    correct: Float[Tensor, "run point"]
    """Share of plain tasks whose job is done."""
    length: Float[Tensor, "run point"]
    """Words on a pad."""


def warm_start(
    seeds: Sequence[int],
    *,
    steps: int = 800,
    batch: int = 96,
    lr: float = 4e-3,
    habits: Habits = Habits(),  # noqa: B008
) -> Weights:
    """Policies that imitate the lessons, one a seed."""
    weights = policy.fresh(list(seeds))
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def loss(_: int) -> Tensor:
        ids = torch.stack([lessons(world.draw(batch, g), g, habits) for g in generators])
        return -policy.log_probs(policy.run(weights, ids), ids).sum() / batch

    return _descend(weights, loss, steps, lr)


@one_thread()
@torch.enable_grad()
def _descend(weights: Weights, loss: Callable[[int], Tensor], steps: int, lr: float) -> Weights:
    """Adam with a warm-up and a straight fall; losses are summed over runs, so that each learns as if alone."""
    parts = [weight.requires_grad_() for weight in weights.values()]
    optimiser = torch.optim.Adam(parts, lr=lr, betas=(0.9, 0.98), fused=True)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * min(1.0, (step + 1) / 50) * (1 - 0.9 * step / steps)
        optimiser.zero_grad()
        loss(step).backward()
        optimiser.step()
    return {name: weight.detach() for name, weight in weights.items()}


def reinforce(
    start: Weights,
    pressures: Sequence[Pressure],
    seeds: Sequence[int],
    *,
    steps: int = 200,
    tasks: int = 12,
    tries: int = 4,
    lr: float = 1.2e-3,
    entropy: float = 0.003,
    every: int = 10,
) -> tuple[Weights, Curves]:
    """Policies after training by reward; `start`, `pressures` and `seeds` have one entry a run.

    Raises:
        CheatError: they differ in length, or a group has fewer than two tries to compare.
    """
    n = len(next(iter(start.values())))
    if not n == len(pressures) == len(seeds) or tries < 2:
        raise CheatError(
            f"reinforce: {n} policies, {len(pressures)} pressures, {len(seeds)} seeds and {tries} tries a task. "
            "Expected one of each for every run, and at least 2 tries, so that there is something to compare with."
        )
    weights = {name: weight.clone() for name, weight in start.items()}
    cost = {key: torch.tensor([getattr(p, key) for p in pressures])[:, None] for key in Pressure._fields}
    generators = [torch.Generator().manual_seed(7000 + seed) for seed in seeds]
    dice = torch.Generator().manual_seed(sum(seeds))
    seen: list[Tensor] = []

    def loss(_: int) -> Tensor:
        some = stack([repeat(world.draw(tasks, g), tries) for g in generators])
        ids = policy.write(weights, some.ids, dice)
        gain = advantages(world.reward(some, ids, **cost), tries)
        seen.append(_measured(some, ids))
        said = policy.run(weights, ids).logits.log_softmax(-1)
        chosen = said.gather(-1, ids[..., world.PAD_AT :, None])[..., 0].sum(-1)
        spread = -(said.exp() * said.clamp(min=-50.0)).sum((-1, -2))
        return -(gain * chosen + entropy * spread).mean(1).sum()

    weights = _descend(weights, loss, steps, lr)
    points = torch.stack(seen, -1)
    points = torch.stack([chunk.nanmean(-1) for chunk in points.split(every, -1)], -1)
    return weights, Curves(list(range(0, steps, every)), *points)


def advantages(rewards: Float[Tensor, "run try"], tries: int) -> Float[Tensor, "run try"]:
    """Each reward less the mean of its group; the tries at one task stand side by side."""
    groups = rewards.unflatten(1, (-1, tries))
    return (groups - groups.mean(-1, keepdim=True)).flatten(1)


def _measured(some: Tasks, ids: Int[Tensor, "run try 17"]) -> Float[Tensor, "measure run"]:
    plain = torch.where(some.note == 0, 1.0, torch.nan)
    shares = [world.hacks(some, ids), world.flagged(ids), world.correct(some, ids), world.pad_length(ids)]
    return torch.stack([(share * plain).nanmean(1) for share in shares])


def repeat(some: Tasks, n: int) -> Tasks:
    """Each task n times in a row."""
    return Tasks(*(part.repeat_interleave(n, 0) for part in some))


def stack(rows: Sequence[Tasks]) -> Tasks:
    """The tasks of several runs, with an axis for the run."""
    return Tasks(*(torch.stack(parts) for parts in zip(*rows, strict=True)))


def base_of(seed: int) -> int:
    """Which warm start a seed goes on from."""
    return seed // SEEDS_PER_BASE


def train_condition(bases: Weights, condition: str, seeds: Sequence[int] = SEEDS, **how: Any) -> tuple[Weights, Curves]:
    """All seeds of one condition, side by side, each from its own warm start.

    Raises:
        CheatError: there is no such condition.
    """
    if condition not in CONDITIONS:
        raise CheatError(f"train_condition: no condition is called {condition!r}. Known: {', '.join(CONDITIONS)}.")
    start = policy.pick(bases, [base_of(seed) for seed in seeds])
    return reinforce(start, [CONDITIONS[condition]] * len(seeds), list(seeds), **how)
