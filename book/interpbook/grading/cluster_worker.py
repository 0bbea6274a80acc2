"""What runs inside the workers of a Dask cluster: says what they have, and grades groups of answers.

Each thread of a worker has a seat: one helper process with one sandbox, kept from group to group, so that nothing is
imported or loaded twice. Students' code runs in that sandbox only, one answer at a time. A seat that waits for half a
minute gives its processes back; a worker that dies takes them with it.
"""

import threading
from collections.abc import Sequence
from typing import Any

from interpbook.grading import fingerprints, frames
from interpbook.grading.running import Helpers, StoppedError, Worker
from interpbook.grading.sandbox.backends import NoSandboxError, choose
from interpbook.grading.workers import Outcome, Setting

IDLE_SECONDS = 30.0


def as_it_is(value: Any) -> Any:
    """The value. As a task of the cluster it is made again wherever it got lost."""
    return value


def about(tasks: Sequence[tuple[str, str]], trust: bool, sandbox: str = "auto") -> dict[str, Any]:
    """What this worker has: its sandbox, toolkit, packages and checks; or why it cannot grade."""
    try:
        backend = choose(trust=trust, name=sandbox)
    except NoSandboxError as error:
        return {"refused": str(error)}
    return {"backend": backend, "has": has(tasks)}


def has(tasks: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Everything besides answers that decides marks: name → version or hash."""
    try:
        checks = fingerprints.of_checks(tasks)
    except KeyError as error:
        checks = f"no checks of {error}"
    return {**fingerprints.engine(), "checks": checks}


def grade_group(setting: Setting, jobs: list[dict[str, Any]], expected: dict[str, Any]) -> dict[str, Any]:
    """{"outcomes": one for each job}, or {"refused": address} where a worker came later and does not fit."""
    if has(expected["tasks"]) != expected["has"]:
        from distributed import get_worker

        return {"refused": get_worker().address}
    seat = _seats.setdefault(threading.get_ident(), _Seat())
    return {"outcomes": seat.mark(setting, jobs)}


def leave(run: str) -> None:
    """End the processes of a run, also in the middle of a group."""
    for seat in list(_seats.values()):
        seat.leave(run)


class _Seat:
    """One thread's helper process, worker and sandbox."""

    def __init__(self) -> None:
        self._lock, self._timer = threading.Lock(), threading.Timer(0, self._rest)
        self._run, self._helpers, self._worker = "", None, None
        self._left = False

    def mark(self, setting: Setting, jobs: list[dict[str, Any]]) -> list[Outcome]:
        self._timer.cancel()
        with self._lock:
            if self._run != setting.run:
                self._close()
            self._run, self._left = setting.run, False
            try:
                return [self._one(setting, job) for job in jobs]
            finally:
                self._timer = threading.Timer(IDLE_SECONDS, self._rest)
                self._timer.daemon = True
                self._timer.start()

    def _one(self, setting: Setting, job: dict[str, Any]) -> Outcome:
        for _ in range(2):
            if self._left:
                break
            try:
                if self._worker is None:
                    self._helpers = Helpers(setting)
                    self._worker = self._helpers.worker()
                return self._worker.mark(job)
            except frames.Broken:
                self._close()
            except StoppedError as error:
                return {"key": job["key"], "stop": str(error)}
        return {"key": job["key"], "failed": f"The process that judged {job['task']} died twice."}

    def _rest(self) -> None:
        with self._lock:
            self._close()

    def leave(self, run: str) -> None:
        """Never waits: it is called where the worker talks to the cluster."""
        helpers = self._helpers
        if self._run == run and helpers is not None:
            self._left = True
            helpers.process.kill()

    def _close(self) -> None:
        if self._worker is not None:
            self._worker.close()
        if self._helpers is not None:
            self._helpers.close()
        self._helpers, self._worker = None, None

    _helpers: Helpers | None
    _worker: Worker | None


_seats: dict[int, _Seat] = {}
