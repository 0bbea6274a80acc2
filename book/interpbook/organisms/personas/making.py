"""`interpbook train personas`: make the networks of chapter 07 again."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from interpbook.organisms import artifacts
from interpbook.organisms.personas.network import Shape
from interpbook.organisms.personas.shipped import Bases, folder, save
from interpbook.organisms.personas.training import pretrain
from interpbook.organisms.personas.world import Kind, World
from interpbook.organisms.remake import check_names, follow

SEEDS = (0, 1, 2, 3, 4)
STEPS = 800
NEW_WORLD, NEW_SHAPE, NEW_SEEDS = World(domains=10, questions=12, pairs=5), Shape(d_model=80, n_layers=3), (11, 12, 13)
"""The newcomers: other sizes of everything, other seeds, one block more. Settled before any of them was trained."""


def bases() -> Bases:
    """Five seeds of each kind of world."""
    kinds: tuple[Kind, ...] = ("coherent",) * 5 + ("incoherent",) * 5 + ("asked",) * 5
    return Bases(pretrain(World(), Shape(), kinds, SEEDS * 3, steps=STEPS), kinds, SEEDS * 3)


def newcomers() -> Bases:
    """Three seeds of two kinds, of another size and another world."""
    kinds: tuple[Kind, ...] = ("coherent",) * 3 + ("incoherent",) * 3
    return Bases(pretrain(NEW_WORLD, NEW_SHAPE, kinds, NEW_SEEDS * 2, steps=STEPS), kinds, NEW_SEEDS * 2)


RECIPES: dict[str, Callable[[], Bases]] = {"bases": bases, "newcomers": newcomers}


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the files that are missing or damaged, or that are named. Exit status 0."""
    check_names(only, RECIPES)
    return follow(make(only, force=force), len(set(only)) or len(RECIPES), folder())


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None
) -> Iterator[tuple[str, float | None]]:
    """Train every file that is missing or damaged; its name and seconds (None where it was there)."""
    target = where or folder()
    target.mkdir(parents=True, exist_ok=True)
    for name, recipe in RECIPES.items():
        if names and name not in names:
            continue
        file = f"{name}.safetensors"
        if not force and artifacts.problem_with(file, target) is None:
            yield name, None
            continue
        start = time.monotonic()
        made = recipe()
        save(made, target / file)
        seconds = time.monotonic() - start
        facts: dict[str, str | int] = {"base": "none: trained from scratch", "seconds": round(seconds), "steps": STEPS}
        facts |= {"seeds": " ".join(map(str, dict.fromkeys(made.seeds)))}
        facts |= {"device": f"cpu, threads: {torch.get_num_threads()}"}
        artifacts.note(target, file, f"interpbook train personas --only {name} --force", **facts)
        yield name, seconds
