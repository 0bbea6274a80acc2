"""Runs inside the pytest process of `interpbook check`: writes down each cell as it ends, and watches the kernel.

What nbval leaves open, and is settled here: a kernel that dies is noticed within a second (nbval waits for the whole
cell timeout); a cell that goes on printing after its time is over is given up; output of a cell is capped; the kernel
works in the folder of the student's own notebook, although the copy that runs lies elsewhere.
"""

import json
import os
import re
import time
from pathlib import Path
from queue import Empty
from typing import Any

import nbval.plugin
import pytest
from nbval.kernel import RunningKernel

MAX_OUTPUT = 200_000  # characters of text kept of one cell
GRACE = 5.0  # seconds for a cell to end after it was interrupted
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class KernelDiedError(RuntimeError):
    """The kernel's process ended while a cell ran."""


class WatchedKernel(RunningKernel):
    """nbval's kernel, but one that notices death, endless output and the end of patience."""

    def __init__(self, kernel_name: str, cwd: str | None = None, startup_timeout: int = 60) -> None:
        self.printed = 0
        self.give_up: float | None = None
        super().__init__(kernel_name, os.environ.get("INTERPBOOK_CHECK_CWD", cwd), startup_timeout)
        _note({"kernel": getattr(self.km.provisioner, "pid", None)})

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:
        self.printed, self.give_up = 0, None
        return super().execute_cell_input(cell_input, allow_stdin)

    def interrupt(self) -> None:
        self.give_up = time.monotonic() + GRACE
        super().interrupt()

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        end = time.monotonic() + (3600 if timeout is None else timeout)
        while True:
            now = time.monotonic()
            if self.give_up is not None and now > self.give_up:
                raise Empty
            try:
                return self._capped(super().get_message(stream, timeout=max(0.01, min(0.5, end - now))))
            except Empty:
                if not self.is_alive():
                    raise KernelDiedError("the kernel died") from None
                if now >= end:
                    raise

    def _capped(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["msg_type"] == "stream":
            text = message["content"]["text"]
            message["content"]["text"] = text[: max(0, MAX_OUTPUT - self.printed)]
            self.printed += len(text)
        return message


nbval.plugin.RunningKernel = WatchedKernel


def _note(record: dict[str, Any]) -> None:
    """Append one line to the journal; it is on disk before the next cell starts."""
    with Path(os.environ["INTERPBOOK_CHECK_JOURNAL"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")


def pytest_runtest_logstart(nodeid: str, location: tuple) -> None:  # noqa: ARG001 (pytest's signature)
    _note({"start": nodeid.rpartition("::")[2]})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    """Write down how a cell ended, whatever pytest makes of it."""
    if call.when == "call" or call.excinfo is not None:
        _note(_record(item, call))
    return (yield)


def _record(item: Any, call: Any) -> dict[str, Any]:
    outputs = item.test_outputs or []
    errors = [output for output in outputs if output.output_type == "error"]
    said = "" if call.excinfo is None else str(call.excinfo.value)
    return item.cell.metadata.interpbook_check | {
        "number": item.cell_num,
        "as_expected": call.excinfo is None,
        "printed": "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout"),
        "error": _sentence(errors[-1]) if errors else "",
        "timeout": said.startswith("Timeout of"),
        "died": not item.parent.kernel or not item.parent.kernel.is_alive(),
        "failure": said,
    }


def _sentence(error: Any) -> str:
    """`NameError: name 'x' is not defined`, and the line of the cell where it came from."""
    said = " ".join(str(error.evalue).strip().splitlines()[:1])
    trace = _ANSI.sub("", "\n".join(error.traceback))
    line = re.search(r"Cell In\[\d+\],? line (\d+)", trace)
    return f"{error.ename}: {said}{f' (line {line[1]} of the cell)' if line else ''}"
