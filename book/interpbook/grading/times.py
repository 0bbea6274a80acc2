"""How long answers took and how much memory they had, from what was written beside the results.

Times differ from run to run, so they decide nothing and are in no file of marks: only in `times.json` and on the page
of the class, which the manifest therefore does not list.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from interpbook.grading.jobs import Plan
from interpbook.grading.results import Results

SLOWEST = 10


@dataclass(frozen=True)
class Spread:
    """Of one exercise: how many different answers were run, and their seconds and memory."""

    exercise: str
    answers: int
    median_seconds: float
    p95_seconds: float
    max_seconds: float
    max_memory_mib: float


@dataclass(frozen=True)
class Slow:
    """One of the slowest answers."""

    student: str
    exercise: str
    seconds: float
    memory_mib: float
    status: str


@dataclass(frozen=True)
class Times:
    """Slowest first."""

    exercises: tuple[Spread, ...]
    slowest: tuple[Slow, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def times_of(plan: Plan, results: Results) -> Times:
    """The times of all results of a plan. An answer that several students gave counts once."""
    seen: dict[str, Slow] = {}
    for job in plan.jobs:
        found, about = results.get(job.key), results.about(job.key)
        if found is not None:
            seconds, memory = (_number(about.get(name)) for name in ("seconds", "memory_mib"))
            seen[job.key] = Slow(job.student, job.task.id, seconds, memory, found.status)
    by_exercise: dict[str, list[Slow]] = {}
    for slow in seen.values():
        by_exercise.setdefault(slow.exercise, []).append(slow)
    spreads = sorted((_spread(name, some) for name, some in by_exercise.items()), key=lambda s: -s.median_seconds)
    slowest = sorted(seen.values(), key=lambda slow: (-slow.seconds, slow.student, slow.exercise))[:SLOWEST]
    return Times(tuple(spreads), tuple(slowest))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _spread(exercise: str, some: Sequence[Slow]) -> Spread:
    seconds = sorted(slow.seconds for slow in some)
    at: Callable[[float], float] = lambda share: seconds[math.ceil(share * len(seconds)) - 1]  # noqa: E731
    return Spread(exercise, len(some), at(0.5), at(0.95), seconds[-1], max(slow.memory_mib for slow in some))


def memory_mib(pids: Sequence[int]) -> float:
    """What these processes and all that they started take together now (PSS: shared memory once); 0 if unknown."""
    family = []
    for pid in pids:
        try:
            family += [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return sum(_pss(process.pid) for process in family) / 1024


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended, or belongs to somebody else
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
