"""What a container sees, said once; `bubblewrap` and `containers` say it in their programs' words.

The system's programs, Python, the environment, the toolkit without the checks of the exercises, the trained files, the
converted model: all read-only. No network, no environment variables but these, no other process, no home.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

import interpbook
from interpbook.grading.sandbox.limits import Limits

HOME = "/sandbox"  # the only folder in which an answer can write; empty for each, and gone with it
CONTROL = "/control"  # here lies the socket by which the server finds the grader
FIRST_UID = 64100  # of the unprivileged users: one a worker
SETUP_MEMORY = 6144  # MiB that the server and a question's set-up may hold, where the container as a whole is limited


@dataclass(frozen=True)
class View:
    """What stands in the container."""

    links: tuple[tuple[str, str], ...]  # (/bin, usr/bin)
    readable: tuple[Path, ...]  # files and folders, under their own names
    covered: tuple[Path, ...]  # folders over which an empty one lies: the right answers
    environment: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Container:
    """One container to be."""

    name: str  # as no other container is called
    worker: int  # which decides its user
    control: Path  # the folder with the socket
    empty: Path  # an empty folder
    limits: Limits

    @property
    def uid(self) -> int:
        """The user that student code runs as."""
        return FIRST_UID + self.worker


def view() -> View:
    """What a container on this machine shall see."""
    toolkit = Path(interpbook.__file__).resolve().parent
    links, readable = [], [Path("/usr")]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        folder = Path("/", name)
        if folder.is_symlink():
            links.append((str(folder), str(folder.readlink())))
        elif folder.is_dir():
            readable.append(folder)
    return View(tuple(links), (*readable, *_needed(toolkit)), (toolkit / "checks",), tuple(environment().items()))


def _needed(toolkit: Path) -> list[Path]:
    """Python, its environment, the toolkit, the trained files, the converted model: those that exist, none twice."""
    wanted = [Path("/etc/ld.so.cache"), Path(sys.base_prefix), Path(sys.prefix), toolkit, toolkit.parent / "artifacts"]
    wanted += [Path(platformdirs.user_cache_dir("interpbook"))]
    found: list[Path] = []
    for path in wanted:
        if path.exists() and not path.is_relative_to("/usr") and not any(path.is_relative_to(p) for p in found):
            found.append(path)
    return found


def environment() -> dict[str, str]:
    """All that student code finds in its environment."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": HOME,
        "TMPDIR": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(interpbook.__file__).resolve().parent.parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "TQDM_DISABLE": "1",
        "INTERPBOOK_STATIC": "1",
        "XDG_CACHE_HOME": str(Path(platformdirs.user_cache_dir("interpbook")).parent),
    }


def program_here() -> str:
    """PATH for the program that makes the container; of the grader's environment nothing else is needed."""
    return os.environ.get("PATH", "/usr/bin:/bin")
