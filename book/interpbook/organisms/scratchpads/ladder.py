"""Early answering on seeds that chose nothing: the area over the curve of five more organisms of each mixture.

Chapter 08 expected the area to fall from rung to rung, saw it fail between two neighbours, and kept two coarser
ladders. Whoever chooses after looking must look again elsewhere. So these seeds were trained afterwards, and only their
areas come with the book: `interpbook train scratchpads --only ladder --force`.
"""

import json
import time
from pathlib import Path

import torch

from interpbook.organisms import artifacts
from interpbook.organisms.scratchpads.asking import questions, subject
from interpbook.organisms.scratchpads.recipes import RECIPES
from interpbook.organisms.scratchpads.shipped import folder, train_organisms, whole
from interpbook.reasoning import run_battery, scores

NAME, FILE = "ladder", "ladder.json"
RUNGS = ("serial", "mixed-25", "mixed-50", "mixed-75", "shortcut")
SECOND_SEEDS = (5, 6, 7, 8, 9)


def second_areas(where: Path | None = None) -> dict[str, list[float]]:
    """For each rung the area over the early-answering curve of the five later seeds, in their order.

    Raises:
        ArtifactError: the file is missing or damaged.
    """
    return json.loads(whole(FILE, where).read_text(encoding="utf-8"))


def make(where: Path | None = None, *, n: int = 48, steps: int | None = None) -> float:
    """Train the later seeds, ask them what the chapter asks, write the areas down; returns the seconds that it took."""
    start, target = time.monotonic(), where or folder()
    asked, areas = questions(n, seed=1), {}
    for rung in RUNGS:
        some = train_organisms(RECIPES[rung], SECOND_SEEDS, **({} if steps is None else {"steps": steps}))
        found = [scores(run_battery(subject(organism), asked))["early answering"].value for organism in some]
        areas[rung] = [round(area, 4) for area in found]
    (target / FILE).write_text(json.dumps(areas, indent=1) + "\n", encoding="utf-8")
    seconds = time.monotonic() - start
    facts: dict[str, str | int] = {"seeds": " ".join(map(str, SECOND_SEEDS)), "seconds": round(seconds)}
    facts |= {"base": "none: trained from scratch", "device": f"cpu, threads: {torch.get_num_threads()}"}
    artifacts.note(target, FILE, f"interpbook train scratchpads --only {NAME} --force", **facts)
    return seconds
