"""What is out of date, said without running anything.

A notebook is fresh when its cells (source, id, tags, metadata) are those its text file makes, and its outputs come from
a run of exactly this code. `metadata.interpbook.run` remembers that run: a hash of the code, and hashes of the files
whose content shows in the outputs (the checks of an exercise set, the quiz of a chapter). Prose does not count:
editing it needs no new run. A change inside the toolkit counts where the notebook quotes the function; elsewhere it is
*noted* (`toolkit`, a hash of the rooms that the notebook imports, without comments and docstrings) but is no failure,
since most changes there alter no output; `interpbook author --force NN_topic` runs the notebook again.
"""

import ast
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from interpbook.authoring.layout import AuthoringError, Book
from interpbook.checks import check_files

MAX_BYTES = 500_000


def code_of(notebook: NotebookNode) -> list[str]:
    """The code that a run executes, in order."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def run_record(notebook: NotebookNode, source: Path, book: Book) -> dict[str, Any]:
    """What the outputs depend on: the hashes that are stored with a run and compared later."""
    record: dict[str, Any] = {"code": _digest(code_of(notebook))}
    if source.parent.name == "solutions":
        checks = check_files().get(source.stem)
        record["checks"] = _digest([_bare(file) for file in _with_parts(checks)]) if checks else ""
    quiz = source.with_suffix(".quiz.yml")
    if quiz.is_file():
        shown = [quiz, *(book.toolkit() / f"quiz.{kind}" for kind in ("js", "css"))]
        record["quiz"] = _digest([file.read_text(encoding="utf-8") for file in shown if file.is_file()])
    return record | {"toolkit": _toolkit_digest(notebook, book)}


def _with_parts(checks: Path) -> list[Path]:
    """A checks file and what it imports from beside it (`from interpbook.checks.superposition import …`)."""
    found = re.findall(r"^\s*(?:from|import)\s+interpbook\.checks\.(\w+)", checks.read_text(encoding="utf-8"), re.M)
    parts = [
        f for name in dict.fromkeys(found) for f in (checks.parent / f"{name}.py", *(checks.parent / name).glob("*.py"))
    ]
    return [checks, *sorted(filter(Path.is_file, parts))]


def _bare(file: Path) -> str:
    """Python code without comments, docstrings and layout."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _toolkit_digest(notebook: NotebookNode, book: Book) -> str:
    """A hash of the rooms that the notebook imports, directly or through other rooms."""
    folder = book.toolkit()
    rooms = _imported("\n".join(code_of(notebook)))
    files: set[Path] = set()
    while rooms:
        room = rooms.pop()
        new = {folder / f"{room}.py", *(folder / room).glob("*.py")} - files
        for file in filter(Path.is_file, new):
            files.add(file)
            rooms |= _imported(file.read_text(encoding="utf-8"))
    return _digest([(file.name, _bare(file)) for file in sorted(files)])


def _imported(code: str) -> set[str]:
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "interpbook":
            rooms |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("interpbook."):
            rooms.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            rooms |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("interpbook.")}
    return rooms - {
        "exercises",
        "checks",
        "comparison",
        "trial",
        "verdicts",
        "quiz",
    }  # they judge and ask, and show nothing of their own


def read(path: Path, book: Book) -> NotebookNode | None:
    """The stored notebook; None if there is none."""
    if not path.is_file():
        return None
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError) as error:
        said = str(error).splitlines()[0]
        raise AuthoringError(
            f"{book.name(path)}: not a valid notebook ({said}). Delete it and author again."
        ) from error
    return notebook


def drift(new: NotebookNode, old: NotebookNode, path: Path, source: Path, book: Book) -> list[str]:
    """How the stored notebook differs from what its text file makes, in sentences; outputs aside."""
    name, origin = book.name(path), book.name(source)
    for i, (a, b) in enumerate(zip(new.cells, old.cells, strict=False)):
        for part in ("cell_type", "source", "id", "metadata"):
            if a.get(part) != b.get(part):
                what = {"cell_type": "type", "source": "text"}.get(part, part)
                return [f"{name}: cell {i + 1} ({b.get('id')}) has another {what} than {origin} makes."]
    if len(new.cells) != len(old.cells):
        return [f"{name}: has {len(old.cells)} cells, {origin} makes {len(new.cells)}."]
    if new.nbformat_minor != old.nbformat_minor or _lasting(new) != _lasting(old):
        return [f"{name}: the notebook's metadata are not those that {origin} makes."]
    return []


