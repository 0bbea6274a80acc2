"""Which sandbox this machine offers, and the command line that starts the server in it.

bubblewrap first. What the container sees: the system's /usr, Python, the environment, the toolkit without the checks
of the exercises, the trained files, the converted model; all read-only. No network, no environment variables, no other
process, no home. A grader that runs as root hands over to an unprivileged user before student code is anywhere near.
"""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

import interpbook

HOME = "/sandbox"  # the only folder in which an answer can write; empty for each, and gone with it
FIRST_UID = 64100  # of the unprivileged users when root grades: one a worker
HOW_TO_GET_ONE = (
    "install bubblewrap (on Debian or Ubuntu: sudo apt-get install bubblewrap) and run the same command again. To "
    "run the code of students you trust without a sandbox, add --trust-students; every report will say so"
)


class NoSandboxError(RuntimeError):
    """No sandbox works here; the message says why and how to get one."""


@dataclass(frozen=True)
class Backend:
    """A way to start the server."""

    name: str  # "bubblewrap", or "none"

    @property
    def isolates(self) -> bool:
        """Whether student code is kept apart from the rest of the machine."""
        return self.name != "none"

    def command(self, worker: int, readable: Iterable[Path] = ()) -> list[str]:
        """What starts Python in it; the server's arguments follow. `readable`: further folders to see."""
        python = [sys.executable, "-s", "-m", "interpbook.grading.sandbox.server"]
        return python if self.name == "none" else [*_bubblewrap(worker, tuple(readable)), *python]


def choose(*, trust: bool = False) -> Backend:
    """The best sandbox that works here. Raises NoSandboxError where none does, unless students are trusted."""
    if trust:
        return Backend("none")
    why = _why_not_bubblewrap()
    if why is None:
        return Backend("bubblewrap")
    raise NoSandboxError(
        f"Nothing was run: no sandbox for student code works here ({why}). To get one, {HOW_TO_GET_ONE}."
    )


@functools.cache
def _why_not_bubblewrap() -> str | None:
    """None if a container starts and ends well; otherwise the reason."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap needs Linux"
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    command = [*_bubblewrap(0, ()), "/usr/bin/env", "true"]
    try:
        tried = subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap did not start: {error}"
    if tried.returncode == 0:
        return None
    said = (tried.stderr.strip().splitlines() or ["no message"])[-1]
    return f"bubblewrap is installed, but this machine forbids it: {said}"


def _bubblewrap(worker: int, readable: tuple[Path, ...]) -> list[str]:
    toolkit = Path(interpbook.__file__).resolve().parent
    apart = ["--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    arguments = ["bwrap", *apart, "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    for name, value in environment(toolkit).items():
        arguments += ["--setenv", name, value]
    arguments += ["--tmpfs", "/tmp", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        link = Path("/", name)
        if link.is_symlink():
            arguments += ["--symlink", str(link.readlink()), f"/{name}"]
        elif link.is_dir():
            arguments += ["--ro-bind", f"/{name}", f"/{name}"]
    needed = _needed(toolkit, readable)
    for parent in sorted({parent for path in needed for parent in path.parents if len(parent.parts) > 1}):
        if parent not in (Path("/tmp"), Path("/usr")):
            arguments += ["--perms", "0755", "--dir", str(parent)]
    for path in needed:
        arguments += ["--ro-bind", str(path), str(path)]
    # Not the right answers: an empty folder lies over them.
    arguments += ["--tmpfs", str(toolkit / "checks"), "--remount-ro", str(toolkit / "checks")]
    arguments += ["--remount-ro", "/tmp", "--proc", "/proc", "--dev", "/dev"]
    arguments += ["--perms", "1777", "--tmpfs", HOME, "--chdir", HOME]
    return [*arguments, *_as_somebody_else(worker)]


def _needed(toolkit: Path, readable: tuple[Path, ...]) -> list[Path]:
    """Python, its environment, the toolkit, the trained files, the converted model: those that exist, none twice."""
    own = toolkit.parent / "artifacts"
    wanted = [Path("/etc/ld.so.cache"), Path(sys.base_prefix), Path(sys.prefix), toolkit, own]
    wanted += [Path(platformdirs.user_cache_dir("interpbook")), *readable]
    found: list[Path] = []
    for path in wanted:
        if path.exists() and not path.is_relative_to("/usr") and not any(path.is_relative_to(p) for p in found):
            found.append(path)
    return found


def environment(toolkit: Path) -> dict[str, str]:
    """All that student code finds in its environment."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": HOME,
        "TMPDIR": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(toolkit.parent),
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


def _as_somebody_else(worker: int) -> list[str]:
    """Root becomes an unprivileged user, for whom limits hold; others already are one."""
    if os.getuid() != 0:
        return []
    uid = str(FIRST_UID + worker)
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs", "--"]
