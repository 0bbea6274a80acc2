"""The networks that come with the book: five seeds of three kinds of world, and a family kept back for a last test."""

import json
from pathlib import Path
from typing import NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from interpbook.organisms import artifacts
from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.network import Group, Shape, pick
from interpbook.organisms.personas.world import Kind, World

NAMES = ("bases", "newcomers")


class Bases(NamedTuple):
    """Trained networks, and what each was trained on."""

    group: Group
    kinds: tuple[Kind, ...]
    """The world of each network."""
    seeds: tuple[int, ...]

    def of(self, kind: Kind) -> Group:
        """The networks of one kind, in the order of their seeds."""
        rows = [row for row, this in enumerate(self.kinds) if this == kind]
        if not rows:
            raise PersonaError(f"Bases.of: no network here is {kind}. Kinds: {', '.join(sorted(set(self.kinds)))}.")
        return pick(self.group, rows)


def folder() -> Path:
    """Where the trained networks are."""
    return artifacts.folder() / "personas"


def open_bases(name: str = "bases", *, where: Path | None = None) -> Bases:
    """Trained networks, once their checksum is right: `bases`, or `newcomers`, which no cell but the last has seen.

    Raises:
        PersonaError: nothing has this name, or its file is missing or damaged.
    """
    target = where or folder()
    if name not in NAMES:
        raise PersonaError(f"open_bases: nothing is called {name!r}. There are {' and '.join(NAMES)}.")
    problem = artifacts.problem_with(f"{name}.safetensors", target)
    if problem is not None:
        raise PersonaError(
            f"Trained file {target / name}.safetensors {problem}. Get it back with `git checkout book/artifacts`, or "
            f"train it with `interpbook train personas --only {name}`."
        )
    with safe_open(target / f"{name}.safetensors", framework="pt") as stored:
        about = json.loads(stored.metadata()["about"])
        weights = {key: stored.get_tensor(key).float() for key in stored.keys()}  # noqa: SIM118 (not a dictionary)
    group = Group(World(**about["world"]), Shape(**about["shape"]), weights)
    return Bases(group, tuple(about["kinds"]), tuple(about["seeds"]))


def save(bases: Bases, file: Path) -> None:
    """Write networks as float16 safetensors; what they are stands in the header."""
    about = {"world": vars(bases.group.world), "shape": vars(bases.group.shape)}
    about |= {"kinds": bases.kinds, "seeds": bases.seeds}
    weights = {name: part.to(torch.float16).contiguous() for name, part in bases.group.weights.items()}
    save_file(weights, file, metadata={"about": json.dumps(about)})
    file.chmod(0o644)
