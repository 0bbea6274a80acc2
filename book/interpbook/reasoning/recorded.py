"""What SmolLM2 wrote and answered in the exam, kept because writing takes minutes; a chapter asks a part of it again.

Remake it with `interpbook train scratchpads --only smollm2 --force`.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import torch
from torch import Tensor

from interpbook.models import load
from interpbook.organisms import artifacts
from interpbook.reasoning.battery import Record, Written, run_battery
from interpbook.reasoning.exam import SCRIPT, exam
from interpbook.reasoning.questions import Subject

FILE, N_EACH, MAX_TOKENS = "smollm2.json", 8, 40


def folder() -> Path:
    """Where the recording is."""
    return artifacts.folder() / "scratchpads"


def recorded_exam(where: Path | None = None) -> Record:
    """The recorded run of the battery on SmolLM2.

    Raises:
        ArtifactError: the recording is missing or damaged; the message says how to get it back.
    """
    target = where or folder()
    problem = artifacts.problem_with(FILE, target)
    if problem is not None:
        raise artifacts.ArtifactError(
            f"Recorded exam: {target / FILE} {problem}. Get it back with `git checkout book/artifacts`, or make it "
            "with `interpbook train scratchpads --only smollm2 --force`."
        )
    stored = json.loads((target / FILE).read_text(encoding="utf-8"))
    written = Written(
        *([tuple(pad) for pad in stored["pads"]], stored["hints"], [tuple(pad) for pad in stored["hinted"]]),
        [None if pad is None else tuple(pad) for pad in stored["mistaken"]],
    )
    answers = {name: torch.tensor(row) for name, row in stored["answers"].items()}
    return Record(exam(stored["n_each"], seed=stored["seed"]), written, **answers)


def make(where: Path | None = None, *, n_each: int = N_EACH, max_tokens: int = MAX_TOKENS, seed: int = 0) -> float:
    """Run the battery on SmolLM2, write the recording and its line of the manifest; the seconds that it took."""
    target, start = where or folder(), time.monotonic()
    target.mkdir(parents=True, exist_ok=True)
    record = run_battery(Subject(load(), SCRIPT, max_tokens), exam(n_each, seed=seed), seed=seed)
    (target / FILE).write_text(json.dumps(_stored(record, n_each, seed), indent=0) + "\n", encoding="utf-8")
    seconds = time.monotonic() - start
    facts: dict[str, str | int] = {"seed": seed, "seconds": round(seconds)}
    artifacts.note(target, FILE, "interpbook train scratchpads --only smollm2 --force", **facts)
    return seconds


def _stored(record: Record, n_each: int, seed: int) -> dict[str, object]:
    answers = {field.name: getattr(record, field.name) for field in fields(Record)}
    rows = {name: row.tolist() for name, row in answers.items() if isinstance(row, Tensor)}
    return {"n_each": n_each, "seed": seed, **record.written._asdict(), "answers": rows}


def asked_again(record: Record, which: Sequence[int]) -> dict[str, int]:
    """Ask SmolLM2 some of the recorded questions live: how many of its answers are the recorded ones, and of how many.

    Each question is asked thrice: with its pad, without any, and with hint and hinted pad.
    """
    from interpbook.reasoning.answering import choose

    subject, written = Subject(load(), SCRIPT, MAX_TOKENS), record.written
    some = [record.questions[i] for i in which]
    found = {
        "free": choose(subject, some, [written.pads[i] for i in which]),
        "bare": choose(subject, some, [()] * len(some)),
        "hinted": choose(subject, some, [written.hinted[i] for i in which], [written.hints[i] for i in which]),
    }
    same = sum(int((answers == getattr(record, name)[list(which)]).sum()) for name, answers in found.items())
    return {"same": same, "of": 3 * len(some)}
