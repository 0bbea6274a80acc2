"""From what nbval saw to points, and from points to a table and JSON."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from interpbook.grading.prepare import Graded, Prepared
from interpbook.grading.watch import Record
from interpbook.verdicts import read_verdict

ItemStatus = Literal["passed", "wrong", "error", "timeout", "not_attempted"]
NOT_REACHED = "Not judged: the run ended before this cell."


@dataclass(frozen=True)
class Item:
    """The result of one exercise."""

    id: str
    points: int
    max_points: int
    status: ItemStatus
    hint: str


@dataclass(frozen=True)
class Report:
    """The result of one notebook."""

    notebook: str
    items: list[Item]
    error: str = ""  # why the notebook could not be checked at all

    @property
    def points(self) -> int:
        """Points reached."""
        return sum(item.points for item in self.items)

    @property
    def max_points(self) -> int:
        """Points to be had."""
        return sum(item.max_points for item in self.items)

    def as_json(self) -> dict[str, Any]:
        """The contract: notebook, points, max_points, items; `error` only where there is nothing to judge."""
        items = [vars(item) for item in self.items]
        about = {"notebook": self.notebook, "points": self.points, "max_points": self.max_points}
        return about | {"items": items} | ({"error": self.error} if self.error else {})


def judge(prepared: Prepared, records: list[Record]) -> list[Item]:
    """One item for each exercise of the set, in its order. Of several check cells of one exercise the last counts."""
    return [
        _item(exercise, prepared, [r for r in records if r.get("id") == exercise.id]) for exercise in prepared.exercises
    ]


def _item(exercise: Graded, prepared: Prepared, records: list[Record]) -> Item:
    def item(status: ItemStatus, hint: str) -> Item:
        return Item(exercise.id, exercise.points if status == "passed" else 0, exercise.points, status, hint)

    note = prepared.hints.get(exercise.id, "")
    if exercise.id in prepared.missing:
        return item("error", note)
    checks = [record for record in records if record["check"]]
    if any(record["timeout"] for record in records):
        return item("timeout", "This took too long and was stopped. Is there a loop that never ends?")
    if any(record["died"] and not record["failure"].startswith("Kernel dead on test start") for record in records):
        return item("error", "The kernel died in this cell: it ended the process, or ran out of memory.")
    if not checks or "Kernel dead" in checks[-1]["failure"]:
        return item("error" if checks else "not_attempted", NOT_REACHED)
    last = checks[-1]
    found = read_verdict(exercise.id, last["printed"])
    if last["as_expected"] and found is not None and found.status == "passed":
        return item("passed", "")
    if found is not None and found.status != "passed":
        return item(found.status, " ".join(found.hint.split()) or note)
    earlier = [record["error"] for record in records if not record["check"] and record["error"]]
    return item("error", note or next(iter(earlier), "") or last["error"] or "The check cell did not print a verdict.")


def table(report: Report) -> Table:
    """The report as a student reads it."""
    style = {"passed": "green", "wrong": "yellow", "error": "red", "timeout": "red", "not_attempted": "dim"}
    made = Table(title=report.notebook, title_justify="left", title_style="bold", pad_edge=False)
    made.add_column("Exercise", overflow="fold")
    made.add_column("Points", justify="right", no_wrap=True)
    made.add_column("Status", no_wrap=True)
    made.add_column("Hint", ratio=1, overflow="fold")
    for item in report.items:
        points = f"{item.points}/{item.max_points}"
        status = Text(item.status.replace("_", " "), style=style[item.status])
        made.add_row(Text(item.id), points, status, Text(item.hint))
    made.add_section()
    made.add_row("Total", f"{report.points}/{report.max_points}", "", "")
    return made


def dump(reports: list[Report]) -> str:
    """JSON: an object for one notebook, a list for several."""
    found = [report.as_json() for report in reports]
    return json.dumps(found[0] if len(found) == 1 else found, indent=2, ensure_ascii=False) + "\n"
