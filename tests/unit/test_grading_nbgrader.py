"""nbgrader itself reads, collects and grades our notebooks, and gets its marks back.

Needs nbgrader in an environment of its own (`interpbook bench grade` makes it, or INTERPBOOK_PEERS=1).
"""

import csv
import json
import shutil
from pathlib import Path

import interpbook
import nbformat
import pytest
from classroom import needs_sandbox, notebook, read_marks, toy_assignment
from honest import RIGHT
from interpbook import bench_grade, exercises
from interpbook.grading.grade_command import grade
from peers import must, python_of

EXERCISES = Path(__file__).parents[2] / "exercises"
VALID = """
import sys
from nbgrader.nbgraderformat import read
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        notebook = read(file, as_version=4)
    print(sum("nbgrader" in cell.metadata for cell in notebook.cells), "cells", name)
"""


def test_under_nbgrader_a_check_that_does_not_pass_raises(tmp_path, monkeypatch, capsys):
    toy_assignment(tmp_path, monkeypatch)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    exercises.check("toy.guess", 3)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    exercises.check("toy.guess", 4)
    for answer in (3, ...):
        with pytest.raises(AssertionError, match=r"toy\.guess"):
            exercises.check("toy.guess", answer)
    assert "One more?" in capsys.readouterr().out


