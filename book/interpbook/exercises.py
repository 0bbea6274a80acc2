r"""Instant verdicts on a student's answers, and the file format in which an author writes them.

In a notebook
-------------
>>> from interpbook.exercises import check, or_reference
>>> check("superposition.reconstruct", reconstruct, points=2)   # prints one line; a hint below it if not passed
superposition.reconstruct: passed, 2/2 points
>>> reconstruct = or_reference("superposition.reconstruct", reconstruct)   # to go on with a missing or wrong answer

How to write a check
--------------------
`interpbook/checks/NN_topic.py` defines `CHECKS`, a tuple of `Check`. Nothing heavy at import: load a model, if you
must, inside `inputs` or a reference without arguments, behind `functools.cache`.

A *function* answer has `inputs`. The student's function and the reference run on the same small inputs (made anew for
each of them, with the same seeds), and whatever they return is compared, numbers with `rtol` and `atol`:

    def _inputs():
        torch.manual_seed(0)            # not needed: seeds are set before inputs() and before every call
        return [(torch.rand(5, 3), torch.rand(3, 2)), (torch.zeros(1, 3), torch.rand(3, 2))]   # one tuple a call

    def _no_relu(x, W): return x @ W @ W.T

    Check(
        id="superposition.reconstruct",
        reference=superposition.reconstruct,
        inputs=_inputs,
        mistakes=(Mistake("no relu", _no_relu, "Negative numbers come out. What does the output nonlinearity do?"), …),
        alternatives=(_with_einsum,),   # another right way to write it
        fallback="Work one example through by hand: one feature on, two dimensions. What should come back?",
    )

A *value* answer has no `inputs`. The reference is the value, or a function without arguments that measures it when it
is first needed. Text is compared without regard to case and outer spaces; numbers usually want a wide `atol`:

    Check(id="superposition.predict_pentagon", reference=5, atol=0.1,
          mistakes=(Mistake("dimensions", 2, "…?"), Mistake("any large", 9, "…?", when=lambda x: x > 6), …), …)

An *open* answer has a `judge`, which gets the answer itself and returns a `Verdict`. Its hint may be the name of one of
the mistakes: `return wrong("same seed")`. With a judge, `reference` is one right answer.

Hints, most specific first: a mistake whose outputs the answer reproduces (or whose `when` holds); then what a general
look suggests (axes swapped, None returned, input changed, NaN, …); then `fallback`. A hint is a hypothesis about the
mistake, and ends with a question or a thing to try. Tests prove for every check that the reference and every
alternative pass, and that each mistake gets its own hint.
"""

import copy
import functools
import importlib
import importlib.util
import os
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from interpbook.checks import check_files
from interpbook.comparison import Tolerance, difference
from interpbook.trial import Outcome, explain_error, is_missing, outcomes
from interpbook.verdicts import PASSED, Verdict, verdict_line, wrong

__all__ = ["PASSED", "Check", "Mistake", "Verdict", "check", "checks", "find", "or_reference", "verdict", "wrong"]


@dataclass(frozen=True, eq=False)
class Mistake:
    """A plausible wrong answer and what to tell the person who gave it."""

    name: str  # short, unique within the check
    answer: Any  # a wrong function (function answers) or a wrong value (value and judged answers)
    hint: str  # a hypothesis that ends with a question or a thing to try
    when: Callable[[Any], bool] | None = None  # value answers: also given when this holds (a whole range of answers)


@dataclass(frozen=True, eq=False)
class Check:
    """One exercise: what is right, what is plausibly wrong, and on which inputs to tell them apart."""

    id: str  # "superposition.reconstruct": a toolkit function, or any room.name for a one-off answer
    reference: Any  # function answers: the function. Value answers: the value, or () -> value, called once when needed
    mistakes: tuple[Mistake, ...]  # at least three
    alternatives: tuple[Any, ...]  # at least one right answer written differently
    fallback: str  # the hint when nothing else fits
    inputs: Callable[[], list[tuple]] | None = None  # None: the answer is a value
    rtol: float | int = 1e-4
    atol: float | int = 1e-6
    judge: Callable[[Any], Verdict] | None = None  # open answers: decides alone


# --- finding checks ---


@functools.cache
def _module(stem: str, file: Path) -> ModuleType:
    name = f"interpbook.checks.{stem}"
    if file.is_relative_to(Path(__file__).parent):
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checks(stem: str) -> tuple[Check, ...]:
    """All checks of one exercise set, in order."""
    files = check_files()
    if stem not in files:
        raise ValueError(f"checks: no exercise set is called {stem!r}. There are: {', '.join(files) or 'none'}.")
    return tuple(_module(stem, files[stem]).CHECKS)


@functools.cache
def find(check_id: str) -> Check:
    """The check with this id. Only files that mention the id are imported, so finding one is quick."""
    for stem, file in check_files().items():
        if re.search(rf"[\"']{re.escape(check_id)}[\"']", file.read_text(encoding="utf-8")):
            for found in checks(stem):
                if found.id == check_id:
                    return found
    raise ValueError(
        f"check: no exercise has the id {check_id!r}. Was the first argument of check() changed by accident?"
    )


# --- judging ---


