"""Functions are graded on hidden inputs: right ones pass, each known mistake is found and its hint told.

No sandbox is needed for that: `Here` calls functions in this process, through the same encoding as the real one.
"""

import base64
import json
import pickle
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from interpbook.assigning import private
from interpbook.assigning.choosing import choose
from interpbook.authoring.layout import find_book
from interpbook.checks import check_files
from interpbook.exercises import checks, find, reference, verdict
from interpbook.grading import wire
from interpbook.grading.bundle import Bundle, BundleError
from interpbook.grading.hidden.disguises import DISGUISES, disguised
from interpbook.grading.hidden.draws import draws, is_fresh, told
from interpbook.grading.hidden.judged import judged_seed
from interpbook.grading.hidden.literal import LITERAL
from interpbook.grading.hidden.passing import pickled
from interpbook.grading.marking import Marker
from interpbook.grading.rebuild import Written
from interpbook.grading.sandbox import answering
from interpbook.grading.sandbox.client import Answer

KEY = b"tests"
SLOW = (
    "circuits.head_effect",  # seconds of tracing for each draw; its inputs are made like those of patching
    "superposition.random_direction_null",  # a judge of some seconds where types are checked; see below
)
FUNCTIONS = [
    pytest.param(stem, check, id=check.id)
    for stem in check_files()
    for check in checks(stem)
    if (check.inputs is not None or (check.judge is not None and callable(check.reference))) and check.id not in SLOW
]
VALUES = [
    pytest.param(stem, check, id=check.id)
    for stem in check_files()
    for check in checks(stem)
    if check.inputs is None and check.id not in DISGUISES
]
JUDGED = sorted(set(DISGUISES) - set(SLOW))


class Here(Answer):
    """A student's answer that lives in this process."""

    def __init__(self, found: Any) -> None:
        self._found = found

    def run(self, cells: list[str]) -> list[dict[str, Any] | None]:
        return [None for _ in cells]

    def value(self, name: str) -> Any:  # noqa: ARG002 (there is only one)
        return {"object": "function"} if callable(self._found) else wire.encode(self._found)

    def call(
        self, name: str, arguments: list[tuple], options: dict[str, Any] | None = None, state: bytes | None = None
    ) -> list[Any]:
        asked = {"call": name, "arguments": base64.b64encode(pickled((arguments, options or {}))).decode()}
        if state is not None:
            asked["state"] = base64.b64encode(state).decode()
        found = answering._called(SimpleNamespace(user_ns={name: self._found}), asked)
        return json.loads(json.dumps(found))


def _marker(stem: str, exercise_id: str) -> Marker:
    (chosen,) = choose(find_book(), [stem], only=[exercise_id])
    return Marker(Bundle("all", KEY.hex(), (private.task(chosen, KEY, 1),)))


def _mark(marker: Marker, answer: Any):
    return marker.mark(marker.bundle.tasks[0], Written(("an answer",)), Here(answer), "anna")


@pytest.mark.parametrize(("stem", "check"), FUNCTIONS)
def test_hidden_inputs_are_fresh_and_tell_right_from_wrong(stem, check):
    marker = _marker(stem, check.id)
    assert is_fresh(check) and marker.bundle.tasks[0].fresh and marker.bundle.tasks[0].inputs_sha256
    for answer in (check.reference, *check.alternatives):
        assert _mark(marker, answer).share == 1
    for mistake in check.mistakes:
        found = _mark(marker, mistake.answer)
        assert found.share < 1 and mistake.hint in found.hint, (mistake.name, found)
    if check.inputs is not None:
        (draw,) = marker.draws_of(marker.bundle.tasks[0], "anna")
        assert check.id in LITERAL or told(draw.inputs()) != told(check.inputs())
        assert len(pickle.loads(pickled(draw.inputs()))) == len(draw.inputs())


@pytest.mark.parametrize(("stem", "check"), VALUES)
def test_values_pass_the_way_out_of_a_sandbox(stem, check):
    marker = _marker(stem, check.id)
    for answer in (reference(check), *check.alternatives):
        assert _mark(marker, answer).share == 1
    for mistake in check.mistakes:
        found = _mark(marker, mistake.answer() if callable(mistake.answer) else mistake.answer)
        assert found.share == 0 and mistake.hint in found.hint, (mistake.name, found)


def test_what_is_named_here_exists():
    known = {check.id: check for stem in check_files() for check in checks(stem)}
    assert set(LITERAL) <= set(known) and set(DISGUISES) <= set(known)
    assert all(known[name].inputs is not None for name in LITERAL) and all(known[name].judge for name in DISGUISES)


def _giving(said):
    return lambda *_: said


@pytest.mark.parametrize("exercise_id", JUDGED)
def test_an_answer_that_waits_for_the_judges_own_inputs_never_meets_them(exercise_id):
    check, heard, met = find(exercise_id), [], []

    def by_heart(*arguments):
        met.append(wire.dumps(arguments) in heard)
        return check.reference(*arguments)

    def listening(*arguments):
        heard.append(wire.dumps(arguments))
        return check.reference(*arguments)

    assert check.judge is not None and check.judge(listening).status == "passed"
    for seed in (judged_seed(check, KEY), judged_seed(check, b"another key"), judged_seed(check, KEY, "anna")):
        assert check.judge(disguised(exercise_id, by_heart, seed)).status == "passed"
    assert len(met) == 3 * len(heard) and not any(met)


def test_the_slow_judge_in_a_disguise():
    check = find("superposition.random_direction_null")
    wrong = next(mistake for mistake in check.mistakes if mistake.name == "reads where it chose")
    assert verdict(check, disguised(check.id, check.alternatives[1], 5)).status == "passed"
    assert verdict(check, disguised(check.id, wrong.answer, 5)).hint == wrong.hint


@pytest.mark.parametrize("said", [None, "words", [["x"]], 3.5, [], [[1, 2]]])
def test_what_no_disguise_can_translate_is_judged_as_it_is(said):
    for exercise_id in DISGUISES:
        plain, hidden = (
            verdict(exercise_id, answer) for answer in (_giving(said), disguised(exercise_id, _giving(said), 3))
        )
        assert (plain.status, plain.hint.partition(" (line")[0]) == hidden and hidden.status != "passed", exercise_id


def test_what_a_hidden_call_says_in_its_error_is_for_the_instructor_alone():
    marker = _marker("02_probing", "probing.control_task")

    def tells(words, n_labels, seed):
        raise ValueError(words[0])

    found = _mark(marker, tells)
    question = find("probing.control_task").fallback
    assert (found.status, found.hint) == ("error", f"ValueError in one of the hidden calls. {question}")
    assert found.detail.startswith("ValueError: n")


def test_a_bundle_whose_disguise_has_changed_is_refused():
    marker = _marker("02_probing", "probing.control_task")
    task = marker.bundle.tasks[0]
    other = Marker(Bundle("all", KEY.hex(), (replace(task, inputs_sha256=("0",)),)))
    with pytest.raises(BundleError, match="the toolkit has changed"):
        _mark(other, find(task.id).reference)


def test_every_student_may_have_a_seed_of_their_own():
    check = find("probing.control_task")
    assert len({judged_seed(check, key, who) for key in (KEY, b"k") for who in ("", "anna", "bo")}) == 6
    assert [d.seed for d in draws(find("probing.mass_mean"), KEY, 1, "anna")] != [
        d.seed for d in draws(find("probing.mass_mean"), KEY, 1)
    ]
