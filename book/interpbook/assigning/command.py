"""`interpbook assign STEM… --name NAME --out DIR`: the students' copy, and the private grading bundle beside it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from interpbook.assigning import gradescope, nbgrader, otter, private, student
from interpbook.assigning.choosing import AssignmentError, Chosen, choose, due_time, late_policy
from interpbook.authoring.layout import find_book
from interpbook.grading.bundle import to_bytes, zipped


@dataclass(frozen=True)
class Wishes:
    """What an instructor may choose about an assignment."""

    exercises: Sequence[str] = ()
    points: Sequence[str] = ()
    due: str = ""
    late: str = "none"
    seed: str | None = None
    all_or_nothing: bool = False
    per_student: bool = False
    draws: int = 2
    nbgrader: bool = False
    gradescope: bool = False
    otter: bool = False


def assign(stems: Sequence[str], name: str, out: Path, wishes: Wishes = Wishes()) -> int:
    """Write `out/NAME/`, `out/NAME.zip`, `out/NAME.private.zip`, and what else is wished; returns the exit status."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}", name):
        raise AssignmentError(f"--name: {name!r} should be letters, digits, - and _, such as hw2.")
    book = find_book()
    chosen = choose(book, stems, wishes.exercises, wishes.points)
    due, late = due_time(wishes.due), late_policy(wishes.late)
    made = student.notebooks(book, name, chosen)
    key = private.new_key(wishes.seed)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("drawing hidden inputs", total=sum(one.points > 0 for one in chosen))

        def seen(exercise_id: str) -> None:
            progress.update(bar, advance=1, description=exercise_id)

        bundle = private.bundle(
            name, chosen, made, key, due=due, late=late, all_or_nothing=wishes.all_or_nothing,
            per_student=wishes.per_student, n_draws=wishes.draws, seen=seen,
        )  # fmt: skip
    files = student.files(book, name, chosen, made, due)
    for path, data in {**files, **_courses(name, chosen, made, wishes)}.items():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    (out / f"{name}.zip").write_bytes(zipped(files))
    hidden = _secret(out / f"{name}.private.zip", to_bytes(bundle))
    if wishes.gradescope:
        _secret(out / f"{name}.gradescope.zip", gradescope.archive(book, name, to_bytes(bundle), made))
    stale = [task.id for task in bundle.tasks if not task.fresh]
    console.print(f"{name}: {len(bundle.tasks)} exercises, {bundle.points:g} points.")
    console.print(f"For students: {out / name}.zip (the folder {out / name} holds the same).")
    console.print(f"For you alone: {hidden}. Whoever has it can work out every hidden input.")
    if stale:
        console.print(f"The same for everyone, and the same as in the book: {', '.join(stale)}.")
    return 0


def _secret(path: Path, data: bytes) -> Path:
    """Write a file that only its owner may read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(data)
    return path


def _courses(name: str, chosen: Sequence[Chosen], made: dict[str, str], wishes: Wishes) -> dict[str, bytes]:
    """The assignment in the forms of other graders."""
    found = nbgrader.files(name, made) if wishes.nbgrader else {}
    return found | (otter.files(name, chosen, made) if wishes.otter else {})
