"""Runs jobs on several workers, each with a container of its own; keeps every result as soon as it is there.

The mark of a job depends on nothing but the job: not on the order, the number of workers, or what ran before it in the
same container. A container in which something went wrong is thrown away and the job tried once more in a new one.
"""

import contextlib
import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from interpbook.grading.jobs import Job
from interpbook.grading.marking import Found, Marker
from interpbook.grading.results import Results
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.client import Sandbox, SandboxError, Stage
from interpbook.grading.sandbox.limits import Limits

HEAVY_NAMES = ("interpbook.models", "nnsight", "transformers", "load(")


def run_jobs(
    jobs: Iterable[Job], marker: Marker, results: Results, backend: Backend, limits: Limits, workers: int,
    seen: Callable[[Job, Found], None] = lambda job, found: None,  # noqa: ARG005
) -> list[tuple[Job, str]]:  # fmt: skip
    """Run what has no result yet; returns the jobs that the sandbox could not run, with the reason."""
    waiting, claimed = deque[Job](), set[str]()
    for job in jobs:
        if job.key not in claimed and results.get(job.key) is None:
            waiting.append(job)
        claimed.add(job.key)
    failed: list[tuple[Job, str]] = []
    errors: list[BaseException] = []
    threads = [
        threading.Thread(
            target=_work, args=(n, waiting, marker, results, backend, limits, seen, failed, errors), daemon=True
        )
        for n in range(min(workers, len(waiting)))
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.5)  # lets Ctrl-C through
    except BaseException:
        waiting.clear()
        raise
    if errors:
        raise errors[0]
    return failed


def _work(
    number: int, waiting: deque[Job], marker: Marker, results: Results, backend: Backend, limits: Limits,
    seen: Callable[[Job, Found], None], failed: list[tuple[Job, str]], errors: list[BaseException],
) -> None:  # fmt: skip
    worker = _Worker(number, backend)
    try:
        while True:
            try:
                job = waiting.popleft()
            except IndexError:
                return
            started = time.monotonic()
            found, why = _twice(worker, job, marker, limits)
            if found is None:
                failed.append((job, why))
                continue
            about = {
                "seconds": round(time.monotonic() - started, 3),
                "machine": platform.node(),
                "problems": worker.problems,
            }
            results.put(job.key, found, about)
            seen(job, found)
    except BaseException as error:  # told to the thread that waits for us
        errors.append(error)
        waiting.clear()
    finally:
        worker.close()


def _twice(worker: "_Worker", job: Job, marker: Marker, limits: Limits) -> tuple[Found | None, str]:
    why = ""
    for _ in range(2):
        try:
            with worker.stage(job).answer(limits) as answer:
                found = marker.mark(job.task, job.written, answer, job.student)
            worker.after()
            return found, ""
        except SandboxError as error:
            why = str(error)
            worker.close()
    return None, why


class _Worker:
    """A container, and in it the stage of the question that is being graded."""

    def __init__(self, number: int, backend: Backend) -> None:
        self._number, self._backend = number, backend
        self._sandbox: Sandbox | None = None
        self._stage: Stage | None = None
        self._setup: tuple[str, ...] | None = None
        self.problems: list[str] = []

    def stage(self, job: Job) -> Stage:
        if self._stage is None or self._setup != job.setup:
            if self._stage is not None:
                self._stage.close()
                self._stage = None
            if self._sandbox is None:
                heavy = any(name in text for text in job.setup for name in HEAVY_NAMES)
                self._sandbox = Sandbox(self._backend, self._number, heavy=heavy)
            self._stage, self._setup = self._sandbox.stage(list(job.setup)), job.setup
            self.problems = self._stage.problems
        return self._stage

    def after(self) -> None:
        """Without namespaces inside the container, no two answers may share one."""
        if self._sandbox is not None and not self._sandbox.nested and self._backend.isolates:
            self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            if self._stage is not None:
                self._stage.close()
            if self._sandbox is not None:
                self._sandbox.close()
        self._sandbox = self._stage = self._setup = None
