"""podman's and docker's words for a container. Both understand the same ones.

Nothing is fetched: the image is made here and is empty but for the links and mount points that a container needs; what
a container sees is lent to it from this machine, read-only, as with bubblewrap. The container removes itself when
the server in it ends, and the server ends when the grader's connection closes, however the grader came to its end.
"""

import contextlib
import functools
import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

from interpbook.grading.sandbox.view import CONTROL, HOME, SETUP_MEMORY, Container, View

_APART = (
    "run", "--rm", "--network=none", "--ipc=private", "--hostname=sandbox", "--read-only", "--cap-drop=ALL",
    "--security-opt=no-new-privileges", "--security-opt=label=disable", "--log-driver=none", f"--workdir={HOME}",
    "--ulimit=core=0:0", "--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096",
)  # fmt: skip
_ONLY_PODMAN = ("--read-only-tmpfs=false", "--http-proxy=false", "--pull=never")


def command(program: str, view: View, box: Container) -> list[str]:
    """What starts a program in a container; the program's own command follows. Makes the image if it is not there."""
    limits, size = box.limits, f"size={box.limits.files}m,nosuid,nodev"
    memory = f"{SETUP_MEMORY + limits.memory}m"
    made = [program, *_APART, *(_ONLY_PODMAN if program == "podman" else ()), f"--name={box.name}"]
    made += [f"--user={box.uid}:{box.uid}", f"--memory={memory}", f"--memory-swap={memory}"]
    made += [f"--pids-limit={limits.processes + 64}", f"--shm-size={limits.files}m"]
    made += [f"--tmpfs={HOME}:rw,mode=1777,{size}", _lent(box.control, CONTROL)]
    made += [_lent(path, path) for path in view.readable]
    # Not an empty tmpfs: podman fills it with what it shall hide.
    made += [_lent(box.empty, path) for path in view.covered]
    made += [image(program, view), "/usr/bin/env", "-i"]
    return [*made, *(f"{name}={value}" for name, value in view.environment)]


def _lent(source: Path, target: Path | str) -> str:
    return f"--mount=type=bind,source={source},target={target},readonly"


def remove(program: str, name: str) -> None:
    """End a container that is still there; harmless if it is gone."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([program, "rm", "--force", name], capture_output=True, check=False, timeout=60)


@functools.cache
def image(program: str, view: View) -> str:
    """The name of the empty image, made on first use. Raises OSError with what the program said."""
    archive = _skeleton(view)
    name = f"localhost/interpbook-sandbox:{hashlib.sha256(archive).hexdigest()[:12]}"
    if subprocess.run([program, "image", "inspect", name], capture_output=True, check=False, timeout=60).returncode:
        made = subprocess.run(
            [program, "import", "-", name], input=archive, capture_output=True, check=False, timeout=120
        )
        if made.returncode:
            raise OSError(" ".join(made.stderr.decode(errors="replace").split())[-300:])
    return name


def _skeleton(view: View) -> bytes:
    """A tar file of links and empty folders; the same for the same view."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for link, target in view.links:
            entry = tarfile.TarInfo(link.lstrip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
        for folder, mode in ((HOME, 0o1777), (CONTROL, 0o755), ("/tmp", 0o755)):
            entry = tarfile.TarInfo(folder.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            archive.addfile(entry)
    return file.getvalue()
