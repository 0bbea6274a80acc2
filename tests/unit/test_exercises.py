"""Verdicts: what passes, what is refused, and with which hint."""

import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest
import torch
from interpbook import exercises
from interpbook.comparison import Tolerance, difference
from interpbook.exercises import PASSED, Check, Mistake, Verdict, verdict, wrong
from interpbook.verdicts import read_verdict, verdict_line


class Pair(NamedTuple):
    mean: torch.Tensor
    n: int


@dataclass
class Point:
    x: float
    y: float


def _project(x, w):
    return x @ w @ w.T - 0.5


def _flipped(x, w):
    return 0.5 - x @ w @ w.T


def _no_shift(x, w):
    return x @ w @ w.T


def _raises(x, w):
    if x.shape[0] == 5:
        raise KeyError("no such feature")
    return _project(x, w)


FUNCTION = Check(
    id="toy.project",
    reference=_project,
    inputs=lambda: [(torch.rand(5, 3), torch.randn(3, 2)), (torch.rand(1, 3), torch.randn(3, 2))],
    mistakes=(
        Mistake("flipped", _flipped, "FLIPPED?"),
        Mistake("no shift", _no_shift, "SHIFT?"),
        Mistake("raises", _raises, "RAISES?"),
    ),
    alternatives=(),
    fallback="FALLBACK?",
)
VALUE = Check(
    id="toy.value",
    reference=lambda: torch.tensor(0.25) + 0.25,
    mistakes=(Mistake("one", 1.0, "ONE?"), Mistake("many", 9, "MANY?", when=lambda x: x > 6)),
    alternatives=(),
    fallback="FALLBACK?",
    atol=0.01,
)


def _says(check, answer) -> str:
    return verdict(check, answer).hint


def test_right_functions_pass_however_they_are_written():
    assert verdict(FUNCTION, _project) == PASSED
    assert verdict(FUNCTION, lambda x, w: torch.einsum("bi,ij,kj->bk", x, w, w) - 0.5) == PASSED
    assert verdict(FUNCTION, lambda x, w: _project(x, w).double()) == PASSED


@pytest.mark.parametrize("answer", [None, ..., [..., ...], {"a": None}])
def test_stubs_are_not_attempted(answer):
    assert verdict(FUNCTION, answer) == Verdict("not_attempted")
    assert verdict(VALUE, answer) == Verdict("not_attempted")


def test_a_function_that_raises_not_implemented_is_not_attempted():
    def stub(x, w):
        raise NotImplementedError("your code here")

    assert verdict(FUNCTION, stub) == Verdict("not_attempted")
    assert verdict(FUNCTION, lambda *_: ...) == Verdict("not_attempted")


def test_a_known_mistake_gets_its_own_hint():
    for mistake in FUNCTION.mistakes:
        found = verdict(FUNCTION, mistake.answer)
        assert found.status in ("wrong", "error")
        assert [m.hint for m in FUNCTION.mistakes if m.hint in found.hint] == [mistake.hint]


def test_general_hypotheses():
    assert "returns None" in _says(FUNCTION, lambda x, w: None)
    assert "same axes in another order" in _says(FUNCTION, lambda x, w: _project(x, w).T)
    assert "is a list where a tensor" in _says(FUNCTION, lambda x, w: _project(x, w).tolist())
    assert "whole numbers" in _says(FUNCTION, lambda x, w: _project(x, w).long())
    assert "NaN" in _says(FUNCTION, lambda x, w: _project(x, w) / 0 * 0)
    assert "length 1" in _says(FUNCTION, lambda x, w: _project(x, w)[None])
    assert "right proportions" in _says(FUNCTION, lambda x, w: _project(x, w) * 2)
    assert "one and the same amount" in _says(FUNCTION, lambda x, w: _project(x, w) + 3)
    assert "All your numbers are the same" in _says(FUNCTION, lambda x, w: torch.zeros(len(x), 3))
    assert _says(FUNCTION, lambda x, w: torch.rand(len(x), 3)) == "FALLBACK?"


def test_changing_the_input_is_noticed_and_does_not_leak():
    kept = torch.rand(5, 3)
    check = Check("toy.m", _project, (), (), "F", inputs=lambda: [(kept, torch.ones(3, 2))])
    before = kept.clone()

    def mutates(x, w):
        result = _project(x, w)
        x += 1
        return result

    assert "changes its input" in _says(check, mutates)
    assert torch.equal(kept, before)


def test_errors_come_in_one_line_with_the_line_of_the_answer():
    def broken(x, w):
        return x @ x

    found = verdict(FUNCTION, broken)
    line = broken.__code__.co_firstlineno + 1
    assert found.status == "error"
    assert found.hint.startswith("RuntimeError: mat1 and mat2 shapes cannot be multiplied")
    assert found.hint.endswith(f"(line {line} of your answer)")
    assert "takes 1 positional argument" in _says(FUNCTION, lambda x: x)
    assert verdict(FUNCTION, lambda x, w: sys.exit()).status == "error"


