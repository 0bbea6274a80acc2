"""Judging one answer, in the grader's own process: values that came out of the sandbox against ones that never went in.

How an exercise is judged follows from its check:

- *calls*: a function is called on hidden inputs; each call that ends as the reference's does is one passed probe;
- *value*: the value that the answer cell defines is compared with the right one;
- *judge*: the check's own judge gets the value, or a stand-in that calls the function in the sandbox, in a disguise
  drawn from the bundle's key.

What a student reads is a hypothesis about a mistake, never a hidden input: of an error inside a hidden call only the
kind and the line are told. The full message is for the instructor.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from interpbook.comparison import Tolerance, difference
from interpbook.exercises import Check, Verdict, find, verdict
from interpbook.grading import wire
from interpbook.grading.bundle import Bundle, BundleError, Task
from interpbook.grading.found import Found
from interpbook.grading.hidden.disguises import disguised
from interpbook.grading.hidden.draws import Draw, NoDrawError, draws, outcome_from, seeded, sha256_of, suggestion
from interpbook.grading.hidden.judged import heard_sha256, judged_seed
from interpbook.grading.rebuild import Written
from interpbook.grading.sandbox.client import Answer, Ended, SandboxError, random_state
from interpbook.trial import Outcome, is_missing

SAID = {
    "timeout": "Your answer took too long and was stopped. Is there a loop that never ends, or far too long?",
    "died": "Your answer ended its own process, or ran out of memory. What in it could do that?",
    "memory": "Your answer used {why}, and was stopped. Does it keep, or copy, more than it needs?",
    "strange": "Your answer gave something that could not be judged. What is its type?",
    "nonsense": "Your answer interfered with the grading and was stopped.",
}
NOT_REACHED = "It was called, but the process had ended."


@dataclass
class Marker:
    """Knows the right answers of an assignment. One a process and thread: judging sets the process's random seeds."""

    bundle: Bundle
    _draws: dict[str, list[Draw]] = field(default_factory=dict)  # of the class: exercise → draws
    _own: tuple[str, str, list[Draw]] = ("", "", [])  # exercise, student, draws: the last ones only
    _seeds: dict[tuple[str, str], int] = field(default_factory=dict)  # (exercise, student) → seed of a disguise

    def prepare(self, task: Task, student: str | None = None) -> None:
        """Work out beforehand what judging needs for everybody, or for one student. Raises BundleError, NoDrawError."""
        find(task.id)
        if student is None and self._drawn_for_each(task):
            return
        if task.judged == "calls":
            self.draws_of(task, student or "")
        elif task.judged == "judge" and task.fresh:
            self.seed_for(task, student or "")

    def mark(self, task: Task, written: Written, answer: Answer, student: str) -> Found:
        """Run an answer and judge it."""
        try:
            errors = [error for error in answer.run(list(written.cells)) if error is not None]
            problem = _told(errors[-1]) if errors else ""
            said = answer.value(task.answer)
            value = _decoded(said)
            if is_missing(value):
                return Found("error", 0.0, problem, problem) if problem else _open(task)
            if task.judged == "calls":
                return self._by_calls(task, value, answer, student, written)
            return self._by_verdict(task, value, answer, student, written)
        except Ended as end:
            status = "timeout" if end.how == "timeout" else "died"
            hint = SAID[end.how].format(why=end)
            return Found(status, 0.0, hint, f"{hint} ({end})")
        except (BundleError, NoDrawError, SandboxError):
            raise
        except Exception as error:  # a value that no judge was made for must not stop the class
            return Found("error", 0.0, SAID["strange"], f"{SAID['strange']} ({error!r})"[:500])

    # --- calls ---

    def draws_of(self, task: Task, student: str) -> list[Draw]:
        """The hidden draws for a student: the class's, or the student's own."""
        if not self._drawn_for_each(task):
            if task.id not in self._draws:
                self._draws[task.id] = _of_the_class(task, find(task.id))
            return self._draws[task.id]
        if self._own[:2] != (task.id, student):
            made = draws(find(task.id), bytes.fromhex(self.bundle.key), len(task.seeds), student)
            self._own = task.id, student, made
        return self._own[2]

    def _drawn_for_each(self, task: Task) -> bool:
        return self.bundle.per_student and task.fresh

    def _by_calls(self, task: Task, value: Any, answer: Answer, student: str, written: Written) -> Found:
        check = find(task.id)
        if not isinstance(value, wire.Foreign):
            hint = f"Your answer should be a function called {task.answer}, and is a value."
            return Found("wrong", 0.0, hint, hint)
        hidden = self.draws_of(task, student)
        given = [[_outcome(said) for said in answer.call(task.answer, draw.inputs())] for draw in hidden]
        return _compared(check, task, given, hidden, "\n".join(written.cells))

    # --- values and judges ---

    def seed_for(self, task: Task, student: str) -> int:
        """The hidden seed of a judge's disguise: the class's, or the student's own."""
        who = student if self._drawn_for_each(task) else ""
        if (task.id, who) not in self._seeds:
            check, key = find(task.id), bytes.fromhex(self.bundle.key)
            self._seeds[task.id, who] = judged_seed(check, key, who) if who else _seed_of_the_class(task, check)
        return self._seeds[task.id, who]

    def _by_verdict(self, task: Task, value: Any, answer: Answer, student: str, written: Written) -> Found:
        check = find(task.id)
        if task.judged == "judge" and isinstance(value, wire.Foreign):
            value = _StandIn(answer, task.answer)
            if task.fresh:
                value = disguised(task.id, value, self.seed_for(task, student))
        elif isinstance(value, wire.Foreign):
            hint = f"{task.answer} should be a plain value, and is an object of type {value.kind}."
            return Found("wrong", 0.0, hint, hint)
        found = PASSED_AS_STORED if _as_stored(task, value) else verdict(check, value)
        probes = (found.status == "passed",)
        hidden_error = task.fresh and found.status == "error"
        hint = found.hint
        if hidden_error:
            hint = _and_ask(_of_error(_as_told(found.hint), "\n".join(written.cells)), check)
        return Found(found.status, float(probes[0]), hint, found.hint, probes)


