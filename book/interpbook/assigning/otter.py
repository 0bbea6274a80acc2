"""Otter's form of an assignment: `NAME.otter/` with the notebooks and `tests/qN.py`, one test file an exercise.

The tests are our public checks, with our hints. A notebook asks `grader.check("qN")` right below each answer, and Otter
grades what that call said: further down, wrong answers are replaced by right ones so that the notebook can go on.
"""

import json
import re
from collections.abc import Sequence

import nbformat

from interpbook.assigning.choosing import Chosen

TEST = '''"""{id}: the public check of the exercise, run by Otter. Needs the toolkit of the book."""

from otter.test_files import test_case

OK_FORMAT = False

name = {question}
points = {points}


@test_case(name={id_text}, points={points}, hidden=False, success_message="Passed on the public inputs.")
def {function}(env):
    from interpbook.exercises import verdict

    found = verdict({id_text}, env.get({answer}, ...))
    assert found.status == "passed", f"{{found.status.replace('_', ' ')}}. {{found.hint}}".strip()
'''
START = "import otter\n\ngrader = otter.Notebook()\n"


def files(name: str, chosen: Sequence[Chosen], made: dict[str, str]) -> dict[str, bytes]:
    """Name → content of `NAME.otter/`; exercises without points have no test."""
    graded = [one for one in chosen if one.points]
    questions = {one.exercise.id: f"q{number}" for number, one in enumerate(graded, 1)}
    found = {f"{name}.otter/tests/{questions[one.exercise.id]}.py": _test(one, questions) for one in graded}
    found |= {
        f"{name}.otter/{path.partition('/')[2]}": _notebook(text, questions)
        for path, text in made.items()
        if path.startswith("exercises/")
    }
    return {path: text.encode() for path, text in found.items()}


def _test(one: Chosen, questions: dict[str, str]) -> str:
    about = one.exercise
    quoted = {"id_text": about.id, "question": questions[about.id], "answer": about.answer}
    function = "test_" + re.sub(r"\W", "_", about.id)
    texts = {key: json.dumps(value) for key, value in quoted.items()}
    return TEST.format(id=about.id, points=f"{one.points:g}", function=function, **texts)


def _notebook(text: str, questions: dict[str, str]) -> str:
    """The students' notebook that also asks Otter after each answer."""
    notebook = nbformat.reads(text, as_version=4)
    start = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    for cell in notebook.cells:
        question = questions.get(cell.metadata.get("interpbook", {}).get("id", ""))
        if question and cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source += f'\ngrader.check("{question}")'
            cell.outputs, cell.execution_count = [], None
            cell.metadata.tags = [tag for tag in cell.metadata.get("tags", []) if tag != "nbval-check-output"]
    notebook.cells.insert(start, nbformat.v4.new_code_cell(START.rstrip(), id="otter-grader"))
    return nbformat.writes(notebook) + "\n"
