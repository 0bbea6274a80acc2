"""Many synthetic submissions, graded in every way there is: the marks must be the same bytes.

    python tests/thousand.py 01_superposition 02_probing --students 1000 --exercises superposition.reconstruct …

makes an assignment and that many students (right answers in several styles, known mistakes, stubs, deleted cells, code
that crashes or lies; no two alike), all from one seed. Then it grades them undisturbed with one worker; with two
workers, killed twice at random moments; as two shards at the same time; on a Dask cluster of two workers. It compares
every file of marks and looks for processes and files that were left behind. Exit status 1 if anything differs.
"""

import argparse
import ast
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import interpbook
import psutil
from interpbook.assigning.command import Wishes, assign
from interpbook.checks import check_files
from interpbook.grading.bundle import Bundle, Task, read_bundle
from interpbook.grading.slicing import needed, statements, used

TIMED = ("class.html", "times.json")  # hold seconds, so differ from run to run
OURS = ("interpbook.grading.workers", "interpbook.grading.sandbox.server")
TOOLKIT = str(Path(interpbook.__file__).resolve().parent.parent)
HOSTILE = (
    "import os\nos._exit(0)",
    "import os\nos.kill(os.getpid(), 9)",
    "raise SystemExit",
    "def {name}(*a, **k):\n    import os\n    os._exit(3)",
    "def {name}(*a, **k):\n    return {name}(*a, **k)",
    "def {name}(*a, **k)\n    return 1",
    "def {name}(*a, **k):\n    raise ValueError('<b>=1+1</b>')",
    "print('x' * 1_000_000)\n{name} = ...",
    "hoard = bytearray(2**40)",
    "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)",
    "from interpbook.exercises import find\n{name} = find('{id}').reference",
    "class Yes:\n    def __eq__(self, other):\n        return True\n{name} = Yes()",
)
KINDS = {"right": 40, "alternative": 15, "mistake": 20, "stub": 10, "missing": 5, "hostile": 10}


# --- the class ---


def answers(task: Task, bundle: Bundle) -> dict[str, list[str]]:
    """Kind → sources that answer a task so: the reference's, other right ones, known mistakes, hostile ones."""
    found: dict[str, list[str]] = {"right": [_cell(bundle, "solutions", task)], "alternative": [], "mistake": []}
    file = check_files()[task.stem]
    for part in [file, *sorted(file.parent.glob("*/*.py"))]:
        text = part.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if f'"{task.id}"' in text else ():
            if isinstance(node, ast.Call) and _keyword(node, "id") == task.id:
                for kind, answer in _written(node):
                    helpers = [t for t in needed(statements([text]), used(answer)) if "interpbook.checks" not in t]
                    source = "\n".join([*helpers, f"{task.answer} = {ast.unparse(answer)}"])
                    found[kind].append(source)
    return found | {"hostile": [text.replace("{name}", task.answer).replace("{id}", task.id) for text in HOSTILE]}


def _keyword(node: ast.Call, name: str) -> Any:
    return next((k.value.value for k in node.keywords if k.arg == name and isinstance(k.value, ast.Constant)), None)


def _written(check: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    for keyword in check.keywords:
        if keyword.arg == "alternatives" and isinstance(keyword.value, ast.Tuple):
            yield from (("alternative", node) for node in keyword.value.elts)
        if keyword.arg == "mistakes":
            calls = [node for node in ast.walk(keyword.value) if isinstance(node, ast.Call) and len(node.args) >= 3]
            yield from (("mistake", node.args[1]) for node in calls if getattr(node.func, "id", "") == "Mistake")


def _cell(bundle: Bundle, folder: str, task: Task) -> str:
    cells = bundle.notebook(folder, task.stem).cells
    return next(cell.source for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == task.grade_id)


def hand_in(bundle: Bundle, folder: Path, students: int, seed: int) -> None:
    """Write a class into `folder`, one folder a student; the same for the same seed."""
    chance = random.Random(seed)
    known = {task.grade_id: answers(task, bundle) for task in bundle.tasks}
    for number in range(students):
        for stem in bundle.stems:
            made = json.loads(bundle.notebooks[f"exercises/{stem}.ipynb"])
            made["cells"] = [cell for cell in made["cells"] if _answer(cell, known, number, chance)]
            place = folder / f"student{number:04d}" / f"{stem}.ipynb"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps(made), encoding="utf-8")


def _answer(cell: dict[str, Any], known: dict[str, dict[str, list[str]]], number: int, chance: random.Random) -> bool:
    """Write an answer into a cell, if it is one; False if the student deleted it."""
    grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
    if grade_id not in known:
        return True
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    if kind not in ("stub", "missing"):
        cell["source"] = f"# by student {number}\n{chance.choice(known[grade_id][kind] or known[grade_id]['right'])}"
    return kind != "missing"


# --- the runs ---


@dataclass(frozen=True)
class Run:
    """One way to grade, as it went."""

    how: str
    seconds: float
    said: str
    left: tuple[str, ...]  # processes and files


