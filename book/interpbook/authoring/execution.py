"""Run a notebook in a fresh kernel, and make what it printed the same on every machine.

Environment of the kernel: the notebook's own folder, two threads, no hub, no progress bars, INTERPBOOK_STATIC=1
(sliders are precomputed). Kept: outputs, counts, widget state. Dropped: standard error, per-cell times, machine paths,
addresses of objects.
"""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from interpbook.authoring.compose import Piece
from interpbook.authoring.layout import AuthoringError, Book

CELL_TIMEOUT = 300.0  # seconds
_ENVIRONMENT = {
    "INTERPBOOK_STATIC": "1",
    "OMP_NUM_THREADS": "2",
    "MKL_NUM_THREADS": "2",
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait slow each other down
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "PYTHONHASHSEED": "0",
}
_PACKAGES = ("torch", "transformers", "nnsight", "plotly")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def execute(
    notebook: NotebookNode,
    pieces: list[Piece],
    path: Path,
    book: Book,
    tick: Callable[[], None],
    timeout: float = CELL_TIMEOUT,
) -> float:
    """Run every cell of `notebook` in place; returns the seconds it took. `tick` is called after each cell.

    `pieces` are the cells' origins, so that a failure can name its line.
    """
    running = [0]

    def started(cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG001 (nbclient's signature)
        running[0] = cell_index

    client = _Client(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # on a busy machine one line may arrive in two pieces
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=started,
        on_cell_complete=lambda **_: tick(),
    )
    begin = time.perf_counter()
    try:
        with _work_folder():
            client.execute(env=os.environ | _ENVIRONMENT, stderr=subprocess.DEVNULL)
    except CellExecutionError as error:
        raise AuthoringError(_failure(error, pieces[running[0]], book)) from error
    except CellTimeoutError as error:
        where = pieces[running[0]].where
        raise AuthoringError(f"{where}: the cell ran longer than {timeout:g} s and was stopped.") from error
    except DeadKernelError as error:
        if client.stopped:
            raise KeyboardInterrupt from error
        where = pieces[running[0]].where
        raise AuthoringError(f"{where}: the kernel died in this cell (out of memory, perhaps).") from error
    except NoSuchKernel as error:
        raise AuthoringError("There is no Jupyter kernel here. Try: pip install ipykernel.") from error
    seconds = time.perf_counter() - begin
    clean(notebook, book)
    return seconds


class _Client(NotebookClient):
    """nbclient answers Ctrl-C by ending the kernel, then finds it dead: remember which of the two came first."""

    @property
    def stopped(self) -> bool:
        return hasattr(self, "_async_cleanup_kernel_future")

    async def _async_cleanup_kernel(self) -> None:
        if self.km is not None:  # the second time, after a signal, there is nothing left to clean
            await super()._async_cleanup_kernel()


@contextlib.contextmanager
def _work_folder():
    """Kernels write small files (connection, history) outside the repository."""
    with tempfile.TemporaryDirectory(prefix="interpbook-") as folder:
        old = os.environ.get("JUPYTER_RUNTIME_DIR")
        os.environ["JUPYTER_RUNTIME_DIR"] = folder
        try:
            yield
        finally:
            if old is None:
                del os.environ["JUPYTER_RUNTIME_DIR"]
            else:
                os.environ["JUPYTER_RUNTIME_DIR"] = old


def _failure(error: Any, piece: Piece, book: Book) -> str:
    """`chapters/01_superposition.py, line 57: NameError: …`, then the end of the traceback."""
    traceback = _ANSI.sub("", str(error))
    found = re.search(r"(?:Cell In\[\d+\]|<ipython-input-\S+>),? line (\d+)", traceback)
    line = piece.line_of(int(found[1])) if found else piece.line
    said = " ".join(str(error.evalue).strip().splitlines()[:1])
    tail = "\n".join(traceback.strip().splitlines()[-12:])
    return f"{book.name(piece.file)}, line {line}: {error.ename}: {said}\n{tail}"


def versions() -> dict[str, str]:
    """The packages whose version can change a number in the book."""
    return {name: version(name).partition("+")[0] for name in _PACKAGES}


# --- the same bytes on every machine ---


def clean(notebook: NotebookNode, book: Book) -> None:
    """Drop what differs from run to run or tells about the machine."""
    notebook.metadata.language_info = nbformat.from_dict(
        {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
            for output in cell.outputs:
                _clean_output(output, book)
    _number_widgets(notebook)


def _clean_output(output: NotebookNode, book: Book) -> None:
    if output.output_type == "stream":
        output.text = _neutral(output.text, book)
    for mime, content in output.get("data", {}).items():
        if mime.startswith("text/") and isinstance(content, str):
            output.data[mime] = _neutral(content, book)


def _neutral(text: str, book: Book) -> str:
    """Text without addresses of objects and without the paths of this machine."""
    text = re.sub(r"\b0x[0-9a-f]{8,16}\b", "0x…", text)
    if "/ipykernel_" in text:  # Careful: on a long line without spaces an unbounded \S* would take minutes.
        text = re.sub(r"[^\s'\"]{0,200}/ipykernel_\d+/\d+\.py", "<cell>", text)
    for folder, name in ((book.root, "."), (Path(sys.prefix), "<python>"), (Path.home(), "~")):
        if len(str(folder)) > 1:
            text = re.sub(rf"{re.escape(str(folder))}(?=[/\s'\":,)]|$)", name, text)
    return text


def _number_widgets(notebook: NotebookNode) -> None:
    """Replace the random ids of widgets by numbers in order of appearance."""
    if "widgets" not in notebook.metadata:
        return
    text = nbformat.writes(notebook)
    ids = list(dict.fromkeys(re.findall(r"\b[0-9a-f]{32}\b", text)))
    for number, widget in enumerate(ids):
        text = text.replace(widget, f"{number:032x}")
    notebook.update(nbformat.reads(text, as_version=4))
