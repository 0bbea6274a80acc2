"""Make the planted organisms again: train each, test it, and note both.

`tables.json` holds what was measured on each as it lies on disk; `interpbook train tracing` shows a line a file.
"""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from interpbook.attribution import trace_graph
from interpbook.dictionaries.transcoders import Transcoder
from interpbook.organisms import artifacts
from interpbook.organisms.remake import check_names, follow
from interpbook.organisms.tracing import shipped
from interpbook.organisms.tracing.comparing import Recovery, Total, best_share, profiles, recovered, total
from interpbook.organisms.tracing.exchange import interchange, said
from interpbook.organisms.tracing.shipped import Organism
from interpbook.organisms.tracing.training import train
from interpbook.organisms.tracing.transcoders import STEPS, fit_transcoders, missed, open_transcoders, save_transcoders
from interpbook.organisms.tracing.truth import Case, edges_of

SEED = 0
NULLS = (1, 2, 3)
"""Seeds of the scrambled organisms."""
TABLES = "tables.json"
LIVE = 0.6
"""Recovery is counted on prompts with at least this share of the most edges that a prompt of the organism has."""


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the organisms that are missing or damaged, or that are named. Exit status 0."""
    check_names(only, shipped.BLUEPRINTS)
    return follow(make(only, force=force), len(set(only)) or len(shipped.BLUEPRINTS), shipped.folder())


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None
) -> Iterator[tuple[str, float | None]]:
    """Train every organism that is missing or damaged; its name and seconds (None where it was there).

    Transcoders and tables follow from it, and are made anew with it.
    """
    target = where or shipped.folder()
    target.mkdir(parents=True, exist_ok=True)
    for name in shipped.BLUEPRINTS:
        if names and name not in names:
            continue
        start, made = time.monotonic(), False
        for suffix, job in (("", make_one), ("-transcoders", make_transcoders)):
            if force or made or artifacts.problem_with(f"{name}{suffix}.safetensors", target) is not None:
                job(name, target)
                made = True
        if made or all(row["name"] != name for row in tables(target)):
            mark(name, target)
        yield name, time.monotonic() - start if made else None


def make_one(name: str, target: Path) -> None:
    """Train one organism and write its file and its line of the manifest."""
    start, blueprint = time.monotonic(), shipped.BLUEPRINTS[name]()
    network = train(blueprint, seed=SEED)
    shipped.save(blueprint, network, target / f"{name}.safetensors")
    _note(target, f"{name}.safetensors", name, time.monotonic() - start, steps=blueprint.steps)


def make_transcoders(name: str, target: Path) -> None:
    """Train the transcoders of one organism that is there, and write their file and its line of the manifest."""
    start = time.monotonic()
    organism = shipped.open_organism(name, where=target)
    save_transcoders(fit_transcoders(organism, seed=SEED), target / f"{name}-transcoders.safetensors")
    _note(target, f"{name}-transcoders.safetensors", name, time.monotonic() - start, steps=STEPS)


def _note(target: Path, file: str, name: str, seconds: float, *, steps: int) -> None:
    """Write one file's line of the manifest."""
    (target / file).chmod(0o644)
    facts: dict[str, str | int] = {"base": "none: trained from scratch", "seed": SEED, "steps": steps}
    facts |= {"seconds": round(seconds), "device": f"cpu, threads: {torch.get_num_threads()}"}
    artifacts.note(target, file, f"interpbook train tracing --only {name} --force", **facts)


# --- what was measured ---


def tables(where: Path | None = None) -> list[dict[str, Any]]:
    """What was measured on each organism when it was made, one row each."""
    file = (where or shipped.folder()) / TABLES
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def mark(name: str, target: Path) -> None:
    """Measure one organism as it lies on disk and write its row of the tables."""
    rows = [*(row for row in tables(target) if row["name"] != name), measured(name, target)]
    text = json.dumps(sorted(rows, key=lambda row: row["name"]), indent=1)
    (target / TABLES).write_text(text + "\n", encoding="utf-8")


def measured(name: str, where: Path | None = None) -> dict[str, Any]:
    """Held-out accuracy, interchange, what transcoders miss, and recovery beside scrambled organisms.

    The bar for an edge is chosen on prompts that were taught; recovery is counted on those that were held out.
    """
    organism, transcoders = shipped.open_organism(name, where=where), open_transcoders(name, where=where)
    taught, held_out = (some_cases(name, split) for split in ("train", "test"))
    share = best_share(_recovered(organism, transcoders, taught))
    nulls = [_recovered(shipped.scrambled(organism, seed), transcoders, held_out) for seed in NULLS]
    row: dict[str, Any] = {"name": name, "about": organism.truth.about, "accuracy": accuracy(organism)}
    row |= {"n_held_out": len(shipped.cases(name)), "interchange": [r._asdict() for r in interchange(organism)]}
    row |= {"missed": {str(layer): round(x, 4) for layer, x in missed(organism, transcoders).items()}, "share": share}
    row["recovery"] = _as_row(total(_recovered(organism, transcoders, held_out), share))
    row["scrambled"] = _as_row(total([one for null in nulls for one in null], share))
    return row


def accuracy(organism: Organism) -> float:
    """The share of held-out prompts that the organism answers as its truth does."""
    found = shipped.cases(organism.name)
    right = 0
    for length in {len(case.text.split()) for case in found}:
        some = [case for case in found if len(case.text.split()) == length]
        words = said(organism, [case.text for case in some])
        right += sum(word == case.answer for word, case in zip(words, some, strict=True))
    return right / len(found)


def some_cases(name: str, split: str, n: int = 24) -> list[Case]:
    """A few prompts on which most of the circuit is live (a refused name shows little of it), evenly over all."""
    truth, found = shipped.blueprint_of(name).truth, shipped.cases(name, split)
    live = [len(edges_of(truth, case)) for case in found]
    rich = [case for case, n_edges in zip(found, live, strict=True) if n_edges >= LIVE * max(live)]
    return rich[:: max(1, len(rich) // n)][:n]


def _recovered(organism: Organism, transcoders: dict[int, Transcoder], some: list[Case]) -> list[Recovery]:
    names = profiles(organism, transcoders)
    return recovered(organism, lambda text: trace_graph(organism.model, transcoders, text), names, some)


def _as_row(found: Total) -> dict[str, float | int | None]:
    return {key: None if value != value else round(value, 3) for key, value in found._asdict().items()}
