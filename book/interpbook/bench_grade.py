"""Grading a class: `interpbook grade` in a sandbox beside `nbgrader autograde`, same notebooks, one core each.

nbgrader runs a student's notebook from top to bottom in one kernel, unprotected, with the tests in the same process as
the answers; it takes as long for each of a hundred notebooks as for the first. Ours runs each answer in a sandbox of
its own on hidden inputs and judges it outside; what it does once a class (imports, set-up cells, right answers) is
spread over 30 students here. The answers of any two differ in a comment, so that nothing is graded once for several.
"""

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click
import nbformat
import psutil

import interpbook
from interpbook.bench import Benchmark
from interpbook.bench_peers import environment, must

PEER = "nbgrader==0.9.6"
STEM = "01_superposition"
CLASS = 30
FIRST = 6  # of them nbgrader grades
PAIRS = 3


def grade() -> Benchmark:
    """Seconds a submission on one core, and the peak memory of all processes, against nbgrader."""
    python = environment(PEER, with_torch=False)
    folder = Path(_kept().name)
    _make_class(folder, python)
    return Benchmark(
        name="grade",
        ours=functools.partial(_ours, folder),
        peer=functools.partial(_nbgraders, folder, python),
        peer_name=f"{PEER} autograde of {FIRST} (one kernel a notebook, no sandbox, tests beside the answers)",
        units={"grade": "s a submission", "grade-memory": "MB"},
        n=PAIRS,
    )


@functools.cache
def _kept() -> tempfile.TemporaryDirectory:
    """A folder that lives as long as this process."""
    return tempfile.TemporaryDirectory(prefix="interpbook-bench-grade-")


# --- the class -----------------------------------------------------------------------------------------------------


def _make_class(folder: Path, python: Path) -> None:
    """An assignment, nbgrader's release of it, and right submissions of which no two are alike."""
    from interpbook.assigning.command import Wishes, assign
    from interpbook.grading.bundle import read_bundle

    assign([STEM], "hw", folder, Wishes(seed="bench", nbgrader=True))
    must(nbgrader(python, folder, "generate_assignment", "hw"), "making nbgrader's release", kernels(folder, python))
    bundle = read_bundle(folder / "hw.private.zip")
    right = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in bundle.notebook("solutions", STEM).cells
        if "nbgrader" in cell.metadata
    }
    for number in range(CLASS):
        made = nbformat.read(folder / "hw.nbgrader" / "release" / "hw" / f"{STEM}.ipynb", as_version=4)
        for cell in made.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = f"# student {number}\n{right[cell.metadata.nbgrader.grade_id]}"
        place = folder / "hw.nbgrader" / "submitted" / f"s{number:02d}" / "hw"
        place.mkdir(parents=True)
        nbformat.write(made, place / f"{STEM}.ipynb")


def nbgrader(python: Path, folder: Path, *arguments: str) -> list[str]:
    """A command of nbgrader in the course folder `folder/hw.nbgrader`."""
    return [str(python), "-m", "nbgrader", *arguments, f"--CourseDirectory.root={next(folder.glob('*.nbgrader'))}"]


def kernels(folder: Path, python: Path) -> dict[str, str]:
    """nbgrader's environment, in which Jupyter's kernel python3 is this very Python with this toolkit."""
    spec = folder / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True, exist_ok=True)
    toolkit = str(Path(interpbook.__file__).parents[1])
    ours = {name: os.environ[name] for name in ("INTERPBOOK_ROOT", "INTERPBOOK_CHECKS") if name in os.environ}
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": command, "display_name": "Python 3", "language": "python", "env": ours | {"PYTHONPATH": toolkit}}
    (spec / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    found = {"JUPYTER_PATH": str(folder / "jupyter"), "JUPYTER_CONFIG_DIR": str(next(folder.glob("*.nbgrader")))}
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"  # nbgrader calls alembic by its name
    return os.environ | found | {"PATH": path, "IPYTHONDIR": str(folder / "ipython"), "OMP_NUM_THREADS": "1"}


# --- one run each --------------------------------------------------------------------------------------------------


def _ours(folder: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as out:
        submissions = folder / "hw.nbgrader" / "submitted"
        command = [sys.executable, "-m", "interpbook.cli", "grade", str(submissions), "--out", f"{out}/marks"]
        toolkit = str(Path(interpbook.__file__).parents[1])
        environ = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": toolkit}
        figures = _on_one_core([*command, f"--bundle={folder / 'hw.private.zip'}"], environ, CLASS)
        said = json.loads((Path(out) / "marks" / "marks.json").read_text(encoding="utf-8"))
    _all_right([row["raw"] for row in said["students"]], said["max_points"], CLASS, "interpbook")
    return figures


def _nbgraders(folder: Path, python: Path) -> dict[str, float]:
    students = f"--student=s0[0-{FIRST - 1}]"
    figures = _on_one_core(
        nbgrader(python, folder, "autograde", "hw", students, "--force"), kernels(folder, python), FIRST
    )
    out = folder / "grades.csv"
    must([*nbgrader(python, folder, "export"), f"--to={out}"], "nbgrader export", kernels(folder, python))
    head, *rows = (line.split(",") for line in out.read_text(encoding="utf-8").splitlines())
    scores = [float(row[head.index("raw_score")]) for row in rows]
    _all_right(scores, float(rows[0][head.index("max_score")]), FIRST, "nbgrader")
    return figures


def _all_right(scores: list[float], most: float, n: int, who: str) -> None:
    """Times of graders that do not agree on the marks would not compare."""
    if len(scores) != n or any(abs(score - most) > 0.01 for score in scores):
        raise click.ClickException(f"bench grade: {who} gave {scores} of {most} to right answers; nothing to compare.")


def _on_one_core(command: list[str], environ: dict[str, str], n: int) -> dict[str, float]:
    """Seconds for each of `n` submissions and peak memory of a command and all that it starts, on one core."""
    core = {min(os.sched_getaffinity(0))}
    start = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env=environ, stdout=log, stderr=log, preexec_fn=lambda: os.sched_setaffinity(0, core)
        )
        with _peak_memory(process.pid) as peak:
            status = process.wait()
        seconds = time.perf_counter() - start
        log.seek(0)
        last = log.read()[-600:].decode(errors="replace")
    if status:
        raise click.ClickException(f"bench grade: {' '.join(command[:4])} … failed: {last}")
    said = f"{60 * n / seconds:.1f} submissions a minute on one core, {peak[0]:.0f} MB at most"
    click.echo(f"bench grade: {' '.join(command[2:4])}: {said}", err=True)
    return {"grade": seconds / n, "grade-memory": peak[0]}


@contextlib.contextmanager
def _peak_memory(pid: int) -> Iterator[list[float]]:
    """A list whose only number is the peak so far, in MB, looked at five times a second; shared pages count once."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            peak[0] = max(peak[0], _memory(pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _memory(pid: int) -> float:
    total = 0.0
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().pss / 2**20
    return total
