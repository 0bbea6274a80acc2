"""From chosen exercises to the private grading bundle: hidden inputs drawn, right outputs worked out."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from interpbook.assigning.choosing import Chosen
from interpbook.exercises import Check, find, reference
from interpbook.grading import wire
from interpbook.grading.bundle import Bundle, Judged, Late, Task
from interpbook.grading.hidden.draws import draws, is_fresh, sha256_of
from interpbook.grading.hidden.judged import heard_sha256, judged_seed


def new_key(seed: str | None) -> str:
    """The bundle's secret key: from the operating system, or always the same for the same seed."""
    return (
        secrets.token_hex(32) if seed is None else hashlib.sha256(f"interpbook assignment {seed}".encode()).hexdigest()
    )


def bundle(
    name: str, chosen: Sequence[Chosen], notebooks: dict[str, str], key: str, *, due: str = "",
    late: Late | None = None, all_or_nothing: bool = False, per_student: bool = False, n_draws: int = 2,
    seen: Callable[[str], None] = lambda _: None,
) -> Bundle:  # fmt: skip
    """The grading bundle of an assignment. `seen` is told each exercise before its turn."""
    tasks = []
    for one in chosen:
        if one.points:
            seen(one.exercise.id)
            tasks.append(task(one, bytes.fromhex(key), n_draws))
    return Bundle(
        name, key, tuple(tasks), due, late or Late(), all_or_nothing, per_student, n_draws, toolkit_version(), notebooks
    )


def task(one: Chosen, key: bytes, n_draws: int) -> Task:
    """One exercise with its hidden inputs and right outputs."""
    check = find(one.exercise.id)
    about = one.exercise
    found = Task(
        about.id, one.stem, about.grade_id, about.kind, about.answer, one.points, judged_by(check),
        float(check.rtol), float(check.atol), is_fresh(check),
    )  # fmt: skip
    return worked_out(found, check, key, n_draws)


def worked_out(found: Task, check: Check, key: bytes, n_draws: int) -> Task:
    """The task with its hidden inputs and right outputs."""
    changes: dict[str, Any] = {}
    if found.judged == "calls":
        hidden = draws(check, key, n_draws if found.fresh else 1)
        changes["seeds"] = tuple(draw.seed for draw in hidden)
        changes["inputs_sha256"] = tuple(sha256_of(draw) for draw in hidden)
        changes["expected"] = tuple(tuple(wire.encode(call.result) for call in draw.expected) for draw in hidden)
    elif found.judged == "value":
        changes["expected"] = ((wire.encode(reference(check)),),)
    elif found.fresh:
        changes["seeds"] = (judged_seed(check, key),)
        changes["inputs_sha256"] = tuple(heard_sha256(check, seed) for seed in changes["seeds"])
    return Task(**(vars(found) | changes))


def judged_by(check: Check) -> Judged:
    """How a check's answers are judged."""
    return "judge" if check.judge is not None else "calls" if check.inputs is not None else "value"


def toolkit_version() -> str:
    """The version of this toolkit, for the manifest."""
    try:
        return version("interpbook")
    except PackageNotFoundError:
        return "not installed"
