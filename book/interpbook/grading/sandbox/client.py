"""The grader's side of a sandbox: every wait has a deadline, and whatever happens inside becomes an `Ended`."""

import base64
import contextlib
import pickle
import socket
import time
from typing import Any, Literal

from interpbook.grading import frames
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.launch import LaunchError, launch
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
How = Literal["timeout", "died", "memory", "nonsense"]


class SandboxError(RuntimeError):
    """The container itself did not work: no fault of an answer."""


class Ended(BaseException):
    """The answer's process is gone. Not an Exception, so that no judge takes it for an error of the answer."""

    def __init__(self, how: How, detail: str = "") -> None:
        super().__init__(detail)
        self.how: How = how


class Sandbox:
    """One running container. Use as a context manager; nothing is left behind when it closes."""

    def __init__(
        self,
        backend: Backend,
        worker: int = 0,
        limits: Limits | None = None,
        *,
        heavy: bool = True,
        nested: bool = True,
    ) -> None:
        options = {"imports": [*(HEAVY if heavy else ()), *IMPORTS], "nested": nested}
        try:
            self._launched = launch(backend, worker, limits or Limits(), options, START_SECONDS)
        except LaunchError as error:
            raise SandboxError(f"The sandbox did not start. It said: {error}") from error
        self._control = self._launched.control
        self.nested: bool = bool(self._launched.said["nested"])
        self.alone = backend.isolates and not self.nested  # whether the container belongs to a single answer

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
        return Stage(ours, [f"{p['type']}: {p['said']}" for p in ready["ready"]], self.alone)

    def close(self) -> None:
        """End everything in the container."""
        self._launched.close()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Stage:
    """A question made ready. `problems`: errors of its own set-up cells, in words."""

    def __init__(self, control: socket.socket, problems: list[str], alone: bool) -> None:
        self.control, self.problems, self._alone = control, problems, alone

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
        return Answer(self.control, ours, limits, self._alone)

    def close(self) -> None:
        """End it."""
        self.control.close()


class Answer:
    """The conversation with one answer's process; use as a context manager. Methods raise `Ended`."""

    def __init__(self, stage: socket.socket, sock: socket.socket, limits: Limits, alone: bool) -> None:
        self._stage, self._sock, self._limits, self._alone = stage, sock, limits, alone
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
        if status == 81:
            return Ended("memory", f"more than {self._limits.memory} MiB of memory")
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
        deadline = time.monotonic() + (2 if self._alone else 10)
        try:
            with contextlib.suppress(TimeoutError):
                return self._ended(frames.receive(self._stage, patience))
            frames.send(self._stage, {"stop": True}, (), deadline)
            return self._ended(frames.receive(self._stage, deadline))
        except (frames.Broken, TimeoutError) as error:
            if self._alone:  # nobody else was in the container, so whatever became of it was this answer's doing
                return 0
            raise SandboxError(f"An answer could not be ended ({error}).") from error

    def _ended(self, said: Any) -> int:
        """How it ended. In a container of its own an answer can change what the stage says: so this is only a claim."""
        try:
            ended = said["ended"]
            used = {name: float(ended[name]) for name in ("cpu_seconds", "memory_mib")}
            self.used = {name: number for name, number in used.items() if 0 <= number < 1e9}
            return int(ended["status"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise frames.Broken("the stage sent nonsense") from error

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