def grading(submissions: Path, bundle: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """The command, running."""
    command = [sys.executable, "-m", "interpbook.cli", "grade", str(submissions), "--bundle", str(bundle)]
    return subprocess.Popen(
        [*command, "--out", str(out), *options], env=os.environ, stderr=subprocess.PIPE, text=True, cwd="/"
    )


def timed(how: str, work: Callable[[], str]) -> Run:
    """Do it, and look at what is left behind 5 seconds later."""
    processes, files, begin = _processes(), _files(), time.monotonic()
    said, seconds = work(), time.monotonic() - begin
    patience = time.monotonic() + 5
    while (left := sorted((_processes() - processes) | (_files() - files))) and time.monotonic() < patience:
        time.sleep(0.1)
    return Run(how, round(seconds, 1), said, tuple(left))


def _processes() -> set[str]:
    found = set()
    for process in psutil.process_iter(["cmdline"]):
        if any(name in (process.info["cmdline"] or []) for name in OURS):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.environ().get("PYTHONPATH", "").startswith(TOOLKIT):  # not another checkout's
                    found.add(f"process {process.pid}")
    return found


def _files() -> set[str]:
    return {str(path) for path in Path(tempfile.gettempdir()).glob("interpbook-grade*")}


def whole(*started: subprocess.Popen[str]) -> str:
    """Wait for runs that must end well; what they said."""
    said = [process.communicate()[1] for process in started]
    assert all(process.returncode == 0 for process in started), said
    return " ".join(line for text in said for line in text.splitlines() if "graded anew" in line or "Memory" in line)


def killed(process: subprocess.Popen[str], out: Path, share: float, total: int) -> str:
    """Kill a run when about this share of all results is there."""
    while process.poll() is None and len(list(out.glob("results/*/*.json"))) < share * total:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return f"killed with {len(list(out.glob('results/*/*.json')))} of {total} results"


class Cluster:
    """A Dask scheduler and workers of one thread, each a process of its own; use as a context manager."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.file = folder / "scheduler.json"
        self._options = ["--scheduler-file", str(self.file), "--no-dashboard"]
        self._log = (folder / "cluster.log").open("wb")
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--host", "127.0.0.1")
        while not self.file.exists():
            assert self.scheduler.poll() is None, (folder / "cluster.log").read_text()
            time.sleep(0.05)
        self.workers = [self.worker(folder) for _ in range(workers)]

    def worker(self, folder: Path, **environment: str) -> subprocess.Popen[bytes]:
        """One more worker."""
        options = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder / "dask"))
        return self._start("dask_worker", *options, **environment)

    def _start(self, program: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", *self._options, *options]
        env = os.environ | environment
        return subprocess.Popen(command, stdout=self._log, stderr=self._log, env=env, cwd="/")

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *error: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        self._log.close()


def marks(folder: Path) -> dict[str, bytes]:
    """Every file of marks: all but the results themselves and the two with times in them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "results" not in path.parts and path.name not in TIMED
    }


def differing(one: Path, other: Path) -> list[str]:
    """Names of the files of marks that are not the same bytes."""
    ours, theirs = marks(one), marks(other)
    return sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))


def every_way(submissions: Path, bundle: Path, root: Path, seed: int) -> list[Run]:
    """Grade in every way, into folders of `root` called after them; the first is undisturbed."""
    chance = random.Random(seed)

    def run(out: str, *options: str) -> subprocess.Popen[str]:
        return grading(submissions, bundle, root / out, "--measure", *options)

    runs = [timed("one", lambda: whole(run("one")))]
    total = len(list((root / "one").glob("results/*/*.json")))
    for share in sorted((chance.uniform(0.1, 0.45), chance.uniform(0.5, 0.9))):
        again = ["--resume"] if runs[-1].how == "killed" else []
        runs.append(
            timed("killed", lambda s=share, a=again: killed(run("two", "--jobs", "2", *a), root / "two", s, total))
        )
    runs.append(timed("two", lambda: whole(run("two", "--jobs", "2", "--resume"))))
    runs.append(timed("shards", lambda: whole(run("shards", "--shard", "1/2"), run("shards", "--shard", "2/2"))))
    with Cluster(root, 2) as cluster:
        runs.append(timed("cluster", lambda: whole(run("cluster", "--cluster", str(cluster.file)))))
    return runs


def main(arguments: Sequence[str] | None = None) -> int:
    """Make, grade in every way, compare, say; returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stems", nargs="+")
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--exercises", nargs="*", default=())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--root", type=Path, default=Path(tempfile.gettempdir()) / "thousand")
    wishes = parser.parse_args(arguments)
    root: Path = wishes.root
    shutil.rmtree(root, ignore_errors=True)
    assign(wishes.stems, "hw1", root / "dist", Wishes(exercises=wishes.exercises, seed=str(wishes.seed)))
    bundle = root / "dist" / "hw1.private.zip"
    hand_in(read_bundle(bundle), root / "submissions", wishes.students, wishes.seed)
    runs = every_way(root / "submissions", bundle, root, wishes.seed)
    wrong = {run.how: differing(root / "one", root / run.how) for run in runs if run.how != "killed"}
    for run in runs:
        print(f"{run.how}: {run.seconds} s, {run.said}; left behind: {', '.join(run.left) or 'nothing'}")  # noqa: T201
    print(f"files of marks: {len(marks(root / 'one'))}; differing: {wrong}")  # noqa: T201
    return int(any(wrong.values()) or any(run.left for run in runs))


if __name__ == "__main__":
    sys.exit(main())
