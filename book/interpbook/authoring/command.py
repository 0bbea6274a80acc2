"""`interpbook author`: write the notebooks that are out of date, running those whose code changed."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from interpbook.authoring import freshness
from interpbook.authoring.compose import compose, expected_output, notebook_pieces
from interpbook.authoring.execution import CELL_TIMEOUT, execute, versions
from interpbook.authoring.layout import AuthoringError, Book, find_book
from interpbook.authoring.reuse import only_the_quiz_changed, run_quiz_cell, take_over


def author(
    stems: tuple[str, ...] = (),
    *,
    check: bool = False,
    force: bool = False,
    book: Book | None = None,
    timeout: float = CELL_TIMEOUT,
) -> int:
    """Regenerate notebooks (`check`: only report). 0: all is fresh. 1: something is not, or failed. 2: bad request."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    book = book or find_book()
    try:
        sources = book.sources(stems)
        if not sources:
            raise AuthoringError(f"{book.root} holds no chapters/NN_topic.py and no solutions/NN_topic.py.")
    except AuthoringError as error:
        console.print(str(error), markup=False)
        return 2
    return (
        _check(sources, book, console, everything=not stems)
        if check
        else _write(sources, book, console, force, timeout)
    )


# --- --check ---


def _check(sources: list[Path], book: Book, console: Console, *, everything: bool) -> int:
    said, notes = freshness.orphans(book) if everything else [], []
    for source in sources:
        try:
            found, noted = _check_one(source, book)
        except AuthoringError as error:
            found, noted = [str(error)], []
        said, notes = said + found, notes + noted
    for line in said:
        console.print(line, markup=False)
    if notes:
        console.print("\n".join(notes), markup=False)
        console.print("If that can change a number, run: interpbook author --force STEM", markup=False)
    if said:
        console.print(f"{len(said)} to mend. Run: interpbook author", markup=False)
        return 1
    console.print(f"{len(sources)} text files, all notebooks fresh.", markup=False)
    return 0


def _check_one(source: Path, book: Book) -> tuple[list[str], list[str]]:
    said, notes = [], []
    for number, (path, new) in enumerate(compose(source, book).items()):
        old = freshness.read(path, book)
        if old is None:
            said.append(f"{book.name(path)}: is missing; {book.name(source)} makes it.")
            continue
        found = freshness.drift(new, old, path, source, book)
        if number == 0:
            found = found or freshness.stale(new, old, path, source, book)
            if not found:
                notes += _notes(new, old, path, source, book)
        else:
            found = found or freshness.same_outputs(old, path, new, book)
        said += found or _too_large(nbformat.writes(old), path, old, book)
    return said, notes


def _notes(new: NotebookNode, old: NotebookNode, path: Path, source: Path, book: Book) -> list[str]:
    """What may have changed a number since the run, but need not have."""
    notes, then, now = [], dict(old.metadata.interpbook.run.get("versions", {})), versions()
    if freshness.toolkit_changed(new, old, source, book):
        notes.append(f"Note: {book.name(path)} ran with other code of the toolkit.")
    other = [f"{name} {then[name]} (here {now[name]})" for name in now if then.get(name, now[name]) != now[name]]
    if other:
        notes.append(f"Note: {book.name(path)} ran with {', '.join(other)}.")
    return notes


def _too_large(text: str, path: Path, notebook: NotebookNode, book: Book) -> list[str]:
    size = len(text.encode())
    if size <= freshness.MAX_BYTES:
        return []
    sizes = {cell.id: len(str(cell.get("outputs", ""))) for cell in notebook.cells}
    largest = max(sizes, key=lambda cell: sizes[cell])
    return [
        f"{book.name(path)}: {size / 1000:.0f} kB, and {freshness.MAX_BYTES / 1000:.0f} kB is the most. "
        f"The largest output is in cell {largest} ({sizes[largest] / 1000:.0f} kB): fewer points, or rounded numbers."
    ]


# --- writing ---


def _write(sources: list[Path], book: Book, console: Console, force: bool, timeout: float) -> int:
    failed = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        for source in sources:
            try:
                with _lock(source, console):
                    console.print(_write_one(source, book, progress, force, timeout), markup=False)
            except AuthoringError as error:
                console.print(str(error), markup=False)
                failed += 1
    return 1 if failed else 0


def _write_one(source: Path, book: Book, progress: Progress, force: bool, timeout: float) -> str:
    notebooks = compose(source, book)
    path, new = next(iter(notebooks.items()))
    old = _read_old(path, book)
    ran = ""
    if not force and old is not None and take_over(new, old, path, source, book):
        pass
    elif not force and old is not None and only_the_quiz_changed(new, old, source, book):
        run_quiz_cell(new, old, path, source, book)
        ran = "ran the quiz cell, "
    else:
        seconds = _run(new, path, source, book, progress, timeout)
        _record(new, old, source, book, seconds)
        ran = f"ran in {seconds:.0f} s, "
    written = []
    for target, notebook in notebooks.items():
        text = nbformat.writes(notebook, indent=1) + "\n"
        for problem in _too_large(text, target, notebook, book):
            raise AuthoringError(problem)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            _replace(target, text)
            written.append(book.name(target))
    return f"{book.name(source)}: {ran}{'wrote ' + ', '.join(written) if written else 'up to date'}"


def _read_old(path: Path, book: Book) -> NotebookNode | None:
    try:
        return freshness.read(path, book)
    except AuthoringError:  # damaged: it is about to be made again
        return None


def _run(new: NotebookNode, path: Path, source: Path, book: Book, progress: Progress, timeout: float) -> float:
    pieces = notebook_pieces(source, book)
    task = progress.add_task(book.name(path), total=len(new.cells))
    path.parent.mkdir(exist_ok=True)
    try:
        seconds = execute(new, pieces, path, book, lambda: progress.advance(task), timeout)
    finally:
        progress.remove_task(task)
    for cell, piece in zip(new.cells, pieces, strict=True):
        if piece.exercise is None:
            continue
        expected = expected_output(piece.exercise.id, piece.exercise.points)
        if cell.outputs != [expected]:
            said = "".join(output.get("text", "") for output in cell.outputs).strip() or "(nothing)"
            raise AuthoringError(f"{piece.where}: the reference does not pass its own check. It printed: {said}")
    return seconds


def _record(new: NotebookNode, old: NotebookNode | None, source: Path, book: Book, seconds: float) -> None:
    """Remember the run in the notebook. Seconds change only if they changed by much, to keep the file still."""
    before = (old.metadata.get("interpbook", {}).get("run", {}) if old else {}).get("seconds", 0)
    kept = before if before and abs(seconds - before) <= max(10, before / 2) else round(seconds)
    run = freshness.run_record(new, source, book) | {"outputs": freshness.outputs_digest(new)}
    new.metadata.interpbook["run"] = nbformat.from_dict(run | {"seconds": kept, "versions": versions()})


@contextlib.contextmanager
def _lock(source: Path, console: Console) -> Iterator[None]:
    """One process at a time for each text file."""
    folder = Path(tempfile.gettempdir()) / f"interpbook-locks-{os.getuid() if hasattr(os, 'getuid') else 0}"
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(folder / f"{hashlib.sha256(str(source).encode()).hexdigest()[:24]}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        console.print(f"{source.name}: another process is writing its notebooks, waiting …", markup=False)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _replace(path: Path, text: str) -> None:
    """Write beside, then swap: a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
