"""Answers alike: which students wrote the same answer, once names, comments, spaces and type hints are put aside.

For the instructor alone, in the dashboard: never in a mark, never in a student's feedback. Only answers of some size
are compared, for small right answers are alike by nature. Alike is not copied: the book's own solutions are public, and
people who sat at one table hand in one idea.
"""

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.slicing import names_of

LEAST = 45  # nodes of the syntax tree beyond what the student was given


@dataclass(frozen=True)
class Alike:
    """What was found for one exercise."""

    exercise: str
    groups: tuple[tuple[str, ...], ...]  # students who share an answer; two or more each, largest group first
    public: tuple[str, ...]  # those whose answer is the public solution's
    answers: int  # how many were large enough to be compared


def find_alike(bundle: Bundle, written: Iterable[tuple[str, Task, tuple[str, ...]]]) -> tuple[Alike, ...]:
    """What answers (student, task, cells) have in common, in order of the exercises; where nothing, nothing."""
    by_task: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    given: dict[str, int] = {}
    for student, task, cells in written:
        if task.id not in given:
            given[task.id] = _size(_ours(bundle, "exercises", task))
        source = "\n".join(cells)
        if _size(source) - given[task.id] >= LEAST:
            by_task[task.id][shape(source)].append(student)
    found = (_of_task(bundle, task, by_task[task.id]) for task in bundle.tasks if task.id in by_task)
    return tuple(one for one in found if one.groups or one.public)


def _of_task(bundle: Bundle, task: Task, shapes: dict[str, list[str]]) -> Alike:
    solution = shape(_ours(bundle, "solutions", task))
    groups = sorted((tuple(sorted(who)) for who in shapes.values() if len(who) > 1), key=lambda who: (-len(who), who))
    public = tuple(sorted(shapes.get(solution, ())))
    return Alike(task.id, tuple(groups), public, sum(map(len, shapes.values())))


def _ours(bundle: Bundle, folder: str, task: Task) -> str:
    """Our own cell: the stub, or the public solution."""
    for cell in bundle.notebook(folder, task.stem).cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == task.grade_id:
            return cell.source
    return ""


@lru_cache(maxsize=4096)
def shape(source: str) -> str:
    """A name that two answers share if they differ in names of their own, comments, spaces and type hints alone."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return hashlib.sha256("".join(source.split()).encode("utf-8", "replace")).hexdigest()
    own = names_of(source).binds | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    try:
        return hashlib.sha256(ast.dump(_Plain(own).visit(tree)).encode()).hexdigest()
    except RecursionError:
        return hashlib.sha256("".join(source.split()).encode("utf-8", "replace")).hexdigest()


@lru_cache(maxsize=4096)
def _size(source: str) -> int:
    """Nodes of the syntax tree; for what is no Python, about as many."""
    try:
        return sum(1 for _ in ast.walk(_Plain(frozenset()).visit(ast.parse(source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return len("".join(source.split())) // 5


class _Plain(ast.NodeTransformer):
    """Own names become numbers in order of their appearance; docstrings and type hints go."""

    def __init__(self, own: Iterable[str]) -> None:
        self._own, self._numbers = frozenset(own), dict[str, str]()

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, f"v{len(self._numbers)}") if name in self._own else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._number(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._number(node.arg), None)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        return node if node.value is None else ast.Assign([node.target], node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns, node.body = self._number(node.name), None, _without_docstring(node.body)
        return self.generic_visit(node)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] or [ast.Pass()] if text else body
