"""Answers alike are found through other names and comments; different and short ones are not."""

import nbformat
import pytest
from interpbook.grading.alike import Alike, find_alike, shape
from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.dashboard import dashboard
from interpbook.grading.exports import marks_csv
from interpbook.grading.feedback import page
from interpbook.grading.found import Found
from interpbook.grading.marks import Entry, Marks, Row, as_json

LONG = """
def spread(x, k):
    '''Says much.'''
    total = x.sum(dim=-1, keepdim=True)  # first
    centred = x - total / x.shape[-1]
    scale = (centred ** 2).mean(dim=-1, keepdim=True).sqrt()
    return torch.where(scale > k, centred / scale, torch.zeros_like(x))
"""
RENAMED = """
def spread( data: Tensor, bound: float = ...) -> Tensor:
    a: Tensor = data.sum(dim=-1,
                         keepdim=True)
    b = data - a / data.shape[-1]

    s = (b ** 2).mean(dim=-1, keepdim=True).sqrt()
    return torch.where(s > bound, b / s, torch.zeros_like(data))
""".replace(" = ...", "")
OTHER = LONG.replace("keepdim=True).sqrt()", "keepdim=True) ** 0.5").replace("centred / scale", "centred * (1 / scale)")
STUB = "def spread(x, k):\n    raise NotImplementedError()"


def notebook(source):
    cell = nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": "g"}})
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell]))


TASK = Task("toy.spread", "01_toy", "g", "implement", "spread", 2.0, "calls", 0.0, 0.0, True)
NOTEBOOKS = {"exercises/01_toy.ipynb": notebook(STUB), "solutions/01_toy.ipynb": notebook(OTHER)}
BUNDLE = Bundle("hw1", "00", (TASK,), notebooks=NOTEBOOKS)


def test_shapes():
    assert shape(LONG) == shape(RENAMED) != shape(OTHER)
    assert shape(LONG) != shape(LONG.replace("centred / scale", "scale / centred"))
    assert shape(LONG) != shape(LONG.replace("torch.where", "torch.minimum"))
    assert shape("def f(:\n  1") == shape("def  f(:\n 1") != shape("def g(:\n 1")


@pytest.mark.parametrize("deep", ["(" * 5000 + ")" * 5000, "x = " + "-" * 9000 + "1", "x" + ".a" * 9000])
def test_no_answer_breaks_it(deep):
    assert len(find_alike(BUNDLE, [("a", TASK, (deep,)), ("b", TASK, (deep,))])) == 1


def test_who_shares_an_answer():
    answers = [("anna", LONG), ("bo", RENAMED), ("cleo", OTHER), ("dee", "def spread(x, k):\n    return x * k")]
    answers += [("eve", "def spread(x, k):\n    return x * k")]
    found = find_alike(BUNDLE, [(who, TASK, (source,)) for who, source in answers])
    assert found == (Alike("toy.spread", (("anna", "bo"),), ("cleo",), 3),)
    assert find_alike(BUNDLE, [("anna", TASK, (LONG,)), ("dee", TASK, ("spread = max",))]) == ()


def test_only_the_dashboard_tells():
    row = Row("<anna>", "", (Entry(TASK, 2.0, Found("passed", 1.0)),))
    alike = (Alike("toy.spread", (("<anna>", "bo"),), ("cleo",), 3),)
    marks = Marks(BUNDLE, (row,), "bubblewrap", alike=alike)
    assert "&lt;anna&gt;, bo" in dashboard(marks) and "<anna>" not in dashboard(marks)
    assert "not a sign" in dashboard(marks) and "Answers alike" not in dashboard(Marks(BUNDLE, (row,), "bubblewrap"))
    without = Marks(BUNDLE, (row,), "bubblewrap")
    assert page(row, marks) == page(row, without) and as_json(marks) == as_json(without)
    assert marks_csv(marks) == marks_csv(without)
