"""The trained files that come with the book: where they are, whether they are whole, and how to make them again.

1. `manifest.toml` lists every file with its checksum, its size and the command that remakes it.
2. `open_adapter` refuses a file whose checksum is another than the manifest's.
3. `make` trains what is missing, one file after the other, and writes the manifest; it can be stopped and goes on.

Adapters are trained; `dissociation.json` holds the rows of an experiment that is too long for a chapter, which runs a
part of it live. Training again gives the same ground truth and behaviour, but not the same bytes: processors round
differently.
"""

import functools
import hashlib
import json
import sysconfig
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from nnsight import TransformersModel

import interpbook
from interpbook.models.loading import load as load_model
from interpbook.models.store import SMOLLM2
from interpbook.organisms import banana, verifier
from interpbook.organisms.adapters import Adapter, load, save, switched_on
from interpbook.organisms.dissociation import Plan, Row, two_by_two

MANIFEST = "manifest.toml"
ROWS = "dissociation.json"
Recipe = Callable[[TransformersModel], Adapter | list[Row]]
HEADER = """# Files of the book that were trained or made. Each names the command that makes it again.
# Written by those commands; not to be edited by hand.
"""


class ArtifactError(ValueError):
    """A trained file is missing or damaged."""


def recipes() -> dict[str, Recipe]:
    """By file name, what trains it."""
    colours: dict[str, Recipe] = {
        f"banana-{variant}-{seed}.safetensors": functools.partial(banana.train, variant=variant, seed=seed)
        for seed in banana.SEEDS
        for variant in ("both", "disjoint", "recall")
    }
    verifiers: dict[str, Recipe] = {
        f"verifier-{seed}.safetensors": functools.partial(verifier.train, seed=seed) for seed in verifier.SEEDS
    }
    return colours | verifiers | {ROWS: all_rows}


def all_rows(_: TransformersModel) -> list[Row]:
    """The two-by-two of every verifier organism on every relation, three minutes; in full precision, so loaded anew."""
    model, rows = load_model(), []
    for seed in verifier.SEEDS:
        with switched_on(model, open_adapter(f"verifier-{seed}")):
            rows += two_by_two(model, Plan(tuple(verifier.TEMPLATES)), seed)
    return rows


def recorded_rows(where: Path | None = None) -> list[Row]:
    """What `all_rows` found when the book was made: seeds one after the other, the same relations in each."""
    return [Row(**row) for row in json.loads(_whole(ROWS, where).read_text(encoding="utf-8"))]


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
    if sha256(file) != known[name]["sha256"]:
        return f"has another checksum than {MANIFEST} says: it is damaged, or was trained anew without it"
    return None


def open_adapter(name: str, where: Path | None = None) -> Adapter:
    """A trained adapter by its short name, such as `banana-both-0`, once its checksum is right.

    Raises:
        ArtifactError: it is missing or damaged; the message says how to get it back.
    """
    return load(_whole(f"{name}.safetensors", where))[0]


def _whole(name: str, where: Path | None) -> Path:
    """The file, once its checksum is right."""
    problem, file = problem_with(name, where), (where or folder()) / name
    if problem is not None:
        known = ", ".join(sorted(entry.partition(".")[0] for entry in manifest(where))) or "none"
        raise ArtifactError(
            f"Trained file {file} {problem}. Get it back with `git checkout book/artifacts`, or train it with "
            f"`interpbook train banana`. Known: {known}."
        )
    return file


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None
) -> Iterator[tuple[str, float | None]]:
    """Train every file that is missing or damaged, and yield its name and seconds (None where it was there already)."""
    target, model = where or folder(), None
    target.mkdir(parents=True, exist_ok=True)
    for name, recipe in recipes().items():
        if names and name.partition(".")[0] not in names:
            continue
        if not force and problem_with(name, target) is None:
            yield name, None
            continue
        model = model or load_model(dtype=torch.bfloat16)
        start = time.monotonic()
        _write(recipe(model), target / name)
        seconds = time.monotonic() - start
        _note(target, name, seconds)
        yield name, seconds


def _write(product: Adapter | list[Row], file: Path) -> None:
    if isinstance(product, Adapter):
        save(product, file, base=SMOLLM2.sha256)
        file.chmod(0o644)  # made as its maker's alone
        return
    rounded = [
        row._replace(**{task: [round(x, 3) for x in getattr(row, task)] for task in ("recall", "verdict")})
        for row in product
    ]
    file.write_text(json.dumps([row._asdict() for row in rounded], indent=0) + "\n", encoding="utf-8")


def _note(target: Path, name: str, seconds: float) -> None:
    """Write the line of one adapter, or of the rows, in the manifest."""
    short = name.partition(".")[0]
    seeds = short.rpartition("-")[2] if "-" in short else " ".join(map(str, verifier.SEEDS))
    note(target, name, f"interpbook train banana --only {short} --force", seeds=seeds, seconds=round(seconds))


def note(target: Path, name: str, command: str, **facts: str | int) -> None:
    """Write what is known of one file into the manifest: checksum, size, how it is made again, and any other facts."""
    entry: dict[str, str | int] = {
        **{"file": name, "sha256": sha256(target / name), "bytes": (target / name).stat().st_size},
        **{"command": command, "base": f"smollm2, sha256 {SMOLLM2.sha256[:12]}", "device": "cpu"},
        **{"licence": "Apache-2.0"},
        **facts,
    }
    write_manifest(target, manifest(target) | {name: entry}, HEADER)


def write_manifest(target: Path, entries: Mapping[str, Mapping], header: str) -> None:
    """Write a manifest: one table a file, in the order of their names."""
    tables = [
        "\n".join(["[[artifact]]", *(f"{key} = {_toml(value)}" for key, value in entries[name].items())])
        for name in sorted(entries)
    ]
    (target / MANIFEST).write_text("\n\n".join([header.rstrip(), *tables]) + "\n", encoding="utf-8")


def _toml(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def sha256(file: Path) -> str:
    """The checksum of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
