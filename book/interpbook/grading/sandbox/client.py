"""The grader's side of a sandbox: every wait has a deadline, and whatever happens inside becomes an `Ended`."""

import base64
import contextlib
import json
import os
import pickle
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import interpbook
from interpbook.grading import frames
from interpbook.grading.sandbox.backends import HOME, Backend, environment
from interpbook.grading.sandbox.limits import Limits

IMPORTS = (
    "numpy",
    "torch",
    "IPython",
    "interpbook.trial",
    "interpbook.exercises",
    "interpbook.grading.sandbox.answering",
)
HEAVY = ("beartype", "transformers", "nnsight", "plotly", "interpbook.models", "interpbook.plots")
START_SECONDS = 180.0
STAGE_SECONDS = 600.0
How = Literal["timeout", "died", "nonsense"]


class SandboxError(RuntimeError):
    """The container itself did not work: no fault of an answer."""


class Ended(BaseException):
    """The answer's process is gone. Not an Exception, so that no judge takes it for an error of the answer."""

    def __init__(self, how: How, detail: str = "") -> None:
        super().__init__(detail)
        self.how: How = how


class Sandbox:
    """One running container. Use as a context manager; nothing is left behind when it closes."""

    def __init__(self, backend: Backend, worker: int = 0, *, heavy: bool = True, nested: bool = True) -> None:
        ours, theirs = socket.socketpair()
        self._control, self._log = ours, tempfile.TemporaryFile()  # noqa: SIM115 (closed in close)
        self._home = None if backend.isolates else tempfile.TemporaryDirectory(prefix="interpbook-grade-")
        home = HOME if self._home is None else self._home.name
        options = {"imports": [*(HEAVY if heavy else ()), *IMPORTS], "nested": nested, "home": home}
        command = [*backend.command(worker), str(theirs.fileno()), json.dumps(options)]
        toolkit = Path(interpbook.__file__).resolve().parent
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env=os.environ | environment(toolkit) if backend.name == "none" else {"PATH": os.environ.get("PATH", "")},
            start_new_session=True, cwd="/",
        )  # fmt: skip
        theirs.close()
        try:
            started = frames.receive(self._control, time.monotonic() + START_SECONDS)
        except (frames.Broken, TimeoutError) as error:
            said = self._said()
            self.close()
            raise SandboxError(f"The sandbox did not start. It said: {said}") from error
        self.nested: bool = bool(started["nested"])

    def _said(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        self._log.seek(0)
        return " ".join(self._log.read()[-600:].decode(errors="replace").split()) or "nothing"

    def stage(self, cells: list[str]) -> "Stage":
        """A stage in which these cells have run. Raises SandboxError if the container is gone."""
        ours, theirs = socket.socketpair()
        try:
            frames.send(self._control, {"stage": cells}, (theirs.fileno(),), time.monotonic() + 30)
            theirs.close()
            ready = frames.receive(ours, time.monotonic() + STAGE_SECONDS)
        except (frames.Broken, TimeoutError) as error:
            ours.close()
            raise SandboxError(f"The question's set-up cells did not end well ({error}).") from error
        return Stage(ours, [f"{p['type']}: {p['said']}" for p in ready["ready"]])

    def close(self) -> None:
        """End everything in the container."""
        self._control.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._log.close()
        if self._home is not None:
            self._home.cleanup()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Stage:
    """A question made ready. `problems`: errors of its own set-up cells, in words."""

    def __init__(self, control: socket.socket, problems: list[str]) -> None:
        self.control, self.problems = control, problems

    def answer(self, limits: Limits) -> "Answer":
        """A process for one answer."""
        ours, theirs = socket.socketpair()
        try:
            frames.send(self.control, {"answer": limits.as_json()}, (theirs.fileno(),), time.monotonic() + 30)
        except (frames.Broken, TimeoutError) as error:
            ours.close()
            raise SandboxError(f"The stage is gone ({error}).") from error
        finally:
            theirs.close()
        return Answer(self.control, ours, limits)

    def close(self) -> None:
        """End it."""
        self.control.close()


class Answer:
    """The conversation with one answer's process; use as a context manager. Methods raise `Ended`."""

    def __init__(self, stage: socket.socket, sock: socket.socket, limits: Limits) -> None:
        self._stage, self._sock, self._limits = stage, sock, limits
        self._deadline = time.monotonic() + limits.wall
        self._over = False
        self.used: dict[str, float] = {}  # when it has ended: its processor time and its largest memory

    def run(self, cells: list[str]) -> list[dict[str, Any] | None]:
        """Run cells; for each None or its error as {"type", "said", …}."""
        ran = self._ask({"cells": cells}, "ran")
        if not isinstance(ran, list) or len(ran) != len(cells):
            raise self._nonsense()
        if not all(error is None or isinstance(error, dict) for error in ran):
            raise self._nonsense()
        return ran

    def value(self, name: str) -> Any:
        """What the answer's variable holds, as JSON of `wire`."""
        return self._ask({"value": name}, "value")

    def call(
        self, name: str, arguments: list[tuple], options: dict[str, Any] | None = None, state: bytes | None = None
    ) -> list[Any]:
        """Call the answer's function for each tuple of arguments; for each {"result", "inputs"} or {"error"}.

        `state` is the random state to begin with (of `random_state`); without it each call begins with the usual seed.
        """
        from interpbook.grading.hidden.passing import pickled

        asked = {"call": name, "arguments": base64.b64encode(pickled((arguments, options or {}))).decode()}
        if state is not None:
            asked["state"] = base64.b64encode(state).decode()
        found = self._ask(asked, "outcomes")
        if not isinstance(found, list) or len(found) != len(arguments):
            raise self._nonsense()
        return found

    def _ask(self, message: Any, key: str) -> Any:
        try:
            frames.send(self._sock, message, (), self._deadline)
            said = frames.receive(self._sock, self._deadline, self._limits.output * 2**20)
        except TimeoutError as error:
            raise self._stopped() from error
        except frames.Broken as error:
            raise self._gone(str(error)) from error
        if not isinstance(said, dict) or key not in said:
            raise self._nonsense()
        return said[key]

    def _nonsense(self) -> Ended:
        self._end(kill=True)
        return Ended("nonsense", "it sent a message that nobody asked for")

    def _stopped(self) -> Ended:
        self._end(kill=True)
        return Ended("timeout", f"stopped after {self._limits.wall:g} seconds")

    def _gone(self, why: str) -> Ended:
        status = self._end(kill=True)
        if status == 80:
            return Ended("timeout", f"more than {self._limits.cpu} seconds of processor time")
        if status > 100 and status != 109:
            return Ended("died", f"signal {status - 100}")
        return Ended("died", "it ended its own process, or ran out of memory" if "message" not in why else why)

    def _end(self, *, kill: bool) -> int:
        """Close the conversation, and wait until the kernel has taken away everything that belonged to it."""
        if self._over:
            return 0
        self._over = True
        self._sock.close()
        patience = time.monotonic() + (0.5 if kill else 2.0)
        deadline = time.monotonic() + 10
        try:
            with contextlib.suppress(TimeoutError):
                return self._ended(frames.receive(self._stage, patience))
            frames.send(self._stage, {"stop": True}, (), deadline)
            return self._ended(frames.receive(self._stage, deadline))
        except (frames.Broken, TimeoutError) as error:
            raise SandboxError(f"An answer could not be ended ({error}).") from error

    def _ended(self, said: Any) -> int:
        ended = said["ended"]
        self.used = {name: float(ended[name]) for name in ("cpu_seconds", "memory_mib")}
        return int(ended["status"])

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *error: object) -> None:
        self._end(kill=False)


def random_state() -> bytes:
    """Python's, NumPy's and torch's random states, for a judge whose calls must not all begin alike."""
    import random

    import numpy as np
    import torch

    state = {"random": random.getstate(), "numpy": np.random.get_state(), "torch": torch.get_rng_state()}
    return pickle.dumps(state)
