"""Gradebooks of learning platforms, filled in place: of the whole file only our column's cells for our students change.

A CSV file is read as text with the place of every cell, so that quoting, line ends, byte-order mark and all that we do
not understand stay as they were, byte for byte. Canvas: the export of the gradebook. Moodle: the grading worksheet.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from interpbook.grading.exports import ExportError
from interpbook.grading.marks import Marks, Row


@dataclass(frozen=True)
class Cell:
    """A cell of a CSV text, and where it stands there."""

    start: int
    end: int
    value: str


@dataclass(frozen=True)
class Gradebook:
    """A gradebook with the one column that is ours."""

    text: str
    rows: list[list[Cell]]  # without the line of names
    column: int
    keys: tuple[int, ...]  # columns that may name a student, surest first
    option: str
    expected: float | None  # points possible, as the platform says; None if it does not


def read_text(path: Path, option: str) -> str:
    """A gradebook's text with its line ends and its byte-order mark. Raises ExportError."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{option}: {path} cannot be read as a CSV file in UTF-8 ({error}).") from error


def canvas(text: str, column: str) -> Gradebook:
    """The gradebook exported from Canvas; `column` is the assignment's name there. Raises ExportError."""
    head, rows = _table(text)
    if "ID" not in head:
        raise ExportError("--canvas: this is no gradebook exported from Canvas: its first line has no column ID.")
    places = [i for i, name in enumerate(head) if name == column or re.fullmatch(rf"{re.escape(column)} \(\d+\)", name)]
    if len(places) != 1:
        raise ExportError(
            f"--canvas: the gradebook has {len(places)} columns called {column!r}; exactly one is needed, so that "
            "Canvas makes no new assignment. Create it there, export again, or name it with --canvas-column."
        )
    possible = next((row for row in rows if row[0].value.strip() == "Points Possible"), [])
    keys = tuple(head.index(name) for name in ("ID", "SIS User ID", "SIS Login ID") if name in head)
    return Gradebook(text, rows, places[0], keys, "--canvas", _number(possible, places[0]))


def moodle(text: str) -> Gradebook:
    """Moodle's grading worksheet (in English). Raises ExportError."""
    head, rows = _table(text)
    if "Identifier" not in head or "Grade" not in head:
        raise ExportError(
            "--moodle: this is no grading worksheet of Moodle: its first line has no columns Identifier and Grade. Set "
            "the course's language to English, and in the assignment choose Download grading worksheet."
        )
    keys = tuple(head.index(n) for n in ("Identifier", "ID number", "Username", "Email address") if n in head)
    most = _number(rows[0], head.index("Maximum Grade")) if rows and "Maximum Grade" in head else None
    return Gradebook(text, rows, head.index("Grade"), keys, "--moodle", most)


def fill(book: Gradebook, marks: Marks) -> tuple[str, list[str]]:
    """(the text with our marks in it, sentences about whom they did not reach). Raises ExportError."""
    known = {row.student: row for row in marks.rows}
    changes: list[tuple[Cell, str]] = []
    reached: set[str] = set()
    without: list[str] = []
    for cells in book.rows:
        found = _whose(cells, book.keys, known)
        if found is None:
            without += [" ".join(cells[0].value.split())] if _is_person(cells, book.keys) else []
        elif found.student in reached:
            raise ExportError(
                f"{book.option}: two lines of the gradebook belong to {found.student!r}, by different columns. Give "
                "the student one line, or fill in this gradebook by hand from marks.csv."
            )
        elif book.column < len(cells):
            reached.add(found.student)
            changes.append((cells[book.column], f"{found.score:g}"))
    return _changed(book.text, changes), _told(book, marks, sorted(known.keys() - reached), without)


def _told(book: Gradebook, marks: Marks, missing: list[str], without: list[str]) -> list[str]:
    said = []
    if missing:
        said.append(f"{book.option}: graded, but not in the gradebook: {', '.join(missing)}.")
    if without:
        said.append(f"{book.option}: in the gradebook, but nothing graded: {', '.join(without)}.")
    if book.expected is not None and book.expected != marks.bundle.points:
        said.append(
            f"{book.option}: the platform expects {book.expected:g} points, {marks.bundle.name} has "
            f"{marks.bundle.points:g}. Points were written as they are; change the number there."
        )
    return said


def _whose(cells: list[Cell], keys: tuple[int, ...], known: dict[str, Row]) -> Row | None:
    for key in keys:
        value = cells[key].value.strip() if key < len(cells) else ""
        value = re.sub(r"^Participant (?=\d+$)", "", value)
        if value and value in known:
            return known[value]
    return None


def _is_person(cells: list[Cell], keys: tuple[int, ...]) -> bool:
    """Not a line of points possible or settings, nor Canvas's own test student."""
    named = any(key < len(cells) and cells[key].value.strip() for key in keys)
    return named and cells[0].value.strip() not in ("Student, Test", "Test Student")


def _changed(text: str, changes: list[tuple[Cell, str]]) -> str:
    for cell, value in sorted(changes, key=lambda change: change[0].start, reverse=True):
        quote = '"' if text[cell.start : cell.start + 1] == '"' else ""
        text = f"{text[: cell.start]}{quote}{value}{quote}{text[cell.end :]}"
    return text


def _number(cells: list[Cell], column: int) -> float | None:
    try:
        return float(cells[column].value.strip())
    except (IndexError, ValueError):
        return None


# --- CSV with places ---


def _table(text: str) -> tuple[list[str], list[list[Cell]]]:
    """(names of the columns, the lines below)."""
    rows = list(_rows(text))
    head = [cell.value.strip() for cell in rows[0]] if rows else []
    return head, [row for row in rows[1:] if len(row) > 1]


_CELL = re.compile(r'(?P<cell>"(?:[^"]|"")*"|[^",\r\n][^,\r\n]*|)(?P<end>,|\r\n|\r|\n|\Z)')


def _rows(text: str) -> Iterator[list[Cell]]:
    """Lines of cells. Raises ExportError where quotes do not close."""
    place, row = int(text.startswith("\ufeff")), []
    while place < len(text) or row:
        match = _CELL.match(text, place)
        if match is None:
            line = text.count("\n", 0, place) + 1
            raise ExportError(f"The gradebook is no CSV file: on line {line} a quoted cell does not end.")
        raw = match["cell"]
        value = raw[1:-1].replace('""', '"') if raw.startswith('"') else raw
        row.append(Cell(match.start("cell"), match.end("cell"), value))
        place = match.end()
        if match["end"] != ",":
            yield row
            row = []
