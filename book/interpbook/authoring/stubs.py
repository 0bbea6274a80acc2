"""From a solution to what the student starts from, and quoting functions of the toolkit.

`### BEGIN SOLUTION` … `### END SOLUTION` mark what is taken away. Inside a function the region becomes
`raise NotImplementedError("your code here")`; at top level every name that it assigns becomes `name = ...`.
A quoted function without markers keeps its signature and docstring.
"""

import ast
import textwrap
from pathlib import Path
from typing import NamedTuple

from interpbook.authoring.layout import AuthoringError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
RAISE = 'raise NotImplementedError("your code here")'
QUOTE_LINES = 25


class Quote(NamedTuple):
    """A function of the toolkit as the book shows it."""

    text: str
    file: Path
    line: int  # of its first line in `file`


def quote(toolkit: Path, identifier: str, where: str) -> Quote:
    """The source of `interpbook.<identifier>`, e.g. "superposition.reconstruct"; `where` is used in errors."""
    room, _, name = identifier.partition(".")
    files = [toolkit / f"{room}.py"] if (toolkit / f"{room}.py").is_file() else sorted((toolkit / room).glob("*.py"))
    found = [(file, node) for file in files for node in _definitions(file, name)]
    if len(found) != 1:
        problem = "is not defined" if not found else "is defined more than once"
        raise AuthoringError(f"{where}: the toolkit function interpbook.{identifier} {problem} at the top of its file.")
    file, node = found[0]
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = file.read_text(encoding="utf-8").splitlines()[first - 1 : node.end_lineno]
    if len(lines) > QUOTE_LINES:
        raise AuthoringError(
            f"{where}: interpbook.{identifier} has {len(lines)} lines; a quoted function has at most {QUOTE_LINES}. "
            "Move a part of it to a helper that the reader need not see."
        )
    return Quote("\n".join(lines), file, first)


def _definitions(file: Path, name: str) -> list[ast.FunctionDef | ast.ClassDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == name]


def is_marker(line: str) -> bool:
    """Whether this line is a solution marker."""
    return line.strip() in (BEGIN, END)


def has_markers(source: str) -> bool:
    """Whether any solution marker stands in this code."""
    return any(map(is_marker, source.splitlines()))


def solved(source: str) -> str:
    """The code without marker lines: what the solutions notebook shows and runs."""
    return "\n".join(line for line in source.splitlines() if not is_marker(line))


def stub(source: str, *, where: str = "solution", line: int = 1) -> str:
    """What the student starts from. `where` and `line` (of the first line of `source`) are used in errors."""
    if not has_markers(source):
        return _without_body(source, where)
    out: list[str] = []
    begin: int | None = None
    lines = source.splitlines()
    for i, text in enumerate(lines):
        if text.strip() == BEGIN:
            if begin is not None:
                raise AuthoringError(f"{where}, line {line + i}: {BEGIN} inside the region of line {line + begin}.")
            begin = i
        elif text.strip() == END:
            if begin is None:
                raise AuthoringError(f"{where}, line {line + i}: {END} without a {BEGIN} before it.")
            out += _region(lines, begin, i, f"{where}, line {line + begin}")
            begin = None
        elif begin is None:
            _no_near_miss(text, f"{where}, line {line + i}")
            out.append(text)
    if begin is not None:
        raise AuthoringError(f"{where}, line {line + begin}: {BEGIN} without an {END} after it.")
    return "\n".join(out)


def _no_near_miss(text: str, where: str) -> None:
    words = text.strip().lstrip("#").strip().upper()
    if text.strip().startswith("#") and words in ("BEGIN SOLUTION", "END SOLUTION"):
        raise AuthoringError(f"{where}: {text.strip()!r} looks like a marker. Write exactly {BEGIN} or {END}.")


def _region(lines: list[str], begin: int, end: int, where: str) -> list[str]:
    indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
    if indent:
        return [indent + RAISE]
    body = ast.parse(textwrap.dedent("\n".join(lines[begin + 1 : end])))
    out: list[str] = []
    for node in body.body:
        if isinstance(node, ast.FunctionDef):
            text = "\n".join(lines[begin + node.lineno : begin + 1 + (node.end_lineno or 0)])
            out += _without_body(text, where).splitlines()
        else:
            out += [f"{name} = ...  # your answer here" for name in _assigned(node)]
    if not out:
        raise AuthoringError(f"{where}: the solution assigns no name, so the student would have nothing to fill in.")
    return list(dict.fromkeys(out))


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _without_body(source: str, where: str) -> str:
    """Signature and docstring of a function, then the line that says it is still to be written."""
    nodes = ast.parse(source).body
    if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef):
        raise AuthoringError(
            f"{where}: this answer is not one function, so mark what the student writes: {BEGIN} … {END}."
        )
    function = nodes[0]
    lines = source.splitlines()
    first = function.body[0]
    indent = " " * (first.col_offset if first.lineno > function.lineno else 4)
    if ast.get_docstring(function) is not None:
        kept = lines[: first.end_lineno]
    elif first.lineno == function.lineno:
        kept = [lines[first.lineno - 1][: first.col_offset].rstrip()]
    else:
        kept = lines[: first.lineno - 1]
    return "\n".join([*kept, indent + RAISE])
