"""`interpbook grade SUBMISSIONS --bundle FILE --out DIR`: collect, run in sandboxes, judge, write.

Exit status: 0 all graded · 1 something could not be graded, or the run was stopped · 2 the request makes no sense, or
there is no sandbox (and nothing was run).
"""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from interpbook.grading import exports, gradebooks, manifest
from interpbook.grading.adjusting import Adjustments, read_adjustments
from interpbook.grading.bundle import Bundle, BundleError, read_bundle
from interpbook.grading.collect import Collected, CollectError, collect
from interpbook.grading.dashboard import dashboard
from interpbook.grading.feedback import TRUSTED, page, safe_name
from interpbook.grading.jobs import Job, Plan, plan
from interpbook.grading.marks import Marks, as_json, assemble
from interpbook.grading.progress import Progress
from interpbook.grading.results import Results, sweep, write_whole
from interpbook.grading.running import Here, Place, StoppedError
from interpbook.grading.sandbox.backends import Backend, NoSandboxError, choose
from interpbook.grading.sandbox.limits import Limits
from interpbook.grading.times import Times, times_of

REFUSALS = (NoSandboxError, BundleError, CollectError, StoppedError, exports.ExportError)


@dataclass(frozen=True)
class Wishes:
    """How an instructor wants it graded."""

    jobs: int = 1
    resume: bool = False
    trust: bool = False
    backend: Backend | None = None  # instead of the best one that works here
    sandbox: str = "auto"  # or the name of one
    shard: tuple[int, int] = (1, 1)
    cluster: str | None = None  # address or scheduler file of a Dask cluster
    again: tuple[str, ...] = ()  # exercises whose results are not to be kept
    measure: bool = False  # say at the end how much memory was used
    canvas: Path | None = None
    canvas_column: str | None = None
    moodle: Path | None = None
    adjust: Path | None = None  # marks by hand
    limits: Limits = field(default_factory=Limits)


