"""Make the scratch-pad organisms again: `interpbook train scratchpads`, about a minute a recipe on one core.

`ladder` stands for the areas of five more seeds, five minutes; `smollm2` for the recorded exam, five minutes.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from interpbook.organisms import artifacts
from interpbook.organisms.remake import check_names, follow
from interpbook.organisms.scratchpads import ladder, shipped
from interpbook.organisms.scratchpads.recipes import RECIPES
from interpbook.organisms.scratchpads.training import STEPS, train
from interpbook.reasoning import recorded

EXAM = "smollm2"


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the recipes that are missing or damaged, or that are named. Exit status 0."""
    check_names(only, [*RECIPES, ladder.NAME, EXAM])
    return follow(make(only, force=force), len(set(only)) or len(RECIPES) + 2, shipped.folder())


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None, steps: int = STEPS
) -> Iterator[tuple[str, float | None]]:
    """Train every recipe that is missing or damaged; its name and seconds (None where it was there)."""
    target = where or shipped.folder()
    target.mkdir(parents=True, exist_ok=True)
    for name, recipe in RECIPES.items():
        if names and name not in names:
            continue
        file = f"{name}.safetensors"
        if not force and artifacts.problem_with(file, target) is None:
            yield name, None
            continue
        start = time.monotonic()
        shipped.save(train(recipe, shipped.SEEDS, steps=steps), target / file, name)
        seconds = time.monotonic() - start
        _note(target, file, name, seconds, steps)
        yield name, seconds
    if not names or ladder.NAME in names:
        there = not force and artifacts.problem_with(ladder.FILE, target) is None
        yield ladder.NAME, None if there else ladder.make(target)
    if not names or EXAM in names:
        there = not force and artifacts.problem_with(recorded.FILE, target) is None
        yield EXAM, None if there else recorded.make(target)


def _note(target: Path, file: str, name: str, seconds: float, steps: int) -> None:
    (target / file).chmod(0o644)
    facts: dict[str, str | int] = {"base": "none: trained from scratch", "seeds": " ".join(map(str, shipped.SEEDS))}
    facts |= {"steps": steps, "seconds": round(seconds), "device": f"cpu, threads: {torch.get_num_threads()}"}
    artifacts.note(target, file, f"interpbook train scratchpads --only {name} --force", **facts)
