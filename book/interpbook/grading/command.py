"""`interpbook check NOTEBOOK…`: points and hints for a student's notebook, which is only read.

Exit status: 0 all exercises passed · 1 not all, or stopped · 2 a file could not be checked.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from interpbook.authoring.layout import AuthoringError
from interpbook.grading.prepare import Prepared, UnusableError, prepare
from interpbook.grading.report import Report, dump, judge, table
from interpbook.grading.watch import CheckerError, Record, Stopped, run_cells

TIMEOUT = 300.0  # seconds for one cell


def check(notebooks: list[Path], *, json_to: str | None = None, timeout: float = TIMEOUT) -> int:
    """Check notebooks one after another. `json_to`: None for a table, "-" for JSON on standard output, or a file."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    reports: list[Report] = []
    stopped = False
    for path in notebooks:
        report, stopped = _check_one(path, timeout, console, lambda so_far: _save([*reports, so_far], json_to))
        reports.append(report)
        if report.error:
            console.print(report.error, markup=False)
        elif json_to != "-":
            Console().print(table(report))
        _save(reports, json_to)
        if stopped:
            console.print("Stopped. What was finished is shown; nothing is lost in your notebook.", markup=False)
            break
    if json_to == "-":
        sys.stdout.write(dump(reports))
    if any(report.error for report in reports):
        return 2
    return 1 if stopped or any(report.points < report.max_points for report in reports) else 0


def _save(reports: list[Report], json_to: str | None) -> None:
    """Write what is known so far, so that even a killed run leaves its results."""
    if json_to in (None, "-"):
        return
    target = Path(json_to)
    scratch = target.with_name(f".{target.name}.part")
    scratch.write_text(dump(reports), encoding="utf-8")
    scratch.replace(target)


def _check_one(path: Path, timeout: float, console: Console, save: Callable[[Report], None]) -> tuple[Report, bool]:
    try:
        prepared = prepare(path)
    except (UnusableError, AuthoringError) as error:
        return Report(str(path), [], str(error)), False
    records: list[Record] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        cells = sum(cell.cell_type == "code" for cell in prepared.notebook.cells)
        task = progress.add_task(path.stem, total=cells)

        def seen(record: Record) -> None:
            if "number" in record:
                progress.update(task, completed=record["number"] + 1)
                records.append(record)
                if record["check"]:
                    save(Report(str(path), judge(prepared, records)))

        try:
            _run(prepared, path.resolve().parent, timeout, records, seen)
        except Stopped:
            return Report(str(path), judge(prepared, records)), True
        except CheckerError as error:
            return Report(str(path), [], str(error)), False
    return Report(str(path), judge(prepared, records)), False


def _run(
    prepared: Prepared, folder: Path, timeout: float, records: list[Record], seen: Callable[[Record], None]
) -> None:
    """Run the notebook. If an answer kills the kernel, run again with that answer put back to the stub, and with those
    that took too long: the other exercises shall not pay for it."""
    spared: set[str] = set()

    def unless_spared(record: Record) -> None:
        if record.get("id") not in spared:
            seen(record)

    while True:
        records[:] = [record for record in records if record["id"] in spared]
        run_cells(prepared.notebook, folder, timeout, unless_spared)
        new = [record for record in records if record["id"] not in spared]
        killer = next((record for record in new if record["died"]), None)
        if killer is None or not _put_back(prepared, killer["id"]):
            return
        spared |= {killer["id"], *(record["id"] for record in new if record["timeout"] and record["id"])}
        for exercise_id in spared:
            _put_back(prepared, exercise_id)


def _put_back(prepared: Prepared, exercise_id: str) -> bool:
    """Replace an answer by its stub in the copy; False if there is no answer cell to replace."""
    stubs = {exercise.id: exercise.answer.source for exercise in prepared.exercises}
    found = False
    for cell in prepared.notebook.cells:
        about = cell.metadata.get("interpbook_check", {"id": "", "check": True})
        if exercise_id and about["id"] == exercise_id and not about["check"]:
            cell.source, found = stubs[exercise_id], True
    return found
