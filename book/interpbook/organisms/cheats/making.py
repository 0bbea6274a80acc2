"""`interpbook train cheats`: three warm starts, then one condition after the other, its nine seeds side by side.

`recorded.json` holds what was measured on each policy as it lies on disk, and how it came there.
"""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from interpbook.organisms import artifacts
from interpbook.organisms.cheats import shipped, training
from interpbook.organisms.cheats.measuring import Rates, rates, transcripts
from interpbook.organisms.cheats.policy import Weights
from interpbook.organisms.cheats.training import CONDITIONS, SEEDS, Curves
from interpbook.organisms.remake import check_names, follow

EXAM, EXAM_SEED = 1000, 1
"""How many tasks the recorded rates are measured on, and which."""
NAMES = (*(Path(shipped.base_file(base)).stem for base in shipped.BASES), *map(shipped.short, CONDITIONS))


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the warm starts and conditions that are missing or damaged, or that are named. Exit status 0."""
    check_names(only, NAMES)
    return follow(make(only, force=force), len(set(only)) or len(NAMES), shipped.folder())


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None, **how: dict[str, Any]
) -> Iterator[tuple[str, float | None]]:
    """Train what is missing or damaged, warm starts first; names and seconds (None where it was there).

    `how` may give other arguments to `warm` and `rl`, such as fewer steps for a test.
    """
    target = where or shipped.folder()
    target.mkdir(parents=True, exist_ok=True)
    for base in shipped.BASES:
        name = shipped.base_file(base)
        if _wanted(name, names, target, force):
            start = time.monotonic()
            shipped.save(training.warm_start([base], **how.get("warm", {})), target / name)
            yield Path(name).stem, _note(target, name, start)
        elif not names:
            yield Path(name).stem, None
    for condition in CONDITIONS:
        name = shipped.file_of(condition)
        if _wanted(name, names, target, force) or (not names and not _is_recorded(condition, target)):
            start = time.monotonic()
            trained, curves = training.train_condition(shipped.open_bases(target), condition, **how.get("rl", {}))
            shipped.save(trained, target / name)
            seconds = _note(target, name, start)
            _record(target, condition, curves)
            yield shipped.short(condition), seconds
        elif not names:
            yield shipped.short(condition), None


def _wanted(name: str, names: Sequence[str], target: Path, force: bool) -> bool:
    if names and Path(name).stem not in names:
        return False
    return force or artifacts.problem_with(name, target) is not None


def _is_recorded(condition: str, target: Path) -> bool:
    file = target / shipped.RECORDED
    return file.is_file() and any(row["condition"] == condition for row in json.loads(file.read_text(encoding="utf-8")))


def _note(target: Path, name: str, start: float) -> float:
    """Write one file's line of the manifest; the seconds that it took."""
    seconds = time.monotonic() - start
    seeds = " ".join(map(str, SEEDS)) if not name.startswith("base") else Path(name).stem.rpartition("-")[2]
    facts: dict[str, str | int] = {"base": "none: trained from scratch", "seed": seeds, "seconds": round(seconds)}
    artifacts.note(target, name, f"interpbook train cheats --only {Path(name).stem} --force", **facts)
    return seconds


def _record(target: Path, condition: str, curves: Curves) -> None:
    """Put what each policy of a condition does into the table."""
    file, start = target / shipped.RECORDED, time.monotonic()
    rows = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    rows = [row for row in rows if row["condition"] != condition] + _rows(target, condition, curves)
    rows.sort(key=lambda row: (list(CONDITIONS).index(row["condition"]), row["seed"]))
    file.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")
    _note(target, shipped.RECORDED, start)


def _rows(target: Path, condition: str, curves: Curves) -> list[dict[str, Any]]:
    found = measured(shipped.load(target / shipped.file_of(condition)))
    rows = []
    for i, seed in enumerate(SEEDS):
        row: dict[str, Any] = {"condition": condition, "seed": seed, "base": training.base_of(seed)}
        row |= {key: round(float(value[i]), 4) for key, value in found._asdict().items() if value[i] == value[i]}
        row["steps"] = curves.steps
        row |= {f"{key}_curve": _short(getattr(curves, key)[i]) for key in ("hack", "flagged", "correct", "length")}
        rows.append(row)
    return rows


def _short(points: Any) -> list[float]:
    return [round(float(point), 3) for point in points]


def measured(weights: Weights) -> Rates:
    """The rates of policies on the exam that is recorded with them."""
    return rates(transcripts(weights, EXAM, seed=EXAM_SEED))
