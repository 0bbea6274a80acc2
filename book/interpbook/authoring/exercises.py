"""The metadata of an exercise, the line under its heading, and its generated check cell."""

import re
from dataclasses import dataclass
from typing import Any

from interpbook.authoring.layout import AuthoringError
from interpbook.authoring.source import Cell

KINDS = ("implement", "predict", "intervene", "explain", "control")
_KEYS = {"exercise", "kind", "points", "difficulty", "importance", "minutes"}
_OPTIONAL = {"answer", "tags"}
_ID = re.compile(r"[a-z][a-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Exercise:
    """What the marker line of an answer cell says."""

    id: str
    kind: str
    points: int
    difficulty: int
    importance: int
    minutes: int
    answer: str  # the name that the check cell passes on

    @property
    def grade_id(self) -> str:
        """The id in nbgrader's alphabet (no dots)."""
        return self.id.replace(".", "-")

    def task_line(self) -> str:
        """The line under the heading, e.g. `Difficulty ●●○○○ · importance ●●●●○ · 10 min · 2 points`."""
        points = f"{self.points} point{'' if self.points == 1 else 's'}"
        dots = [("●" * n).ljust(5, "○") for n in (self.difficulty, self.importance)]
        return f"Difficulty {dots[0]} · importance {dots[1]} · {self.minutes} min · {points}"

    def check_source(self) -> str:
        """The code of the check cell."""
        return f'check("{self.id}", {self.answer}, points={self.points})'

    def answer_metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of an answer cell, and ours."""
        return self._metadata(self.grade_id, solution=True)

    def check_metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of a check cell, and ours."""
        metadata = self._metadata(f"check-{self.grade_id}", solution=False)
        metadata["nbgrader"]["points"] = self.points
        return metadata

    def _metadata(self, grade_id: str, *, solution: bool) -> dict[str, Any]:
        nbgrader = {"schema_version": 3, "grade": not solution, "solution": solution, "locked": not solution}
        ours = {"id": self.id, "kind": self.kind, "minutes": self.minutes}
        ours |= {"difficulty": self.difficulty, "importance": self.importance}
        return {"nbgrader": nbgrader | {"task": False, "grade_id": grade_id}, "interpbook": ours}


def read_exercise(cell: Cell) -> Exercise | None:
    """The exercise that this cell answers, or None for any other cell."""
    given = cell.metadata
    if "exercise" not in given:
        stray = (_KEYS | {"answer"}) & given.keys()
        if stray:
            raise AuthoringError(f'{cell.where}: {", ".join(sorted(stray))} without exercise="room.name".')
        return None
    missing, unknown = _KEYS - given.keys(), given.keys() - _KEYS - _OPTIONAL
    if missing or unknown:
        said = f"needs {', '.join(sorted(missing))}" if missing else f"does not know {', '.join(sorted(unknown))}"
        raise AuthoringError(f"{cell.where}: the exercise {said}.")
    if not (isinstance(given["exercise"], str) and _ID.fullmatch(given["exercise"])):
        raise AuthoringError(f'{cell.where}: an exercise id looks like "superposition.reconstruct".')
    if given["kind"] not in KINDS:
        raise AuthoringError(f"{cell.where}: kind={given['kind']!r} is not one of {', '.join(KINDS)}.")
    for key, low, high in (("points", 0, 100), ("difficulty", 1, 5), ("importance", 1, 5), ("minutes", 1, 240)):
        if isinstance(given[key], bool) or not isinstance(given[key], int) or not low <= given[key] <= high:
            raise AuthoringError(f"{cell.where}: {key}={given[key]!r} must be a whole number from {low} to {high}.")
    answer = given.get("answer", given["exercise"].rpartition(".")[2])
    return Exercise(given["exercise"], **{key: given[key] for key in _KEYS - {"exercise"}}, answer=answer)


def with_task_line(markdown: str, exercise: Exercise, where: str) -> str:
    """The task text with the generated line under its first heading."""
    lines = markdown.splitlines()
    heading = next((i for i, line in enumerate(lines) if line.startswith("#")), None)
    if heading is None:
        raise AuthoringError(f"{where}: the task of {exercise.id} needs a heading, such as ## Exercise 1 · Title.")
    return "\n".join([*lines[: heading + 1], "", f"*{exercise.task_line()}*", *lines[heading + 1 :]])
