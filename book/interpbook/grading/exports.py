"""Marks in the forms that other systems read: CSV, nbgrader's grades.csv, a Canvas gradebook, Gradescope, JUnit."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from interpbook.grading.feedback import SAID, WEAKER, safe_name
from interpbook.grading.marks import Marks, Row

_NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip


class ExportError(ValueError):
    """A gradebook that cannot be filled in; one sentence that says why."""


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def marks_csv(marks: Marks) -> str:
    """One row a student, one column an exercise."""
    head = ["student", "name", *(task.id for task in marks.bundle.tasks), "raw", "share_kept", "score", "max_score"]
    head += ["sandbox"] if marks.sandbox == "none" else []
    said = ["NONE"] if marks.sandbox == "none" else []
    rows = [
        [harmless(row.student), harmless(row.name), *(f"{entry.points:g}" for entry in row.entries), f"{row.raw:g}",
         f"{row.share_kept:g}", f"{row.score:g}", f"{marks.bundle.points:g}", *said]
        for row in marks.rows
    ]  # fmt: skip
    return _csv([head, *rows])


def nbgrader_csv(marks: Marks) -> str:
    """The columns of `nbgrader export`."""
    rows = []
    for row in marks.rows:
        penalty = round(row.raw - row.score, 2)
        name = harmless(row.name)
        about = [marks.bundle.name, marks.bundle.due, "", harmless(row.student), name, "", ""]
        rows.append([*about, f"{row.raw:g}", f"{penalty:g}", f"{row.score:g}", f"{marks.bundle.points:g}"])
    return _csv([_NBGRADER, *rows])


def canvas_csv(marks: Marks, gradebook: str, column: str | None = None) -> str:
    """A Canvas gradebook export with our column filled in and nothing else changed. Raises ExportError."""
    rows = list(csv.reader(io.StringIO(gradebook.lstrip("\ufeff"), newline="")))
    if not rows or "ID" not in rows[0]:
        raise ExportError("This is no gradebook exported from Canvas: its first line has no column ID.")
    wanted = column or marks.bundle.name
    places = [i for i, name in enumerate(rows[0]) if name == wanted or name.rpartition(" (")[0] == wanted]
    if len(places) != 1:
        raise ExportError(
            f"The gradebook has {len(places)} columns called {wanted!r}; exactly one is needed, so that Canvas makes "
            "no new assignment. Create it there, export again, or name it with --canvas-column."
        )
    known = {row.student: row for row in marks.rows}
    names = [name for name in ("ID", "SIS User ID", "SIS Login ID") if name in rows[0]]
    for row in rows[1:]:
        keys = [row[rows[0].index(name)].strip() for name in names if rows[0].index(name) < len(row)]
        found = next((known[key] for key in keys if key in known), None)
        if found is not None:
            row[places[0]] = f"{found.score:g}"
    return _csv(rows)


def gradescope_json(row: Row, marks: Marks) -> str:
    """Gradescope's results.json of one student."""
    tests = [
        {
            "name": entry.task.id, "number": str(number), "score": entry.points, "max_score": entry.task.points,
            "status": "passed" if entry.found.status == "passed" else "failed",
            "output": f"{SAID.get(entry.found.status, '')}. {entry.found.hint}".strip(), "output_format": "text",
            "visibility": "after_published",
        }
        for number, entry in enumerate(row.entries, 1)
    ]  # fmt: skip
    said = f"Graded on hidden inputs. {WEAKER.get(marks.sandbox, f'Sandbox: {marks.sandbox}.')}"
    about = {"score": row.score, "output": said, "visibility": "after_published", "stdout_visibility": "hidden"}
    return json.dumps(about | {"tests": tests}, indent=1) + "\n"


def junit_xml(marks: Marks) -> str:
    """One suite a student, one case an exercise."""
    root = ElementTree.Element("testsuites", name=marks.bundle.name)
    for row in marks.rows:
        bad = [entry for entry in row.entries if entry.found.status != "passed"]
        suite = ElementTree.SubElement(
            root, "testsuite", name=_xml(row.student), tests=str(len(row.entries)), failures=str(len(bad))
        )
        for entry in row.entries:
            case = ElementTree.SubElement(suite, "testcase", classname=entry.task.stem, name=entry.task.id)
            if entry.found.status in ("missing", "not_attempted", "not_run"):
                ElementTree.SubElement(case, "skipped", message=SAID[entry.found.status])
            elif entry.found.status != "passed":
                ElementTree.SubElement(case, "failure", type=entry.found.status, message=_xml(entry.found.hint))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _xml(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or 0x20 <= ord(c) <= 0xD7FF or 0xE000 <= ord(c) <= 0xFFFD)


def files(marks: Marks) -> dict[str, str]:
    """File name → text of every export that needs nothing from elsewhere."""
    found = {"marks.csv": marks_csv(marks), "nbgrader/grades.csv": nbgrader_csv(marks), "junit.xml": junit_xml(marks)}
    found["nbgrader/to_gradebook.py"] = Path(__file__).with_name("to_gradebook.py").read_text(encoding="utf-8")
    for row in marks.rows:
        found[f"gradescope/{safe_name(row.student)}.json"] = gradescope_json(row, marks)
    return found
