"""From submissions to jobs: what must be run, in which set-up, and under which name its result is kept."""

import builtins
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from interpbook.grading import fingerprints
from interpbook.grading.bundle import Bundle, Task
from interpbook.grading.collect import Collected
from interpbook.grading.found import Found
from interpbook.grading.rebuild import UnreadableError, Written, rebuild
from interpbook.grading.results import key_of
from interpbook.grading.sandbox.limits import Limits
from interpbook.grading.slicing import Names, Statement, names_of, needed, statements


@dataclass(frozen=True)
class Job:
    """One answer to run."""

    student: str
    task: Task
    written: Written  # with helpers from the student's other answers in front
    setup: tuple[str, ...]
    key: str

    @property
    def place(self) -> tuple[Any, ...]:
        """Jobs that share a set-up stand together."""
        return self.task.stem, self.task.id, key_of(self.setup), self.student

    def as_json(self) -> dict[str, Any]:
        """For a worker that has the bundle."""
        said = {"student": self.student, "task": self.task.id, "setup": self.setup, "key": self.key}
        return said | {"cells": self.written.cells, "note": self.written.note}

    @staticmethod
    def from_json(said: dict[str, Any], tasks: dict[str, Task]) -> "Job":
        """The job that `as_json` wrote; `tasks` are those of the bundle by their ids."""
        written = Written(tuple(said["cells"]), note=said["note"])
        return Job(said["student"], tasks[said["task"]], written, tuple(said["setup"]), said["key"])


@dataclass
class Plan:
    """All that a run has to do, and what is known without running anything."""

    jobs: list[Job] = field(default_factory=list)
    known: dict[tuple[str, str], Found] = field(default_factory=dict)  # (student, exercise)
    notes: dict[tuple[str, str], str] = field(default_factory=dict)


def plan(bundle: Bundle, collected: Collected, limits: Limits, backend: str) -> Plan:
    """Decide for every student and task: known at once, or a job."""
    made = Plan()
    context = _Context(bundle)
    for submission in collected.submissions:
        tasks = [task for task in bundle.tasks if task.stem == submission.stem]
        try:
            answers = rebuild(submission.file.read(), submission.stem, bundle).answers
        except UnreadableError as error:
            made.known |= {(submission.student, task.id): Found("error", 0.0, str(error), str(error)) for task in tasks}
            continue
        for task in tasks:
            who, written = (submission.student, task.id), answers[task.id]
            if written.note:
                made.notes[who] = written.note
            if not written.cells:
                made.known[who] = Found("missing", 0.0, written.note, written.note)
            elif written.stub:
                made.known[who] = Found("not_attempted", 0.0)
            else:
                made.jobs.append(_job(context, submission.student, task, written, answers.values(), limits, backend))
    made.jobs.sort(key=lambda job: job.place)
    return made


class _Context:
    """What all jobs of one bundle share."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._before: dict[str, list[Statement]] = {}

    def before(self, task: Task) -> list[Statement]:
        """The statements of our solved notebook above a task."""
        if task.id not in self._before:
            cells = []
            for cell in self.bundle.notebook("solutions", task.stem).cells:
                nbgrader = cell.metadata.get("nbgrader", {})
                if nbgrader.get("grade_id") == task.grade_id:
                    break
                if cell.cell_type == "code" and not nbgrader.get("grade"):
                    cells.append(cell.source)
            self._before[task.id] = statements(cells)
        return self._before[task.id]

    def reference_needs(self, task: Task) -> frozenset[str]:
        """The names that our own answer needs."""
        for cell in self.bundle.notebook("solutions", task.stem).cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == task.grade_id:
                return names_of(cell.source).needs
        return frozenset()


def _job(
    context: _Context,
    student: str,
    task: Task,
    written: Written,
    others: Iterable[Written],
    limits: Limits,
    backend: str,
) -> Job:
    before = context.before(task)
    ours = frozenset().union(*(statement.binds for statement in before))
    names = [names_of(cell) for cell in written.cells]
    helpers = _helpers(_needs(names), ours, [cell for other in others if other is not written for cell in other.cells])
    needs = _needs([*map(names_of, helpers), *names]) | context.reference_needs(task)
    setup = tuple(needed(before, set(needs)))
    cells = (*helpers, *written.cells)
    own = student if context.bundle.per_student and task.fresh else ""
    rules = {name: value for name, value in vars(task).items() if name not in ("points", "kind")}
    judged_by = fingerprints.of_check(task.id, task.stem), fingerprints.engine()
    key = key_of(rules, context.bundle.key, own, setup, cells, limits.as_json(), backend, *judged_by)
    return Job(student, task, Written(cells, note=written.note), setup, key)


def _needs(names: list[Names]) -> frozenset[str]:
    found: set[str] = set()
    bound: set[str] = set()
    for one in names:
        found |= one.needs - bound
        bound |= one.binds
    return frozenset(found)


def _helpers(needs: frozenset[str], ours: frozenset[str], others: list[str]) -> list[str]:
    """Those of the student's other answers that define what nothing of ours defines, in order."""
    wanted = set(needs) - ours - set(dir(builtins))
    taken: list[str] = []
    for cell in reversed(others):
        names = names_of(cell)
        if names.binds & wanted:
            taken.append(cell)
            wanted |= names.needs - ours - set(dir(builtins))
    return taken[::-1]
