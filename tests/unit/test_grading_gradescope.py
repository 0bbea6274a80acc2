"""Gradescope's autograder zip, unpacked as Gradescope lays it out and run: results.json whatever happens."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import nbformat
import pytest
from classroom import needs_sandbox, notebook, toy_assignment
from honest import RIGHT
from interpbook.assigning import gradescope
from interpbook.assigning.choosing import AssignmentError
from interpbook.assigning.command import Wishes, assign
from interpbook.grading.gradescope import NOT_FINISHED, main
from interpbook.grading.sandbox import other_user

SHOWN = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
TEST = {
    "type": "object",
    "properties": {
        "score": {"type": "number"}, "max_score": {"type": "number"}, "name": {"type": "string"},
        "status": {"enum": ["passed", "failed"]}, "number": {"type": "string"}, "output": {"type": "string"},
        "output_format": {"enum": ["text", "html", "simple_format", "md", "ansi"]}, "visibility": SHOWN,
        "tags": {"type": "array", "items": {"type": "string"}}, "extra_data": {"type": "object"},
    },
    "additionalProperties": False,
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {
        "score": {"type": "number", "minimum": 0}, "execution_time": {"type": "number"}, "output": {"type": "string"},
        "visibility": SHOWN, "stdout_visibility": SHOWN, "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": TEST}, "leaderboard": {"type": "array"},
    },
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
    "additionalProperties": False,
}  # fmt: skip
"""What Gradescope's "Autograder Specifications" say of results.json."""


@pytest.fixture
def autograder(tmp_path, monkeypatch):
    """A folder that plays Gradescope's /autograder; readable by others, as that one is."""
    toy_assignment(tmp_path, monkeypatch)
    (tmp_path / "book" / "requirements.txt").write_text(
        "torch==1\n#   pip install --no-deps model==2\n\n# the site\nsphinx==3\n\n-e .\n"
    )
    assert assign(["01_toy"], "hw1", tmp_path / "dist", Wishes(seed="toy", gradescope=True)) == 0
    root = tmp_path / "autograder"
    (root / "submission").mkdir(parents=True)
    with zipfile.ZipFile(tmp_path / "dist" / "hw1.gradescope.zip") as archive:
        archive.extractall(root / "source")
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes["run_autograder"] == modes["setup.sh"] == 0o755 and modes["requirements.txt"] == 0o644
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    user = {"email": "anna@example.com", "id": 1, "name": "Anna <b>"}
    about = {"id": 5, "created_at": "2026-07-01T14:22:32.365935-07:00", "users": [user], "submission_method": "upload"}
    (root / "submission_metadata.json").write_text(json.dumps(about))
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    return root