PASSED_AS_STORED = Verdict("passed")


def _as_stored(task: Task, value: Any) -> bool:
    """Whether a value is the one in the bundle, within its tolerance; then nothing need be measured again."""
    if task.judged != "value" or not task.expected:
        return False
    right = wire.decode(task.expected[0][0])
    return difference(value, right, Tolerance(task.rtol, task.atol), loose=True) is None


class _StandIn:
    """For a judge outside: calling it calls the student's function inside, from a random state sent along."""

    def __init__(self, answer: Answer, name: str) -> None:
        self._answer, self._name = answer, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        said = self._answer.call(self._name, [arguments], options, random_state())
        torch.rand(1)
        np.random.rand()  # so that the next call does not begin alike
        return _outcome(said[0]).value_or_raise()


def _decoded(said: Any) -> Any:
    try:
        return wire.decode(said)
    except wire.WireError as error:
        return wire.Foreign(f"unreadable: {error}"[:60])


def _outcome(said: Any) -> Outcome:
    try:
        return outcome_from(said)
    except wire.WireError as error:
        return Outcome(None, (), ValueError(f"unreadable result: {error}"))


def _open(task: Task) -> Found:
    return Found("not_attempted", 0.0, "", f"{task.answer} was not defined, or is still open.")


def _told(error: dict[str, Any]) -> str:
    """An error of the answer cell itself, before it saw anything hidden: may be told in full."""
    line = error.get("line")
    return f"{error.get('type')}: {str(error.get('said'))[:300]}{f' (line {line})' if isinstance(line, int) else ''}"


def _changed(task: Task) -> BundleError:
    return BundleError(
        f"The hidden inputs of {task.id} are not those of the bundle: the toolkit has changed since "
        "the assignment was made. Grade with the version that made it, or make the bundle anew with its --seed."
    )


