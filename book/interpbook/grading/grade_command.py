"""`interpbook grade SUBMISSIONS --bundle FILE --out DIR`: collect, run in sandboxes, judge, write.

Exit status: 0 all graded · 1 something could not be graded, or the run was stopped · 2 the request makes no sense, or
there is no sandbox (and nothing was run).
"""

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from interpbook.grading import exports
from interpbook.grading.bundle import Bundle, BundleError, read_bundle
from interpbook.grading.collect import Collected, CollectError, collect
from interpbook.grading.feedback import TRUSTED, dashboard, page, safe_name
from interpbook.grading.jobs import Plan, checks_sha256, plan
from interpbook.grading.marking import Marker
from interpbook.grading.marks import Marks, as_json, assemble
from interpbook.grading.results import Results
from interpbook.grading.running import run_jobs
from interpbook.grading.sandbox.backends import Backend, NoSandboxError, choose
from interpbook.grading.sandbox.limits import Limits


@dataclass(frozen=True)
class Wishes:
    """How an instructor wants it graded."""

    jobs: int = 1
    resume: bool = False
    trust: bool = False
    shard: tuple[int, int] = (1, 1)
    canvas: Path | None = None
    canvas_column: str | None = None
    limits: Limits = field(default_factory=Limits)


def grade(submissions: Path, bundle_file: Path, out: Path, wishes: Wishes = Wishes()) -> int:
    """Grade a class; returns the exit status."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        backend = choose(trust=wishes.trust)
        bundle = read_bundle(bundle_file)
        collected = collect(submissions, bundle)
        results = Results(out / "results")
        if results and not wishes.resume:
            raise CollectError(f"{out} already holds results. Add --resume to go on with them, or name another folder.")
        if wishes.trust:
            console.print(TRUSTED, style="bold red", markup=False)
        return _grade(bundle, collected, results, backend, out, wishes, console)
    except (NoSandboxError, BundleError, CollectError, exports.ExportError) as error:
        console.print(str(error), markup=False)
        return 2


def _grade(
    bundle: Bundle,
    collected: Collected,
    results: Results,
    backend: Backend,
    out: Path,
    wishes: Wishes,
    console: Console,
) -> int:
    made = plan(bundle, collected, wishes.limits, backend.name)
    number, of = wishes.shard
    mine = [job for job in made.jobs if int(job.key[:8], 16) % of == number - 1]
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        todo = {job.key for job in mine if results.get(job.key) is None}
        bar = progress.add_task("grading", total=len(todo))
        failed = run_jobs(
            mine, Marker(bundle), results, backend, wishes.limits, wishes.jobs,
            lambda job, found: progress.update(bar, advance=1, description=job.task.id),  # noqa: ARG005
        )  # fmt: skip
    marks = assemble(bundle, collected, made, results, backend.name)
    if marks.unfinished and of > 1:
        console.print(f"Shard {number} of {of} is done. Grade again with --resume when all are, to write the marks.")
        return 0
    _write(out, marks, made, collected, wishes)
    for _, why in failed[:3]:
        console.print(why, markup=False)
    mean = sum(row.score for row in marks.rows) / max(1, len(marks.rows))
    console.print(
        f"{len(marks.rows)} students ({collected.layout}), mean {mean:.2f} of {bundle.points:g}: {out / 'marks.csv'}"
    )
    if marks.refused:
        console.print(f"{len(marks.refused)} files were not graded; {out / 'class.html'} says why.")
    return 1 if marks.unfinished else 0


def _write(out: Path, marks: Marks, made: Plan, collected: Collected, wishes: Wishes) -> None:
    files = exports.files(marks)
    files["marks.json"] = json.dumps(as_json(marks), indent=1, ensure_ascii=False) + "\n"
    files["class.html"] = dashboard(marks)
    files |= {f"feedback/{safe_name(row.student)}.html": page(row, marks) for row in marks.rows}
    if wishes.canvas is not None:
        gradebook = wishes.canvas.read_text(encoding="utf-8-sig")
        files["canvas.csv"] = exports.canvas_csv(marks, gradebook, wishes.canvas_column)
    files["manifest.json"] = json.dumps(_manifest(files, marks, made, collected, wishes.limits), indent=1) + "\n"
    for name, text in files.items():
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f".{target.name}.part")
        scratch.write_text(text, encoding="utf-8", errors="replace", newline="")
        scratch.replace(target)


def _manifest(files: dict[str, str], marks: Marks, made: Plan, collected: Collected, limits: Limits) -> dict[str, Any]:
    """What was graded with what, and what came out; says its own checksum last."""
    sha: Callable[[bytes], str] = lambda data: hashlib.sha256(data).hexdigest()  # noqa: E731
    about: dict[str, Any] = {
        "bundle": {"name": marks.bundle.name, "sha256": marks.bundle.sha256, "toolkit": marks.bundle.toolkit},
        "sandbox": marks.sandbox,
        "limits": limits.as_json(),
        "python": platform.python_version(),
        "checks": {stem: checks_sha256(stem) for stem in marks.bundle.stems},
        "submissions": {f"{s.student}/{s.stem}": sha(s.file.read()) for s in collected.submissions},
        "results": sorted({job.key for job in made.jobs}),
        "files": {name: sha(text.encode("utf-8", "replace")) for name, text in sorted(files.items())},
    }
    return about | {"sha256": sha(json.dumps(about, sort_keys=True).encode())}


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
        f"{student} · {exercise}: {entry['points']:g} of {entry['max_points']:g} points, {entry['status']}",
        markup=False,
    )
    if entry["probes"]:
        probes = " ".join("✓" if passed else "✗" for passed in entry["probes"])
        console.print(f"Hidden runs: {probes}", markup=False)
    for label, key in (("To the student", "hint"), ("For you", "detail"), ("How it was found", "note")):
        if entry[key]:
            console.print(f"{label}: {entry[key]}", markup=False)
    return 0
