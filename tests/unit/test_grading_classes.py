"""A whole class at once: hostile students earn nothing by it, honest ones what they deserve, none disturbs another."""

import json
import os
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import psutil
import pytest
from classroom import hand_in, needs_sandbox, notebook, read_marks, toy_assignment
from honest import ANSWERS, BYTES, RIGHT
from honest import FILES as HONEST_FILES
from hostile import CELLS
from hostile_files import BYTES as HOSTILE_BYTES
from hostile_files import FILES as HOSTILE_FILES
from hostile_files import NAMES
from interpbook.grading import running
from interpbook.grading.grade_command import Wishes, explain, grade
from interpbook.grading.sandbox import backends, seccomp
from interpbook.grading.sandbox.limits import Limits
from interpbook.grading.sandbox.view import Container

pytestmark = needs_sandbox
LIMITS = Limits(cpu=1, wall=7.0, memory=512, processes=16, files=16, output=8)
SANDBOX = os.environ.get("INTERPBOOK_TEST_SANDBOX", "auto")  # by hand: podman, docker


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    root = tmp_path_factory.mktemp("class")
    scratch = root / "scratch"
    scratch.mkdir()
    before = set(_ours())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        patch.setenv("TMPDIR", str(scratch))
        patch.setattr(running, "NUMBERS", 2)  # so that the users of our workers are known
        bundle = toy_assignment(root, patch)
        _hand_in_hostile(root)
        _hand_in_honest(root)
        assert grade(root / "submissions", bundle, root / "marks", Wishes(jobs=2, limits=LIMITS, sandbox=SANDBOX)) == 0
    left = psutil.wait_procs(set(_ours()) - before, timeout=10)[1]
    assert [(p.pid, p.cmdline()) for p in left] == [] and list(scratch.iterdir()) == []
    return root / "marks"


def _hand_in_hostile(root):
    others = {key: RIGHT[key] for key in ("toy-guess", "toy-triple")}
    for name, cell in CELLS.items():
        hand_in(root, f"hostile {name}", notebook(root, RIGHT | {"toy-double": cell}))
    for name, (change, _) in HOSTILE_FILES.items():
        made = notebook(root, others)
        change(made)
        hand_in(root, f"hostile {name}", made)
    for name, (write, _) in HOSTILE_BYTES.items():
        hand_in(root, f"hostile {name}", write(notebook(root, others)))
    for name in NAMES:
        hand_in(root, name, notebook(root, RIGHT))


def _hand_in_honest(root):
    for name, (answers, _) in ANSWERS.items():
        hand_in(root, f"honest {name}", notebook(root, answers))
    for name, (change, _) in HONEST_FILES.items():
        made = notebook(root, RIGHT)
        change(made)
        hand_in(root, f"honest {name}", made)
    for name, (write, _) in BYTES.items():
        hand_in(root, f"honest {name}", write(notebook(root, RIGHT)))


def _ours():
    """Processes below this one, and, where graders are root, those of the users that answers run as."""
    below = psutil.Process().children(recursive=True)
    users = {Container("", worker, Path(), Path(), LIMITS).uid for worker in range(2)} if os.getuid() == 0 else set()
    return below + [p for p in psutil.process_iter(["uids"]) if p.info["uids"] and p.info["uids"].real in users]


def _because(row):
    return [(e["id"], e["points"], e["status"], e["hint"], e["detail"]) for e in row["exercises"]]


def test_there_are_enough():
    assert len(CELLS) + len(HOSTILE_FILES) + len(HOSTILE_BYTES) + len(NAMES) >= 100
    assert len(ANSWERS) + len(HONEST_FILES) + len(BYTES) >= 40


def test_hostile_students_get_their_honest_mark(marks):
    rows = read_marks(marks)
    wanted = dict.fromkeys(CELLS, 4.0)
    wanted |= {name: points for table in (HOSTILE_FILES, HOSTILE_BYTES) for name, (_, points) in table.items()}
    got = {name: rows[f"hostile {name}"]["score"] for name in wanted}
    assert {n: (got[n], _because(rows[f"hostile {n}"])) for n in wanted if got[n] != wanted[n]} == {}


def test_honest_students_get_what_a_fair_human_would_give(marks):
    rows = read_marks(marks)
    wanted = {name: points for table in (ANSWERS, HONEST_FILES, BYTES) for name, (_, points) in table.items()}
    got = {name: rows[f"honest {name}"]["score"] for name in wanted}
    assert {n: (got[n], _because(rows[f"honest {n}"])) for n in wanted if got[n] != wanted[n]} == {}


def test_a_strange_name_costs_nothing(marks):
    rows = read_marks(marks)
    assert {name: rows[name]["score"] for name in NAMES} == dict.fromkeys(NAMES, 6.0)


def test_too_much_memory_in_many_processes_is_told(marks):
    entry = next(e for e in read_marks(marks)["hostile many processes"]["exercises"] if e["id"] == "toy.double")
    assert "more than 512 MiB of memory" in entry["hint"]


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


def test_what_students_said_breaks_no_file(marks, capsys):
    ET.parse(marks / "junit.xml")
    explain(marks, "hostile control characters", "toy.double")
    printed = capsys.readouterr().out
    assert "ValueError" in printed and not any((ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 for c in printed)


def test_files_that_say_what_was_graded_with_what(marks):
    manifest = json.loads((marks / "manifest.json").read_text())
    assert manifest["sandbox"]["seccomp"] is seccomp.known_architecture()
    assert manifest["sandbox"]["name"] in backends.PROGRAMS and len(manifest["submissions"]) == len(read_marks(marks))
    assert {"marks.csv", "marks.json", "junit.xml", "nbgrader/grades.csv"} <= set(manifest["files"])
