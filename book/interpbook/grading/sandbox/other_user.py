"""Where no container can be made inside another (Gradescope's): student code as an unprivileged user, and nothing more.

The grader is root. Student code is another user, who can neither read the private bundle and the checks (they are
root's alone) nor write results, for whom limits hold, and from whom a filter of kernel calls keeps the network. It is
weaker than a container: other files of the machine can be read, and answers of one student could disturb each other. So
only `run_autograder` of a Gradescope zip uses it, where one student's submission is alone on its machine, and every
report says so.
"""

import contextlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.view import HOME, Container, environment

NAME = "other-user"


@dataclass(frozen=True)
class OtherUser(Backend):
    """Root's way to be somebody else without a container."""

    name: str = NAME

    def command(self, box: Container) -> list[str]:
        """What starts the server as the worker's own user, in an emptied home, with nobody else of that name alive."""
        uid = box.uid
        _end_all_of(uid)
        _empty_home(uid)
        environ = [f"{name}={value}" for name, value in environment().items()]
        somebody = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs", "--bounding-set=-all"]
        python = [sys.executable, "-s", "-m", "interpbook.grading.sandbox.server"]
        box.control.parent.chmod(0o711)  # the server comes in by the names that it is told
        return ["env", "-i", *environ, "setpriv", *somebody, "--", *python, str(box.control)]


def why_not() -> str | None:
    """None if this process may become another user; otherwise the reason."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return "the grader is not root"
    return None if shutil.which("setpriv") else "setpriv (of util-linux) is not installed"


def _end_all_of(uid: int) -> None:
    """What an answer left running ends before the next begins."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.uids().real == uid:
                process.kill()


def _empty_home(uid: int) -> None:
    shutil.rmtree(HOME, ignore_errors=True)
    Path(HOME).mkdir(mode=0o700)
    os.chown(HOME, uid, uid)
