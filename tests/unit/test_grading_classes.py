"""A whole class at once: hostile students earn nothing by it, honest ones what they deserve, none disturbs another."""

import json
import os

import psutil
import pytest
from classroom import hand_in, needs_sandbox, notebook, read_marks, toy_assignment
from honest import ANSWERS, BYTES, RIGHT
from honest import FILES as HONEST_FILES
from hostile import CELLS
from hostile import FILES as HOSTILE_FILES
from interpbook.grading.grade_command import Wishes, grade
from interpbook.grading.sandbox.limits import Limits

pytestmark = needs_sandbox
LIMITS = Limits(cpu=1, wall=7.0, memory=512, processes=16, files=16, output=8)


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    root = tmp_path_factory.mktemp("class")
    with pytest.MonkeyPatch.context() as patch:
        bundle = toy_assignment(root, patch)
        for name, cell in CELLS.items():
            hand_in(root, f"hostile {name}", notebook(root, RIGHT | {"toy-double": cell}))
        for name, (change, _) in HOSTILE_FILES.items():
            made = notebook(root, {key: RIGHT[key] for key in ("toy-guess", "toy-triple")})
            change(made)
            hand_in(root, f"hostile {name}", made)
        for name, (answers, _) in ANSWERS.items():
            hand_in(root, f"honest {name}", notebook(root, answers))
        for name, (change, _) in HONEST_FILES.items():
            made = notebook(root, RIGHT)
            change(made)
            hand_in(root, f"honest {name}", made)
        for name, (write, _) in BYTES.items():
            hand_in(root, f"honest {name}", write(notebook(root, RIGHT)))
        before = {process.pid for process in psutil.process_iter()}
        assert grade(root / "submissions", bundle, root / "marks", Wishes(jobs=2, limits=LIMITS)) == 0
        assert [p for p in _ours() if p.pid not in before] == []
    return root / "marks"


def _ours():
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if "interpbook.grading.sandbox.server" in (process.info["cmdline"] or []) and process.ppid() == os.getpid():
            found.append(process)
    return found


def _because(row):
    return [(e["id"], e["points"], e["status"], e["hint"], e["detail"]) for e in row["exercises"]]


def test_there_are_enough():
    assert len(CELLS) + len(HOSTILE_FILES) >= 40 and len(ANSWERS) + len(HONEST_FILES) + len(BYTES) >= 40


def test_hostile_students_get_their_honest_mark(marks):
    rows = read_marks(marks)
    wanted = dict.fromkeys(CELLS, 4.0) | {name: points for name, (_, points) in HOSTILE_FILES.items()}
    got = {name: rows[f"hostile {name}"]["score"] for name in wanted}
    assert {n: (got[n], _because(rows[f"hostile {n}"])) for n in wanted if got[n] != wanted[n]} == {}


def test_honest_students_get_what_a_fair_human_would_give(marks):
    rows = read_marks(marks)
    wanted = {name: points for table in (ANSWERS, HONEST_FILES, BYTES) for name, (_, points) in table.items()}
    got = {name: rows[f"honest {name}"]["score"] for name in wanted}
    assert {n: (got[n], _because(rows[f"honest {n}"])) for n in wanted if got[n] != wanted[n]} == {}


def test_whoever_lost_points_is_told_why(marks):
    for row in read_marks(marks).values():
        for entry in row["exercises"]:
            assert entry["points"] == entry["max_points"] or entry["hint"] or entry["status"] == "not_attempted", entry


def test_each_ended_in_time(marks):
    about = [json.loads(path.read_text())["about"] for path in (marks / "results").glob("*/*.json")]
    assert len(about) > 80 and max(one["seconds"] for one in about) < LIMITS.wall + 10


def test_feedback_is_escaped_and_tells_nothing_hidden(marks):
    pages = {path.name: path.read_text(encoding="utf-8") for path in (marks / "feedback").iterdir()}
    assert len(pages) == len(read_marks(marks))
    everything = "".join(pages.values())
    assert "<script" not in everything and "&lt;script&gt;" in everything
    assert "secret" not in everything and "x1" not in everything


def test_files_that_say_what_was_graded_with_what(marks):
    manifest = json.loads((marks / "manifest.json").read_text())
    assert manifest["sandbox"] == "bubblewrap" and len(manifest["submissions"]) == len(read_marks(marks))
    assert {"marks.csv", "marks.json", "class.html", "junit.xml", "nbgrader/grades.csv"} <= set(manifest["files"])
