"""Toy submissions for the tests of grading: the toy book, an assignment of it, and classes of students."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import toybook
from interpbook.assigning.command import Wishes, assign
from interpbook.grading.sandbox.backends import NoSandboxError, choose

POINTS = {"toy.double": 2.0, "toy.guess": 1.0, "toy.triple": 3.0}


def sandbox_missing() -> str:
    """Why no sandbox works here; empty if one does."""
    try:
        choose()
    except NoSandboxError as error:
        return str(error)
    return ""


needs_sandbox = pytest.mark.skipif(bool(sandbox_missing()), reason=f"needs a sandbox: {sandbox_missing()}")


def toy_assignment(root: Path, monkeypatch: Any, **wishes: Any) -> Path:
    """The toy book and an assignment of it in `root`; returns the private bundle."""
    toybook.make_book(root / "book", monkeypatch)
    assert assign(["01_toy"], "hw1", root / "dist", Wishes(**({"seed": "toy"} | wishes))) == 0
    return root / "dist" / "hw1.private.zip"


def notebook(root: Path, answers: dict[str, str] | None = None) -> dict:
    """A student's notebook with these answers (by grade_id)."""
    made = json.loads((root / "dist" / "hw1" / "01_toy.ipynb").read_text(encoding="utf-8"))
    for cell in made["cells"]:
        cell["source"] = "".join(cell["source"])
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if answers and grade_id in answers:
            cell["source"] = answers[grade_id]
    return made


def hand_in(root: Path, student: str, made: dict | bytes, folder: str = "submissions") -> None:
    """Put a notebook where a flat folder of submissions has it."""
    place = root / folder / student
    place.mkdir(parents=True)
    data = made if isinstance(made, bytes) else json.dumps(made).encode()
    (place / "01_toy.ipynb").write_bytes(data)


def read_marks(folder: Path) -> dict[str, dict[str, Any]]:
    """Student → row of marks.json."""
    said = json.loads((folder / "marks.json").read_text(encoding="utf-8"))
    return {row["student"]: row for row in said["students"]}


def remove(folder: Path) -> None:
    """A folder that may not be there."""
    shutil.rmtree(folder, ignore_errors=True)
