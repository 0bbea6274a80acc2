"""The private grading bundle: one zip file that says all about an assignment, and that students never see.

`bundle.json` holds the tasks with their points, tolerances, hidden seeds and right outputs; `exercises/` and
`solutions/` hold our own copy of each notebook. The same assignment with the same seed is the same file, byte for byte.
"""

import hashlib
import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

SCHEMA = 1
Judged = Literal["calls", "value", "judge"]


class BundleError(ValueError):
    """A file that is no grading bundle, or one that does not fit this toolkit; the message says what to do."""


@dataclass(frozen=True)
class Task:
    """One graded exercise."""

    id: str
    stem: str
    grade_id: str
    kind: str
    answer: str  # the name that the answer cell defines
    points: float
    judged: Judged  # by calls on hidden inputs; by its value; by a judge that calls it or looks at it
    rtol: float
    atol: float
    fresh: bool  # whether hidden inputs are other ones than the student's own check uses
    seeds: tuple[int, ...] = ()  # for the whole class: of the hidden draws, or of a judge's disguise
    inputs_sha256: tuple[str, ...] = ()
    expected: tuple[tuple[Any, ...], ...] = ()  # what the reference returns, as JSON of `wire`: draw, call


@dataclass(frozen=True)
class Late:
    """What a late submission loses."""

    per_day: float = 0.0  # share of the points for each day begun
    most: float = 1.0
    grace_minutes: int = 0

    def share_kept(self, minutes_late: float | None) -> float:
        """What is left of the points; None means that nobody knows when it came, and costs nothing."""
        if minutes_late is None or minutes_late <= self.grace_minutes or not self.per_day:
            return 1.0
        days = -(-int(minutes_late * 60) // 86400)
        return max(0.0, 1.0 - min(self.most, self.per_day * days))


@dataclass(frozen=True)
class Bundle:
    """An assignment as the grader knows it."""

    name: str
    key: str  # hexadecimal
    tasks: tuple[Task, ...]
    due: str = ""  # ISO time; empty: never late
    late: Late = field(default_factory=Late)
    all_or_nothing: bool = False
    per_student: bool = False
    draws: int = 2
    toolkit: str = ""
    notebooks: dict[str, str] = field(default_factory=dict)  # "exercises/NN_topic.ipynb" → its text

    @property
    def stems(self) -> tuple[str, ...]:
        """The exercise sets, in order."""
        return tuple(dict.fromkeys(task.stem for task in self.tasks))

    @property
    def points(self) -> float:
        """Points to be had."""
        return sum(task.points for task in self.tasks)

    @cached_property
    def _opened(self) -> dict[str, Any]:
        return {}

    @cached_property
    def sha256(self) -> str:
        """Names this bundle in manifests and in the cache."""
        return hashlib.sha256(to_bytes(self)).hexdigest()

    def notebook(self, folder: str, stem: str) -> Any:
        """Our own copy of a notebook, as nbformat's NotebookNode; read once, so not to be changed."""
        import nbformat  # takes a second or two, which workers are spared

        path = f"{folder}/{stem}.ipynb"
        if path not in self._opened:
            self._opened[path] = nbformat.reads(self.notebooks[path], as_version=4)
        return self._opened[path]

    @cached_property
    def titles(self) -> dict[str, tuple[str, str]]:
        """Exercise → (heading of its question, heading of its set), as students know them; without notebooks, none."""
        found = {}
        for stem in self.stems:
            if f"exercises/{stem}.ipynb" in self.notebooks:
                found |= _titles(self.notebook("exercises", stem))
        return {task.id: found[task.grade_id] for task in self.tasks if task.grade_id in found}


def _titles(notebook: Any) -> dict[str, tuple[str, str]]:
    """By grade_id."""
    of_set, title, found = "", "", {}
    for cell in notebook.cells:
        heading = re.match(r"(#{1,2}) +(.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading is not None and heading[1] == "#":
            of_set = heading[2].strip().removeprefix("Exercises").strip(" :")
        elif heading is not None:
            title = heading[2].strip()
        elif cell.metadata.get("nbgrader", {}).get("solution"):
            found[cell.metadata.nbgrader.grade_id] = (title, of_set)
    return found


def to_bytes(bundle: Bundle) -> bytes:
    """The bundle as a zip file; deterministic."""
    about = {"schema": SCHEMA, "what": "interpbook private grading bundle: keep it from students"}
    about |= {key: value for key, value in asdict(bundle).items() if key != "notebooks"}
    files = {"bundle.json": json.dumps(about, indent=1, sort_keys=True) + "\n", **bundle.notebooks}
    return zipped({name: text.encode() for name, text in sorted(files.items())})


def zipped(files: dict[str, bytes], programs: tuple[str, ...] = ()) -> bytes:
    """A zip file with these files, of which `programs` may be run; the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.external_attr = (0o755 if name in programs else 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def read_bundle(path: Path) -> Bundle:
    """The bundle in this file. Raises BundleError."""
    try:
        return from_bytes(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise BundleError(f"There is no file {path}. Name the …private.zip that interpbook assign wrote.") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}). Name a …private.zip, not a folder.") from error


def from_bytes(data: bytes, name: str = "The bundle") -> Bundle:
    """The bundle in these bytes; `name` is what messages call it. Raises BundleError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {file: archive.read(file).decode() for file in archive.namelist()}
            about = json.loads(files.pop("bundle.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BundleError(
            f"{name} is not a private grading bundle. It is the …private.zip that interpbook assign wrote, not the "
            "students' copy."
        ) from error
    if about.get("schema") != SCHEMA:
        raise BundleError(f"{name} has schema {about.get('schema')!r}, this toolkit reads {SCHEMA}: use its version.")
    tasks = tuple(_task(task) for task in about["tasks"])
    kept = ("name", "key", "due", "all_or_nothing", "per_student", "draws", "toolkit")
    return Bundle(tasks=tasks, late=Late(**about["late"]), notebooks=files, **{key: about[key] for key in kept})


def _task(said: dict[str, Any]) -> Task:
    changed: dict[str, Any] = {name: tuple(said[name]) for name in ("seeds", "inputs_sha256")}
    changed["expected"] = tuple(tuple(of_draw) for of_draw in said["expected"])
    whole: dict[str, Any] = {**said, **changed}
    return Task(**whole)
