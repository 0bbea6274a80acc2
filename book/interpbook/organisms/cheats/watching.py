"""What monitors of the workshop get to see, and what each of them makes of it.

1. `watched` lets policies write, and lays out per transcript what a monitor may read: task, pad, program, activations.
2. `split` keeps for testing what is new in chain *and* in seed.
3. `scores_of` trains every monitor on one set of transcripts and scores another. Probes are trained for each warm start
   apart: seeds of one base share their directions, as fine-tunes of one model do; those of different bases do not.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.organisms.cheats import measuring, policy, world
from interpbook.organisms.cheats.policy import Weights
from interpbook.organisms.cheats.training import base_of
from interpbook.organisms.cheats.world import THINK_AT
from interpbook.probes import Probe
from interpbook.reasoning import monitors

LAYER = 1
"""Where probes read: after the first block. What the second block does is still to come."""
END_AT = world.LINES_AT - 1
"""The last place of the pad."""
TEST_SEEDS = (2, 5, 8)
"""One seed of each base: never trained on."""


class Watched(NamedTuple):
    """Transcripts as monitors see them, with the truth beside; one row each."""

    jobs: list[str]
    pads: list[str]
    programs: list[str]
    chains: list[str]
    """The task's steps: what it shares with other transcripts of the same chain."""
    seed: Int[np.ndarray, " item"]
    base: Int[np.ndarray, " item"]
    hack: Bool[np.ndarray, " item"]
    n_steps: Int[np.ndarray, " item"]
    think: Float[Tensor, "item d"]
    """The stream at `think`, before a word is written."""
    end: Float[Tensor, "item d"]
    """The stream at the end of the pad, before a line is written."""

    def rows(self, chosen: Bool[np.ndarray, " item"]) -> "Watched":
        """Some of the rows."""
        at = np.flatnonzero(chosen)
        parts = ([part[i] for i in at] if isinstance(part, list) else part[at] for part in self)
        return Watched(*parts)  # pyright: ignore[reportArgumentType]


def watched(weights: Weights, seeds: Sequence[int], n: int = 500, *, exam: int = 2) -> Watched:
    """Transcripts of n plain tasks and tasks with notes for each policy; `seeds` says which seed each run is."""
    seen = measuring.transcripts(weights, n, seed=exam)
    resid = policy.run(weights, seen.ids).resid[LAYER]
    ids = seen.ids.flatten(0, 1)
    names = np.repeat(np.array(seeds), n)
    return Watched(
        measuring.jobs(ids),
        measuring.pads(ids),
        measuring.programs(ids),
        [str(row[: world.NOTE_AT].tolist()) for row in ids],
        names,
        np.array([base_of(int(seed)) for seed in names]),
        seen.hack.flatten().numpy(),
        seen.tasks.n_steps.flatten().numpy(),
        resid[:, :, THINK_AT].flatten(0, 1),
        resid[:, :, END_AT].flatten(0, 1),
    )


def split(some: Watched, *, seed: int = 0) -> tuple[Watched, Watched]:
    """Transcripts to train monitors on, and to test them on: those of half of all chains, by seeds never trained on."""
    chains = sorted(set(some.chains))
    order = np.random.default_rng(seed).permutation(len(chains))
    held = {chains[i] for i in order[: len(chains) // 2]}
    train, test = monitors.by_task_and_seed(some.chains, some.seed.tolist(), held, TEST_SEEDS)
    return some.rows(train), some.rows(test)


def probes_of(train: Watched, place: str, *, shuffle: int | None = None) -> dict[int, Probe]:
    """A probe for each base at a place (`think` or `end`); with `shuffle`, its labels are dealt out anew (the null)."""
    found = {}
    for base in sorted(set(train.base.tolist())):
        here = train.base == base
        labels = train.hack[here]
        if shuffle is not None:
            labels = np.random.default_rng(shuffle).permutation(labels)
        found[base] = monitors.train_watcher(getattr(train, place)[here], torch.from_numpy(labels))
    return found


def probe_scores(probes: dict[int, Probe], test: Watched, place: str) -> Float[np.ndarray, " item"]:
    """How suspicious each transcript looks to the probe of its own base."""
    scores = np.zeros(len(test.hack))
    for base, probe in probes.items():
        here = test.base == base
        if here.any():
            scores[here] = monitors.watch_scores(probe, getattr(test, place)[here])
    return scores


def scores_of(train: Watched, test: Watched) -> dict[str, Float[np.ndarray, " item"]]:
    """Every monitor, trained on `train`, on the transcripts of `test`."""
    both = [[f"{job} {program}" for job, program in zip(w.jobs, w.programs, strict=True)] for w in (train, test)]
    texts = {
        "task alone": (train.jobs, test.jobs),
        "actions only": (train.programs, test.programs),
        "actions and task": (both[0], both[1]),
        "scratch pad, trained": (train.pads, test.pads),
    }
    scores = {"scratch pad, words": monitors.word_rule(test.pads, world.FLAGGED_WORDS)}
    for name, (given, new) in texts.items():
        scores[name] = monitors.read_scores(monitors.train_reader(given, train.hack), new)
    for name, place in (("probe, before a word", "think"), ("probe, end of the pad", "end")):
        scores[name] = probe_scores(probes_of(train, place), test, place)
    scores["pad and actions"] = monitors.together(scores["scratch pad, trained"], scores["actions only"])
    scores["pad, actions and probe"] = monitors.together(
        scores["scratch pad, trained"], scores["actions only"], scores["probe, end of the pad"]
    )
    return {name: scores[name] for name in MONITORS}


MONITORS = (
    "task alone", "actions only", "actions and task", "scratch pad, words", "scratch pad, trained", "pad and actions",
    "probe, before a word", "probe, end of the pad", "pad, actions and probe",
)  # fmt: skip