def grade(submissions: Path, bundle_file: Path, out: Path, wishes: Wishes = Wishes()) -> int:
    """Grade a class; returns the exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        here = None if wishes.cluster else Here(wishes.backend or _sandbox(wishes), wishes.jobs)
        bundle = read_bundle(bundle_file)
        collected = collect(submissions, bundle)
        results = Results(out / "results")
        _refuse(bundle, out, results, wishes)
        _books(bundle, wishes)  # what cannot be used is refused before anything runs
        _by_hand(bundle, collected, wishes)
        if wishes.trust:
            console.print(TRUSTED, style="bold red", markup=False)
        with contextlib.nullcontext(here) if here is not None else _cluster(bundle, wishes) as place:
            return _grade(bundle, collected, results, place, out, wishes, console)
    except REFUSALS as error:
        console.print(str(error), markup=False)
        return 2


def _refuse(bundle: Bundle, out: Path, results: Results, wishes: Wishes) -> None:
    """Wishes that make no sense."""
    if results and not wishes.resume and wishes.shard[1] == 1:
        raise CollectError(f"{out} already holds results. Add --resume to go on with them, or name another folder.")
    known = [task.id for task in bundle.tasks]
    for name in wishes.again:
        if name not in known:
            raise BundleError(f"--again: {bundle.name} has no exercise {name!r}. It has: {', '.join(known)}.")


def _sandbox(wishes: Wishes) -> Backend:
    return choose(trust=wishes.trust, name=wishes.sandbox)


def _cluster(bundle: Bundle, wishes: Wishes) -> contextlib.AbstractContextManager[Place]:
    from interpbook.grading.cluster import opened

    return opened(str(wishes.cluster), bundle, trust=wishes.trust, sandbox=wishes.sandbox)


def _grade(
    bundle: Bundle, collected: Collected, results: Results, place: Place, out: Path, wishes: Wishes, console: Console
) -> int:
    made = plan(bundle, collected, wishes.limits, place.backend.name)
    number, of = wishes.shard
    mine = {job.key: job for job in made.jobs if int(job.key[:8], 16) % of == number - 1}
    todo = [job for job in mine.values() if job.task.id in wishes.again or results.get(job.key) is None]
    failed = _run(todo, len(mine) - len(todo), bundle, results, place, wishes, console)
    marks = assemble(bundle, collected, made, results, place.backend.name, _by_hand(bundle, collected, wishes))
    for why in dict.fromkeys(failed):
        console.print(visible(why), markup=False)
    if marks.unfinished and of > 1:
        console.print(f"Shard {number} of {of} is done. The shard that ends last writes the marks, as does --resume.")
        return 1 if failed else 0
    _write(out, marks, made, collected, place.backend, times_of(made, results), wishes, console)
    sweep(out)
    mean = sum(row.score for row in marks.rows) / max(1, len(marks.rows))
    console.print(
        f"{len(marks.rows)} students ({collected.layout}), mean {mean:.2f} of {bundle.points:g}: {out / 'marks.csv'}"
    )
    if marks.refused:
        console.print(f"{len(marks.refused)} files were not graded; {out / 'class.html'} says why.")
    return 1 if marks.unfinished else 0


def _run(
    todo: list[Job], kept: int, bundle: Bundle, results: Results, place: Place, wishes: Wishes, console: Console
) -> list[str]:
    """Run what has no result yet and keep each as soon as it is there; returns why some have none."""
    failed: list[str] = []

    def took(outcome: dict[str, Any]) -> None:
        if "failed" in outcome:
            failed.append(outcome["failed"])
            progress.took("failed")
            return
        results.put(outcome["key"], outcome["found"], outcome["about"])
        progress.took(outcome["found"]["status"])

    with Progress(console, len(todo), kept) as progress:
        place.run(todo, bundle, wishes.limits, took, progress)
    done = sum(progress.ended.values()) - progress.ended["failed"]
    console.print(f"{done} answers graded anew, {kept} kept from before" + (f", {len(failed)} not." if failed else "."))
    if wishes.measure:
        console.print(f"{progress.line()}. {place.memory()}")
    return failed


def _by_hand(bundle: Bundle, collected: Collected, wishes: Wishes) -> Adjustments:
    return {} if wishes.adjust is None else read_adjustments(wishes.adjust, bundle, collected.students)


def _books(bundle: Bundle, wishes: Wishes) -> dict[str, gradebooks.Gradebook]:
    """Name of the file to write → gradebook to fill in."""
    found = {}
    if wishes.canvas is not None:
        text = gradebooks.read_text(wishes.canvas, "--canvas")
        found["canvas.csv"] = gradebooks.canvas(text, wishes.canvas_column or bundle.name)
    if wishes.moodle is not None:
        found["moodle.csv"] = gradebooks.moodle(gradebooks.read_text(wishes.moodle, "--moodle"))
    return found


def _write(
    out: Path, marks: Marks, made: Plan, collected: Collected, backend: Backend, times: Times, wishes: Wishes,
    console: Console,
) -> None:  # fmt: skip
    """Write all files. Those in the manifest are the same however the run went; the two with times are not in it."""
    files = exports.files(marks)
    files["marks.json"] = json.dumps(as_json(marks), indent=1, ensure_ascii=False) + "\n"
    files |= {f"feedback/{safe_name(row.student)}.html": page(row, marks) for row in marks.rows}
    for name, book in _books(marks.bundle, wishes).items():
        files[name], said = gradebooks.fill(book, marks)
        for sentence in said:
            console.print(sentence, markup=False)
    files["manifest.json"] = manifest.text(files, marks, made, collected, backend, wishes.limits)
    files["times.json"] = json.dumps(times.as_json(), indent=1) + "\n"
    files["class.html"] = dashboard(marks, times)
    for name, text in files.items():
        write_whole(out / name, text)


def visible(text: str) -> str:
    """What a student wrote, harmless to a terminal: control characters become dots."""
    return "".join(c if c.isprintable() or c == "\n" else "·" for c in text)


def explain(out: Path, student: str, exercise: str) -> int:
    """Print why a mark was given; returns the exit status."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        said = json.loads((out / "marks.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        console.print(f"{out} holds no marks.json. Grade first, with --out {out}.", markup=False)
        return 2
    entries = {(row["student"], entry["id"]): entry for row in said["students"] for entry in row["exercises"]}
    if (student, exercise) not in entries:
        students = ", ".join(dict.fromkeys(who for who, _ in entries))[:300]
        console.print(f"No mark of {student!r} for {exercise!r}. Students: {students}.", markup=False)
        return 2
    entry = entries[student, exercise]
    console.print(
        f"{visible(student)} · {exercise}: {entry['points']:g} of {entry['max_points']:g} points, {entry['status']}",
        markup=False,
    )
    if entry.get("adjusted"):
        by_machine = f"{entry['adjusted']['automatic']:g} points by machine"
        console.print(f"Set by hand ({by_machine}): {entry['adjusted']['comment'] or 'no comment'}", markup=False)
    if entry["probes"]:
        probes = " ".join("✓" if passed else "✗" for passed in entry["probes"])
        console.print(f"Hidden runs: {probes}", markup=False)
    for label, key in (("To the student", "hint"), ("For you", "detail"), ("How it was found", "note")):
        if entry[key]:
            console.print(f"{label}: {visible(entry[key])}", markup=False)
    return 0
