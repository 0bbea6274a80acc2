"""Starts the server and holds the connection to it: one way for bubblewrap, podman, docker and no container at all.

The server finds us by a socket in a folder that only we and the container see, and that is gone as soon as it has.
When the connection closes the server ends, and its container with it, also if we were killed.
"""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from interpbook.grading import frames
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.limits import Limits
from interpbook.grading.sandbox.view import Container, environment, program_here

END_SECONDS = 10.0  # after which a container that should end by itself is ended


class LaunchError(RuntimeError):
    """The server did not start; the message is what was said about it."""


class Launched:
    """A running server. `control`: the connection to it; `said`: what it found when it started."""

    def __init__(
        self, backend: Backend, name: str, process: subprocess.Popen, log: Any, folder: Path, control: socket.socket
    ) -> None:
        self._backend, self._name, self._process, self._log, self._folder = backend, name, process, log, folder
        self.control = control
        self.said: dict[str, Any] = {}

    def ended(self) -> bool:
        """Whether the program that we started has ended."""
        return self._process.poll() is not None

    def last_words(self) -> str:
        """The end of what it wrote."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        self._log.seek(0)
        return " ".join(self._log.read()[-600:].decode(errors="replace").split()) or "no message"

    def close(self) -> None:
        """End everything in the container, and wait until it has ended."""
        self.control.close()
        try:
            if self._backend.in_container:
                self._process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._backend.end(self._name)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "Launched":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def launch(backend: Backend, worker: int, limits: Limits, options: dict[str, Any], seconds: float) -> Launched:
    """Start the server and wait until it says that it is ready. Raises LaunchError."""
    deadline = time.monotonic() + seconds
    name = f"interpbook-{secrets.token_hex(8)}"
    folder = Path(tempfile.mkdtemp(prefix="interpbook-grade-"))  # nobody else can enter it
    with socket.socket(socket.AF_UNIX) as listening:
        try:
            control, home, empty = _open_folders(folder, listening)
            options |= {"home": backend.home(home), "apart": backend.isolates, "contained": backend.contains}
            command = backend.command(Container(name, worker, control, empty, limits))
            process, log = _started([*command, json.dumps(options)], backend)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise LaunchError(str(error)) from error
        launched = Launched(backend, name, process, log, folder, listening)
        try:
            launched.control = _accepted(listening, launched, deadline)
            shutil.rmtree(folder if backend.isolates else control, ignore_errors=True)
            launched.said = frames.receive(launched.control, deadline)
        except OSError as error:
            said = launched.last_words()
            launched.close()
            raise LaunchError(said) from error
        except BaseException:
            launched.close()
            raise
    return launched


def _open_folders(folder: Path, listening: socket.socket) -> tuple[Path, Path, Path]:
    """The folder with the socket, which the container's user may enter, one to write in, and one that stays empty."""
    control, home, empty = folder / "control", folder / "home", folder / "empty"
    for made in (control, home, empty):
        made.mkdir()
        made.chmod(0o755)
    with frames.address(str(control)) as address:
        listening.bind(address)
        Path(address).chmod(0o666)
    listening.listen(1)
    return control, home, empty


def _started(command: list[str], backend: Backend) -> tuple[subprocess.Popen, Any]:
    alone = {"PATH": program_here()} | {name: os.environ[name] for name in _OF_DAEMONS if name in os.environ}
    log = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the server)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
        env=alone if backend.isolates else os.environ | environment(),
    )  # fmt: skip
    return process, log


_OF_DAEMONS = ("HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DOCKER_HOST", "CONTAINERS_CONF")


def _accepted(listening: socket.socket, launched: Launched, deadline: float) -> socket.socket:
    """The connection that the server opens. Raises OSError."""
    listening.settimeout(0.05)
    while time.monotonic() < deadline:
        with contextlib.suppress(TimeoutError):
            return listening.accept()[0]
        if launched.ended():
            raise OSError("it ended before it connected")
    raise TimeoutError
