"""A whole round: marks by hand, gradebooks, and a manifest that notices every change and who made it."""

import json
from pathlib import Path

import pytest
from classroom import hand_in, needs_sandbox, notebook, read_marks, toy_assignment
from click.testing import CliRunner
from honest import RIGHT
from interpbook.assigning.command import Wishes as Assigned
from interpbook.assigning.command import assign
from interpbook.cli import cli
from interpbook.grading import grade_command, manifest
from interpbook.grading.grade_command import Wishes, grade
from interpbook.grading.sandbox.backends import Backend


@pytest.fixture
def root(tmp_path, monkeypatch):
    toy_assignment(tmp_path, monkeypatch)
    hand_in(tmp_path, "47", notebook(tmp_path, RIGHT))
    hand_in(tmp_path, "48", notebook(tmp_path, RIGHT | {"toy-guess": "guess = 3"}))
    (tmp_path / "canvas.csv").write_bytes(b"Student,ID,hw1 (1)\r\nAnna,47,\r\nBo,48,\r\n")
    (tmp_path / "adjust.csv").write_text("student,exercise,points,comment\n48,toy.guess,0.5,=Said why.\n")
    return tmp_path


def _grade(root, **wishes):
    return grade(root / "submissions", root / "dist" / "hw1.private.zip", root / "marks", Wishes(**wishes))


def _verify(root, *more):
    result = CliRunner().invoke(cli, ["grade", "--out", str(root / "marks"), "--verify", *map(str, more)])
    return result.exit_code, result.output


@needs_sandbox
def test_marks_by_hand_stay_and_every_change_is_noticed(root):
    bundle = root / "dist" / "hw1.private.zip"
    wishes = {"adjust": root / "adjust.csv", "canvas": root / "canvas.csv"}
    assert _grade(root, **wishes) == 0
    marks = root / "marks"
    assert {who: row["score"] for who, row in read_marks(marks).items()} == {"47": 6.0, "48": 5.5}
    assert (marks / "canvas.csv").read_bytes() == b"Student,ID,hw1 (1)\r\nAnna,47,6\r\nBo,48,5.5\r\n"
    first = (marks / "manifest.json").read_bytes()
    assert _grade(root, resume=True, **wishes) == 0 and (marks / "manifest.json").read_bytes() == first
    both = ("--bundle", bundle)
    assert _verify(root)[0] == 0 and "--bundle" in _verify(root)[1]
    assert _verify(root, *both, root / "submissions")[0] == 0
    for change, said in _changes(root).items():
        kept = {
            path: path.read_bytes() for path in [*marks.rglob("*"), *root.glob("submissions/*/*")] if path.is_file()
        }
        extra = change(root)
        status, output = _verify(root, *(extra or both), root / "submissions")
        assert status == 1 and said in output, (said, output)
        (marks / "feedback" / "zoe.html").unlink(missing_ok=True)
        for path, data in kept.items():
            path.write_bytes(data)
    assert _verify(root, *both, root / "submissions")[0] == 0


def _changes(root):
    """What somebody did → what is said of it."""

    def raised(root):
        _edit(root / "marks" / "marks.csv", "5.5", "6.0")

    def raised_with_checksums(root):
        raised(root)
        _edit_manifest(root, lambda about: about["files"].update({"marks.csv": _sha(root / "marks" / "marks.csv")}))

    def with_another_bundle(root):
        assert assign(["01_toy"], "hw1", root / "other", Assigned(seed="other")) == 0
        return "--bundle", root / "other" / "hw1.private.zip"

    return {
        raised: "marks.csv: was changed",
        raised_with_checksums: "signature: was not made with this bundle's key",
        with_another_bundle: "bundle: these marks were made with another one",
        lambda root: (root / "marks" / "feedback" / "47.html").unlink(): "feedback/47.html: is missing",
        lambda root: (root / "marks" / "feedback" / "zoe.html").touch(): "feedback/zoe.html: is not in the manifest",
        lambda root: _edit(root / "marks" / "manifest.json", '"bubblewrap"', '"none"'): "manifest.json: was changed",
        lambda root: _edit(
            root / "submissions" / "48" / "01_toy.ipynb", "guess = 3", "guess = 4"
        ): "48/01_toy: another",
    }


def _edit(path: Path, old: str, new: str) -> None:
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def _sha(path: Path) -> str:
    return manifest.sha256(path.read_bytes())


def _edit_manifest(root, edit):
    """Change a manifest and make its own checksum fit again, as anybody can."""
    path = root / "marks" / "manifest.json"
    about = json.loads(path.read_text())
    edit(about)
    path.write_text(json.dumps(about | {"sha256": manifest.sha256(manifest._canonical(about))}))


def test_nothing_to_verify(root):
    status, output = _verify(root)
    assert status == 2 and "no whole manifest.json" in output
    (root / "marks").mkdir()
    (root / "marks" / "manifest.json").write_text("[]")
    assert _verify(root)[0] == 2


@pytest.mark.parametrize("bad", ["adjust", "canvas", "moodle"])
def test_what_cannot_be_used_is_refused_before_anything_runs(root, bad, monkeypatch):
    monkeypatch.setattr(grade_command, "choose", lambda **_: Backend("none"))
    monkeypatch.setattr(grade_command, "_run", None)
    (root / "bad.csv").write_text("what,is,this\n1,2,3\n")
    assert _grade(root, **{bad: root / "bad.csv"}) == 2 and not (root / "marks").exists()
