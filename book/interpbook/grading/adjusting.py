"""Marks by hand: a CSV file of the instructor's with the columns student, exercise, points, comment.

For open questions, appeals, and whatever a machine cannot see. The file is read anew on every run, so a mark by hand
outlives every grading again; in all reports it stands as such, with its comment.
"""

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from interpbook.grading.bundle import Bundle
from interpbook.grading.collect.files import CollectError

COLUMNS = ("student", "exercise", "points", "comment")
Adjustments = dict[tuple[str, str], "Adjustment"]  # (student, exercise)


class AdjustmentError(CollectError):
    """A line that cannot be taken; one sentence that names it."""


@dataclass(frozen=True)
class Adjustment:
    """A mark by hand, and why."""

    points: float
    comment: str = ""


def read_adjustments(path: Path, bundle: Bundle, students: Collection[str]) -> Adjustments:
    """(student, exercise) → mark by hand. Raises AdjustmentError at the first line that fits no student or exercise."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AdjustmentError(f"--adjust: {path} cannot be read as a CSV file in UTF-8 ({error}).") from error
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    if not set(COLUMNS[:3]) <= set(names):
        raise AdjustmentError(
            f"--adjust: {path} begins with {head.strip()[:80]!r}; its first line should be {','.join(COLUMNS)}."
        )
    rows.fieldnames = names
    found: Adjustments = {}
    for row in rows:
        said = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if any(said.values()):
            key, adjustment = _line(said, f"--adjust: {path}, line {rows.line_num}", bundle, students)
            if key in found:
                raise AdjustmentError(f"--adjust: {path}, line {rows.line_num}: {key[0]}, {key[1]} was there before.")
            found[key] = adjustment
    return found


def _line(
    said: dict[str, str], where: str, bundle: Bundle, students: Collection[str]
) -> tuple[tuple[str, str], Adjustment]:
    student, exercise = said["student"], said["exercise"]
    if student not in students and student.startswith("'"):
        student = student[1:]  # as marks.csv writes an id that a spreadsheet would take for a formula
    if student not in students:
        raise AdjustmentError(f"{where}: nobody is called {said['student']!r}. Students: {_some(students)}.")
    most = {task.id: task.points for task in bundle.tasks}
    if exercise not in most:
        raise AdjustmentError(f"{where}: {bundle.name} has no exercise {exercise!r}. It has: {', '.join(most)}.")
    try:
        points = float(said["points"].replace(",", "."))
    except ValueError:
        points = -1.0
    if not 0 <= points <= most[exercise]:
        raise AdjustmentError(f"{where}: {said['points']!r} should be points from 0 to {most[exercise]:g}.")
    return (student, exercise), Adjustment(points, said["comment"])


def _some(names: Collection[str]) -> str:
    first = sorted(names)[:12]
    return ", ".join(first) + (" …" if len(names) > len(first) else "")
