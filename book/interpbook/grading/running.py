"""Runs jobs on several workers of this machine; hands on every outcome as soon as it is there.

The mark of a job depends on nothing but the job: not on the order, the number of workers, or what ran before it in the
same container. A worker that dies is replaced and its job tried once more.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import interpbook
from interpbook.grading import frames
from interpbook.grading.bundle import Bundle, to_bytes
from interpbook.grading.jobs import Job
from interpbook.grading.progress import Progress
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.limits import Limits
from interpbook.grading.times import memory_mib
from interpbook.grading.workers import Outcome, Setting, needs_models

NUMBERS = 1000  # workers of several runs on one machine get different numbers, so different users
LOOK_EVERY = 5.0  # seconds between two looks at the memory


class StoppedError(RuntimeError):
    """The run makes no sense and was ended; the message is one sentence. Results that are there stay."""


class Helpers:
    """The process that knows the bundle and forks workers. Use as a context manager; nothing is left when it closes."""

    def __init__(self, setting: Setting) -> None:
        self._control, theirs = socket.socketpair()
        self._lock, self._forked = threading.Lock(), 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "interpbook.grading.workers", str(theirs.fileno())],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
            env=os.environ | {"PYTHONPATH": _with_toolkit(os.environ.get("PYTHONPATH", ""))},
        )  # fmt: skip
        theirs.close()
        try:
            frames.send(self._control, {"setting": setting.packed()})
            said = frames.receive(self._control)
        except frames.Broken as error:
            self.close()
            raise StoppedError("The process that judges answers did not start; what it said stands above.") from error
        except BaseException:  # Ctrl-C
            self.close()
            raise
        if "stop" in said:
            self.close()
            raise StoppedError(said["stop"])

    def worker(self) -> "Worker":
        """A new worker."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            self._forked += 1
            number = (self.process.pid + self._forked) % NUMBERS
            frames.send(self._control, {"worker": number}, (theirs.fileno(),))
        return Worker(ours)

    def close(self) -> None:
        """End it, its workers and their containers."""
        self._control.close()
        self.process.kill()  # workers die with it, containers with them
        self.process.wait()

    def __enter__(self) -> "Helpers":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Worker:
    """Our end of a worker."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def mark(self, job: dict[str, Any]) -> Outcome:
        """The outcome of a job. Raises frames.Broken if the worker died."""
        frames.send(self._sock, {"job": job})
        return frames.receive(self._sock)

    def close(self) -> None:
        """Let it end."""
        self._sock.close()


def _with_toolkit(path: str) -> str:
    return os.pathsep.join(filter(None, (str(Path(interpbook.__file__).resolve().parent.parent), path)))


def mark_surely(worker: Worker, renew: Callable[[], Worker], job: Job) -> tuple[Worker, Outcome]:
    """(the worker to go on with, the outcome); a worker that dies is renewed once."""
    for _ in range(2):
        try:
            return worker, worker.mark(job.as_json())
        except frames.Broken:
            worker.close()
            worker = renew()
    return worker, {"key": job.key, "failed": f"The worker that judged {job.task.id} died twice."}


class Queue:
    """Jobs that wait. A worker goes on with the set-up it has, then takes one on which the fewest others work."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, ...], deque[Job]] = {}
        self._at_work: Counter[tuple[str, ...]] = Counter()
        for job in jobs:
            self._waiting.setdefault(job.setup, deque()).append(job)

    def take(self, setup: tuple[str, ...] | None) -> Job | None:
        """The next job for a worker whose stage has this set-up; None when nothing waits."""
        with self._lock:
            chosen = setup if setup in self._waiting else self._other()
            if setup is not None and chosen != setup:
                self._at_work[setup] -= 1
            if chosen is None:
                return None
            if chosen != setup:
                self._at_work[chosen] += 1
            job = self._waiting[chosen].popleft()
            if not self._waiting[chosen]:
                del self._waiting[chosen]
            return job

    def _other(self) -> tuple[str, ...] | None:
        def crowd(setup: tuple[str, ...]) -> float:
            return self._at_work[setup] / len(self._waiting[setup])

        return min(self._waiting, key=crowd, default=None)

    def clear(self) -> None:
        """Nothing waits any more."""
        with self._lock:
            self._waiting.clear()


@runtime_checkable
class Place(Protocol):
    """Where jobs are run: here, or on a cluster."""

    @property
    def backend(self) -> Backend:
        """The sandbox that its workers use."""
        ...

    def run(
        self, jobs: list[Job], bundle: Bundle, limits: Limits, took: Callable[[Outcome], None], progress: Progress
    ) -> None:
        """Run all jobs; `took` gets every outcome as soon as it is there. Raises StoppedError."""
        ...

    def memory(self) -> str:
        """A sentence about the most memory that was used."""
        ...


class Here:
    """Workers of this machine."""

    def __init__(self, backend: Backend, workers: int) -> None:
        self.backend, self._workers = backend, workers
        self._most, self._looked = 0.0, 0.0

    def run(
        self, jobs: list[Job], bundle: Bundle, limits: Limits, took: Callable[[Outcome], None], progress: Progress
    ) -> None:
        """See `Place`."""
        setting = Setting(to_bytes(bundle), limits, self.backend, _tasks(jobs), needs_models(jobs))

        def tick(pid: int) -> None:
            progress.tick()
            if time.monotonic() - self._looked > LOOK_EVERY:
                self._most = max(self._most, memory_mib([pid]))
                self._looked = time.monotonic()

        run_jobs(jobs, setting, self._workers, took, progress.began, tick)

    def memory(self) -> str:
        """See `Place`."""
        each = f"{self._most / self._workers:.0f} MiB for each of {self._workers}"
        return f"Memory: at most {self._most:.0f} MiB, {each} (PSS: shared memory counted once)."


def _tasks(jobs: list[Job]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(job.task.id for job in jobs))


def run_jobs(
    jobs: list[Job], setting: Setting, workers: int, took: Callable[[Outcome], None],
    began: Callable[[str, str], None], tick: Callable[[int], None],
) -> None:  # fmt: skip
    """Run all jobs; `took` gets every outcome, `began` a worker and its exercise, `tick` the helpers' process often.

    Raises StoppedError.
    """
    if not jobs:
        return
    queue, errors = Queue(jobs), list[BaseException]()
    with Helpers(setting) as helpers:
        threads = [
            threading.Thread(target=_work, args=(n, queue, helpers, took, began, errors), daemon=True)
            for n in range(min(workers, len(jobs)))
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                for thread in threads:
                    thread.join(0.25)  # lets Ctrl-C through
                tick(helpers.process.pid)
        finally:
            queue.clear()
    if errors:
        raise errors[0]


def _work(
    number: int, queue: Queue, helpers: Helpers, took: Callable[[Outcome], None], began: Callable[[str, str], None],
    errors: list[BaseException],
) -> None:  # fmt: skip
    setup: tuple[str, ...] | None = None
    try:
        worker = helpers.worker()
        while (job := queue.take(setup)) is not None:
            setup = job.setup
            began(f"worker {number + 1}", job.task.id)
            worker, outcome = mark_surely(worker, helpers.worker, job)
            if "stop" in outcome:
                raise StoppedError(outcome["stop"])
            took(outcome)
        worker.close()
    except BaseException as error:  # told to the thread that waits for us
        errors.append(error)
        queue.clear()