def test_the_wrong_object_is_named():
    assert "Pass the function itself" in _says(FUNCTION, torch.zeros(3))
    assert "Call it first" in _says(VALUE, lambda: 0.5)


def test_values_ranges_and_units():
    assert verdict(VALUE, 0.5) == verdict(VALUE, torch.tensor(0.505)) == verdict(VALUE, np.float32(0.5)) == PASSED
    assert _says(VALUE, 1) == "ONE?"
    assert _says(VALUE, 7) == "MANY?"
    assert "per cent" in _says(Check("toy.p", 0.5, (), (), "F"), 50)
    assert "string where a single number" in _says(VALUE, "half")
    assert "tensor" not in _says(VALUE, 0.7)


def test_text_is_compared_as_a_person_would():
    check = Check("toy.text", "Paris", (Mistake("b", "Rome", "ROME?"),), (), "F?")
    assert verdict(check, " paris ") == PASSED
    assert _says(check, "ROME") == "ROME?"
    assert _says(check, "Oslo") == "F?"


def test_a_judge_decides_and_may_name_a_mistake():
    def judge(answer):
        return PASSED if answer(3) == 9 else wrong("off") if answer(3) == 8 else wrong("No square?")

    check = Check("toy.j", lambda x: x * x, (Mistake("off", lambda x: 8, "OFF?"),), (), "F", judge=judge)
    assert verdict(check, lambda x: x**2) == PASSED
    assert _says(check, lambda x: 8) == "OFF?"
    assert _says(check, lambda x: 1) == "No square?"
    assert "ZeroDivisionError" in _says(check, lambda x: x / 0)


def test_random_answers_are_seeded_and_the_random_state_is_kept():
    check = Check("toy.r", lambda n: torch.rand(n), (), (), "F", inputs=lambda: [(4,)])
    torch.manual_seed(7)
    np.random.seed(7)
    state, expected = torch.get_rng_state(), np.random.RandomState(7).rand()
    assert verdict(check, lambda n: torch.rand(n)) == PASSED
    assert torch.equal(torch.get_rng_state(), state) and np.random.rand() == expected


def test_prints_of_an_answer_stay_out(capsys):
    def chatty(x, w):
        sys.stdout.write("noise")
        return _project(x, w)

    assert verdict(FUNCTION, chatty) == PASSED
    assert capsys.readouterr().out == ""


T = torch.tensor


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (T([1.0, 2.0]), T([1.0, 2.0]), None),
        (np.array([1.0, 2.0]), T([1.0, 2.0]), None),
        (T([1.0, 2.0]).bfloat16(), T([1.0, 2.0]), None),
        (T([True, False]), T([True, False]), None),
        (T([1, 0]), T([True, False]), "True and False"),
        (T([1.0, float("nan")]), T([1.0, float("nan")]), None),
        (T([-1.0, -2.0]), T([1.0, 2.0]), "wrong sign"),
        (T([[1.0, 2.0], [3.0, 4.0]]).T, T([[1.0, 2.0], [3.0, 4.0]]), "transpose"),
        (T([1.0]), T(1.0), "one number is expected"),
        (True, 1, "True or False"),
        (1, True, "True or False"),
        (2, True, "True or False"),
        (Pair(T([1.0]), 3), Pair(T([1.0]), 3), None),
        ((T([1.0]), 3), Pair(T([1.0]), 3), None),
        (Pair(T([1.0]), 4), Pair(T([1.0]), 3), ""),
        (Pair(T([[1.0]]), 3), Pair(T([1.0]), 3), "In mean: "),
        ({"a": 1}, {"a": 1, "b": 2}, "no entry for 'b'"),
        ({"a": 1, "c": 2}, {"a": 1}, "not asked for"),
        ([1, 2], [1, 2, 3], "2 parts, and 3"),
        (Point(1, 2), Point(1, 2), None),
        (Point(1, 3), Point(1, 2), ""),
        ({1, 2}, {2, 1}, None),
        ("a", "A", ""),
        (None, 3, "None"),
        (1 + 2j, 1 + 2j, None),
        (np.str_("x"), 1.0, "a string where a single number"),
        (np.array(["x"]), T([1.0]), ""),
        (np.array([None, [1]], dtype=object), T([1.0, 2.0]), ""),
        (torch.empty(2, device="meta"), T([1.0, 2.0]), "cannot be compared"),
    ],
)
def test_differences(answer, expected, said):
    found = difference(answer, expected, Tolerance())
    assert found == said if not said else said in (found or "")


def test_expected_numbers_are_never_told():
    secret = torch.tensor([[0.12345, 7.65432], [3.14159, 2.71828]])
    for answer in (secret * 2, secret + 1, -secret, secret.T, secret[0], secret.long(), [1.0], 3.0, "x"):
        said = difference(answer, secret) or ""
        assert not any(number in said for number in ("123", "654", "141", "718"))


def test_lines_are_canonical_and_can_be_read_back():
    line = verdict_line("toy.double", "not_attempted", 2)
    assert line == "toy.double: not attempted, 0/2 points"
    assert verdict_line("toy.double", "passed", 1) == "toy.double: passed, 1/1 point"
    assert read_verdict("toy.double", f"noise\n{line}\n  Try it.\n") == Verdict("not_attempted", "Try it.")
    assert read_verdict("toy.other", line) is None


