"""Every exercise of the book that asks for a function gets fresh hidden inputs on which right and wrong differ."""

import pickle

import pytest
from interpbook.checks import check_files
from interpbook.exercises import checks
from interpbook.grading.hidden.draws import draws, told
from interpbook.grading.hidden.literal import LITERAL
from interpbook.grading.hidden.passing import pickled

SLOW = ("circuits.head_effect",)  # seconds of tracing for each draw; its inputs are made like those of patching
CHECKS = [
    pytest.param(check, id=check.id)
    for stem in check_files()
    if stem[:2] <= "06"
    for check in checks(stem)
    if check.inputs is not None and check.id not in SLOW
]


@pytest.mark.parametrize("check", CHECKS)
def test_hidden_inputs_are_fresh_and_tell_right_from_wrong(check):
    found = draws(check, b"tests", 1)  # raises where an alternative fails or a known mistake passes
    assert check.id in LITERAL or told(found[0].inputs()) != told(check.inputs())
    assert len(pickle.loads(pickled(found[0].inputs()))) == len(found[0].inputs())


def test_inputs_that_are_written_out_belong_to_exercises_that_exist():
    known = {check.id for stem in check_files() for check in checks(stem)}
    assert set(LITERAL) <= known
