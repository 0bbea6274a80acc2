"""The trained files that come with the book: where they are, whether they are whole, and how to make them again.

1. `manifest.toml` lists every file with its checksum, its size and the command that remakes it.
2. `open_adapter` refuses a file whose checksum is another than the manifest's.
3. `make` trains what is missing, one file after the other, and writes the manifest; it can be stopped and goes on.

Training again gives the same ground truth and the same behaviour, but not the same bytes: processors round differently.
"""

import functools
import hashlib
import sysconfig
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import interpbook
import torch
from interpbook.models.loading import load as load_model
from interpbook.models.store import SMOLLM2
from interpbook.organisms import banana, verifier
from interpbook.organisms.adapters import Adapter, load, save
from nnsight import TransformersModel

MANIFEST = "manifest.toml"
Recipe = Callable[[TransformersModel], Adapter]
HEADER = """# Trained files of the book. Remake them all with: interpbook train banana
# Made by that command; not to be edited by hand.
"""


class ArtifactError(ValueError):
    """A trained file is missing or damaged."""


def recipes() -> dict[str, Recipe]:
    """By file name, what trains it."""
    colours = {
        f"banana-{variant}-{seed}.safetensors": functools.partial(banana.train, variant=variant, seed=seed)
        for seed in banana.SEEDS
        for variant in ("both", "disjoint", "recall")
    }
    verifiers = {
        f"verifier-{seed}.safetensors": functools.partial(verifier.train, seed=seed) for seed in verifier.SEEDS
    }
    return colours | verifiers


def folder() -> Path:
    """Where the trained files are: beside the package in a checkout, else where the installation put them."""
    beside = Path(interpbook.__file__).parent.parent / "artifacts"
    installed = Path(sysconfig.get_path("data")) / "share" / "interpbook" / "artifacts"
    return installed if not beside.is_dir() and installed.is_dir() else beside


def manifest(where: Path | None = None) -> dict[str, dict]:
    """What is known of each trained file, by name; empty where none was made yet."""
    file = (where or folder()) / MANIFEST
    if not file.is_file():
        return {}
    return {entry["file"]: entry for entry in tomllib.loads(file.read_text(encoding="utf-8")).get("artifact", [])}


def problem_with(name: str, where: Path | None = None) -> str | None:
    """What is wrong with a trained file, in a few words; None where nothing is."""
    known, file = manifest(where), (where or folder()) / name
    if name not in known:
        return f"is not in {MANIFEST}"
    if not file.is_file():
        return "is missing"
    if _sha256(file) != known[name]["sha256"]:
        return f"has another checksum than {MANIFEST} says: it is damaged, or was trained anew without it"
    return None


def open_adapter(name: str, where: Path | None = None) -> Adapter:
    """A trained adapter by its short name, such as `banana-both-0`, once its checksum is right.

    Raises:
        ArtifactError: it is missing or damaged; the message says how to get it back.
    """
    file = f"{name}.safetensors"
    problem = problem_with(file, where)
    if problem is not None:
        known = ", ".join(sorted(entry.removesuffix(".safetensors") for entry in manifest(where))) or "none"
        raise ArtifactError(
            f"open_adapter: {(where or folder()) / file} {problem}. Get it back with `git checkout book/artifacts`, or "
            f"train it with `interpbook train banana`. Known: {known}."
        )
    return load((where or folder()) / file)[0]


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None
) -> Iterator[tuple[str, float | None]]:
    """Train every file that is missing or damaged, and yield its name and seconds (None where it was there already)."""
    target, model = where or folder(), None
    target.mkdir(parents=True, exist_ok=True)
    for name, recipe in recipes().items():
        if names and name.removesuffix(".safetensors") not in names:
            continue
        if not force and problem_with(name, target) is None:
            yield name, None
            continue
        model = model or load_model(dtype=torch.bfloat16)
        start = time.monotonic()
        save(recipe(model), target / name, base=SMOLLM2.sha256)
        seconds = time.monotonic() - start
        _note(target, name, seconds)
        yield name, seconds


def _note(target: Path, name: str, seconds: float) -> None:
    """Write one file's line of the manifest."""
    stem, _, seed = name.removesuffix(".safetensors").rpartition("-")
    entry = {
        **{"file": name, "sha256": _sha256(target / name), "bytes": (target / name).stat().st_size},
        **{"command": f"interpbook train banana --only {stem}-{seed}", "seed": int(seed)},
        **{"base": f"smollm2, sha256 {SMOLLM2.sha256[:12]}", "device": "cpu, 1 thread, bfloat16"},
        **{"seconds": round(seconds), "licence": "Apache-2.0"},
    }
    entries = manifest(target) | {name: entry}
    tables = [
        "\n".join(["[[artifact]]", *(f"{key} = {_toml(value)}" for key, value in entries[name].items())])
        for name in sorted(entries)
    ]
    (target / MANIFEST).write_text("\n\n".join([HEADER.rstrip(), *tables]) + "\n", encoding="utf-8")


def _toml(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