def test_check_and_or_reference_print_what_they_say(toy_checks, capsys):
    exercises.check("toy.double", lambda x: x * x, points=2)
    assert capsys.readouterr().out == "toy.double: wrong, 0/2 points\n  Is this the square?\n"
    exercises.check("toy.double", lambda x: x + x, points=2)
    assert capsys.readouterr().out == "toy.double: passed, 2/2 points\n"
    taken = exercises.or_reference("toy.double", ...)
    assert "is still open" in capsys.readouterr().out and taken(2) == 4
    assert exercises.or_reference("toy.guess", 3) == 4
    assert "not right yet" in capsys.readouterr().out
    mine = lambda x: x + x  # noqa: E731
    assert exercises.or_reference("toy.double", mine) is mine and capsys.readouterr().out == ""


def test_an_unknown_id_says_so(toy_checks):
    with pytest.raises(ValueError, match=r"no exercise has the id 'toy\.nothing'"):
        exercises.check("toy.nothing", 1)


@pytest.fixture
def toy_checks(tmp_path, monkeypatch):
    from toybook import make_book

    make_book(tmp_path, monkeypatch)
    exercises.find.cache_clear()
    yield
    exercises.find.cache_clear()
    sys.modules.pop("interpbook.checks.01_toy", None)


TRACE_CHECK = """
import functools

import nnsight
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from interpbook.exercises import Check


@functools.cache
def tiny():
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1}
    return nnsight.NNsight(LlamaForCausalLM(LlamaConfig(**sizes, num_hidden_layers=2, vocab_size=32)))


def residual(model, ids):
    with model.trace(ids):
        found = model.model.layers[0].output.save()
    return found


CHECKS = (Check("trace.residual", residual, (), (), "Which layer?", inputs=lambda: [(tiny(), torch.arange(4)[None])]),)
"""
STUDENT = """def residual(model, ids):
    with model.trace(ids):
        found = model.model.layers[{layer}].output.save()
        {line}
    return found

check("trace.residual", residual, points=2)
"""


def test_functions_that_trace_a_model_are_judged_in_a_real_kernel(tmp_path, monkeypatch):
    """nnsight reads the source of a `with` block from the notebook's cell, whoever calls the function."""
    import nbformat
    from nbclient import NotebookClient

    (tmp_path / "03_trace.py").write_text(TRACE_CHECK)
    monkeypatch.setenv("INTERPBOOK_CHECKS", str(tmp_path))
    code = ["import beartype, nnsight, torch\nfrom interpbook.exercises import check"]
    answers = [(0, ""), (1, ""), (0, "found @ found"), (0, "raise NotImplementedError"), (0, "print('hello')")]
    code += [STUDENT.format(layer=layer, line=line) for layer, line in answers]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in code])
    NotebookClient(notebook, timeout=120).execute()
    said = [
        "".join(output.get("text", "") for output in cell.outputs if output.get("name") == "stdout")
        for cell in notebook.cells
    ]
    assert said[1] == said[5] == "trace.residual: passed, 2/2 points\n"
    assert said[2] == "trace.residual: wrong, 0/2 points\n  Which layer?\n"
    assert said[3].startswith(
        "trace.residual: error, 0/2 points\n  RuntimeError: Expected size for first two dimensions"
    )
    assert said[3].endswith("(line 4 of your answer)\n")
    assert said[4] == "trace.residual: not attempted, 0/2 points\n"


def test_the_settings_of_a_notebook_do_not_change_a_verdict():
    """Double precision, another device or no gradients: judged as ever, and left as they were."""
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.set_grad_enabled(False)
    try:
        assert verdict(FUNCTION, lambda x, w: _project(x, w)) == PASSED
        found = torch.get_default_dtype(), torch.get_default_device().type, torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.set_grad_enabled(True)
    assert found == (torch.float64, "meta", False)


def test_a_reference_handed_out_can_be_changed_without_harm(monkeypatch):
    listed = Check(id="toy.list", reference=lambda: ["a", "b"], mistakes=(), alternatives=(), fallback="LIST?")
    monkeypatch.setattr(exercises, "find", {"toy.list": listed}.__getitem__)
    exercises.or_reference("toy.list", None).append("ruined")
    assert verdict("toy.list", ["a", "b"]) == PASSED


class _Mute(Exception):
    def __str__(self):
        raise ValueError("cannot say")


def test_odd_answers_end_in_a_verdict():
    """Numbers beyond floating point, a list that holds itself, an exception that cannot describe itself."""
    endless: list = []
    endless.append(endless)

    def mute(x, w):
        raise _Mute

    assert verdict(VALUE, 10**400).status == "wrong"
    assert verdict(VALUE, endless).status == "wrong"
    assert verdict(FUNCTION, mute) == Verdict("error", verdict(FUNCTION, mute).hint)
    assert "_Mute" in verdict(FUNCTION, mute).hint
