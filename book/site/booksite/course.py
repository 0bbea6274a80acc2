"""`{course-table}`: what each chapter asks of a student, read from the sources, so that no page can be behind them."""

import re
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from .chapters import PLAN, read_plan

_FACTS = re.compile(
    r"^> \*\*Time\*\* (?P<minutes>\d+) min · \*\*Needs\*\* (?P<needs>.*?) · \*\*Exercises\*\*", re.MULTILINE
)
_MARK = re.compile(r"^# %% exercise=.* points=(?P<points>\d+) .* minutes=(?P<minutes>\d+)", re.MULTILINE)
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Course:
    """One chapter and its exercise set in numbers."""

    stem: str
    title: str
    reading: int
    needs: str
    exercises: int
    working: int
    points: int

    @property
    def row(self) -> str:
        """A row of the table; links as on a page of book/pages/."""
        chapter = f"[{self.stem[:2]} {self.title}](../../chapters/{self.stem}.ipynb)"
        done = f"[{self.exercises}](../../exercises/{self.stem}.ipynb)"
        return f"| {chapter} | {self.reading} | {done} | {self.working} | {self.points} | {self.needs} |"


def courses(root: Path) -> list[Course]:
    """Every chapter of the plan that has a text and exercises, in order."""
    ready = [plan for plan in read_plan(root) if (root / "solutions" / f"{plan['stem']}.py").is_file()]
    return [_course(root, plan["stem"], plan["title"]) for plan in ready]


def _course(root: Path, stem: str, title: str) -> Course:
    facts = _FACTS.search((root / "chapters" / f"{stem}.py").read_text(encoding="utf-8"))
    marks = _MARK.findall((root / "solutions" / f"{stem}.py").read_text(encoding="utf-8"))
    if facts is None or not marks:
        raise ValueError(f"{stem}: its chapter needs a line of Time, Needs and Exercises, its solutions need points.")
    needs = _LINK.sub(r"\1", facts["needs"]).replace("chapter ", "")
    points, minutes = (sum(int(number) for number in column) for column in zip(*marks, strict=True))
    return Course(stem, title, int(facts["minutes"]), needs, len(marks), minutes, points)


def table(found: list[Course]) -> list[str]:
    """The table in Markdown, with its sums."""
    sums = [sum(getattr(one, name) for one in found) for name in ("reading", "exercises", "working", "points")]
    head = "| chapter | reading, min | exercises | working, min | points | needs |"
    total = f"| **all** | {sums[0]} | {sums[1]} | {sums[2]} | {sums[3]} | |"
    return [head, "|---|--:|--:|--:|--:|---|", *(one.row for one in found), total]


class CourseTable(SphinxDirective):
    """The table of chapters for those who teach."""

    def run(self) -> list[nodes.Node]:
        """The table, parsed as if it had been written on the page."""
        root = Path(self.env.srcdir)
        found = courses(root)
        for path in (PLAN, *(f"{folder}/{one.stem}.py" for one in found for folder in ("chapters", "solutions"))):
            self.env.note_dependency(str(root / path))
        place = nodes.Element()
        self.state.nested_parse(StringList(table(found), PLAN), self.content_offset, place)
        return place.children


def setup(app) -> None:
    """Register the directive."""
    app.add_directive("course-table", CourseTable)
