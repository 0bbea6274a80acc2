"""Which modules of the toolkit some code reaches, by what it imports and what that imports, wherever it stands."""

import ast
from collections.abc import Iterable
from pathlib import Path

import interpbook

_TOP = Path(interpbook.__file__).resolve().parent.parent


def reached(sources: Iterable[str]) -> set[str]:
    """Names such as "interpbook.stats". Imports inside of functions count, whether or not they are ever called."""
    waiting, found = set[str](), set[str]()
    for source in sources:
        waiting |= _imported(source)
    while waiting:
        module = waiting.pop()
        found.add(module)
        for file in _files(module):
            waiting |= _imported(file.read_text(encoding="utf-8")) - found
    return found


def _imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    parents = {".".join(name.split(".")[: i + 1]) for name in names for i in range(name.count(".") + 1)}
    return {name for name in parents if name.startswith("interpbook") and _files(name)}


def _files(module: str) -> list[Path]:
    place = _TOP.joinpath(*module.split("."))
    return [file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()]
