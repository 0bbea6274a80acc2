"""Every check, found by glob: the stub is open, right answers pass, each plausible mistake gets its own hint."""

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

import pytest
from interpbook.authoring.compose import compose, notebook_pieces
from interpbook.authoring.exercises import read_exercise
from interpbook.authoring.layout import find_book
from interpbook.authoring.source import read_cells
from interpbook.checks import check_files
from interpbook.exercises import PASSED, Check, Mistake, Verdict, checks, reference, verdict

STEMS = list(check_files())
CHECKS = [pytest.param(check, id=check.id) for stem in STEMS for check in checks(stem)]
MISTAKES = [
    pytest.param(check, mistake, id=f"{check.id}-{mistake.name}")
    for stem in STEMS
    for check in checks(stem)
    for mistake in check.mistakes
]
ALTERNATIVES = [
    pytest.param(check, alternative, id=f"{check.id}-{i}")
    for stem in STEMS
    for check in checks(stem)
    for i, alternative in enumerate(check.alternatives)
]


def _given(check: Check, answer: Any) -> Any:
    """An answer as a student would pass it; values may be written as a function that measures them."""
    return answer() if check.inputs is None and check.judge is None and callable(answer) else answer


def _stub(*args: Any, **options: Any) -> Any:
    raise NotImplementedError("your code here")


@pytest.mark.parametrize("check", CHECKS)
def test_stubs_are_not_attempted(check: Check):
    for stub in (..., None):
        assert verdict(check, stub) == Verdict("not_attempted")
    if callable(reference(check)):
        assert verdict(check, _stub) == Verdict("not_attempted")


@pytest.mark.parametrize("check", CHECKS)
def test_the_reference_passes_twice_alike(check: Check):
    assert verdict(check, reference(check)) == verdict(check, reference(check)) == PASSED


@pytest.mark.parametrize(("check", "alternative"), ALTERNATIVES)
def test_other_right_answers_pass(check: Check, alternative: Any):
    assert verdict(check, _given(check, alternative)) == PASSED


@pytest.mark.parametrize(("check", "alternative"), ALTERNATIVES)
def test_other_right_answers_are_written_differently(check: Check, alternative: Any):
    assert _code(alternative) != _code(check.reference)


def _code(answer: Any) -> str:
    """What an answer says, names of the function and comments aside."""
    if not callable(answer):
        return repr(answer)
    source = textwrap.dedent(inspect.getsource(answer))
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a lambda in the middle of an expression
        return source
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    if not functions or isinstance(functions[0], ast.Lambda):
        return ast.unparse(functions[0]) if functions else source
    body = functions[0].body
    return ast.unparse(ast.Module(body[1:] if ast.get_docstring(functions[0]) else body, []))


@pytest.mark.parametrize(("check", "mistake"), MISTAKES)
def test_each_mistake_gets_its_own_hint(check: Check, mistake: Mistake):
    found = verdict(check, _given(check, mistake.answer))
    assert found.status in ("wrong", "error")
    assert [other.name for other in check.mistakes if other.hint in found.hint] == [mistake.name], found.hint


@pytest.mark.parametrize("check", CHECKS)
def test_hints_are_hypotheses_that_lead_on(check: Check):
    assert len(check.mistakes) >= 3 and check.alternatives
    for hint in [*(mistake.hint for mistake in check.mistakes), check.fallback]:
        assert 20 <= len(hint) <= 400 and hint.rstrip()[-1] in ".?!)" and "\n" not in hint, hint
    assert len({mistake.name for mistake in check.mistakes}) == len(check.mistakes)


def test_ids_are_used_once():
    ids = [check.id for stem in STEMS for check in checks(stem)]
    assert ids and len(ids) == len(set(ids))


# --- whole sets ---


def _exercises(stem: str):
    book = find_book()
    source = book.root / "solutions" / f"{stem}.py"
    assert source.is_file(), f"the checks of {stem} have no solutions/{stem}.py"
    return [found for cell in read_cells(source, book) if (found := read_exercise(cell)) is not None]


@pytest.mark.parametrize("stem", STEMS)
def test_a_set_has_six_to_eight_exercises_of_four_kinds(stem):
    exercises = _exercises(stem)
    assert 6 <= len(exercises) <= 8
    assert len({exercise.kind for exercise in exercises}) >= 4
    assert all(exercise.points > 0 for exercise in exercises)


@pytest.mark.parametrize("stem", STEMS)
def test_exercises_and_checks_are_the_same_in_the_same_order(stem):
    assert [exercise.id for exercise in _exercises(stem)] == [check.id for check in checks(stem)]


@pytest.mark.parametrize("stem", STEMS)
def test_the_stub_gives_no_solution_away(stem):
    book = find_book()
    source = book.root / "solutions" / f"{stem}.py"
    student = "\n".join(cell.source for cell in list(compose(source, book).values())[-1].cells)
    for piece in notebook_pieces(source, book):
        if piece.stub is not None:
            hidden = {line.strip() for line in set(piece.text.splitlines()) - set(piece.stub.splitlines())}
            long = {line for line in hidden if len(line) > 25}
            told = {line for line in long if line in student}  # a line may also stand in an example
            assert not told or len(told) <= len(long) / 3, f"{piece.where}: the student's notebook still shows {told}"


@pytest.mark.parametrize("stem", STEMS)
def test_a_later_cell_takes_the_reference_over(stem):
    """A stuck reader can go on: after an answer that later code uses comes `or_reference`."""
    book = find_book()
    pieces = [p for p in notebook_pieces(book.root / "solutions" / f"{stem}.py", book) if p.kind == "code"]
    names = {e.id: e.answer for e in _exercises(stem)}
    for (_, check), rest in zip(pairwise(pieces), (pieces[i + 2 :] for i in range(len(pieces))), strict=False):
        if check.exercise is None:
            continue
        used = [p for p in rest if p.exercise is None and p.stub is None and _uses(p.text, names[check.exercise.id])]
        if used:
            assert f'or_reference("{check.exercise.id}"' in used[0].text, f"{used[0].where}: use or_reference first"


def _uses(code: str, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(ast.parse(code)))
