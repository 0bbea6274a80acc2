"""Which exercises an assignment has, and for how many points; due date and late policy as people write them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from interpbook.authoring.exercises import Exercise, read_exercise
from interpbook.authoring.layout import Book
from interpbook.authoring.source import read_cells
from interpbook.grading.bundle import Late


class AssignmentError(ValueError):
    """A wish that makes no sense; one sentence that says what came and what was expected."""


@dataclass(frozen=True)
class Chosen:
    """One exercise of the assignment."""

    stem: str
    exercise: Exercise
    points: float


def choose(book: Book, stems: Sequence[str], only: Iterable[str] = (), points: Iterable[str] = ()) -> list[Chosen]:
    """The exercises of these sets, or those among them whose ids are named; `points` are texts like `id=4`."""
    sources = [source for source in book.sources(tuple(stems)) if source.parent.name == "solutions"]
    found = [
        (source.stem, ex) for source in sources for cell in read_cells(source, book) if (ex := read_exercise(cell))
    ]
    known = [exercise.id for _, exercise in found]
    wanted = [_among(name, known, "--exercises") for name in only] or known
    changed = dict(_points(text, known) for text in points)
    chosen = [Chosen(stem, ex, float(changed.get(ex.id, ex.points))) for stem, ex in found if ex.id in wanted]
    if not any(one.points for one in chosen):
        raise AssignmentError(
            "assign: no exercise with points is left. Name sets that have exercises, such as 02_probing."
        )
    return chosen


def _among(name: str, known: list[str], option: str) -> str:
    if name not in known:
        raise AssignmentError(f"{option}: these sets have no exercise {name!r}. They have: {', '.join(known)}.")
    return name


def _points(text: str, known: list[str]) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        points = float(number)
    except ValueError:
        points = -1.0
    if not 0 <= points <= 1000:
        raise AssignmentError(f"--points: {text!r} should look like probing.selectivity=4, with 0 to 1000 points.")
    return _among(name, known, "--points"), points


def due_time(text: str) -> str:
    """A due date as ISO text with a time zone (UTC, unless it names one); empty for none."""
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise AssignmentError(f"--due: {text!r} should look like 2027-02-01T23:59.") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


_LATE = re.compile(r"(?P<share>\d+(\.\d+)?)%/day(,max=(?P<most>\d+)%)?(,grace=(?P<grace>\d+)min)?")


def late_policy(text: str) -> Late:
    """`none`, or `10%/day`, `10%/day,max=50%,grace=15min`."""
    if text in ("", "none"):
        return Late()
    match = _LATE.fullmatch(text.replace(" ", ""))
    if match is None or float(match["share"]) > 100 or int(match["most"] or 100) > 100:
        raise AssignmentError(f"--late: {text!r} should be none, or look like 10%/day or 10%/day,max=50%,grace=15min.")
    return Late(float(match["share"]) / 100, int(match["most"] or 100) / 100, int(match["grace"] or 0))
