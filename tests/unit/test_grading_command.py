"""The command: refuses without a sandbox, keeps what is there, explains a mark."""

import json

import pytest
from classroom import hand_in, needs_sandbox, notebook, read_marks, toy_assignment
from click.testing import CliRunner
from honest import RIGHT
from interpbook.cli import cli
from interpbook.grading import running
from interpbook.grading.grade_command import Wishes, explain, grade
from interpbook.grading.sandbox import backends
from thousand import TIMED, marks

WRONG = RIGHT | {"toy-double": "def double(x):\n    return x * x"}
HALF = RIGHT | {"toy-double": "def double(x):\n    return 2 * x if x.ndim == 1 else x", "toy-guess": "guess = 3"}


@pytest.fixture
def root(tmp_path, monkeypatch):
    toy_assignment(tmp_path, monkeypatch, per_student=True)
    for number in range(6):
        hand_in(tmp_path, f"student{number}", notebook(tmp_path, (RIGHT, WRONG, HALF)[number % 3]))
    hand_in(tmp_path, "=cmd", notebook(tmp_path))
    return tmp_path


def _grade(root, out, **wishes):
    return grade(root / "submissions", root / "dist" / "hw1.private.zip", root / out, Wishes(**wishes))


@needs_sandbox
def test_a_class_is_graded_and_nothing_is_run_twice(root, capsys):
    assert _grade(root, "m", jobs=2) == 0
    scores = {student: row["score"] for student, row in read_marks(root / "m").items()}
    assert scores == {f"student{n}": (6.0, 4.0, 4.0)[n % 3] for n in range(6)} | {"=cmd": 0.0}
    assert "14 answers graded anew, 0 kept from before." in capsys.readouterr().err
    listed = json.loads((root / "m" / "manifest.json").read_text())["files"]
    assert set(listed) | {"manifest.json"} == set(marks(root / "m")) and not set(listed) & set(TIMED)
    before = marks(root / "m")
    assert _grade(root, "m", resume=True, measure=True) == 0
    assert "0 answers graded anew, 14 kept from before." in capsys.readouterr().err and marks(root / "m") == before

    assert _grade(root, "m", resume=True, again=("toy.guess",)) == 0
    assert "2 answers graded anew, 12 kept from before." in capsys.readouterr().err and marks(root / "m") == before
    assert _grade(root, "m", resume=True, again=("toy.none",)) == 2
    assert "toy.none" in capsys.readouterr().err


def test_without_a_sandbox_nothing_is_run(root, monkeypatch):
    monkeypatch.setattr(backends, "try_out", lambda name: f"{name} is not installed")
    what = [
        "grade",
        str(root / "submissions"),
        "--bundle",
        str(root / "dist" / "hw1.private.zip"),
        "--out",
        str(root / "m"),
    ]
    result = CliRunner().invoke(cli, what)
    assert result.exit_code == 2 and not (root / "m").exists()


def test_the_sentence_says_how_to_get_a_sandbox(monkeypatch):
    monkeypatch.setattr(backends, "try_out", lambda name: f"{name} is not installed")
    with pytest.raises(backends.NoSandboxError, match=r"Nothing was run.*apt-get install bubblewrap.*--trust-students"):
        backends.choose()
    assert not backends.choose(trust=True).isolates


def test_old_results_are_not_mixed_in_unasked(root, monkeypatch):
    monkeypatch.setattr(backends, "try_out", backends.Backend)
    folder = root / "m" / "results" / "ab"
    folder.mkdir(parents=True)
    (folder / "ab.json").write_text("{}")
    assert _grade(root, "m") == 2


@pytest.mark.parametrize("bad", ["submissions", "bundle"])
def test_wrong_files_are_refused_before_anything_runs(root, bad, monkeypatch):
    monkeypatch.setattr(backends, "try_out", backends.Backend)
    monkeypatch.setattr(running, "run_jobs", None)
    submissions = root / ("nothing" if bad == "submissions" else "submissions")
    bundle = root / "dist" / ("hw1.zip" if bad == "bundle" else "hw1.private.zip")
    assert grade(submissions, bundle, root / "m") == 2


def test_explaining_a_mark(tmp_path, capsys):
    entry = {"id": "toy.double", "points": 1, "max_points": 2, "status": "partial", "probes": [True, False]}
    entry |= {"hint": "Is it doubled?", "detail": "ValueError: 3", "note": ""}
    said = {"students": [{"student": "anna", "exercises": [entry]}]}
    assert explain(tmp_path, "anna", "toy.double") == 2
    (tmp_path / "marks.json").write_text(json.dumps(said))
    assert explain(tmp_path, "bo", "toy.double") == 2
    capsys.readouterr()
    assert explain(tmp_path, "anna", "toy.double") == 0
    printed = capsys.readouterr().out
    assert "1 of 2 points" in printed and "✓ ✗" in printed and "ValueError: 3" in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ["grade", "--out", "x"],
        ["grade", "s", "--bundle", "b", "--out", "x", "--shard", "3/2"],
        ["assign", "--name", "a"],
        ["assign", "01_toy", "--refresh", "x.zip"],
    ],
)
def test_requests_that_make_no_sense(arguments):
    assert CliRunner().invoke(cli, arguments).exit_code == 2


def test_help():
    for command in ("assign", "grade"):
        result = CliRunner().invoke(cli, [command, "--help"])
        assert result.exit_code == 0 and "--out" in result.output
