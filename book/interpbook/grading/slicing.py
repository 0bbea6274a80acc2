"""Which statements of our notebook an answer needs before it can run.

An exercise notebook measures and draws for a minute; a function that doubles a tensor needs one import of it. So the
set-up of a question is a *slice*: the first code cell (imports, model), every import, and those statements whose names
the answer uses, directly or through others; the reference solution stands in for earlier answers. A student who uses a
name that the reference does not use gets a larger slice, not an error.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_MAGIC = re.compile(r"^([ \t]*)(%|!|\?).*$", re.MULTILINE)  # not \s: lines of nothing would take for ever
_MAX_SOURCE, _MAX_STATEMENTS = 200_000, 500  # of a student's cell that is looked into; reading takes our time


@dataclass(frozen=True)
class Statement:
    """One top-level statement of our notebook: its text, the names it binds and the names it uses."""

    text: str
    binds: frozenset[str]
    uses: frozenset[str]
    always: bool  # of the first cell, or an import


def statements(cells: list[str]) -> list[Statement]:
    """The statements of our own code cells, in order."""
    found = []
    for number, cell in enumerate(cells):
        source = _MAGIC.sub(r"\1pass", cell)
        for node in ast.parse(source).body:
            text = ast.get_source_segment(source, node) or ast.unparse(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.decorator_list:
                text = "\n".join([*(f"@{ast.unparse(d)}" for d in node.decorator_list), text])
            always = number == 0 or isinstance(node, ast.Import | ast.ImportFrom)
            if not _takes_over(node):
                found.append(Statement(text, frozenset(bound_by(node)), frozenset(used(node)), always))
    return found


def _takes_over(node: ast.AST) -> bool:
    """`x = or_reference("…", x)`: the reference is there already."""
    value = getattr(node, "value", None)
    return isinstance(node, ast.Assign) and isinstance(value, ast.Call) and _name(value.func) == "or_reference"


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def bound_by(node: ast.AST) -> set[str]:
    """Names that a statement makes or changes at top level."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    found: set[str] = set()
    for part in _here(node):
        if isinstance(part, ast.Name | ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del):
            found.add(_root(part))
    return found - {""}


def _here(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that share its names: not those inside functions and comprehensions."""
    yield node
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield ast.Name(part.name, ast.Store())
        elif not isinstance(part, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            yield from _here(part)


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return _name(node)


def used(node: ast.AST) -> set[str]:
    """Names that a piece of our own code reads, however deep."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


@dataclass(frozen=True)
class Names:
    """What code by a student needs from outside, and what it defines at top level; empty where it cannot be parsed."""

    needs: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def names_of(source: str) -> Names:
    """Reads the code without running it; variables inside functions do not count."""
    if len(source) > _MAX_SOURCE:
        return Names()
    try:
        body = ast.parse(_MAGIC.sub(r"\1pass", source.replace("\x00", ""))).body
        return _names(body) if len(body) <= _MAX_STATEMENTS else Names()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Names()


def _names(body: list[ast.stmt]) -> Names:
    bound: set[str] = set()
    now: set[str] = set()
    later: set[str] = set()
    for node in body:
        table = symtable.symtable(ast.unparse(node), "answer", "exec")
        read = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
        now |= read - bound
        later |= _globals_within(table)
        bound |= bound_by(node)
    return Names(frozenset(now | (later - bound)), frozenset(bound))


def _globals_within(table: symtable.SymbolTable) -> set[str]:
    found: set[str] = set()
    for child in table.get_children():
        found |= {s.get_name() for s in child.get_symbols() if s.is_global() and s.is_referenced()}
        found |= _globals_within(child)
    return found


def needed(before: list[Statement], names: set[str]) -> list[str]:
    """The texts of those statements that code with these names needs, in order."""
    wanted = set(names) - set(dir(builtins))
    kept: list[str] = []
    for statement in reversed(before):
        if statement.always or statement.binds & wanted:
            kept.append(statement.text)
            wanted |= statement.uses
    return kept[::-1]
