"""Which statements an answer needs: enough to run, and no experiment that it does not use."""

import pytest
from interpbook.grading.slicing import names_of, needed, statements

CELLS = [
    "import math\nmodel = 'loaded'\nset_up = print('first')",
    "import json\nwords = ['a', 'b']\ncounts = {w: 1 for w in words}\nfigure = draw(counts)",
    "from functools import cache\n\n@cache\ndef total():\n    return sum(counts.values())\n",
    "double = or_reference('toy.double', double)\nresults = {}\nresults['a'] = total()",
    "%matplotlib inline\nfor i in range(3):\n    late = i",
]


def _slice(*names):
    return "\n".join(needed(statements(CELLS), set(names)))


def test_the_first_cell_and_every_import_always():
    assert (
        _slice() == "import math\nmodel = 'loaded'\nset_up = print('first')\nimport json\nfrom functools import cache"
    )


def test_a_name_brings_what_it_needs_and_nothing_else():
    found = _slice("total")
    assert "@cache" in found and "counts = " in found and "words = " in found
    assert "figure" not in found and "results" not in found and "late" not in found


def test_changes_of_a_name_come_along():
    assert "results['a'] = total()" in _slice("results")


def test_loops_that_bind_a_name():
    assert "late = i" in _slice("late")


def test_takeovers_of_an_earlier_answer_are_left_out():
    assert "or_reference" not in _slice("double")


@pytest.mark.parametrize(
    ("source", "needs", "binds"),
    [
        ("def f(x):\n    y = x + a\n    return y", {"a"}, {"f"}),
        ("def f(x):\n    return g(x)\ndef g(x):\n    return x", set(), {"f", "g"}),
        ("x = x + 1", {"x"}, {"x"}),
        ("y = 1\nx = y", set(), {"x", "y"}),
        ("f = lambda a: [b * c for b in a]", {"c"}, {"f"}),
        ("class A:\n    def m(self):\n        return outside", {"outside"}, {"A"}),
        ("%time f(1)\nz = w", {"w"}, {"z"}),
        ("größe = 1", set(), {"größe"}),
        ("import numpy as np\nnp.zeros(2)", set(), {"np"}),
    ],
)
def test_what_code_needs_from_outside(source, needs, binds):
    found = names_of(source)
    assert (set(found.needs) - {"print"}, set(found.binds)) == (needs, binds)


@pytest.mark.parametrize("source", ["def f(", "x" * 300_000, "(" * 5000 + ")" * 5000, "a\x00b = = 1", "-" * 9000 + "1"])
def test_code_that_cannot_be_read_needs_nothing(source):
    assert names_of(source).binds == frozenset()
