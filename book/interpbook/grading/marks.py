"""From results to marks: one row a student, one entry an exercise. A pure function; times are not in it."""

from dataclasses import dataclass, field
from typing import Any

from interpbook.grading.adjusting import Adjustment, Adjustments
from interpbook.grading.alike import Alike, find_alike
from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.collect import Collected
from interpbook.grading.found import Found
from interpbook.grading.jobs import Plan
from interpbook.grading.results import Results

NO_NOTEBOOK = Found("missing", 0.0, "No notebook with this exercise was handed in.")
NOT_RUN = Found("not_run", 0.0, "This could not be graded yet.", "the sandbox did not work; grade again with --resume")
SCHEMA = "interpbook-marks-1"


@dataclass(frozen=True)
class Entry:
    """The mark of one exercise."""

    task: Task
    points: float
    found: Found
    note: str = ""
    automatic: float = 0.0  # points before an adjustment by hand
    adjusted: Adjustment | None = None

    @property
    def passed(self) -> bool:
        """Whether all of its points were reached, by machine or by hand."""
        return self.points == self.task.points if self.adjusted is not None else self.found.status == "passed"


@dataclass(frozen=True)
class Row:
    """The marks of one student."""

    student: str
    name: str
    entries: tuple[Entry, ...]
    share_kept: float = 1.0  # after the late policy
    minutes_late: float | None = None

    @property
    def raw(self) -> float:
        """Points before the late policy."""
        return round(sum(entry.points for entry in self.entries), 2)

    @property
    def score(self) -> float:
        """Points that count."""
        return round(self.raw * self.share_kept, 2)


@dataclass(frozen=True)
class Marks:
    """The marks of a class."""

    bundle: Bundle
    rows: tuple[Row, ...]
    sandbox: str  # "none": run without one, which every report says
    refused: tuple[str, ...] = ()
    unfinished: int = field(default=0)
    alike: tuple[Alike, ...] = ()  # for the instructor; in no mark and no feedback

    def row(self, student: str) -> Row | None:
        """The row of a student."""
        return next((row for row in self.rows if row.student == student), None)


def assemble(
    bundle: Bundle,
    collected: Collected,
    plan: Plan,
    results: Results,
    sandbox: str,
    adjustments: Adjustments | None = None,
) -> Marks:
    """All marks that are known; those by hand come last."""
    by_hand = adjustments or {}
    found = dict(plan.known)
    unfinished = 0
    for job in plan.jobs:
        result = results.get(job.key)
        unfinished += result is None
        found[job.student, job.task.id] = NOT_RUN if result is None else result
    late: dict[str, float | None] = {}
    for submission in collected.submissions:
        known = [m for m in (late.get(submission.student), submission.minutes_late) if m is not None]
        late[submission.student] = max(known, default=None)
    rows = []
    for student, name in collected.students.items():
        entries = tuple(
            _entry(
                bundle,
                task,
                found.get((student, task.id), NO_NOTEBOOK),
                plan.notes.get((student, task.id), ""),
                by_hand.get((student, task.id)),
            )
            for task in bundle.tasks
        )
        minutes = late.get(student)
        rows.append(Row(student, name, entries, bundle.late.share_kept(minutes), minutes))
    alike = find_alike(bundle, ((job.student, job.task, job.written.cells) for job in plan.jobs))
    rows.sort(key=lambda row: row.student)
    return Marks(bundle, tuple(rows), sandbox, tuple(collected.refused), unfinished, alike)


def _entry(bundle: Bundle, task: Task, found: Found, note: str, by_hand: Adjustment | None) -> Entry:
    share = (1.0 if found.share == 1.0 else 0.0) if bundle.all_or_nothing else found.share
    automatic = round(task.points * share, 2)
    return Entry(task, automatic if by_hand is None else by_hand.points, found, note, automatic, by_hand)


def as_json(marks: Marks) -> dict[str, Any]:
    """The marks for programs; `marks.schema.json` describes it."""
    return {
        "schema": SCHEMA,
        "assignment": marks.bundle.name,
        "sandbox": marks.sandbox,
        "max_points": marks.bundle.points,
        "students": [_student(row) for row in marks.rows],
        "refused": list(marks.refused),
    }


def _student(row: Row) -> dict[str, Any]:
    entries = [
        {
            "id": entry.task.id, "notebook": entry.task.stem, "grade_id": f"check-{entry.task.grade_id}",
            "points": entry.points, "max_points": entry.task.points,
            "status": entry.found.status, "probes": list(entry.found.probes),
            "hint": entry.found.hint, "detail": entry.found.detail, "note": entry.note,
            "adjusted": _adjusted(entry),
        }
        for entry in row.entries
    ]  # fmt: skip
    about = {"student": row.student, "name": row.name, "raw": row.raw, "score": row.score, "share_kept": row.share_kept}
    return about | {"exercises": entries}


def _adjusted(entry: Entry) -> dict[str, Any] | None:
    return None if entry.adjusted is None else {"automatic": entry.automatic, "comment": entry.adjusted.comment}