def verdict(exercise: Check | str, answer: Any) -> Verdict:
    """Passed or not, and why. Deterministic; changes neither the random state nor the answer."""
    exercise = find(exercise) if isinstance(exercise, str) else exercise
    if is_missing(answer):
        return Verdict("not_attempted")
    if exercise.judge is not None:
        return _judged(exercise, answer)
    if exercise.inputs is None:
        return _value_verdict(exercise, answer)
    return _function_verdict(exercise, answer)


def reference(exercise: Check) -> Any:
    """The right answer itself; a measured value is measured on the first call."""
    if exercise.inputs is None and exercise.judge is None and callable(exercise.reference):
        return _measured(exercise.reference)
    return exercise.reference


@functools.cache
def _measured(measure: Callable[[], Any]) -> Any:
    return outcomes(lambda: measure(), lambda: [()])[0].value_or_raise()


def _value(answer: Any) -> Any:
    return _measured(answer) if callable(answer) else answer


def _value_verdict(exercise: Check, answer: Any) -> Verdict:
    if callable(answer):
        return wrong("You passed a function where its result is asked for. Call it first, or assign the value itself.")
    tolerance = Tolerance(exercise.rtol, exercise.atol)
    general = difference(answer, reference(exercise), tolerance, loose=True)
    if general is None:
        return PASSED
    for mistake in exercise.mistakes:
        if difference(answer, _value(mistake.answer), tolerance, loose=True) is None:
            return wrong(mistake.hint)
    for mistake in exercise.mistakes:
        if mistake.when is not None and _holds(mistake.when, answer):
            return wrong(mistake.hint)
    return wrong(general or exercise.fallback)


def _holds(when: Callable[[Any], bool], answer: Any) -> bool:
    try:
        with warnings.catch_warnings(action="ignore"):
            return bool(when(answer))
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RuntimeError):
        return False  # an answer of another type: this hint is not about it


def _judged(exercise: Check, answer: Any) -> Verdict:
    assert exercise.judge is not None
    judge = exercise.judge
    outcome = outcomes(lambda: judge(answer), lambda: [()])[0]
    if outcome.not_implemented:
        return Verdict("not_attempted")
    if outcome.error is not None:
        return Verdict("error", explain_error(outcome.error, answer))
    found: Verdict = outcome.result
    hints = {mistake.name: mistake.hint for mistake in exercise.mistakes}
    return (
        found
        if found.status == "passed"
        else Verdict(found.status, hints.get(found.hint, found.hint) or exercise.fallback)
    )


def _function_verdict(exercise: Check, answer: Any) -> Verdict:
    if not callable(answer):
        return wrong(
            "You passed a value where a function is asked for. Pass the function itself, without calling it: "
            f'check("{exercise.id}", {exercise.id.rpartition(".")[2]}).'
        )
    assert exercise.inputs is not None
    given = outcomes(answer, exercise.inputs)
    if any(outcome.not_implemented for outcome in given) or all(outcome.result is ... for outcome in given):
        return Verdict("not_attempted")
    tolerance = Tolerance(exercise.rtol, exercise.atol)
    general = _compare(given, _expected(exercise), tolerance)
    if general is None:
        return PASSED
    error = next((outcome.error for outcome in given if outcome.error is not None), None)
    said = explain_error(error, answer) if error is not None else ""
    for mistake in exercise.mistakes:
        if _compare(given, outcomes(mistake.answer, exercise.inputs), tolerance) is None:
            return Verdict("error", f"{said} {mistake.hint}") if said else wrong(mistake.hint)
    return Verdict("error", said) if said else wrong(general or exercise.fallback)


@functools.cache
def _expected(exercise: Check) -> list[Outcome]:
    assert exercise.inputs is not None
    expected = outcomes(exercise.reference, exercise.inputs)
    for outcome in expected:
        outcome.value_or_raise()
    return expected


def _compare(given: list[Outcome], expected: list[Outcome], tolerance: Tolerance) -> str | None:
    """None if every call ended alike; otherwise what the first difference suggests."""
    for ours, theirs in zip(given, expected, strict=True):
        found = ours.differs(theirs, tolerance)
        if found is not None:
            return found
    return None


# --- what a notebook calls ---


def check(check_id: str, answer: Any, points: int = 1) -> None:
    """Print the verdict on an answer in one line, and below it a hint if it is not right yet.

    Under nbgrader an answer that does not pass raises AssertionError: nbgrader pays for every cell that ends well.
    """
    found = verdict(check_id, answer)
    print(verdict_line(check_id, found.status, points))  # noqa: T201 (this is the notebook's output)
    if found.hint:
        print(f"  {found.hint}")  # noqa: T201
    if found.status != "passed" and os.environ.get("NBGRADER_EXECUTION"):
        raise AssertionError(f"{check_id}: {found.status.replace('_', ' ')}. {found.hint}".strip())


def or_reference(check_id: str, answer: Any) -> Any:
    """Your answer if it passes, otherwise the reference, so that the rest of the notebook works. Says which."""
    found = verdict(check_id, answer)
    if found.status == "passed":
        return answer
    why = {"not_attempted": "is still open", "error": "stops with an error"}.get(found.status, "is not right yet")
    print(f"{check_id}: your answer {why}, so the cells from here on use the reference.")  # noqa: T201
    return copy.deepcopy(reference(find(check_id)))  # what the notebook does to it must not reach the next check
