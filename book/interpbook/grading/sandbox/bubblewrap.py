"""bubblewrap's words for a container: one process more, no daemon, no image; nothing is left when it ends.

A grader that runs as root hands over to an unprivileged user before student code is anywhere near.
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path

from interpbook.grading.sandbox.view import CONTROL, HOME, Container, View

_APART = ("--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")


def command(view: View, box: Container) -> list[str]:
    """What starts a program in a container; the program's own command follows."""
    made = ["bwrap", *_APART, "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    for name, value in view.environment:
        made += ["--setenv", name, value]
    for parent in _parents(view):
        made += ["--perms", "0755", "--dir", str(parent)]
    for path in view.readable:
        made += ["--ro-bind", str(path), str(path)]
    for link, target in view.links:
        made += ["--symlink", target, link]
    for path in view.covered:
        made += ["--ro-bind", str(box.empty), str(path)]
    small = ["--perms", "1777", *(["--size", str(box.limits.files * 2**20)] if _knows_sizes() else []), "--tmpfs"]
    made += ["--ro-bind", str(box.control), CONTROL, "--proc", "/proc", "--dev", "/dev"]
    made += [*small, "/dev/shm", "--remount-ro", "/dev", *small, HOME, "--chdir", HOME, "--remount-ro", "/"]
    return [*made, *_as_somebody_else(box)]


@functools.cache
def _knows_sizes() -> bool:
    """bubblewrap 0.6 cannot limit a folder in memory; the limit on memory holds there all the same."""
    return "--size" in subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False).stdout


def _parents(view: View) -> list[Path]:
    """The folders above what is seen, each before those in it; all can be entered, whoever made them."""
    above = {parent for path in view.readable for parent in path.parents if len(parent.parts) > 1}
    return sorted(above | {Path("/tmp")})


def _as_somebody_else(box: Container) -> list[str]:
    """Root becomes an unprivileged user, for whom limits hold; others already are one."""
    if os.getuid() != 0:
        return []
    setpriv = shutil.which("setpriv") or "setpriv"
    return [setpriv, f"--reuid={box.uid}", f"--regid={box.uid}", "--clear-groups", "--no-new-privs", "--"]