def _lasting(notebook: NotebookNode) -> dict[str, Any]:
    metadata = {key: value for key, value in notebook.metadata.items() if key != "widgets"}
    metadata["interpbook"] = {k: v for k, v in metadata.get("interpbook", {}).items() if k != "run"}
    return metadata


def stale(new: NotebookNode, old: NotebookNode, path: Path, source: Path, book: Book) -> list[str]:
    """Why the stored outputs do not belong to the present code, in sentences."""
    name = book.name(path)
    if "run" not in old.metadata.get("interpbook", {}):
        return [f"{name}: has never been run."]
    words = {"code": "its code", "checks": f"the checks of {source.stem}", "quiz": f"the quiz of {source.stem}"}
    if changed := changed_since(new, old, source, book):
        return [
            f"{name}: the outputs are stale, {' and '.join(words[k] for k in changed)} changed since they were made."
        ]
    return _unfit_outputs(old, name)


def changed_since(new: NotebookNode, old: NotebookNode, source: Path, book: Book) -> list[str]:
    """Which of "code", "checks", "quiz" are no longer those of the run."""
    run, now = old.metadata.get("interpbook", {}).get("run", {}), run_record(new, source, book)
    return [key for key in ("code", "checks", "quiz") if run.get(key) != now.get(key)]


def _unfit_outputs(old: NotebookNode, name: str) -> list[str]:
    for i, cell in enumerate(old.cells):
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            return [f"{name}: cell {i + 1} ({cell.get('id')}) was never run."]
        if any(o.output_type == "error" for o in cell.get("outputs", [])) and not _may_raise(cell):
            return [f"{name}: cell {i + 1} ({cell.get('id')}) stores an error."]
    if old.metadata.interpbook.run.get("outputs") != outputs_digest(old):
        return [f"{name}: the stored outputs were changed after the run."]
    return []


def _may_raise(cell: NotebookNode) -> bool:
    return "raises-exception" in cell.metadata.get("tags", [])


def outputs_digest(notebook: NotebookNode) -> str:
    """A hash of everything that a run produced."""
    return _digest([[cell.execution_count, cell.outputs] for cell in notebook.cells if cell.cell_type == "code"])


def toolkit_changed(new: NotebookNode, old: NotebookNode, source: Path, book: Book) -> bool:
    """Whether rooms of the toolkit that the notebook imports changed since it ran."""
    run = old.metadata.get("interpbook", {}).get("run", {})
    return run.get("toolkit") != run_record(new, source, book)["toolkit"]


def same_outputs(old: NotebookNode, path: Path, expected: NotebookNode, book: Book) -> list[str]:
    """For a notebook that is never run (the student's): its outputs are exactly the generated ones."""
    for i, (a, b) in enumerate(zip(expected.cells, old.cells, strict=False)):
        if a.get("outputs") != b.get("outputs") or a.get("execution_count") != b.get("execution_count"):
            return [f"{book.name(path)}: cell {i + 1} ({b.get('id')}) stores another output than the passing verdict."]
    return []


def orphans(book: Book) -> list[str]:
    """Files whose other half is missing."""
    said = []
    for path in book.notebooks():
        folder = "solutions" if path.parent.name == "exercises" else path.parent.name
        if not (book.root / folder / f"{path.stem}.py").is_file():
            said.append(f"{book.name(path)}: there is no {folder}/{path.stem}.py that makes it.")
    chapters = {f.stem for f in (book.root / "chapters").glob("*.py")}
    sets = {f.stem for f in (book.root / "solutions").glob("*.py")}
    said += [
        f"chapters/{stem}.py: has no quiz (chapters/{stem}.quiz.yml)."
        for stem in sorted(chapters)
        if not (book.root / "chapters" / f"{stem}.quiz.yml").is_file()
    ]
    said += [f"chapters/{stem}.py: has no exercises (solutions/{stem}.py)." for stem in sorted(chapters - sets)]
    said += [f"solutions/{stem}.py: has no chapter (chapters/{stem}.py)." for stem in sorted(sets - chapters)]
    said += [f"solutions/{stem}.py: has no checks file {stem}.py." for stem in sorted(sets - check_files().keys())]
    quizzes = {f.name.removesuffix(".quiz.yml") for f in (book.root / "chapters").glob("*.quiz.yml")}
    return said + [f"chapters/{stem}.quiz.yml: has no chapter." for stem in sorted(quizzes - chapters)]
