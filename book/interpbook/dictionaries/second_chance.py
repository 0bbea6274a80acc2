"""AuxK on and off: how many latents die, and what that costs, where the right answer is known and where it is not.

1. `on_planted`: as many latents as planted features, so that each dead latent is a feature missed; three rates.
2. `on_stream`: SmolLM2's stream after block 15, where nobody knows how many latents there should be. Two regimes in
   which many die: 4,096 latents of which 8 are active, and 2,048 whose encoder does not begin as their directions.

A pair has everything in common (rows, order, start) but the weight of AuxK's loss. Dead means: active in none of the
held-out rows. Only the marks come with the book: interpbook train sae --only aux --force.

Gao et al. 2024 (arXiv 2406.04093, section 2.4) proposed AuxK. Built in chapter 03.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from interpbook.dictionaries.evaluation import Quality, quality, recovered
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.planted import draw, planted
from interpbook.dictionaries.shipped import D_MODEL, folder, held_out_rows, note_marks, training_rows
from interpbook.dictionaries.training import Plan, train

NAME, FILE, LAYER = "aux", "aux.json", 15
WEIGHTS = (0.0, 1 / 32)
"""AuxK off, and at the weight of its authors, which is the trainer's default."""
RACES = {
    "planted": ((3e-3, 1e-2, 3e-2), (0, 1, 2)),
    "untied": ((3e-3,), (1, 2, 3)),
    "wide": ((3e-3, 1e-2), (1,)),
}
"""By regime, learning rates and seeds."""
SIZES = {"planted": TopK(48, 256, k=2), "wide": TopK(D_MODEL, 4096, k=8), "untied": TopK(D_MODEL, 2048, k=16)}


def entrants() -> dict[str, tuple[str, Plan]]:
    """By name, on which rows and how each is trained; pairs differ in `aux` alone."""
    return {
        f"{where}, rate {rate:g}, seed {seed}, {'with' if aux else 'without'}": (
            where,
            plan_for(where, rate, seed, aux),
        )
        for where, (rates, seeds) in RACES.items()
        for rate in rates
        for seed in seeds
        for aux in WEIGHTS
    }


def plan_for(where: str, rate: float, seed: int, aux: float) -> Plan:
    """How one is trained; on the stream a latent counts as dead after 40 silent batches."""
    if where == "planted":
        return Plan(steps=600, batch=256, lr=rate, dead_after=5_000, seed=seed, aux=aux)
    steps, tied = (800, True) if where == "wide" else (400, False)
    return Plan(steps=steps, batch=512, lr=rate, dead_after=20_000, seed=seed, aux=aux, tied_start=tied)


def on_planted(plan: Plan) -> dict[str, float]:
    """Marks of one dictionary of as many latents as there are features, on rows that it has not seen."""
    size = SIZES["planted"]
    known = planted(size.n_latents, size.d_in, active=1.5, seed=plan.seed)
    rows, exam = draw(known, 30_000, seed=100 + plan.seed).x, draw(known, 8_000, seed=200 + plan.seed).x
    sae = train(rows, size, plan, progress=False)
    return marks(quality(sae, exam)) | {"recovered": recovered(sae.W_dec, known.directions)}


def on_stream(config: TopK, plan: Plan) -> dict[str, float]:
    """Marks of one dictionary of the stream, on passages of documents that it has not seen."""
    sae = train(training_rows(LAYER), config, plan, progress=False)
    return marks(quality(sae, held_out_rows(LAYER)))


def marks(found: Quality) -> dict[str, float]:
    """A quality as numbers with names."""
    return {"fvu": found.fvu, "l0": found.l0, "dead": found.dead, "n_rows": found.n}


def second_chances(where: Path | None = None) -> list[dict[str, Any]]:
    """The marks, a row a dictionary: `where`, `rate`, `seed`, `aux`; `fvu`, `l0`, `dead` …; if planted, `recovered`."""
    return json.loads(((where or folder()) / FILE).read_text(encoding="utf-8"))


def pairs(rows: list[dict[str, Any]], where: str, rate: float, mark: str) -> tuple[list[float], list[float]]:
    """One mark without AuxK and with it, seed by seed in the same order."""
    some = [row for row in rows if row["where"] == where and row["rate"] == rate]
    without, with_it = ({row["seed"]: row[mark] for row in some if bool(row["aux"]) == on} for on in (False, True))
    return [without[seed] for seed in sorted(without)], [with_it[seed] for seed in sorted(without)]


def make(where: Path | None = None, *, force: bool = False) -> Iterator[tuple[str, float | None]]:
    """Train and mark every entrant whose marks are missing; its name and seconds (None where they were there)."""
    target = where or folder()
    there = second_chances(where) if (target / FILE).is_file() and not force else []
    known = {row["name"]: row for row in there if row["name"] in entrants()}
    for name, (on, plan) in entrants().items():
        if name in known:
            yield name, None
            continue
        start = time.monotonic()
        found = on_planted(plan) if on == "planted" else on_stream(SIZES[on], plan)
        seconds = time.monotonic() - start
        size = SIZES[on]
        facts = {
            "name": name,
            "where": on,
            "n_latents": size.n_latents,
            "k": size.k,
            "rate": plan.lr,
            "seed": plan.seed,
            "aux": plan.aux,
            "steps": plan.steps,
        }
        rounded = {mark: round(value, 5) if isinstance(value, float) else value for mark, value in found.items()}
        known[name] = facts | {"batch": plan.batch, "seconds": round(seconds, 1)} | rounded
        (target / FILE).write_text(json.dumps(list(known.values()), indent=1) + "\n", encoding="utf-8")
        if len(known) == len(entrants()):
            note_marks(target, FILE, NAME, list(known.values()))
        yield name, seconds
