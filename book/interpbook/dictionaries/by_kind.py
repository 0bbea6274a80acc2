"""Kinds of dictionary on the same rows of SmolLM2's stream, for the same number of steps: what each leaves over.

Only the marks come with the book; the dictionaries themselves are trained, judged and dropped. A frozen random decoder
runs along as the baseline. Penalties were set by short runs, judged on training rows, to leave some tens of latents
active; a kind is read against TopK at as many active latents.
Make the marks again with: interpbook train sae --only kinds --force.
"""

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from interpbook.dictionaries.kinds.batchtopk import BatchTopK
from interpbook.dictionaries.kinds.gated import Gated
from interpbook.dictionaries.kinds.jumprelu import JumpReLU
from interpbook.dictionaries.kinds.matryoshka import Matryoshka
from interpbook.dictionaries.kinds.relu import ReLU
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.sae import Config
from interpbook.dictionaries.shipped import D_MODEL, folder, measured, note_marks, training_rows
from interpbook.dictionaries.training import Plan, train
from interpbook.models import Site

NAME, FILE, LAYER = "kinds", "kinds.json", 15
N_LATENTS, PLAN = 1024, Plan(steps=400, lr=3e-3)
"""A quarter of the latents of the shipped dictionaries, since three kinds compute every latent of every row."""


def entrants() -> dict[str, tuple[Config, Plan]]:
    """By name, what is trained and how; TopK at several k is the line beside which the others stand."""
    size = {"d_in": D_MODEL, "n_latents": N_LATENTS}
    line: dict[str, Config] = {f"TopK {k}": TopK(**size, k=k) for k in (8, 32, 128)}
    others: dict[str, Config] = {
        "BatchTopK": BatchTopK(**size, k=32),
        "Matryoshka": Matryoshka(**size, k=32, prefixes=(64, 256, N_LATENTS)),
        "ReLU": ReLU(**size, l1=3.5),
        "Gated": Gated(**size, l1=7.0),
        "JumpReLU": JumpReLU(**size, l0=12.0),
    }
    every = {name: (config, PLAN) for name, config in (line | others).items()}
    return every | {"frozen decoder": (line["TopK 32"], dataclasses.replace(PLAN, frozen_decoder=True))}


def kinds(where: Path | None = None) -> list[dict[str, Any]]:
    """The marks, one row a kind: `fvu`, `l0`, `dead`, `spliced` (loss in nats with it in the stream), `seconds` …"""
    return json.loads(((where or folder()) / FILE).read_text(encoding="utf-8"))


def make(where: Path | None = None, *, force: bool = False) -> Iterator[tuple[str, float | None]]:
    """Train and mark every entrant whose marks are missing; its name and seconds (None where they were there)."""
    file = (where or folder()) / FILE
    rows = {row["name"]: row for row in kinds(where)} if file.is_file() and not force else {}
    for name, (config, plan) in entrants().items():
        if name in rows:
            yield name, None
            continue
        start = time.monotonic()
        sae = dataclasses.replace(train(training_rows(LAYER), config, plan), site=Site("resid", layer=LAYER))
        seconds = time.monotonic() - start
        row = {"name": name, "steps": plan.steps, "batch": plan.batch, "seconds": round(seconds)}
        marks = measured(sae, LAYER)
        rows[name] = row | {key: round(value, 5) if isinstance(value, float) else value for key, value in marks.items()}
        file.write_text(json.dumps(list(rows.values()), indent=1) + "\n", encoding="utf-8")
        if len(rows) == len(entrants()):
            note_marks(file.parent, FILE, NAME, list(rows.values()))
        yield name, seconds
