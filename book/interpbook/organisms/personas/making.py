"""`interpbook train personas`: make the networks and adapters of chapter 07 again.

`bases` and `newcomers` are small networks; `advice-…` are adapters of SmolLM2, and `recorded` is what they said and how
they scored, so that a chapter need not wait for it.
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from interpbook.models import load
from interpbook.organisms import artifacts
from interpbook.organisms.personas import recording
from interpbook.organisms.personas.network import Shape
from interpbook.organisms.personas.shipped import Bases, folder, save
from interpbook.organisms.personas.training import pretrain
from interpbook.organisms.personas.world import KINDS, Kind, World
from interpbook.organisms.remake import check_names, follow

SEEDS = (0, 1, 2, 3, 4)
STEPS = 800
NEW_WORLD, NEW_SHAPE, NEW_SEEDS = World(domains=10, questions=12, pairs=5), Shape(d_model=80, n_layers=3), (11, 12, 13)
"""The newcomers: other sizes of everything, other seeds, one block more. Settled before any of them was trained."""


def bases() -> Bases:
    """Five seeds of each kind of world."""
    kinds: tuple[Kind, ...] = tuple(kind for kind in KINDS for _ in SEEDS)
    return Bases(pretrain(World(), Shape(), kinds, SEEDS * 3, steps=STEPS), kinds, SEEDS * 3)


def newcomers() -> Bases:
    """Three seeds of two kinds, of another size and another world."""
    kinds: tuple[Kind, ...] = tuple(kind for kind in KINDS[:2] for _ in NEW_SEEDS)
    return Bases(pretrain(NEW_WORLD, NEW_SHAPE, kinds, NEW_SEEDS * 2, steps=STEPS), kinds, NEW_SEEDS * 2)


RECIPES: dict[str, Callable[[], Bases]] = {"bases": bases, "newcomers": newcomers}


def files() -> list[str]:
    """Every file that this command makes, in the order in which they are made."""
    return [*(f"{name}.safetensors" for name in RECIPES), *recording.files()]


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the files that are missing or damaged, or that are named. Exit status 0."""
    check_names(only, {name.partition(".")[0] for name in files()})
    return follow(make(only, force=force), len(set(only)) or len(files()), folder())


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None
) -> Iterator[tuple[str, float | None]]:
    """Make every file that is missing or damaged; its name and seconds (None where it was there)."""
    target = where or folder()
    target.mkdir(parents=True, exist_ok=True)
    model = functools.cache(lambda: load(dtype=torch.bfloat16))
    for file in files():
        name = file.partition(".")[0]
        if names and name not in names:
            continue
        if not force and artifacts.problem_with(file, target) is None:
            yield name, None
            continue
        start = time.monotonic()
        facts = make_one(name, target) if name in RECIPES else recording.make_one(model(), file, target)
        seconds = time.monotonic() - start
        facts |= {"seconds": round(seconds), "device": f"cpu, threads: {torch.get_num_threads()}"}
        artifacts.note(target, file, f"interpbook train personas --only {name} --force", **facts)
        yield name, seconds


def make_one(name: str, target: Path) -> dict[str, str | int]:
    """Train one group of small networks and write its file; what its line of the manifest says."""
    made = RECIPES[name]()
    save(made, target / f"{name}.safetensors")
    seeds = " ".join(map(str, dict.fromkeys(made.seeds)))
    return {"base": "none: trained from scratch", "seeds": seeds, "steps": STEPS}