def test_nbgraders_own_validator_takes_every_exercise_set(tmp_path):
    python = python_of(bench_grade.PEER, with_torch=False)
    said = must([python, "-c", VALID, *sorted(EXERCISES.glob("*.ipynb"))], tmp_path)
    assert len(said.splitlines()) == len(list(EXERCISES.glob("*.ipynb"))) and " 0 cells" not in f" {said}"
    twice = nbformat.read(next(EXERCISES.glob("*.ipynb")), as_version=4)
    graded = [cell for cell in twice.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    graded[1].metadata.nbgrader.grade_id = graded[0].metadata.nbgrader.grade_id
    nbformat.write(twice, tmp_path / "twice.ipynb")
    with pytest.raises(AssertionError, match="Duplicate grade id"):
        must([python, "-c", VALID, tmp_path / "twice.ipynb"], tmp_path)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course folder in which nbgrader made the release; returns what runs a command of nbgrader there."""
    python = python_of(bench_grade.PEER, with_torch=False)
    toy_assignment(tmp_path, monkeypatch, nbgrader=True, due="2020-01-02T00:00", late="10%/day,max=50%")
    dist = tmp_path / "dist"
    (dist / "exchange").mkdir(mode=0o777)
    (dist / "exchange").chmod(0o777)
    environ = bench_grade.kernels(dist, python) | {"HOME": str(tmp_path)}

    def run(*arguments, cwd=dist / "hw1.nbgrader"):
        where = [f"--Exchange.root={dist / 'exchange'}", f"--Exchange.cache={dist / 'cache'}"]
        return must([*bench_grade.nbgrader(python, dist, *arguments), *where], cwd, environ)

    run("generate_assignment", "hw1")
    return python, dist, run


def _hand_in(dist, student, answers):
    """As nbgrader's release, with these answers."""
    made = nbformat.read(dist / "hw1.nbgrader" / "release" / "hw1" / "01_toy.ipynb", as_version=4)
    for cell in made.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    place = dist / "hw1.nbgrader" / "submitted" / student / "hw1"
    place.mkdir(parents=True)
    nbformat.write(made, place / "01_toy.ipynb")


def _exported(dist, run):
    run("export", f"--to={dist / 'grades.csv'}")
    with (dist / "grades.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_nbgrader_grades_our_notebooks_and_we_grade_its_folders(course, tmp_path):
    _python, dist, run = course
    release = nbformat.read(dist / "hw1.nbgrader" / "release" / "hw1" / "01_toy.ipynb", as_version=4)
    ours = [cell for cell in notebook(tmp_path)["cells"] if "nbgrader" in cell["metadata"]]
    stubs = {cell["metadata"]["nbgrader"]["grade_id"]: cell["source"] for cell in ours}
    assert {c.metadata.nbgrader.grade_id: c.source for c in release.cells if "nbgrader" in c.metadata} == stubs
    _hand_in(dist, "anna", RIGHT)
    _hand_in(dist, "bo", {})
    _hand_in(dist, "cleo", RIGHT | {"toy-double": "def double(x):\n    return x * x"})
    run("autograde", "hw1")
    rows = {row["student_id"]: row for row in _exported(dist, run)}
    assert {who: (float(row["score"]), float(row["max_score"])) for who, row in rows.items()} == {
        "anna": (6, 6), "bo": (0, 6), "cleo": (4, 6)
    }  # fmt: skip


@needs_sandbox
def test_marks_go_back_into_nbgraders_gradebook(course, tmp_path):
    python, dist, run = course
    _submit_through_the_exchange(dist, run)
    _hand_in(dist, "bo", RIGHT | {"toy-double": "def double(x):\n    return 2 * x if x.ndim == 1 else x"})
    assert grade(dist / "hw1.nbgrader" / "submitted", dist / "hw1.private.zip", tmp_path / "marks") == 0
    marks = read_marks(tmp_path / "marks")
    (submitted,) = set(marks) - {"bo"}
    assert marks[submitted]["score"] == 3 and marks[submitted]["raw"] == 6  # years late, by nbgrader's timestamp.txt
    with (tmp_path / "marks" / "nbgrader" / "grades.csv").open(newline="") as file:
        ours = {row["student_id"]: row for row in csv.DictReader(file)}
    to_gradebook = [python, tmp_path / "marks" / "nbgrader" / "to_gradebook.py"]
    _rename(tmp_path / "marks" / "marks.json", '"hw1"', '"hw9"')
    with pytest.raises(AssertionError, match=r"(?s)Nothing was changed.*generate_assignment hw9"):
        must(to_gradebook, dist / "hw1.nbgrader")
    _rename(tmp_path / "marks" / "marks.json", '"hw9"', '"hw1"')
    must(to_gradebook, dist / "hw1.nbgrader")
    theirs = {row["student_id"]: row for row in _exported(dist, run)}
    assert list(next(iter(ours.values()))) == list(next(iter(theirs.values())))
    numbers = ("raw_score", "late_submission_penalty", "score", "max_score")
    assert {who: [float(row[n]) for n in numbers] for who, row in theirs.items()} == {
        who: [float(row[n]) for n in numbers] for who, row in ours.items()
    }


def _rename(path, old, new):
    path.write_text(path.read_text().replace(old, new))


def _submit_through_the_exchange(dist, run):
    """nbgrader's own way of a notebook from the student to submitted/<student>/hw1/, with timestamp.txt."""
    run("release_assignment", "hw1")
    home = dist / "home"
    home.mkdir()
    run("fetch_assignment", "hw1", cwd=home)
    file = home / "hw1" / "01_toy.ipynb"
    made = nbformat.read(file, as_version=4)
    for cell in made.cells:
        cell.source = RIGHT.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(made, file)
    run("submit", "hw1", cwd=home)
    run("collect", "hw1")
    (stamp,) = (dist / "hw1.nbgrader" / "submitted").glob("*/hw1/timestamp.txt")
    assert "UTC" in stamp.read_text()
    shutil.rmtree(home)


def test_the_gradebook_script_says_what_is_missing(tmp_path):
    python = python_of(bench_grade.PEER, with_torch=False)
    script = Path(interpbook.__file__).parent / "grading" / "to_gradebook.py"
    (tmp_path / "nbgrader").mkdir()
    shutil.copy(script, tmp_path / "nbgrader")
    (tmp_path / "marks.json").write_text(json.dumps({"assignment": "hw1", "students": []}))
    with pytest.raises(AssertionError, match="There is no gradebook"):
        must([python, tmp_path / "nbgrader" / "to_gradebook.py"], tmp_path)
