"""Otter itself runs the test files that `assign --otter` writes. Its own environment: INTERPBOOK_PEERS=1 makes it."""

import json
import os
import sys
from pathlib import Path

import interpbook
import nbformat
import pytest
from classroom import toy_assignment
from honest import RIGHT
from peers import must, python_of

OTTER = "otter-grader==7.0.0"
SITE = "import sys\nsys.path.append({!r})\n"  # our packages first: Otter works in the students' kernel
CHECKS = """
import json, otter
import torch
grader = otter.Notebook(tests_dir="tests")
said = {}
for name, double in {"right": lambda x: 2 * x, "square": lambda x: x * x, "open": ...}.items():
    result = grader.check("q1", global_env={"double": double})
    said[name] = [result.grade, [case.message for case in result.test_case_results]]
said["undefined"] = [grader.check("q2", global_env={}).grade, []]
print(json.dumps(said))
"""
RUN = """
import json, os, shutil
from otter.api import grade_submission
from otter.generate import main as generate
generate(tests_dir="tests", output_path="autograder.zip", no_environment=True)
results = grade_submission("submitted.ipynb", "autograder.zip", quiet=True)
print(json.dumps({name: file.score for name, file in results.results.items()}))
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    toy_assignment(tmp_path, monkeypatch, otter=True, points=["toy.guess=0"])
    return tmp_path / "dist" / "hw1.otter"


def _with_otter(script: str, where: Path) -> dict:
    """What a script says last, in a Python that has our packages, then Otter's; its kernels are of the same kind."""
    packages = next(python_of(OTTER, with_torch=False).parents[1].glob("lib/python3*/site-packages"))
    site = where.parent / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SITE.format(str(packages)))
    paths = [str(site), str(Path(interpbook.__file__).parents[1])]
    said = must([sys.executable, "-c", script], where, os.environ | {"PYTHONPATH": os.pathsep.join(paths)})
    return json.loads(said.strip().splitlines()[-1])


def test_files_for_otter(made):
    assert sorted(path.name for path in (made / "tests").iterdir()) == ["q1.py", "q2.py"]
    text = (made / "tests" / "q2.py").read_text()
    compile(text, "q2.py", "exec")
    assert "OK_FORMAT = False" in text and 'env.get("treble", ...)' in text and "points = 3" in text
    notebook = nbformat.read(made / "01_toy.ipynb", as_version=4)
    nbformat.validate(notebook)
    asked = [cell.source.splitlines()[-1] for cell in notebook.cells if "grader.check" in cell.source]
    assert asked == ['grader.check("q1")', 'grader.check("q2")']


def test_otter_checks_answers_right_and_wrong(made):
    said = _with_otter(CHECKS, made)
    assert said["right"][0] == 1 and said["square"][0] == said["open"][0] == said["undefined"][0] == 0
    assert "Is this the square?" in str(said["square"][1])


def test_otter_grades_a_whole_notebook(made):
    notebook = nbformat.read(made / "01_toy.ipynb", as_version=4)
    answers = RIGHT | {"toy-double": "def double(x):\n    return x * x"}
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, made / "submitted.ipynb")
    assert _with_otter(RUN, made) == {"q1": 0, "q2": 3}
