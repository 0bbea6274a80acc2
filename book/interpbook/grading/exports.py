"""Marks in the forms that other systems read: CSV, nbgrader's grades.csv, Gradescope's results.json, JUnit."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from interpbook.grading.feedback import SAID, WEAKER, safe_name, words
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


def gradescope_json(row: Row, marks: Marks) -> str:
    """Gradescope's results.json of one student."""
    tests = [
        {
            "name": entry.task.id, "number": str(number), "score": entry.points, "max_score": entry.task.points,
            "status": "passed" if entry.passed else "failed",
            "output": words(entry), "output_format": "text",
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
        bad = [entry for entry in row.entries if not entry.passed]
        suite = ElementTree.SubElement(
            root, "testsuite", name=_xml(row.student), tests=str(len(row.entries)), failures=str(len(bad))
        )
        for entry in row.entries:
            case = ElementTree.SubElement(suite, "testcase", classname=entry.task.stem, name=entry.task.id)
            if entry.passed:
                continue
            if entry.found.status in ("missing", "not_attempted", "not_run"):
                ElementTree.SubElement(case, "skipped", message=SAID[entry.found.status])
            else:
                ElementTree.SubElement(case, "failure", type=entry.found.status, message=_xml(words(entry)))
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
