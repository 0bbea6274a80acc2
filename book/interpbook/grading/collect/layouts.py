"""How platforms name submissions, and how to tell which one it was.

| layout | looks like |
|---|---|
| nbgrader | `submitted/<student>/<assignment>/*.ipynb`, `timestamp.txt` beside |
| Canvas | `smithjane_LATE_4711_98765_02_probing-1.ipynb` in one folder |
| Moodle | `Jane Smith_4711_assignsubmission_file_/02_probing.ipynb` |
| Gradescope | `submission_98765/…` and `submission_metadata.yml` |
| flat | `<student>/….ipynb`, or `<student>.ipynb`, `<student>_02_probing.ipynb` |
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from interpbook.grading.collect.files import Found

Layout = Literal["nbgrader", "canvas", "moodle", "gradescope", "flat"]
_CANVAS = re.compile(r"(?P<who>[^_/]+)(?P<late>_LATE)?_(?P<user>\d+)_(?P<submission>\d+)_(?P<file>[^/]+)")
_CANVAS_AGAIN = re.compile(r"-(\d+)\.ipynb$")
_MOODLE = re.compile(r"(?P<who>[^/]+)_(?P<user>\d+)_assignsubmission_(file|onlinetext)(_/|/|_)(?P<file>.+)")
_GRADESCOPE = re.compile(r"(?P<submission>submission_\d+)/(?P<file>.+)")
_METADATA = "submission_metadata.yml"


@dataclass(frozen=True)
class Named:
    """A file, and whose it is."""

    student: str
    file: Found
    shown: str = ""
    time: str = ""
    late_flag: bool | None = None
    order: tuple[Any, ...] = ()  # of several, the last counts


def recognise(files: list[Found], assignment: str) -> tuple[Layout, list[Named]]:
    """The layout of these files, and each submitted file with its student."""
    names = {file.name.rpartition("/")[2] for file in files}
    if _METADATA in names:
        return "gradescope", _gradescope(files)
    if nbgrader := _nbgrader(files, assignment):
        return "nbgrader", nbgrader
    for layout, read in (("moodle", _moodle), ("canvas", _canvas)):
        found = [one for file in files if (one := read(file)) is not None]
        if found and len(found) * 2 > len(files):
            return layout, found  # type: ignore[return-value]
    return "flat", [_flat(file) for file in files if file.name.lower().endswith(".ipynb")]


def _nbgrader(files: list[Found], assignment: str) -> list[Named]:
    pattern = re.compile(rf"(?:(?:.*/)?submitted/)?(?P<who>[^/]+)/{re.escape(assignment)}/(?P<file>[^/]+)")
    times: dict[str, str] = {}
    found = []
    for file in files:
        if (match := pattern.fullmatch(file.name)) is None:
            continue
        if match["file"] == "timestamp.txt":
            times[match["who"]] = file.read()[:100].decode("utf-8", "replace").strip()
        elif match["file"].endswith(".ipynb"):
            found.append(Named(match["who"], file, match["who"], order=(file.name,)))
    return [Named(one.student, one.file, one.shown, times.get(one.student, ""), None, one.order) for one in found]


def _canvas(file: Found) -> Named | None:
    match = _CANVAS.fullmatch(file.name.rpartition("/")[2])
    if match is None:
        return None
    again = _CANVAS_AGAIN.search(match["file"])
    order = int(again[1]) if again else 0, int(match["submission"])
    return Named(match["user"], file, match["who"], late_flag=match["late"] is not None, order=order)


def _moodle(file: Found) -> Named | None:
    match = _MOODLE.fullmatch(file.name)
    return None if match is None else Named(match["user"], file, match["who"], order=(file.name,))


def _gradescope(files: list[Found]) -> list[Named]:
    said = next(file for file in files if file.name.rpartition("/")[2] == _METADATA)
    about = yaml.safe_load(said.read()[: 20 * 2**20]) or {}
    found = []
    for file in files:
        match = _GRADESCOPE.search(file.name)
        if match is None or not file.name.endswith(".ipynb"):
            continue
        entry = about.get(match["submission"], {})
        entry = entry if isinstance(entry, dict) else {}
        time = str(entry.get(":created_at", ""))
        for person in entry.get(":submitters") or [{}]:
            who = person.get(":sid") or person.get(":email") or match["submission"]
            found.append(Named(str(who), file, str(person.get(":name", who)), time, None, (time, file.name)))
    return found


def _flat(file: Found) -> Named:
    *folders, name = file.name.split("/")
    if folders:
        return Named(folders[0], file, folders[0], order=(file.name,))
    who = re.sub(r"[ _-]*\d\d_[a-z0-9_]+(-\d+)?$", "", name.removesuffix(".ipynb")) or name.removesuffix(".ipynb")
    return Named(who, file, who, order=(file.name,))
