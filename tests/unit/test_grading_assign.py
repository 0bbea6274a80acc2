"""Assignments: what is chosen, what students get, what they do not, and the same bundle from the same seed."""

import hashlib
import json
import zipfile

import nbformat
import pytest
import torch
from classroom import toy_assignment
from interpbook.assigning.choosing import AssignmentError, due_time, late_policy
from interpbook.assigning.command import Wishes, assign
from interpbook.exercises import find
from interpbook.grading.bundle import BundleError, Late, read_bundle
from interpbook.grading.hidden.draws import draws, is_fresh, seed_of, told


@pytest.fixture
def made(tmp_path, monkeypatch):
    return toy_assignment(tmp_path, monkeypatch)


def test_what_students_get(made):
    folder = made.parent / "hw1"
    assert {path.name for path in folder.iterdir()} == {"01_toy.ipynb", "README.md", "manifest.json"}
    about = json.loads((folder / "manifest.json").read_text())
    assert about["points"] == 6
    for name, sha in about["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha
    notebook = nbformat.read(folder / "01_toy.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert "2 * x" not in "".join(cell.source for cell in notebook.cells)


def test_the_secret_is_only_in_the_private_bundle(made):
    bundle = read_bundle(made)
    for path in (made.parent / "hw1.zip", *(made.parent / "hw1").iterdir()):
        data = path.read_bytes()
        assert bundle.key.encode() not in data and b"expected" not in data
    with zipfile.ZipFile(made.parent / "hw1.zip") as archive:
        assert all(name.startswith("hw1/") for name in archive.namelist())
    assert made.stat().st_mode & 0o077 == 0


def test_the_same_seed_makes_the_same_bytes(made, tmp_path):
    first = made.read_bytes()
    assert assign(["01_toy"], "hw1", tmp_path / "again", Wishes(seed="toy")) == 0
    assert (tmp_path / "again" / "hw1.private.zip").read_bytes() == first
    assert assign(["01_toy"], "hw1", tmp_path / "other", Wishes()) == 0
    assert read_bundle(tmp_path / "other" / "hw1.private.zip").key != read_bundle(made).key


def test_some_exercises_with_other_points(tmp_path, monkeypatch):
    bundle = read_bundle(toy_assignment(tmp_path, monkeypatch, exercises=["toy.double"], points=["toy.double=2.5"]))
    assert [(task.id, task.points) for task in bundle.tasks] == [("toy.double", 2.5)]
    cells = [cell.source for cell in bundle.notebook("exercises", "01_toy").cells]
    text = "\n".join(cells)
    assert 'check("toy.double", double, points=2.5)' in text and "2.5 points*" in text
    assert 'check("toy.guess", guess, points=0)' in text and text.count("practice, not graded") == 2


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"exercises": ["toy.none"]}, "no exercise 'toy.none'"),
        ({"points": ["toy.double"]}, "should look like"),
        ({"points": ["toy.double=-1"]}, "should look like"),
        ({"due": "tomorrow"}, "2027-02-01T23:59"),
        ({"late": "a lot"}, "10%/day"),
        ({"points": [f"toy.{name}=0" for name in ("double", "guess", "triple")]}, "no exercise with points"),
    ],
)
def test_wishes_that_make_no_sense(wishes, said, tmp_path, monkeypatch):
    with pytest.raises(AssignmentError, match=said):
        toy_assignment(tmp_path, monkeypatch, **wishes)
    assert not (tmp_path / "dist").exists()


def test_late_policies():
    assert due_time("2027-02-01T23:59") == "2027-02-01T23:59:00+00:00" and due_time("") == ""
    late = late_policy("10%/day, max=50%, grace=15min")
    assert late == Late(0.1, 0.5, 15)
    kept = [late.share_kept(minutes) for minutes in (None, 0.0, 15.0, 16.0, 24 * 60.0, 24 * 60.0 + 1, 1e6)]
    assert kept == pytest.approx([1, 1, 1, 0.9, 0.9, 0.8, 0.5])
    assert late_policy("none").share_kept(1e6) == 1


def test_files_that_are_no_bundle(tmp_path, made):
    (tmp_path / "x").write_text("x")
    for path in (tmp_path / "nothing", tmp_path / "x", made.parent / "hw1.zip"):
        with pytest.raises(BundleError, match="private"):
            read_bundle(path)


def test_seeds_depend_on_key_exercise_number_and_student():
    seeds = {
        seed_of(key, task, n, who)
        for key in (b"a", b"b")
        for task in ("x", "y")
        for n in (0, 1)
        for who in ("", "anna", "bo")
    }
    assert len(seeds) == 24 and all(0 <= seed < 2**32 for seed in seeds)
    assert seed_of(b"a", "x", 0, "anna") == seed_of(b"a", "x", 0, "anna")


@pytest.mark.usefixtures("made")
def test_hidden_inputs_are_fresh_and_always_the_same():
    check = find("toy.double")
    assert is_fresh(check) and not is_fresh(find("toy.guess"))
    first, again, anna = (draws(check, b"key", 2, who) for who in ("", "", "anna"))
    assert [told(d.inputs()) for d in first] == [told(d.inputs()) for d in again]
    public = told(check.inputs() if check.inputs else [])
    assert len({told(d.inputs()) for d in (*first, *anna)} | {public}) == 5
    before = torch.get_rng_state()
    first[0].inputs()
    assert torch.equal(before, torch.get_rng_state())