def _run(root: Path, **changed: str) -> dict:
    """Run the script as Gradescope does, and read what it left."""
    environ = os.environ | {"AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": sys.executable} | changed
    done = subprocess.run(["bash", str(root / "run_autograder")], cwd=root, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    results = json.loads((root / "results" / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    return results | {"stdout": done.stdout + done.stderr}


def _submit(root: Path, answers: dict[str, str]) -> None:
    made = notebook(root.parent, answers)
    (root / "submission" / "01_toy.ipynb").write_text(json.dumps(made))


def test_what_is_in_the_zip(autograder):
    source = autograder / "source"
    assert {path.name for path in source.iterdir()} == {
        "setup.sh", "run_autograder", "requirements.txt", "private", "toolkit"
    }  # fmt: skip
    assert (source / "requirements.txt").read_text() == "torch==1\n#   pip install --no-deps model==2\n"
    setup = (source / "setup.sh").read_text()
    assert "pip install --quiet --no-cache-dir --no-deps model==2" in setup and "://" not in setup
    assert subprocess.run(["bash", "-n", str(source / "setup.sh")], check=False).returncode == 0
    assert (source / "toolkit" / "interpbook" / "grading" / "gradescope.py").is_file()
    assert (autograder.parent / "dist" / "hw1.gradescope.zip").stat().st_mode & 0o077 == 0


@needs_sandbox
def test_a_submission_gets_its_marks(autograder):
    _submit(autograder, RIGHT | {"toy-double": "def double(x):\n    return x * x"})
    results = _run(autograder)
    assert results["score"] == 4 and [test["score"] for test in results["tests"]] == [0, 1, 3]
    assert {shown["visibility"] for shown in (results, *results["tests"])} == {"visible"}
    assert "Is this the square?" in results["tests"][0]["output"] and "bubblewrap" in results["output"]
    assert (autograder / "source" / "private").stat().st_mode & 0o077 == 0


SPY = """
import os, pathlib, socket
def double(x):
    try:
        socket.socket(socket.AF_INET)
        raise AssertionError("the network is open")
    except PermissionError:
        pass
    here = pathlib.Path({source!r})
    for folder in (here / "private", here / "toolkit" / "interpbook" / "checks"):
        assert not os.access(folder, os.R_OK | os.X_OK), folder
    assert os.getuid() != 0 and not os.access(here.parent / "results", os.W_OK)
    return 2 * x
"""


@pytest.mark.skipif(bool(other_user.why_not()), reason=f"needs root and setpriv: {other_user.why_not()}")
def test_where_no_container_works_it_runs_as_another_user_and_says_so(autograder, tmp_path):
    hidden = tmp_path / "no-bwrap"
    hidden.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*") if Path(folder).is_dir() else ():
            if program.name not in ("bwrap", "podman", "docker") and not (hidden / program.name).exists():
                (hidden / program.name).symlink_to(program)
    _submit(autograder, RIGHT | {"toy-double": SPY.format(source=str(autograder / "source"))})
    results = _run(autograder, PATH=str(hidden))
    assert results["score"] == 6, results
    assert "without a container" in results["output"] and "other-user" in results["stdout"]


def test_nothing_to_grade_is_said_at_once(autograder):
    (autograder / "submission" / "notes.txt").write_text("no")
    assert main(autograder) == 0
    results = json.loads((autograder / "results" / "results.json").read_text())
    jsonschema.validate(results, SCHEMA)
    assert results["score"] == 0 and "01_toy.ipynb" in results["output"] and "notes.txt" in results["output"]
    assert results["visibility"] == "visible"


def test_a_crash_is_no_mark(autograder, capfd):
    _submit(autograder, RIGHT)
    results = _run(autograder, AUTOGRADER_PYTHON="/bin/false")
    assert {name: results[name] for name in NOT_FINISHED} == NOT_FINISHED
    assert "score" not in results and "submit again" in results["output"] and "status 1" in results["stdout"]
    (autograder / "source" / "private" / "hw1.private.zip").write_bytes(b"PK")
    assert main(autograder) == 1 and "BundleError" in capfd.readouterr().err
    assert json.loads((autograder / "results" / "results.json").read_text()) == NOT_FINISHED


@pytest.mark.parametrize(
    ("cell", "checks", "needed"),
    [
        ("from interpbook import stats", "", False),
        ("def f():\n    from interpbook.dictionaries import open_sae", "", True),
        ("import interpbook.atlas as atlas", "", True),
        ("1", "from interpbook.organisms.banana import SEEDS\nfrom interpbook.corpus import shipped", True),
        ("%time 1", "", False),
    ],
)
def test_trained_files_travel_where_they_could_be_opened(cell, checks, needed, tmp_path, monkeypatch):
    (tmp_path / "01_x.py").write_text(checks)
    monkeypatch.setenv("INTERPBOOK_CHECKS", str(tmp_path))
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell), nbformat.v4.new_markdown_cell("import")])
    assert gradescope._needs_trained_files({"solutions/01_x.ipynb": nbformat.writes(made)}) is needed


def test_without_pinned_packages_there_is_no_autograder(tmp_path, monkeypatch):
    toy_assignment(tmp_path, monkeypatch)
    with pytest.raises(AssignmentError, match=r"requirements\.txt"):
        assign(["01_toy"], "hw1", tmp_path / "dist", Wishes(seed="toy", gradescope=True))
