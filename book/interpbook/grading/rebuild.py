"""From a submitted notebook, read as data, to the source of each answer. Nothing else of it is ever used.

Cells are recognised by `grade_id`, then by cell id, then by what they define; never by their place. Policy:

- moved cells: count where they belong in our notebook;
- several cells of one exercise (a split or copied cell): all of them, from top to bottom, as "Run All" would;
  copies that are still the stub are left out, if there is another;
- a deleted answer cell: the cell that defines the answer's name, if there is exactly one; otherwise "missing";
- check cells, other cells, outputs, tags, metadata, kernel names: not read;
- Windows and old Mac line ends, a byte-order mark, notebooks of format 3: converted; unicode names: as they are.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from interpbook.grading.bundle import Bundle
from interpbook.grading.slicing import names_of

MAX_BYTES = 25 * 2**20
MAX_CELLS = 3000
MAX_SOURCE = 200_000  # characters of one answer


class UnreadableError(ValueError):
    """Not a notebook; the message is one sentence for its owner."""


@dataclass(frozen=True)
class Cell:
    """What is read of a submitted cell."""

    cell_type: str
    source: str
    grade_id: str
    id: str


@dataclass(frozen=True)
class Written:
    """What a student wrote for one exercise."""

    cells: tuple[str, ...]  # empty: missing
    stub: bool = False  # the cell is there, and nothing was done
    note: str = ""  # what a person should know about how it was found


@dataclass
class Rebuilt:
    """All answers of one notebook."""

    answers: dict[str, Written] = field(default_factory=dict)  # exercise id → what was written


def read_submitted(data: bytes) -> list[Cell]:
    """The cells of a notebook of any format, from its bytes, as data. Raises UnreadableError."""
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"The file has {len(data) / 2**20:.0f} MB; {MAX_BYTES // 2**20} are accepted.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _utf16(data)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(
            "The file is not JSON: it was cut off, or is no notebook. Was it still saving?"
        ) from error
    try:
        if isinstance(said, dict) and said.get("nbformat", 4) < 4:
            import nbformat

            said = nbformat.convert(nbformat.from_dict(said), 4)
        cells = said["cells"]
    except Exception as error:  # nbformat's converters raise whatever they meet
        raise UnreadableError("The file is JSON, but not a notebook.") from error
    if not isinstance(cells, list) or len(cells) > MAX_CELLS:
        raise UnreadableError(f"The notebook has no list of cells, or more than {MAX_CELLS}.")
    return [_cell(cell) for cell in cells if isinstance(cell, dict)]


def _utf16(data: bytes) -> str:
    try:
        return data.decode("utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise UnreadableError("The file is not text.") from error


def _cell(cell: dict[str, Any]) -> Cell:
    """Type, source, grade_id and id of a cell; the rest is dropped here."""
    source = cell.get("source", "")
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = str(nbgrader.get("grade_id", "")) if isinstance(nbgrader, dict) else ""
    source = source.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    kind = str(cell.get("cell_type", ""))
    return Cell(kind, source, grade_id, str(cell.get("id", "")))


def stem_of(data: bytes, name: str, bundle: Bundle) -> str | None:
    """Which exercise set a file answers: by its name, else by the cells in it; None if by neither."""
    for stem in bundle.stems:
        if stem in name:
            return stem
    try:
        found = {cell.grade_id for cell in read_submitted(data)}
    except UnreadableError:
        return bundle.stems[0] if len(bundle.stems) == 1 and name.endswith(".ipynb") else None
    shared = {stem: len(found & {t.grade_id for t in bundle.tasks if t.stem == stem}) for stem in bundle.stems}
    best = max(shared, key=lambda stem: shared[stem], default=None)
    return best if best and (shared[best] or len(bundle.stems) == 1) else None


def rebuild(data: bytes, stem: str, bundle: Bundle) -> Rebuilt:
    """The answers in a submitted file. Raises UnreadableError."""
    submitted = read_submitted(data)
    ours = {
        cell.metadata.get("nbgrader", {}).get("grade_id", ""): cell for cell in bundle.notebook("exercises", stem).cells
    }
    code = [cell for cell in submitted if cell.cell_type == "code"]
    known = set(ours) - {""}
    rebuilt = Rebuilt()
    for task in bundle.tasks:
        if task.stem == stem:
            stub = ours[task.grade_id]
            cells, note = _found(code, task.grade_id, stub.get("id", ""), task.answer, known)
            rebuilt.answers[task.id] = _written(cells, stub.source, note)
    return rebuilt


def _found(code: list[Cell], grade_id: str, cell_id: str, name: str, known: set[str]) -> tuple[list[str], str]:
    own = [cell.source for cell in code if cell.grade_id == grade_id]
    if own:
        return own, "" if len(
            own
        ) == 1 else f"{len(own)} cells of this exercise were found; all count, from top to bottom."
    own = [cell.source for cell in code if cell.id and cell.id == cell_id and cell.grade_id not in known]
    if own:
        return own, ""
    own = [cell.source for cell in code if cell.grade_id not in known and name in names_of(cell.source).binds]
    own = [source for source in own if not re.search(rf"\b{re.escape(name)}\s*=\s*or_reference\(", source)]
    if len(own) == 1:
        return own, f"The answer cell had lost its label; the cell that defines {name} was taken."
    return [], ""


def _written(cells: list[str], stub: str, note: str) -> Written:
    if not cells:
        return Written((), note="The answer cell is gone from the notebook, so there was nothing to grade.")
    done = [cell for cell in cells if _bare(cell) != _bare(stub) and cell.strip()]
    if not done:
        return Written((stub,), stub=True)
    if any(len(cell) > MAX_SOURCE for cell in done):
        return Written((), note=f"The answer has more than {MAX_SOURCE:,} characters and was not run.")
    return Written(tuple(done), note=note)


def _bare(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
