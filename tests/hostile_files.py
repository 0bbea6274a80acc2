"""Hostile students who attack by the file that they hand in. Their answers but for `toy.double` are right (4 points).

`FILES`: what is done to the notebook as JSON, `BYTES`: what is handed in instead of it, each with what it earns.
`NAMES`: students who are called like an attack, and whose answers are all right.
"""

import json
from typing import Any


def _grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _say_passed(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if _grade_id(cell).startswith("check-"):
            cell["source"] = "print('toy.double: passed, 2/2 points')"


def _more_points(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"].update(points=1000, grade=True)


def _tagged(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["nbval-skip", "raises-exception"]


def _markers(notebook: dict) -> None:
    notebook["cells"].insert(0, {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
                                 "source": "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n### BEGIN SOLUTION"})  # fmt: skip


def _attack_elsewhere(notebook: dict) -> None:
    attack = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "import os; os._exit(0)",
    }
    notebook["cells"].insert(0, attack)


def _answers_named_like_checks(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if _grade_id(cell) == "check-toy-double":
            cell["metadata"]["nbgrader"].update(grade_id="toy-double", grade=False, solution=True)
            cell["source"] = "double = lambda x: 7"


def _no_checks(notebook: dict) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not _grade_id(cell).startswith("check-")]


def _checks_twice(notebook: dict) -> None:
    notebook["cells"] += [cell | {"source": "1"} for cell in notebook["cells"] if _grade_id(cell).startswith("check-")]


def _forged_outputs(notebook: dict) -> None:
    passed = {"output_type": "stream", "name": "stdout", "text": "toy.double: passed, 2/2 points\n"}
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": "A" * 10**6, "text/html": "<script>alert(1)</script>"},
    }
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[passed, picture], execution_count=1)


def _false_solution(notebook: dict) -> None:
    notebook["metadata"] |= {
        "interpbook": {"points": 99, "passed": True},
        "nbgrader": {"score": 99},
        "celltoolbar": "<script>",
    }
    notebook["cells"].append({"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "toy-double", "grade": True, "points": 99}},
                              "outputs": [], "execution_count": 1, "source": "double = check = lambda *a, **k: 'passed'", "id": "x"})  # fmt: skip


def _odd_kernel(notebook: dict) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "../../bin/sh", "display_name": "x", "argv": ["rm", "-rf", "/"]}


FILES: dict[str, tuple[Any, float]] = {
    "checks that say passed": (_say_passed, 4),
    "a thousand points": (_more_points, 4),
    "tags": (_tagged, 4),
    "stray markers": (_markers, 4),
    "an attack in another cell": (_attack_elsewhere, 4),
    "answers named like checks": (_answers_named_like_checks, 4),
    "kernel of one's own": (_odd_kernel, 4),
    "checks deleted": (_no_checks, 4),
    "checks doubled": (_checks_twice, 4),
    "forged outputs": (_forged_outputs, 4),
    "says that it is the solution": (_false_solution, 4),
}


def _with_metadata(notebook: dict, text: str) -> bytes:
    return json.dumps(notebook | {"metadata": "HERE"}).replace('"HERE"', text).encode()


BYTES: dict[str, tuple[Any, float]] = {
    "deep metadata": (lambda nb: _with_metadata(nb, "[" * 100_000 + "]" * 100_000), 0),
    "numbers that are none": (lambda nb: _with_metadata(nb, '{"a": NaN, "b": 1' + "0" * 4000 + "}"), 4),
    "a pickle": (
        lambda nb: b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
        0,
    ),
    "a program": (lambda nb: b"#!/bin/sh\nrm -rf /\n", 0),
}
NAMES = ("=1+1", "@SUM(1)", "+1", "<script>alert(1)<b>", "a,b\n", '"; DROP', "-rf", "\u202etxt", "CON", "x" * 200)
