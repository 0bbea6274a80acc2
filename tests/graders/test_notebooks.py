"""`interpbook check` on every exercise set, found by glob: nothing done is nothing earned, the solutions earn all."""

import json

import pytest
from interpbook.authoring.layout import find_book
from interpbook.grading.command import check

BOOK = find_book()
EXERCISES = sorted((BOOK.root / "exercises").glob("*.ipynb"))
SOLUTIONS = sorted((BOOK.root / "solutions").glob("*.ipynb"))


def _checked(path, capsys):
    capsys.readouterr()
    status = check([path], json_to="-")
    return status, json.loads(capsys.readouterr().out)


def test_there_are_some():
    assert EXERCISES and [path.name for path in EXERCISES] == [path.name for path in SOLUTIONS]


@pytest.mark.parametrize("path", EXERCISES, ids=lambda path: path.stem)
def test_a_fresh_exercise_notebook_earns_nothing(path, capsys):
    status, found = _checked(path, capsys)
    assert status == 1 and found["points"] == 0 < found["max_points"]
    assert {item["status"] for item in found["items"]} == {"not_attempted"}


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_the_solutions_earn_everything(path, capsys):
    status, found = _checked(path, capsys)
    assert [item for item in found["items"] if item["status"] != "passed"] == []
    assert status == 0 and found["points"] == found["max_points"] > 0
