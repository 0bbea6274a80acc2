"""nbval in a process of its own, watched: progress as it happens, and a clean end whatever happens."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbformat import NotebookNode

Record = dict[str, Any]


class Stopped(BaseException):
    """The run was interrupted; `records` holds what was finished."""

    def __init__(self, records: list[Record]) -> None:
        super().__init__("stopped")
        self.records = records


class CheckerError(RuntimeError):
    """nbval itself could not run; the message says what it printed."""


def run_cells(notebook: NotebookNode, folder: Path, timeout: float, seen: Callable[[Record], None]) -> list[Record]:
    """Run every code cell with nbval, in `folder`; one record a cell. `seen` gets each record as it appears."""
    with tempfile.TemporaryDirectory(prefix="interpbook-check-") as name:
        work = Path(name)
        journal = work / "journal.jsonl"
        journal.touch()
        nbformat.write(notebook, work / "notebook.ipynb")
        (work / "pytest.ini").write_text("[pytest]\n")
        records: list[Record] = []
        with (work / "log.txt").open("wb") as log, _terminable():
            process = subprocess.Popen(
                _command(work, timeout), env=_environment(work, folder), stdout=log, stderr=log, start_new_session=True
            )
            try:
                _follow(process, journal, records, seen)
            except KeyboardInterrupt as stop:
                raise Stopped(records) from stop
            finally:
                _end(process, records)
        if not any("number" in record for record in records) and _code_cells(notebook):
            said = (work / "log.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            raise CheckerError("The checker could not start a kernel. It said: " + " ".join(said))
        return records


def _code_cells(notebook: NotebookNode) -> int:
    return sum(cell.cell_type == "code" for cell in notebook.cells)


def _command(work: Path, timeout: float) -> list[str]:
    plugins = ["-p", "nbval.plugin", "-p", "interpbook.grading.plugin", "-p", "no:cacheprovider"]
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", str(timeout)]
    where = ["-c", str(work / "pytest.ini"), "--rootdir", str(work), str(work / "notebook.ipynb")]
    return [sys.executable, "-m", "pytest", "-q", "--tb=short", *plugins, *nbval, *where]


def _environment(work: Path, folder: Path) -> dict[str, str]:
    ours = {
        "INTERPBOOK_CHECK_JOURNAL": str(work / "journal.jsonl"),
        "INTERPBOOK_CHECK_CWD": str(folder),
        "INTERPBOOK_STATIC": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
        "JUPYTER_RUNTIME_DIR": str(work),
        "TQDM_DISABLE": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    return os.environ | ours | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2")}


def _follow(process: subprocess.Popen, journal: Path, records: list[Record], seen: Callable[[Record], None]) -> None:
    """Read the journal as it grows until the process ends."""
    with journal.open(encoding="utf-8") as lines:
        pending = ""
        while True:
            ended = process.poll() is not None
            pending += lines.read()
            *complete, pending = pending.split("\n")
            for line in complete:
                records.append(json.loads(line))
                seen(records[-1])
            if ended:
                return
            time.sleep(0.05)


def _end(process: subprocess.Popen, records: list[Record]) -> None:
    """Stop pytest, which stops its kernel; then make sure of both."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
    if process.poll() is None:
        process.kill()
        process.wait()
    for kernel in {record["kernel"] for record in records if record.get("kernel")}:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            _kill_kernel(psutil.Process(kernel))


def _kill_kernel(kernel: psutil.Process) -> None:
    if "ipykernel" not in " ".join(kernel.cmdline()):
        return  # the number now belongs to another process
    for child in [*kernel.children(recursive=True), kernel]:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """While this runs, a polite `kill` ends it as Ctrl-C does."""

    def stop(number: int, frame: Any) -> None:  # noqa: ARG001 (signal's signature)
        raise KeyboardInterrupt

    try:
        old = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread: nobody sends us signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)