def _seed_of_the_class(task: Task, check: Check) -> int:
    """The seed that the bundle names. Raises BundleError if a judge now asks something else under it."""
    if (heard_sha256(check, task.seeds[0]),) != task.inputs_sha256:
        raise _changed(task)
    return task.seeds[0]


def _of_the_class(task: Task, check: Check) -> list[Draw]:
    """The draws that the bundle names, with its own right outputs. Raises BundleError if the toolkit has changed."""
    found = []
    for seed, sha, outputs in zip(task.seeds, task.inputs_sha256, task.expected, strict=True):
        draw = seeded(check, seed)
        if sha256_of(draw) != sha or len(draw.expected) != len(outputs):
            raise _changed(task)
        draw.expected = [
            ours if ours.error is not None else Outcome(wire.decode(said), ours.inputs, None)
            for ours, said in zip(draw.expected, outputs, strict=True)
        ]
        found.append(draw)
    return found


def _compared(check: Check, task: Task, given: list[list[Outcome]], hidden: list[Draw], source: str) -> Found:
    tolerance = Tolerance(task.rtol, task.atol)
    calls = [call for of_draw in given for call in of_draw]
    if any(call.not_implemented for call in calls) or all(call.result is ... for call in calls):
        return _open(task)
    probes = tuple(
        ours.differs(theirs, tolerance) is None
        for of_draw, draw in zip(given, hidden, strict=True)
        for ours, theirs in zip(of_draw, draw.expected, strict=True)
    )
    if all(probes):
        return Found("passed", 1.0, "", "", probes)
    error = next((call.error for call in calls if call.error is not None), None)
    hint, detail = _explained(check, given, hidden, tolerance, error, source)
    status = "partial" if any(probes) else "error" if error is not None else "wrong"
    return Found(status, sum(probes) / len(probes), hint, detail, probes)


def _of_error(error: BaseException, source: str) -> str:
    """What a student may know about an error inside a hidden call: its kind, and a missing name of their own."""
    name = re.fullmatch(r"name '(\w+)' is not defined", str(error))
    if type(error).__name__ == "NameError" and name is not None and re.search(rf"\b{name[1]}\b", source):
        return f"NameError: {name[1]} is not defined. Only answer cells are graded: is it defined in one of them?"
    return f"{type(error).__name__} in one of the hidden calls."


def _and_ask(said: str, check: Check) -> str:
    """The kind of an error alone helps nobody; the check's own question stands behind it."""
    return said if said.endswith("?") else f"{said} {check.fallback}"


def _as_told(line: str) -> Exception:
    """An error of the kind that a verdict's line names."""
    name, _, said = line.partition(": ")
    return type(name if name.isidentifier() else "Exception", (Exception,), {})(said)


def _explained(
    check: Check,
    given: list[list[Outcome]],
    hidden: list[Draw],
    tolerance: Tolerance,
    error: BaseException | None,
    source: str,
) -> tuple[str, str]:
    """(for the student, for the instructor)."""
    said = _of_error(error, source) if error is not None else ""
    detail = f"{type(error).__name__}: {error}" if error is not None else ""
    for mistake in check.mistakes:
        if all(
            _same(ours, draw.of_mistake(mistake.name, mistake.answer), tolerance)
            for ours, draw in zip(given, hidden, strict=True)
        ):
            return f"{said} {mistake.hint}".strip(), detail or f"the known mistake: {mistake.name}"
    general = next(
        filter(None, (suggestion(ours, draw, tolerance) for ours, draw in zip(given, hidden, strict=True))), ""
    )
    hint = _and_ask(said, check) if said else general or check.fallback
    return hint, detail or general or "no known mistake"


def _same(given: list[Outcome], other: list[Outcome], tolerance: Tolerance) -> bool:
    return all(ours.differs(theirs, tolerance) is None for ours, theirs in zip(given, other, strict=True))
