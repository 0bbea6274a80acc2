"""From whatever a learning platform hands over to (student, notebook): folders and zip files, read as data.

`files` opens a folder or an archive without following a link, leaving its root or unpacking a bomb; `layouts` knows how
nbgrader, Canvas, Moodle, Gradescope and people name things; `collect` puts one notebook a student and set together.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from interpbook.grading.bundle import Bundle
from interpbook.grading.collect.files import CollectError, Found, open_files
from interpbook.grading.collect.layouts import Layout, Named, recognise
from interpbook.grading.rebuild import stem_of

__all__ = ["CollectError", "Collected", "Submission", "collect"]


@dataclass(frozen=True)
class Submission:
    """One notebook of one student."""

    student: str
    stem: str
    file: Found
    name: str = ""  # as the platform shows it
    minutes_late: float | None = None  # None: unknown
    note: str = ""


@dataclass
class Collected:
    """All that was found."""

    layout: Layout
    submissions: list[Submission]
    students: dict[str, str] = field(default_factory=dict)  # id → name as shown; also of those without a notebook
    refused: list[str] = field(default_factory=list)  # sentences about files that were not taken


def collect(path: Path, bundle: Bundle) -> Collected:
    """The submissions in a folder or zip file. Raises CollectError if there is nothing to read."""
    files, refused = open_files(path)
    layout, named = recognise(files, bundle.name)
    best: dict[tuple[str, str], tuple[Named, Submission]] = {}
    students: dict[str, str] = {}
    for one in named:
        students.setdefault(one.student, one.shown)
        if not one.file.name.lower().endswith(".ipynb"):
            refused.append(f"{one.file.name}: not a notebook (.ipynb).")
            continue
        stem = stem_of(one.file.read(), one.file.name.rpartition("/")[2], bundle)
        if stem is None:
            refused.append(f"{one.file.name}: belongs to none of {', '.join(bundle.stems)}.")
            continue
        key = one.student, stem
        taken = Submission(one.student, stem, one.file, one.shown, _minutes_late(one, bundle.due))
        if key in best:
            earlier = best[key][0]
            loser = earlier if one.order > earlier.order else one
            refused.append(f"{loser.file.name}: a later notebook of {one.student} for {stem} was graded instead.")
        if key not in best or one.order > best[key][0].order:
            best[key] = one, taken
    found = [submission for _, submission in best.values()]
    if not found:
        raise CollectError(
            f"{path} holds no notebook of this assignment ({', '.join(bundle.stems)}). {' '.join(refused[:3])}".strip()
        )
    found.sort(key=lambda s: (s.student, s.stem))
    return Collected(layout, found, dict(sorted(students.items())), sorted(refused))


def _minutes_late(one: Named, due: str) -> float | None:
    if one.late_flag is not None and not one.time:
        return 1.0 if one.late_flag else 0.0
    if not due or not one.time:
        return None
    match = re.match(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?( ?([+-]\d\d:?\d\d|UTC|Z))?", one.time)
    if match is None:
        return None
    text = match[0].replace(" UTC", "+00:00").replace("UTC", "+00:00").replace(" +", "+").replace(" -", "-")
    try:
        came, limit = datetime.fromisoformat(text), datetime.fromisoformat(due)
    except ValueError:
        return None
    came = came if came.tzinfo else came.replace(tzinfo=limit.tzinfo)
    return (came - limit).total_seconds() / 60
