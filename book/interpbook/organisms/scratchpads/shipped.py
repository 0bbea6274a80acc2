"""The scratch-pad organisms that come with the book: ten recipes, five seeds of each, each seed a model of its own.

A file holds the five seeds of one recipe, 16 bits a weight. Remake one with:
`interpbook train scratchpads --only NAME --force`.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnsight import TransformersModel
from safetensors.torch import load_file, save_file

from interpbook.organisms import artifacts
from interpbook.organisms.scratchpads.network import Weights, wrapped
from interpbook.organisms.scratchpads.recipes import RECIPES, Policy, Recipe, policy
from interpbook.organisms.scratchpads.training import STEPS, train

SEEDS = (0, 1, 2, 3, 4)
NAMES = tuple(RECIPES)


@dataclass(frozen=True, eq=False)
class Organism:
    """A trained organism and what is known of it."""

    recipe: Recipe
    seed: int
    model: TransformersModel

    @property
    def name(self) -> str:
        """Such as `serial`."""
        return self.recipe.name

    @property
    def policy(self) -> Policy:
        """On which topics it was taught to obey a tip, and to say so."""
        return policy(self.recipe, self.seed)


def folder() -> Path:
    """Where the files are."""
    return artifacts.folder() / "scratchpads"


def open_organism(name: str, seed: int = 0, *, where: Path | None = None) -> Organism:
    """One organism that comes with the book, such as `open_organism("shortcut", 2)`.

    Raises:
        ArtifactError: there is none of that name or seed, or its file is missing or damaged.
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(str(name), NAMES, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise artifacts.ArtifactError(
            f"open_organism: no scratch-pad organism is called {name!r}. {hint}Known: {', '.join(NAMES)}."
        )
    if seed not in SEEDS:
        raise artifacts.ArtifactError(
            f"open_organism: {name!r} comes with seeds {SEEDS[0]} to {SEEDS[-1]}; got {seed!r}. "
            "Train another with train_organisms."
        )
    return Organism(RECIPES[name], seed, wrapped(load_file(whole(f"{name}.safetensors", where)), SEEDS.index(seed)))


def open_all(name: str, *, where: Path | None = None) -> list[Organism]:
    """All seeds of a recipe."""
    return [open_organism(name, seed, where=where) for seed in SEEDS]


def train_organisms(recipe: Recipe, seeds: Sequence[int], *, steps: int = STEPS) -> list[Organism]:
    """New organisms of any recipe, about ten seconds each on one core."""
    weights = train(recipe, seeds, steps=steps)
    return [Organism(recipe, seed, wrapped(weights, number)) for number, seed in enumerate(seeds)]


def whole(name: str, where: Path | None = None) -> Path:
    """A file of theirs, once its checksum is right."""
    target = where or folder()
    problem = artifacts.problem_with(name, target)
    if problem is not None:
        known = ", ".join(Path(entry).stem for entry in artifacts.manifest(target)) or "none"
        raise artifacts.ArtifactError(
            f"Scratch-pad organisms: {target / name} {problem}. Get it back with `git checkout book/artifacts`, or "
            f"train it with `interpbook train scratchpads --only {Path(name).stem} --force`. Known: {known}."
        )
    return target / name


def save(weights: Weights, file: Path, name: str) -> None:
    """Write the seeds of one recipe."""
    save_file({key: weight.contiguous() for key, weight in weights.items()}, file, metadata={"organism": name})
