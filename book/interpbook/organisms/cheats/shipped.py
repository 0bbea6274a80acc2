"""The trained policies that come with the book: three warm starts, and nine seeds of every condition.

Numbers are kept in 16 bits; the rates in `recorded.json` were measured on the files as they lie on disk.
Remake all with: interpbook train cheats --force.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from interpbook.organisms import artifacts
from interpbook.organisms.cheats import policy
from interpbook.organisms.cheats.policy import Weights
from interpbook.organisms.cheats.training import CONDITIONS, SEEDS, SEEDS_PER_BASE
from interpbook.organisms.cheats.world import CheatError

BASES = tuple(range(len(SEEDS) // SEEDS_PER_BASE))
RECORDED = "recorded.json"


def folder() -> Path:
    """Where the trained policies are."""
    return artifacts.folder() / "cheats"


def file_of(condition: str) -> str:
    """The file of one condition: all its seeds."""
    return f"{short(condition)}.safetensors"


def short(condition: str) -> str:
    """The name of a condition's file without its ending, which `--only` takes: `scratch-05` for `scratch 0.5`."""
    return condition.replace(" ", "-").replace(".", "")


def base_file(base: int) -> str:
    """The file of one warm start."""
    return f"base-{base}.safetensors"


def open_bases(where: Path | None = None) -> Weights:
    """The three warm starts, before any reward; base 0 is where seeds 0 to 2 began, and so on.

    Raises:
        ArtifactError: the file is missing or damaged; the message says how to get it back.
    """
    parts = [load(_whole(base_file(base), where)) for base in BASES]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def open_policies(condition: str, seeds: Sequence[int] = SEEDS, where: Path | None = None) -> Weights:
    """The policies trained under a condition, one a seed.

    Raises:
        CheatError: no condition or seed of that name was trained.
        ArtifactError: the file is missing or damaged; the message says how to get it back.
    """
    if condition not in CONDITIONS or not set(seeds) <= set(SEEDS):
        raise CheatError(
            f"open_policies: condition {condition!r}, seeds {list(seeds)}. The book has {', '.join(CONDITIONS)}, and "
            f"seeds {SEEDS[0]} to {SEEDS[-1]}; train others with `training.reinforce`."
        )
    return policy.pick(load(_whole(file_of(condition), where)), [SEEDS.index(seed) for seed in seeds])


def recorded(where: Path | None = None) -> list[dict[str, Any]]:
    """What was measured when the policies were trained: a row for each condition and seed, with its curves."""
    return json.loads(_whole(RECORDED, where).read_text(encoding="utf-8"))


def save(weights: Weights, file: Path) -> None:
    """Write policies, 16 bits a number."""
    save_file({name: weight.half().contiguous() for name, weight in weights.items()}, file)
    file.chmod(0o644)


def load(file: Path) -> Weights:
    """Read policies that `save` wrote."""
    return {name: weight.float() for name, weight in load_file(file).items()}


def _whole(name: str, where: Path | None) -> Path:
    """A file of theirs, once its checksum is right."""
    target = where or folder()
    problem = artifacts.problem_with(name, target)
    if problem is not None:
        raise artifacts.ArtifactError(
            f"Trained policies: {target / name} {problem}. Get it back with `git checkout book/artifacts`, or train it "
            f"with `interpbook train cheats --only {Path(name).stem} --force` (half a minute)."
        )
    return target / name
