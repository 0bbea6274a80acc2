"""Marks for other systems: they keep to their schemas, no formula runs, no markup gets through."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import interpbook
import pytest
from interpbook.grading.adjusting import Adjustment
from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.dashboard import dashboard
from interpbook.grading.exports import files, gradescope_json, harmless, junit_xml, marks_csv
from interpbook.grading.feedback import page, safe_name
from interpbook.grading.found import Found
from interpbook.grading.marks import Entry, Marks, Row, as_json
from jsonschema import Draft202012Validator, ValidationError

TASK = Task("toy.double", "01_toy", "toy-double", "implement", "double", 2.0, "calls", 0.0, 0.0, True)
BUNDLE = Bundle("hw1", "00", (TASK,))


def _row(student: str, points: float, name: str = "", hint: str = "") -> Row:
    status = "passed" if points == 2 else "wrong"
    return Row(student, name, (Entry(TASK, points, Found(status, points / 2, hint, "", (points == 2,))),))


EVIL = _row("=cmd|' /C calc'!A0", 0.0, "<b>x</b>", "<img src=x onerror=alert(1)> \x00")
MARKS = Marks(BUNDLE, (EVIL, _row("47", 2.0, "Größe, Anna"), _row("anna", 1.0)), "bubblewrap", ("<i>f</i>: a link.",))

BY_HAND = replace(MARKS.rows[2].entries[0], points=2.0, automatic=1.0, adjusted=Adjustment(2.0, "Shown at the board."))
SCHEMA = json.loads(Path(interpbook.__file__).with_name("grading").joinpath("marks.schema.json").read_text())


def test_marks_keep_to_the_published_schema():
    Draft202012Validator.check_schema(SCHEMA)
    said = as_json(Marks(BUNDLE, (*MARKS.rows, Row("bo", "", (BY_HAND,))), "none", ("x: a link.",)))
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(said)))


@pytest.mark.parametrize(
    "broken",
    [
        lambda said: said.update(seconds=3),
        lambda said: said.pop("sandbox"),
        lambda said: said["students"][0].update(score=-1),
        lambda said: said["students"][0].update(share_kept=1.5),
        lambda said: said["students"][0]["exercises"][0].update(status="fine"),
        lambda said: said["students"][0]["exercises"][0].update(adjusted={"comment": "x"}),
        lambda said: said["students"][0]["exercises"][0].pop("grade_id"),
    ],
)
def test_marks_of_another_form_do_not(broken):
    said = json.loads(json.dumps(as_json(MARKS)))
    broken(said)
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(said)


def test_a_mark_by_hand_is_shown_as_such_everywhere():
    marks = Marks(BUNDLE, (Row("anna", "", (BY_HAND,)),), "bubblewrap")
    assert as_json(marks)["students"][0]["exercises"][0]["adjusted"] == {
        "automatic": 1.0, "comment": "Shown at the board."
    }  # fmt: skip
    for text in (page(marks.rows[0], marks), dashboard(marks), gradescope_json(marks.rows[0], marks)):
        assert "Shown at the board." in text and "nstructor" in text
    assert 'failures="0"' in junit_xml(marks) and "2" in marks_csv(marks).splitlines()[1]


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
