"""What decides the result of a task besides the answer: its own check, and everything that all tasks share.

`of_check` hashes what one check reaches: its own `Check(…)`, the functions and values that it names in the files of
checks, and what those name; comments and layout do not count. So mending one check leaves the results of the others.
`engine` names the rest: the toolkit's code, trained files, Python and the packages that compute. Where it is not plain
what a check reaches, more is hashed rather than less: a result is never kept that could have changed.
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import interpbook
from interpbook.checks import check_files
from interpbook.grading.slicing import bound_by, used

_TOOLKIT = Path(interpbook.__file__).resolve().parent
_HIDDEN = _TOOLKIT / "grading" / "hidden"
_TABLES = {"literal.py": {"LITERAL"}, "disguises.py": {"DISGUISES", "disguised"}}  # with entries for single exercises
_PACKAGES = ("torch", "numpy", "transformers", "nnsight", "scikit-learn", "einops")
_ELSEWHERE = ("assigning", "authoring", "bench*.py", "checks", "cli.py", "doctor.py", "grading", "sitebuild.py")
_DECIDING = ("marking.py", "wire.py", "frames.py", "hidden", "sandbox")  # of grading; the rest shows in jobs and RULES
_FIELDS = ("reference", "inputs", "mistakes", "alternatives", "judge", "fallback")
_ALL = "*"


@cache
def engine() -> dict[str, str]:
    """What all tasks share: name → version or hash."""
    files = sorted(file for kind in ("*.py", "*.toml") for file in _TOOLKIT.rglob(kind) if _decides(file))
    manifest = _TOOLKIT.parent / "artifacts" / "manifest.toml"
    code = hashlib.sha256()
    for file in (*files, *(manifest,) * manifest.is_file()):
        code.update(file.relative_to(_TOOLKIT.parent).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"code": code.hexdigest(), "Python": f"{sys.version_info[0]}.{sys.version_info[1]}", **versions}


def _decides(file: Path) -> bool:
    first, *rest = file.relative_to(_TOOLKIT).parts
    if first == "grading":
        table = file.parent == _HIDDEN and (file.name in _TABLES or file.name.startswith("literal"))
        return rest[0] in _DECIDING and not table
    return not any(Path(first).match(pattern) for pattern in _ELSEWHERE)


@cache
def of_check(exercise_id: str, stem: str) -> str:
    """Names what the check of an exercise reaches."""
    file = check_files()[stem]
    reached = _Reached(exercise_id, file.parent, {})
    reached.add(file, {"CHECKS"})
    for name, wanted in _TABLES.items():
        if (_HIDDEN / name).is_file():
            reached.add(_HIDDEN / name, wanted)
    return hashlib.sha256(json.dumps(sorted(reached.found)).encode()).hexdigest()


def of_checks(tasks: Iterable[tuple[str, str]]) -> str:
    """One hash for all checks of (exercise, set)."""
    return hashlib.sha256("".join(of_check(*task) for task in tasks).encode()).hexdigest()


@dataclass(frozen=True)
class _Reached:
    """The statements that one exercise reaches: (file, text)."""

    exercise_id: str
    folder: Path  # of the file of the set
    found: dict[tuple[str, str], None]

    def add(self, file: Path, names: set[str]) -> None:
        """Every statement of `file` that makes one of `names`, and all that those statements need."""
        body, wanted, news = _body(file, self.exercise_id), set(names), True
        while news:
            news = False
            for node, text, made in body:
                key = str(file.relative_to(file.parents[1])), text
                if key not in self.found and (_ALL in wanted or not made or made & (wanted | {_ALL})):
                    self.found[key], news = None, True
                    wanted |= used(node)
                    self._add_imported(node, wanted, body)

    def _add_imported(self, node: ast.AST, wanted: set[str], body: "list[_Part]") -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.ImportFrom) and part.module and not part.level:
                for alias in part.names:
                    name = alias.asname or alias.name
                    if part is not node or alias.name == _ALL or name in wanted or _ALL in wanted:
                        for file, what in _source(part.module, alias.name, self.folder):
                            self.add(file, _attributes(name, body) if what == _ALL else {what})
            elif isinstance(part, ast.Import):
                for alias in part.names:
                    for file, _ in _source(alias.name, _ALL, self.folder):
                        self.add(file, {_ALL})


_Part = tuple[ast.stmt, str, set[str]]  # a statement, its text, the names it makes


@cache
def _body(file: Path, exercise_id: str) -> list[_Part]:
    """The statements of a file, without its docstring and the checks of other exercises."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    looks_into_others = any(isinstance(n, ast.Attribute) and n.attr in _FIELDS for n in ast.walk(tree))
    if file.parent == _HIDDEN or not looks_into_others:
        tree = _Others(exercise_id).visit(tree)
    body = [node for node in tree.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    return [(node, ast.unparse(node), bound_by(node)) for node in body]


class _Others(ast.NodeTransformer):
    """Puts only its id in the place of every check, and takes every entry out of a table of exercises, but one."""

    def __init__(self, exercise_id: str) -> None:
        self._id = exercise_id

    def visit_Call(self, node: ast.Call) -> ast.AST:
        named = [k.value.value for k in node.keywords if k.arg == "id" and isinstance(k.value, ast.Constant)]
        if isinstance(node.func, ast.Name) and node.func.id == "Check" and named and named[0] != self._id:
            return ast.Constant(named[0])
        return self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        keys = [key.value if isinstance(key, ast.Constant) else key for key in node.keys]  # None: a table unpacked
        if any(keys) and all(key is None or (isinstance(key, str) and "." in key) for key in keys):
            kept = [i for i, key in enumerate(keys) if key in (None, self._id)]
            node = ast.Dict([node.keys[i] for i in kept], [node.values[i] for i in kept])
        return self.generic_visit(node)


def _attributes(module: str, body: list[_Part]) -> set[str]:
    """What a file takes from a module that it imported under this name; everything, where that is not plain."""
    nodes = [n for node, _, _ in body for n in ast.walk(node)]
    taken = [
        n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == module
    ]
    return (
        set(taken) if taken and len(taken) == sum(isinstance(n, ast.Name) and n.id == module for n in nodes) else {_ALL}
    )


def _source(module: str, name: str, folder: Path) -> Iterator[tuple[Path, str]]:
    """(file, name in it) of an import, if it is of checks, of hidden inputs, or of a file outside all packages."""
    top, *rest = module.split(".")
    if top == "interpbook":
        if rest[:1] == ["checks"]:
            yield from _first(name, folder.joinpath(*rest[1:]), _TOOLKIT.joinpath(*rest))
        elif rest[:2] == ["grading", "hidden"]:
            yield from _first(name, _TOOLKIT.joinpath(*rest))
    elif top not in sys.stdlib_module_names:
        spec = importlib.util.find_spec(top)
        origin = Path(spec.origin or "") if spec is not None else Path()
        if origin.suffix == ".py" and "site-packages" not in origin.parts:
            package = spec is not None and spec.submodule_search_locations
            yield from ((file, _ALL) for file in (sorted(origin.parent.rglob("*.py")) if package else [origin]))


def _first(name: str, *places: Path) -> Iterator[tuple[Path, str]]:
    for place in places:
        for file, what in (
            (place / f"{name}.py", _ALL),
            (place.with_suffix(".py"), name),
            (place / "__init__.py", name),
        ):
            if file.is_file():
                yield file, what
                return
