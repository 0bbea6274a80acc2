"""Reading a percent file: its cells, their metadata, and the line on which each begins."""

import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from interpbook.authoring.layout import AuthoringError, Book

_JUPYTEXT_OWN = {"cell_marker", "lines_to_next_cell", "lines_to_end_of_cell_marker"}


@dataclass(frozen=True)
class Cell:
    """One cell of a source file."""

    kind: Literal["code", "markdown"]
    text: str
    metadata: dict[str, Any]
    where: str  # "chapters/01_superposition.py, line 41": the cell's first line of content
    line: int

    @property
    def tags(self) -> list[str]:
        """The cell's tags, as typed in `tags=[…]`."""
        return list(self.metadata.get("tags", []))


def read_cells(file: Path, book: Book) -> list[Cell]:
    """The cells of `chapters/NN.py` or `solutions/NN.py`, in order."""
    import jupytext

    name, text = book.name(file), file.read_text(encoding="utf-8")
    starts = _starts(text, name)
    cells = jupytext.reads(text, fmt="py:percent").cells
    if len(cells) != len(starts):
        raise AuthoringError(
            f"{name}, line 1: found {len(starts)} cell markers but {len(cells)} cells. "
            "Begin the file with a marker (# %% or # %% [markdown]); nothing may stand before it."
        )
    return [_cell(cell, line, name) for cell, line in zip(cells, starts, strict=True)]


def _cell(cell: Any, line: int, name: str) -> Cell:
    metadata = {key: value for key, value in cell.metadata.items() if key not in _JUPYTEXT_OWN}
    kind = "code" if cell.cell_type == "code" else "markdown"
    return Cell(kind, cell.source, metadata, f"{name}, line {line}", line + 1)


def _starts(text: str, name: str) -> list[int]:
    """The line of each cell marker. Read with tokenize, since a string may hold a line that looks like one."""
    try:
        compile(text, name, "exec", dont_inherit=True)  # first: its messages are the clearer ones
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        line = getattr(error, "lineno", None) or error.args[1][0]
        raise AuthoringError(f"{name}, line {line}: not valid Python: {error.args[0]}.") from error
    comments = [token for token in tokens if token.type == tokenize.COMMENT and token.start[1] == 0]
    markers = [token for token in comments if token.string.startswith("# %%")]
    for marker in markers:
        if re.search(r"\btags=(?!\[)", marker.string):
            raise AuthoringError(f'{name}, line {marker.start[0]}: tags must be a list, such as tags=["hide-input"].')
    return [marker.start[0] for marker in markers]
