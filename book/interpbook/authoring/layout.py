"""Where the book's files lie, and the one kind of error that authoring raises."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

STEM = re.compile(r"\d\d_[a-z0-9]+(_[a-z0-9]+)*")


class AuthoringError(ValueError):
    """Something in a source file that its author must change; the message names file and line."""


@dataclass(frozen=True)
class Book:
    """A folder with `chapters/`, `solutions/` and `exercises/`."""

    root: Path

    def sources(self, stems: tuple[str, ...] = ()) -> list[Path]:
        """The text files of these stems (of all, if none is named), chapters first."""
        found = [f for folder in ("chapters", "solutions") for f in sorted((self.root / folder).glob("*.py"))]
        for file in found:
            if not STEM.fullmatch(file.stem):
                raise AuthoringError(f"{self.name(file)}: the file name must look like 01_superposition.py.")
        wanted = {Path(stem).stem for stem in stems}  # a path does as well as a stem
        unknown = wanted - {file.stem for file in found}
        if unknown:
            known = ", ".join(sorted({file.stem for file in found})) or "none"
            raise AuthoringError(f"There is no chapter or exercise set {', '.join(sorted(unknown))}. Known: {known}.")
        return [file for file in found if not wanted or file.stem in wanted]

    def notebooks(self) -> list[Path]:
        """Every committed notebook, by glob."""
        folders = ("chapters", "solutions", "exercises")
        return [f for folder in folders for f in sorted((self.root / folder).glob("*.ipynb"))]

    def name(self, path: Path) -> str:
        """The path as people say it: relative to the book, with forward slashes."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name

    def toolkit(self) -> Path:
        """The folder of the toolkit whose functions are quoted."""
        own = self.root / "book" / "interpbook"
        return own if own.is_dir() else Path(__file__).parents[1]


def find_book(start: Path | None = None) -> Book:
    """The book around `start` (default: the current folder), else the one this toolkit was installed from.

    The environment variable INTERPBOOK_ROOT decides where it is set.
    """
    if os.environ.get("INTERPBOOK_ROOT"):
        return Book(Path(os.environ["INTERPBOOK_ROOT"]).resolve())
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "solutions").is_dir() and (folder / "chapters").is_dir():
            return Book(folder)
    return Book(Path(__file__).resolve().parents[3])
