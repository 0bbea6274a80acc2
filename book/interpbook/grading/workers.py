"""Where answers are run and judged: `python -m interpbook.grading.workers FD`.

One process of its own reads the bundle, imports the toolkit and draws the hidden inputs, once; then it forks a worker
for each one that is asked for (copy-on-write, so what was imported and drawn is shared). A worker has one container and
one answer at a time. So no student's answer ever waits for another's, and whatever judging does to random seeds or to
memory ends with the worker. All of it ends when the process that started it does.

Messages are JSON over a socket. First process: {"setting": …} → {"ready": true} or {"stop": sentence}; then
{"worker": number} with a socket for the new worker. Worker: {"job": …} → one outcome, which is
{"key", "found", "about"}, or {"key", "failed": why}, or {"key", "stop": sentence} if the whole run makes no sense.
"""

import base64
import contextlib
import os
import pickle
import platform
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any

from interpbook.grading import frames
from interpbook.grading.bundle import Bundle, BundleError, from_bytes
from interpbook.grading.jobs import Job
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.client import Sandbox, SandboxError, Stage
from interpbook.grading.sandbox.limits import Limits

HEAVY_NAMES = ("interpbook.models", "nnsight", "transformers", "load(")
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What all jobs of a run share."""

    bundle: bytes
    limits: Limits
    backend: Backend
    tasks: tuple[str, ...]  # the exercises to come, to be made ready before workers are forked
    heavy: bool = True  # whether models are needed, so that the container imports what they need once
    run: str = ""  # names the run on a cluster

    def packed(self) -> str:
        """For a process of ours; pickled, since the grader may trust itself."""
        return base64.b64encode(pickle.dumps(self)).decode()


def needs_models(jobs: list[Job]) -> bool:
    """Whether any set-up uses a model."""
    return any(name in text for setup in {job.setup for job in jobs} for text in setup for name in HEAVY_NAMES)


def main(fd: int) -> None:
    """Make everything ready, say so, and fork a worker for whoever asks."""
    from interpbook.grading.sandbox import namespaces

    namespaces.die_with_parent()
    control = socket.socket(fileno=fd)
    import torch

    torch.set_num_threads(1)  # threads would not survive the fork, and sums would depend on the machine's cores
    from interpbook.grading.marking import Marker

    setting: Setting = pickle.loads(base64.b64decode(frames.receive(control)["setting"]))
    bundle = from_bytes(setting.bundle)
    marker = Marker(bundle)
    try:
        for task in bundle.tasks:
            if task.id in setting.tasks:
                marker.prepare(task)
        frames.send(control, {"ready": True})
    except BundleError as error:
        frames.send(control, {"stop": str(error)})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers that end need no farewell
    _fork_workers(control, bundle, setting, marker)


def _fork_workers(control: socket.socket, bundle: Bundle, setting: Setting, marker: Any) -> None:
    from interpbook.grading.sandbox import namespaces

    while True:
        try:
            asked, fds = frames.receive_fds(control)
        except frames.Broken:
            os._exit(0)
        if os.fork() == 0:
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                namespaces.die_with_parent()
                control.close()
                _serve(socket.socket(fileno=fds[0]), bundle, _Container(int(asked["worker"]), setting), marker)
            finally:
                os._exit(0)
        for given in fds:
            os.close(given)


def _serve(sock: socket.socket, bundle: Bundle, container: "_Container", marker: Any) -> None:
    """Answer one job after another until the other end closes."""
    tasks = {task.id: task for task in bundle.tasks}
    try:
        while True:
            said = frames.receive(sock)["job"]
            frames.send(sock, {"key": said["key"], **_outcome(container, Job.from_json(said, tasks), marker)})
    except frames.Broken:
        pass
    finally:
        container.close()


def _outcome(container: "_Container", job: Job, marker: Any) -> Outcome:
    """Run and judge one answer; a second time in a new container if the container failed."""
    from interpbook.grading.hidden.draws import NoDrawError

    why = ""
    for _ in range(2):
        try:
            marker.prepare(job.task, job.student)  # before the answer's clock runs
            stage, started = container.stage(job), time.monotonic()
            with stage.answer(container.limits) as answer:
                found = marker.mark(job.task, job.written, answer, job.student)
            about = {"seconds": round(time.monotonic() - started, 3), "machine": platform.node()}
            about |= {"problems": container.problems, **answer.used}
            container.after()
            return {"found": found.as_json(), "about": about}
        except BundleError as error:
            return {"stop": str(error)}
        except NoDrawError as error:
            return {"failed": str(error)}
        except SandboxError as error:
            why = str(error)
            container.close()
        except Exception as error:
            return {"failed": f"Grading {job.task.id} itself failed: {type(error).__name__}: {error}"[:500]}
    return {"failed": why}


class _Container:
    """A container, and in it the stage of the question that is being graded."""

    def __init__(self, number: int, setting: Setting) -> None:
        self._number, self._setting = number, setting
        self._sandbox: Sandbox | None = None
        self._stage: Stage | None = None
        self._setup: tuple[str, ...] | None = None
        self.limits = setting.limits
        self.problems: list[str] = []

    def stage(self, job: Job) -> Stage:
        """The stage of the job's set-up, made if need be."""
        if self._stage is None or self._setup != job.setup:
            if self._stage is not None:
                self._stage.close()
                self._stage = None
            if self._sandbox is None:
                self._sandbox = Sandbox(self._setting.backend, self._number, self.limits, heavy=self._setting.heavy)
            self._stage, self._setup = self._sandbox.stage(list(job.setup)), job.setup
            self.problems = self._stage.problems
        return self._stage

    def after(self) -> None:
        """Without namespaces inside the container, no two answers may share one."""
        if self._sandbox is not None and not self._sandbox.nested and self._setting.backend.isolates:
            self.close()

    def close(self) -> None:
        """End the container."""
        with contextlib.suppress(OSError):
            if self._stage is not None:
                self._stage.close()
            if self._sandbox is not None:
                self._sandbox.close()
        self._sandbox = self._stage = self._setup = None


if __name__ == "__main__":
    from interpbook.grading import workers  # under its own name, as what is unpickled says

    workers.main(int(sys.argv[1]))
