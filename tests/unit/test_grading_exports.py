"""Marks for other systems: only our column changes, no formula runs, no markup gets through."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.exports import ExportError, canvas_csv, files, gradescope_json, harmless, junit_xml, marks_csv
from interpbook.grading.feedback import dashboard, page, safe_name
from interpbook.grading.marking import Found
from interpbook.grading.marks import Entry, Marks, Row, as_json

TASK = Task("toy.double", "01_toy", "toy-double", "implement", "double", 2.0, "calls", 0.0, 0.0, True)
BUNDLE = Bundle("hw1", "00", (TASK,))


def _row(student: str, points: float, name: str = "", hint: str = "") -> Row:
    status = "passed" if points == 2 else "wrong"
    return Row(student, name, (Entry(TASK, points, Found(status, points / 2, hint, "", (points == 2,))),))


EVIL = _row("=cmd|' /C calc'!A0", 0.0, "<b>x</b>", "<img src=x onerror=alert(1)> \x00")
MARKS = Marks(BUNDLE, (EVIL, _row("47", 2.0, "Größe, Anna"), _row("anna", 1.0)), "bubblewrap", ("<i>f</i>: a link.",))

GRADEBOOK = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,hw0 (11),hw1 (12),Final Score\r\n"
    "    Points Possible,,,,,5,2,(read only)\r\n"
    '"Größe, Anna",47,,,"A, B",3,,88.1\r\n'
    "Lee,48,anna,,A,4,0.5,77\r\n"
    "Test,49,,nobody,A,,,\r\n"
)


def test_only_our_column_of_a_canvas_gradebook_changes():
    before = list(csv.reader(io.StringIO(GRADEBOOK.lstrip("\ufeff"), newline="")))
    after = list(csv.reader(io.StringIO(canvas_csv(MARKS, GRADEBOOK))))
    changed = {
        (r, c): after[r][c] for r in range(len(before)) for c in range(len(before[r])) if before[r][c] != after[r][c]
    }
    assert changed == {(2, 6): "2", (3, 6): "1"}


@pytest.mark.parametrize(("book", "said"), [("a,b\n", "no column ID"), ("Student,ID,hw1 (1),hw1 (2)\n", "2 columns")])
def test_gradebooks_that_cannot_be_filled(book, said):
    with pytest.raises(ExportError, match=said):
        canvas_csv(MARKS, book)


def test_no_formula_in_any_csv():
    assert harmless("=1") == "'=1" and harmless("-1") == "'-1" and harmless("anna") == "anna"
    rows = list(csv.reader(io.StringIO(marks_csv(MARKS))))
    assert rows[0][:3] == ["student", "name", "toy.double"] and all(
        cell[:1] not in set("=+-@") for r in rows for cell in r
    )


def test_gradescope_and_junit_are_well_formed():
    said = json.loads(gradescope_json(EVIL, MARKS))
    assert said["score"] == 0 and said["tests"][0]["status"] == "failed" and said["tests"][0]["max_score"] == 2
    root = ElementTree.fromstring(junit_xml(MARKS).encode())
    assert [(s.get("tests"), s.get("failures")) for s in root] == [("1", "1"), ("1", "0"), ("1", "1")]


def test_pages_escape_what_students_wrote():
    for text in (page(EVIL, MARKS), dashboard(MARKS)):
        assert "<img" not in text and "<b>x" not in text and "<i>f" not in text
        assert "default-src 'none'" in text
    assert "&lt;img" in page(EVIL, MARKS)


def test_running_without_a_sandbox_is_loud_everywhere():
    trusted = Marks(BUNDLE, MARKS.rows, "none")
    assert "WITHOUT a sandbox" in page(EVIL, trusted) and "WITHOUT a sandbox" in dashboard(trusted)
    assert (
        "NONE" in marks_csv(trusted)
        and "WITHOUT" in gradescope_json(EVIL, trusted)
        and as_json(trusted)["sandbox"] == "none"
    )
    assert "WITHOUT" not in page(EVIL, MARKS)


def test_file_names_are_safe_and_never_shared():
    names = [safe_name(s) for s in ("anna", "../x", "..", "a/b", "a_b", "a b", "", ".x", "ä", "x" * 300, "con")]
    assert len(set(names)) == len(names) and all("/" not in n and not n.startswith(".") and len(n) < 100 for n in names)
    assert set(files(MARKS)) >= {"marks.csv", "junit.xml", "nbgrader/grades.csv", "gradescope/47.json"}
