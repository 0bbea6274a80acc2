"""The same jobs on a Dask cluster that exists already: `interpbook grade … --cluster tcp://host:8786`.

A task is a group of answers with one set-up; its outcomes come back as plain JSON and are kept as soon as the group
ends. Each thread of a cluster's worker has one helper process and one sandbox (`cluster_worker`). Workers must offer
the same sandbox and have the same toolkit, checks and packages as this machine; one that does not is named, not used.
"""

import contextlib
import itertools
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from interpbook.grading import cluster_worker
from interpbook.grading.bundle import Bundle, to_bytes
from interpbook.grading.cluster_worker import about, grade_group
from interpbook.grading.jobs import Job
from interpbook.grading.progress import Progress
from interpbook.grading.running import StoppedError
from interpbook.grading.sandbox.backends import Backend
from interpbook.grading.sandbox.limits import Limits
from interpbook.grading.workers import Outcome, Setting, needs_models

GROUP = 16  # answers of one task at most: this much is lost when a worker dies
AHEAD = 3  # groups sent for each thread of the cluster, so that none waits for us
CONNECT_SECONDS = 15.0
WORKERS_SECONDS = 60.0  # how long to wait for the first worker
GONE = "--cluster: the scheduler went away. What is graded is kept: start it again, and grade with --resume."
LOOK_SECONDS = 2.0  # between two looks at who does what


