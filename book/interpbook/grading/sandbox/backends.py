"""Which sandbox this machine offers: bubblewrap, else podman, else docker, else none and nothing is run.

Each is tried by starting the server in it and asking what it finds there, so what is chosen does work, and the
manifest of a run says what student code was really kept in.
"""

import functools
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interpbook.grading.sandbox import bubblewrap, containers
from interpbook.grading.sandbox.view import CONTROL, HOME, Container, view

PROGRAMS = {"bubblewrap": "bwrap", "podman": "podman", "docker": "docker"}  # best first
HOW_TO_GET_ONE = (
    "install bubblewrap (on Debian or Ubuntu: sudo apt-get install bubblewrap), or podman, or docker with its daemon "
    "running, and run the same command again. To run the code of students you trust without a sandbox, add "
    "--trust-students; every report will say so"
)
NEEDS_LINUX = "student code is run on Linux only: on Windows use WSL2, on macOS a Linux machine, real or virtual"


class NoSandboxError(RuntimeError):
    """No sandbox works here; the message says why and how to get one."""


@dataclass(frozen=True)
class Backend:
    """A way to start the server."""

    name: str  # "bubblewrap", "podman", "docker", or "none"
    seccomp: bool = False  # whether a filter of kernel calls lies on every answer
    namespaces: bool = False  # whether every answer gets namespaces of its own; if not, a container of its own

    @property
    def isolates(self) -> bool:
        """Whether student code is kept apart from the rest of the machine."""
        return self.name != "none"

    @property
    def in_container(self) -> bool:
        """Whether somebody else than us starts the server, and has to be told to end it."""
        return self.name in ("podman", "docker")

    @property
    def contains(self) -> bool:
        """Whether there is a container: then what it shows is what `view` says, and its files lie in memory."""
        return self.name in PROGRAMS

    def command(self, box: Container) -> list[str]:
        """What starts the server, but for its options. Raises OSError where the container cannot be prepared."""
        python = [sys.executable, "-s", "-m", "interpbook.grading.sandbox.server"]
        if not self.isolates:
            return [*python, str(box.control)]
        if self.in_container:
            return [*containers.command(PROGRAMS[self.name], view(), box), *python, CONTROL]
        return [*bubblewrap.command(view(), box), *python, CONTROL]

    def home(self, otherwise: Path) -> str:
        """Where an answer may write: `otherwise` where there is no container."""
        return HOME if self.isolates else str(otherwise)

    def end(self, name: str) -> None:
        """Make sure that a container is gone."""
        if self.in_container:
            containers.remove(PROGRAMS[self.name], name)

    def as_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {"name": self.name, "seccomp": self.seccomp, "namespaces": self.namespaces}


def choose(*, trust: bool = False, name: str = "auto") -> Backend:
    """The best sandbox that works here, or the one of this name.

    Raises NoSandboxError where none does, unless students are trusted.
    """
    if not sys.platform.startswith("linux"):
        raise NoSandboxError(f"Nothing was run: {NEEDS_LINUX}.")
    if trust:
        return Backend("none")
    reasons = []
    for candidate in PROGRAMS if name == "auto" else (name,):
        tried = try_out(candidate)
        if isinstance(tried, Backend):
            return tried
        reasons.append(tried)
    asked = "no sandbox for student code works here" if name == "auto" else f"the sandbox asked for, {name}, fails here"
    raise NoSandboxError(f"Nothing was run: {asked} ({'; '.join(reasons)}). To get one, {HOW_TO_GET_ONE}.")


@functools.cache
def try_out(name: str) -> Backend | str:
    """What this sandbox offers here, or the reason why it does not work."""
    from interpbook.grading.sandbox.launch import LaunchError, launch
    from interpbook.grading.sandbox.limits import Limits

    if name not in PROGRAMS:
        return f"{name} is none of {', '.join(PROGRAMS)}"
    if shutil.which(PROGRAMS[name]) is None:
        return f"{name} is not installed"
    try:
        with launch(Backend(name), 0, Limits(), {"try": True, "nested": True}, 60.0) as launched:
            return Backend(name, bool(launched.said["seccomp"]), bool(launched.said["nested"]))
    except LaunchError as error:
        return f"{name} is installed, but does not work here: {error}"
