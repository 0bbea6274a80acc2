"""`interpbook train cheats`: three warm starts, then every condition with every seed side by side, and their rates."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from interpbook.organisms import artifacts
from interpbook.organisms.cheats import policy, shipped, training
from interpbook.organisms.cheats.measuring import rates, transcripts
from interpbook.organisms.cheats.policy import Weights
from interpbook.organisms.cheats.training import CONDITIONS, SEEDS, SEEDS_PER_BASE, Curves
from interpbook.organisms.remake import check_names, follow

EXAM, EXAM_SEED = 1000, 1
"""How many tasks the recorded rates are measured on, and which."""


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train all policies together, if one is missing or damaged. Exit status 0."""
    check_names(only, ["all"])
    return follow(make(force=force), len(CONDITIONS) + 1, shipped.folder())


def make(
    *, force: bool = False, where: Path | None = None, **how: dict[str, Any]
) -> Iterator[tuple[str, float | None]]:
    """Train everything anew where something is missing; names and seconds (None where all was there).

    `how` may give other arguments to `warm` and `rl`, such as fewer steps for a test.
    """
    target = where or shipped.folder()
    target.mkdir(parents=True, exist_ok=True)
    names = [shipped.BASES, *map(shipped.file_of, CONDITIONS), shipped.RECORDED]
    if not force and all(artifacts.problem_with(name, target) is None for name in names):
        yield from ((name, None) for name in names)
        return
    start = time.monotonic()
    bases = training.warm_start(range(len(SEEDS) // SEEDS_PER_BASE), **how.get("warm", {}))
    shipped.save(bases, target / shipped.BASES)
    yield shipped.BASES, _note(target, shipped.BASES, start)
    start = time.monotonic()
    trained, curves = training.train_all(shipped.load(target / shipped.BASES), **how.get("rl", {}))
    for number, condition in enumerate(CONDITIONS):
        rows = range(number * len(SEEDS), (number + 1) * len(SEEDS))
        shipped.save(policy.pick(trained, list(rows)), target / shipped.file_of(condition))
        yield condition, _note(target, shipped.file_of(condition), start)
    file = target / shipped.RECORDED
    file.write_text(json.dumps(_rows(target, curves), indent=0) + "\n", encoding="utf-8")
    _note(target, shipped.RECORDED, start)


def _note(target: Path, name: str, start: float) -> float:
    """Write one file's line of the manifest; the seconds since its training began (conditions are trained together)."""
    seconds = time.monotonic() - start
    facts: dict[str, str | int] = {"base": "none: trained from scratch", "seed": " ".join(map(str, SEEDS))}
    artifacts.note(target, name, "interpbook train cheats --force", **facts, seconds=round(seconds))
    return seconds


def _rows(target: Path, curves: Curves) -> list[dict[str, Any]]:
    """What each policy does on the exam, as it lies on disk, and how it came there."""
    rows = []
    for number, condition in enumerate(CONDITIONS):
        found = measured(shipped.load(target / shipped.file_of(condition)))
        for i, seed in enumerate(SEEDS):
            at = number * len(SEEDS) + i
            row: dict[str, Any] = {"condition": condition, "seed": seed, "base": training.base_of(seed)}
            row |= {key: round(float(value[i]), 4) for key, value in found._asdict().items() if value[i] == value[i]}
            row["steps"] = curves.steps
            row |= {
                f"{key}_curve": _short(getattr(curves, key)[at]) for key in ("hack", "flagged", "correct", "length")
            }
            rows.append(row)
    return rows


def _short(points: Any) -> list[float]:
    return [round(float(point), 3) for point in points]


def measured(weights: Weights) -> Any:
    """The rates of policies on the exam that is recorded with them."""
    return rates(transcripts(weights, EXAM, seed=EXAM_SEED))
