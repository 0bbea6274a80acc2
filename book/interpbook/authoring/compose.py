"""From cells to notebooks: a pure function of the source files. Nothing is run here."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from interpbook.authoring.exercises import Exercise, read_exercise, with_task_line
from interpbook.authoring.layout import AuthoringError, Book
from interpbook.authoring.source import Cell, read_cells
from interpbook.authoring.stubs import has_markers, is_marker, quote, solved, stub
from interpbook.verdicts import verdict_line

SOLUTION_ONLY = "solution-only"  # tag: the cell stays out of the student's notebook
EXPERIMENT = "experiment"  # tag: no answer needs this cell, so `interpbook check` may leave it out
CHECK_TAG = "nbval-check-output"


@dataclass
class Piece:
    """A cell on its way into a notebook."""

    kind: str
    text: str
    where: str
    file: Path  # where the text stands, and on which line it begins
    line: int
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    stub: str | None = None  # answer cells: what the student gets instead
    exercise: Exercise | None = None  # check cells
    raw: str | None = None  # the text in `file` where markers were taken out of it

    def line_of(self, number: int) -> int:
        """The line in `file` of line `number` (from 1) of the cell as it runs."""
        lines = (self.raw or self.text).splitlines()
        kept = [self.line + i for i, text in enumerate(lines) if not is_marker(text)]
        return kept[min(number, len(kept)) - 1] if kept else self.line


def compose(source: Path, book: Book) -> dict[Path, NotebookNode]:
    """The notebooks that a source file makes, without outputs: path → notebook, the one to execute first."""
    pieces = notebook_pieces(source, book)
    notebook = book.root / source.parent.name / f"{source.stem}.ipynb"
    if source.parent.name == "chapters":
        return {notebook: _notebook(pieces, source, book, "chapter")}
    student = book.root / "exercises" / f"{source.stem}.ipynb"
    return {
        notebook: _notebook(pieces, source, book, "solutions"),
        student: _notebook(pieces, source, book, "exercises"),
    }


def notebook_pieces(source: Path, book: Book) -> list[Piece]:
    """The cells of a source file with quotes filled in, task lines written and check cells added."""
    pieces: list[Piece] = []
    seen: dict[str, str] = {}
    for cell in read_cells(source, book):
        exercise = read_exercise(cell)
        if exercise is None:
            pieces.append(_plain(cell, source, book))
            continue
        if source.parent.name != "solutions":
            raise AuthoringError(f"{cell.where}: exercises belong into solutions/, not into a chapter.")
        if exercise.grade_id in seen:
            raise AuthoringError(
                f"{cell.where}: the exercise {exercise.id} was already asked: {seen[exercise.grade_id]}."
            )
        seen[exercise.grade_id] = cell.where
        _add_task_line(pieces, exercise, cell)
        pieces += [_answer(cell, exercise, source, book), _check(cell, exercise, source)]
    return pieces


def _plain(cell: Cell, source: Path, book: Book) -> Piece:
    if unknown := cell.metadata.keys() - {"tags", "quote"}:
        raise AuthoringError(f"{cell.where}: unknown cell metadata {', '.join(sorted(unknown))}.")
    if "quote" not in cell.metadata:
        if has_markers(cell.text):
            raise AuthoringError(f'{cell.where}: solution markers in a cell without exercise="room.name".')
        return Piece(cell.kind, cell.text, cell.where, source, cell.line, cell.tags)
    quoted = quote(book.toolkit(), cell.metadata["quote"], cell.where)
    return Piece("code", solved(quoted.text), cell.where, quoted.file, quoted.line, cell.tags)


def _add_task_line(pieces: list[Piece], exercise: Exercise, cell: Cell) -> None:
    for i, piece in reversed(list(enumerate(pieces))):
        if piece.exercise is not None:
            break
        if piece.kind == "markdown" and piece.text.startswith("#"):
            pieces[i] = dataclasses.replace(piece, text=with_task_line(piece.text, exercise, piece.where))
            return
    raise AuthoringError(f"{cell.where}: {exercise.id} has no task: a Markdown cell that begins with ## Exercise … .")


def _answer(cell: Cell, exercise: Exercise, source: Path, book: Book) -> Piece:
    text, file, line = cell.text, source, cell.line
    if not text.strip():
        text, file, line = quote(book.toolkit(), exercise.id, cell.where)
    elif not has_markers(text):
        raise AuthoringError(f"{cell.where}: the answer has no ### BEGIN SOLUTION and ### END SOLUTION.")
    start = stub(text, where=book.name(file), line=line)
    return Piece(
        "code",
        solved(text),
        cell.where,
        file,
        line,
        tags=["hide-input", *cell.tags],
        metadata=exercise.answer_metadata(),
        stub=start,
        raw=text,
    )


def _check(cell: Cell, exercise: Exercise, source: Path) -> Piece:
    metadata = exercise.check_metadata()
    text = exercise.check_source()
    return Piece("code", text, cell.where, source, cell.line, [CHECK_TAG], metadata, exercise=exercise)


def _notebook(pieces: list[Piece], source: Path, book: Book, kind: str) -> NotebookNode:
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
            "interpbook": {"kind": kind, "source": book.name(source)},
        }
    )
    slug = source.stem.replace("_", "-")[:59]
    for number, piece in enumerate(pieces):
        if kind == "exercises" and SOLUTION_ONLY in piece.tags:
            continue
        notebook.cells.append(_cell(piece, f"{slug}-{number:03d}", student=kind == "exercises"))
        if kind == "exercises" and piece.exercise is not None:
            _store_expected(notebook, piece.exercise)
    return notebook


def _cell(piece: Piece, cell_id: str, *, student: bool) -> NotebookNode:
    new = nbformat.v4.new_code_cell if piece.kind == "code" else nbformat.v4.new_markdown_cell
    text, tags = piece.text, piece.tags
    if student and piece.stub is not None:
        text, tags = piece.stub, [tag for tag in tags if tag != "hide-input"]
    cell = new(text, id=cell_id)
    cell.metadata = nbformat.from_dict(({"tags": tags} if tags else {}) | piece.metadata)
    return cell


def _store_expected(notebook: NotebookNode, exercise: Exercise) -> None:
    """The passing verdict as the output of the check cell just added; nbval compares only cells with a count."""
    cell = notebook.cells[-1]
    cell.execution_count = sum(cell.cell_type == "code" for cell in notebook.cells)
    cell.outputs = [expected_output(exercise.id, exercise.points)]


def expected_output(check_id: str, points: int) -> NotebookNode:
    """What a check cell prints when the answer is right."""
    text = verdict_line(check_id, "passed", points) + "\n"
    return nbformat.v4.new_output("stream", name="stdout", text=text)
