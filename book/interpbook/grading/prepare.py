"""From a student's notebook to the copy that is run.

Check cells are found by their `grade_id` and replaced by those of the exercise set, with the passing verdict as their
expected output. Saved outputs, tags and nbval's comment markers of all other cells are dropped. Cells that the set
marks as experiments, and that the student left as they were, are skipped to save time. The student's file is only read.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from interpbook.authoring.compose import CHECK_TAG, EXPERIMENT, compose
from interpbook.authoring.layout import Book, find_book

_MARKER = re.compile(r"^(\s*)#+\s*(?:NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.MULTILINE)
_TAGS = ("nbval-", "raises-exception", "pytest-validate")
_CHECK_CALL = re.compile(r"^\s*check\(\s*[\"']([\w.]+)[\"']", re.MULTILINE)


class UnusableError(ValueError):
    """This file cannot be checked; the message is one sentence for its owner."""


@dataclass(frozen=True)
class Graded:
    """One exercise as the exercise set defines it."""

    id: str
    points: int
    answer: NotebookNode  # the stub
    check: NotebookNode


@dataclass
class Prepared:
    """A notebook ready to be run, and what is wrong with its cells."""

    notebook: NotebookNode
    exercises: list[Graded]
    hints: dict[str, str] = field(default_factory=dict)  # exercise id → sentence about a missing or double cell
    missing: set[str] = field(default_factory=set)  # ids whose check cell is gone


def prepare(path: Path) -> Prepared:
    """The copy of this notebook to run, and the exercises in it."""
    notebook = read_notebook(path)
    exercises, experiments = _exercise_set(notebook, path)
    by_cell = _by_cell(exercises)
    prepared = Prepared(notebook, exercises)
    checks: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        found, is_check = _identify(cell, by_cell)
        _neutralise(cell)
        if found is not None:
            (checks if is_check else answers)[found.id] += 1
        if found is not None and is_check:
            _restore(cell, found)
        elif found is None and cell.source in experiments:
            cell.metadata["tags"] = ["nbval-skip"]
        cell.metadata["interpbook_check"] = {"id": found.id if found else "", "check": is_check}
    _describe(prepared, checks, answers, path)
    return prepared


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in this file, in the present format."""
    if path.is_dir():
        raise UnusableError(f"{path} is a folder. Name a notebook in it, such as {path / '01_superposition.ipynb'}.")
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UnusableError(f"{path} does not exist.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"{path} cannot be read as text ({type(error).__name__}).") from error
    try:
        notebook = NotebookNode(nbformat.from_dict(nbformat.reads(text, as_version=4)))
    except nbformat.reader.NotJSONError as error:
        raise UnusableError(
            f"{path} is not a notebook: it is not JSON. If it is damaged, start again from the original in exercises/."
        ) from error
    except (nbformat.ValidationError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise UnusableError(f"{path} is JSON but not a notebook that Jupyter could open.") from error
    if not isinstance(notebook.get("cells"), list):
        raise UnusableError(f"{path} is JSON but not a notebook: it has no cells.")
    return notebook


def _exercise_set(notebook: NotebookNode, path: Path) -> tuple[list[Graded], set[str]]:
    """The exercise set that this notebook came from, as the book defines it now, and the code of its experiments."""
    about = notebook.metadata.get("interpbook", {})
    if isinstance(about, dict) and about.get("kind") == "chapter":
        raise UnusableError(
            f"{path} is a chapter: it has nothing to check. Its exercises are in the folder exercises/."
        )
    stem = Path(str(about.get("source", ""))).stem if isinstance(about, dict) else ""
    for book in _books(path):
        sources = {source.stem: source for source in sorted((book.root / "solutions").glob("*.py"))}
        if stem not in sources and any(_grade_ids([notebook])):
            stem = _likeliest(notebook, sources, book)
        if stem in sources:
            return _graded(sources[stem], book)
    raise UnusableError(
        f"{path} is not an exercise notebook of this book: none of its cells is one of our check cells. "
        "Check a notebook from exercises/, or a copy of one."
    )


def _books(path: Path) -> Iterable[Book]:
    """The book around the notebook, then the one that the toolkit belongs to."""
    return dict.fromkeys((find_book(path.resolve().parent), find_book(Path(__file__).parent)))


def _grade_ids(notebooks: Iterable[NotebookNode]) -> set[str]:
    cells = (cell for notebook in notebooks for cell in notebook.cells)
    return {grade_id for cell in cells if (grade_id := _grade_id(cell))}


def _grade_id(cell: NotebookNode) -> str:
    found = cell.metadata.get("nbgrader", {})
    return str(found.get("grade_id", "")) if isinstance(found, dict) else ""


def _likeliest(notebook: NotebookNode, sources: dict[str, Path], book: Book) -> str:
    """The set that shares most cells with a notebook whose own metadata are lost."""
    ours = _grade_ids([notebook])
    shared = {stem: len(ours & _grade_ids(compose(source, book).values())) for stem, source in sources.items()}
    best = max(shared, key=lambda stem: shared[stem], default="")
    return best if best and shared[best] else ""


def _graded(source: Path, book: Book) -> tuple[list[Graded], set[str]]:
    student = list(compose(source, book).values())[-1]
    cells = {_grade_id(cell): cell for cell in student.cells if _grade_id(cell)}
    experiments = {cell.source for cell in student.cells if EXPERIMENT in cell.metadata.get("tags", [])}
    graded = [
        Graded(cell.metadata.interpbook.id, cell.metadata.nbgrader.points, cells[grade_id.removeprefix("check-")], cell)
        for grade_id, cell in cells.items()
        if cell.metadata.nbgrader.grade
    ]
    return graded, experiments


def _by_cell(exercises: list[Graded]) -> dict[str, tuple[Graded, bool]]:
    known = {}
    for exercise in exercises:
        known[_grade_id(exercise.check)] = exercise, True
        known[_grade_id(exercise.answer)] = exercise, False
    return known


def _identify(cell: NotebookNode, known: dict[str, tuple[Graded, bool]]) -> tuple[Graded | None, bool]:
    """Which exercise a cell belongs to, and whether it is its check; by grade_id, else by what it calls."""
    if (grade_id := _grade_id(cell)) in known:
        return known[grade_id]
    called = _CHECK_CALL.search(cell.source)
    by_id = {exercise.id: exercise for exercise, is_check in known.values() if is_check}
    return (by_id[called[1]], True) if called and called[1] in by_id else (None, False)


def _neutralise(cell: NotebookNode) -> None:
    cell.outputs, cell.execution_count = [], None
    cell.source = _MARKER.sub(r"\1#", cell.source)
    tags = cell.metadata.get("tags", [])
    tags = tags if isinstance(tags, list) else []
    cell.metadata["tags"] = [tag for tag in tags if not str(tag).lower().startswith(_TAGS)]


def _restore(cell: NotebookNode, exercise: Graded) -> None:
    # The import stands in front, so that a lost import cell does not cost every point.
    cell.source = f"from interpbook.exercises import check\n{exercise.check.source}"
    cell.outputs, cell.execution_count = exercise.check.outputs, exercise.check.execution_count
    cell.metadata["tags"] = [CHECK_TAG]


def _describe(prepared: Prepared, checks: Counter[str], answers: Counter[str], path: Path) -> None:
    original = f"exercises/{Path(path).name}"
    for exercise in prepared.exercises:
        if not checks[exercise.id]:
            prepared.missing.add(exercise.id)
            prepared.hints[exercise.id] = (
                f"The check cell of {exercise.id} is gone, so it cannot be judged. Put this line into a cell below "
                f"your answer, or copy the cell from a fresh {original}: {exercise.check.source}"
            )
        elif not answers[exercise.id]:
            prepared.hints[exercise.id] = (
                f"The answer cell of {exercise.id} is gone. Copy it from a fresh {original} to above its check cell."
            )
        elif checks[exercise.id] > 1:
            prepared.hints[exercise.id] = (
                f"There are {checks[exercise.id]} check cells of {exercise.id}; the last counts."
            )