@contextlib.contextmanager
def opened(address: str, bundle: Bundle, *, trust: bool = False, sandbox: str = "auto") -> Iterator["Cluster"]:
    """A cluster whose workers fit this toolkit. Raises StoppedError, before anything was run."""
    try:
        from distributed import Client
    except ImportError as error:
        raise StoppedError("--cluster needs Dask: pip install distributed, as in requirements.txt.") from error
    file = Path(address)
    where: dict[str, Any] = {"scheduler_file": address} if file.suffix == ".json" else {"address": address}
    try:
        if file.suffix == ".json" and not file.is_file():
            raise OSError("there is no such file")
        client = Client(**where, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise StoppedError(
            f"--cluster: no Dask scheduler answers at {address} ({str(error).splitlines()[0][:200]}). Name one like "
            "tcp://host:8786, or its scheduler file. Nothing was run."
        ) from error
    with client:
        yield Cluster(client, _fitting(client, address, bundle, trust, sandbox))


def _fitting(client: Any, address: str, bundle: Bundle, trust: bool, sandbox: str) -> Backend:
    """The sandbox of the workers. Raises StoppedError if one of them does not fit."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError as error:
        raise StoppedError(f"--cluster: {address} has no workers. Start some, then run this again.") from error
    tasks = [(task.id, task.stem) for task in bundle.tasks]
    found = client.run(about, tasks, trust, sandbox, on_error="return")
    backends = [said["backend"] for said in found.values() if isinstance(said, dict) and "backend" in said]
    why = [_why_not(worker, said, cluster_worker.has(tasks), backends) for worker, said in sorted(found.items())]
    if any(why):
        raise StoppedError("\n".join([*filter(None, why), "Nothing was run."]))
    return backends[0]


def _why_not(worker: str, said: Any, ours: dict[str, str], backends: list[Backend]) -> str:
    """Why a worker cannot be used, as a sentence; empty if it can."""
    if not isinstance(said, dict):
        return f"The worker {worker} cannot use this toolkit ({type(said).__name__}: {said})"[:400] + "."
    if "refused" in said:
        return f"The worker {worker} has no sandbox. {said['refused']}"
    for name, value in ours.items():
        theirs = str(said["has"].get(name))
        if theirs != value:
            what = {"code": "another version of the toolkit", "checks": "other checks of the exercises"}.get(name, "")
            what = what or f"{name} {theirs}, where this machine has {value}"
            return f"The worker {worker} has {what}. Install the same on both: marks must not depend on the machine."
    if said["backend"] != backends[0]:
        return f"The worker {worker} has another sandbox than others: {said['backend'].name}, not {backends[0].name}."
    return ""


class Cluster:
    """Workers of a cluster; a `Place`."""

    def __init__(self, client: Any, backend: Backend) -> None:
        self._client, self.backend = client, backend
        self._unfit: set[str] = set()  # workers that came later and do not fit

    def memory(self) -> str:
        """See `Place`."""
        return "Memory: the dashboard of the cluster shows it."

    def run(
        self, jobs: list[Job], bundle: Bundle, limits: Limits, took: Callable[[Outcome], None], progress: Progress
    ) -> None:
        """See `Place`. What a worker had when it died is run elsewhere."""
        if not jobs:
            return
        tasks = [(task.id, task.stem) for task in bundle.tasks]
        expected = {"tasks": tasks, "has": cluster_worker.has(tasks)}
        run = secrets.token_hex(8)
        setting = Setting(to_bytes(bundle), limits, self.backend, (), needs_models(jobs), run)
        shared = self._client.submit(cluster_worker.as_it_is, setting, pure=False)
        waiting, sent = deque(_groups(jobs)), dict[Any, list[Job]]()
        try:
            while waiting or sent:
                while waiting and len(sent) < AHEAD * max(1, sum(self._client.nthreads().values())):
                    group = waiting.popleft()
                    sent[self._send(shared, group, expected)] = group
                self._wait(sent, progress)
                for future in [future for future in sent if future.done()]:
                    group = sent.pop(future)
                    if not self._take(future, group, took):
                        waiting.appendleft(group)
        finally:
            with contextlib.suppress(OSError, RuntimeError, TimeoutError):  # a cluster that is gone
                self._client.cancel(list(sent))
                self._client.run(cluster_worker.leave, run, on_error="return")

    def _send(self, shared: Any, group: list[Job], expected: dict[str, Any]) -> Any:
        said = [job.as_json() for job in group]
        where: dict[str, Any] = {}
        if self._unfit:
            where["workers"] = sorted(set(self._client.nthreads()) - self._unfit)
            if not where["workers"]:
                raise StoppedError("--cluster: no worker is left that fits. --resume goes on with what is done.")
        return self._client.submit(grade_group, shared, said, expected, pure=False, retries=1, **where)

    def _take(self, future: Any, group: list[Job], took: Callable[[Outcome], None]) -> bool:
        """Hand on the outcomes of a group that ended; False if another worker has to run it."""
        try:
            found: dict[str, Any] = future.result()
        except Exception as error:  # Dask gave it up: its workers died again and again, or the scheduler did
            if self._client.status != "running":
                raise StoppedError(GONE) from error
            why = f"The cluster could not grade {group[0].task.id}: {type(error).__name__}: {error}"[:400]
            found = {"outcomes": [{"key": job.key, "failed": why} for job in group]}
        if "refused" in found:
            self._unfit.add(found["refused"])
            return False
        for outcome in found["outcomes"]:
            if "stop" in outcome:
                raise StoppedError(outcome["stop"])
            took(outcome)
        return True

    def _wait(self, sent: dict[Any, list[Job]], progress: Progress) -> None:
        """Until a group ended, or for a moment; meanwhile see who does what."""
        by_key = {future.key: group[0].task.id for future, group in sent.items()}
        try:
            doing, threads = self._client.processing(), self._client.nthreads()
        except (OSError, RuntimeError, TimeoutError) as error:
            raise StoppedError(GONE) from error
        busy = {worker: [by_key[key] for key in keys if key in by_key] for worker, keys in doing.items()}
        shown = {worker: some[0] for worker, some in busy.items() if some}
        progress.only(shown if threads else {"the cluster": "waiting for a worker"})
        progress.tick()
        end = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < end and not any(future.done() for future in sent):
            time.sleep(0.05)


def _groups(jobs: list[Job]) -> Iterator[list[Job]]:
    """Jobs with one set-up, at most `GROUP` together."""
    for _, some in itertools.groupby(jobs, key=lambda job: (job.task.id, job.setup)):
        left = list(some)
        while left:
            yield left[:GROUP]
            left = left[GROUP:]
