"""Keep the outputs of an earlier run where they still belong to the code."""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from interpbook.authoring import freshness
from interpbook.authoring.compose import notebook_pieces
from interpbook.authoring.execution import execute
from interpbook.authoring.layout import Book

_QUIZ_CELL = re.compile(r"^\s*quiz\(|^\s*from interpbook\.quiz import quiz\b", re.MULTILINE)


def take_over(new: NotebookNode, old: NotebookNode, path: Path, source: Path, book: Book) -> bool:
    """Give `new` the outputs of an earlier run of the same code; False if there is none."""
    if freshness.code_of(new) != freshness.code_of(old) or freshness.stale(new, old, path, source, book):
        return False
    _copy_outputs(new, old)
    return True


def _copy_outputs(new: NotebookNode, old: NotebookNode) -> None:
    ran = iter([cell for cell in old.cells if cell.cell_type == "code"])
    for cell in new.cells:
        if cell.cell_type == "code":
            before = next(ran)
            cell.outputs, cell.execution_count = before.outputs, before.execution_count
    new.metadata.interpbook["run"] = old.metadata.interpbook["run"]
    if "widgets" in old.metadata:
        new.metadata["widgets"] = old.metadata.widgets


def only_the_quiz_changed(new: NotebookNode, old: NotebookNode, source: Path, book: Book) -> bool:
    """Whether the quiz alone makes the outputs stale: it depends on no other cell."""
    same_code = freshness.code_of(new) == freshness.code_of(old)
    return same_code and freshness.changed_since(new, old, source, book) == ["quiz"]


def run_quiz_cell(new: NotebookNode, old: NotebookNode, path: Path, source: Path, book: Book) -> None:
    """Keep all outputs but that of the quiz cell, which runs by itself in a second instead of the chapter's minutes."""
    _copy_outputs(new, old)
    pairs = list(zip(new.cells, notebook_pieces(source, book), strict=True))
    chosen = [(cell, piece) for cell, piece in pairs if cell.cell_type == "code" and _QUIZ_CELL.search(cell.source)]
    small = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.source) for cell, _ in chosen])
    execute(small, [piece for _, piece in chosen], path, book, lambda: None)
    for (cell, _), ran in zip(chosen, small.cells, strict=True):
        cell.outputs = ran.outputs
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = cell.execution_count
    record = dict(old.metadata.interpbook["run"]) | freshness.run_record(new, source, book)
    record["toolkit"] = old.metadata.interpbook["run"].get("toolkit", "")  # the other cells ran with that one
    new.metadata.interpbook["run"] = nbformat.from_dict(record | {"outputs": freshness.outputs_digest(new)})
