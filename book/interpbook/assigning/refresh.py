"""`interpbook assign --refresh NAME.private.zip`: after a check was mended, its hidden inputs and right outputs anew.

Key, points, policy and the students' notebooks stay. A task whose check says the same as before stays byte for byte,
so `interpbook grade --resume` keeps its results and runs only the others.
"""

import shutil
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from interpbook.assigning.choosing import AssignmentError
from interpbook.assigning.private import judged_by, toolkit_version, worked_out
from interpbook.exercises import find
from interpbook.grading.bundle import Bundle, Task, read_bundle, to_bytes
from interpbook.grading.hidden.draws import is_fresh


def refresh(file: Path) -> int:
    """Write the bundle anew and keep the one before beside it; returns the exit status. Raises AssignmentError."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        before = read_bundle(file)
        with Progress(console=console, transient=True) as progress:
            tasks = tuple(anew(task, before) for task in progress.track(before.tasks, description="working out"))
    except ValueError as error:  # no bundle, no such check any more, or no usable inputs
        raise AssignmentError(f"--refresh: {error}") from error
    changed = [task.id for task, old in zip(tasks, before.tasks, strict=True) if task != old]
    after = replace(before, tasks=tasks, toolkit=toolkit_version())
    if after == before:
        console.print(f"{file}: hidden inputs and right outputs are the same as before; nothing was written.")
        return 0
    kept = file.with_name(f"{file.name.removesuffix('.zip')}.{before.sha256[:8]}.zip")
    shutil.copy2(file, kept)
    scratch = file.with_name(f".{file.name}.part")
    scratch.touch(mode=0o600)
    scratch.write_bytes(to_bytes(after))
    scratch.replace(file)
    console.print(f"{file}: made anew. The one before is now {kept}.", markup=False)
    console.print(f"Other hidden inputs or right outputs: {', '.join(changed) or 'none'}.", markup=False)
    console.print("interpbook grade … --resume grades again what this or a mended check changes, and keeps the rest.")
    return 0


def anew(task: Task, bundle: Bundle) -> Task:
    """The task as the check is now. Raises ValueError where there is no such check any more, and NoDrawError."""
    check = find(task.id)
    changes = {"judged": judged_by(check), "rtol": float(check.rtol), "atol": float(check.atol)}
    bare = replace(task, **changes, fresh=is_fresh(check), seeds=(), inputs_sha256=(), expected=())
    return worked_out(bare, check, bytes.fromhex(bundle.key), bundle.draws)
