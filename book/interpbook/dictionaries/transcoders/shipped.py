"""The transcoders that come with the book: one for the neurons of each of SmolLM2's thirty blocks.

1. `make` trains all of them at once from the book's corpus (an hour on one core; a run that was stopped goes on), packs
   them into 4 bits, marks what lies on disk on passages that training did not see, and notes both in the manifest.
2. `open_transcoders` opens them, once their checksums are right. `replacement_scores` holds what was measured.

Remake them with: interpbook train transcoders --force.
"""

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from nnsight import TransformersModel
from torch import Tensor

from interpbook import corpus
from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.training import Plan
from interpbook.dictionaries.transcoders.marking import (
    Said,
    Sums,
    compare,
    constant,
    replaced_by,
    transcoder_quality,
)
from interpbook.dictionaries.transcoders.packed import load_packed, save_packed
from interpbook.dictionaries.transcoders.together import Text, round_of, rows_of, shuffled, train_together
from interpbook.dictionaries.transcoders.transcoder import Transcoder
from interpbook.models import info
from interpbook.models import load as load_model
from interpbook.models.store import cache_dir
from interpbook.models.tokens import Tokens
from interpbook.organisms import artifacts

TABLES = "tables.json"
N_LATENTS, K = 1792, 32
PLAN = Plan(steps=1312, batch=512, warmup=20, decay=0.46, dead_after=60_000, save_every=8)
LINEAR_ROUNDS, MARKED, SPLICED, SPLICED_EACH = 5, 32, 16, 4
"""Rounds of rows for the linear baseline; held-out passages for rows, for the whole, and for each layer alone."""

FROZEN = (1,)
"""Layers with a baseline: random directions that never learn."""


def folder() -> Path:
    """Where the transcoders are."""
    return artifacts.folder() / "transcoders"


def name_of(layer: int) -> str:
    """A transcoder's name, such as `mlp07`."""
    return f"mlp{layer:02d}"


def names() -> list[str]:
    """The names of all that belong to the book."""
    return [name_of(layer) for layer in range(30)]


def shipped_transcoders(where: Path | None = None) -> list[int]:
    """The layers whose transcoders are there."""
    known = artifacts.manifest(where or folder())
    return sorted(int(Path(name).stem.removeprefix("mlp")) for name in known if name.endswith(".safetensors"))


def open_transcoders(layers: Sequence[int] | None = None, where: Path | None = None) -> dict[int, Transcoder]:
    """SmolLM2's transcoders by layer, all or some, once their checksums are right; 340 MB in memory for all.

    Raises:
        DictionaryError: there is none for a layer, or its file is missing or damaged.
    """
    target, found = where or folder(), {}
    for layer in shipped_transcoders(target) if layers is None else layers:
        problem = artifacts.problem_with(f"{name_of(layer)}.safetensors", target)
        if problem is not None:
            raise DictionaryError(
                f"open_transcoders: {target / name_of(layer)}.safetensors {problem}. Get it back with `git checkout "
                "book/artifacts`, or train all with `interpbook train transcoders`. "
                f"Known layers: {shipped_transcoders(target) or 'none'}."
            )
        found[layer] = load_packed(target / f"{name_of(layer)}.safetensors")
    return found


def replacement_scores(where: Path | None = None) -> list[dict[str, Any]]:
    """What was measured when they were made: one row a layer, and first one for all of them together (`layer` None).

    `fvu`, `l0`, `dead` on held-out rows, `fvu_unpacked` before the 4 bits, `fvu_linear` of the best linear guess,
    `fvu_frozen` (some layers) of one whose random directions never learn, trained as long and not packed; the
    loss in nats a token and the agreement with the model's own top token, with transcoders, means and linear guesses in
    the neurons' place.
    """
    file = (where or folder()) / TABLES
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def make(
    only: Sequence[str] = (), *, force: bool = False, where: Path | None = None
) -> Iterator[tuple[str, float | None]]:
    """Train and mark all that are missing or damaged, together; each name and its seconds (None where it was there).

    What is whole but not in the tables is marked again from the disk. Last come the baselines of `FROZEN`.
    """
    target = where or folder()
    target.mkdir(parents=True, exist_ok=True)
    wanted = [layer for layer in range(30) if not only or name_of(layer) in only]
    whole = [layer for layer in wanted if artifacts.problem_with(f"{name_of(layer)}.safetensors", target) is None]
    yield from ((name_of(layer), None) for layer in whole if not force)
    missing = [layer for layer in wanted if force or layer not in whole]
    if missing:
        start = time.monotonic()
        made = train_all(missing)
        seconds = (time.monotonic() - start) / len(missing)
        ship(made, target, seconds)
        unfinished(missing).unlink(missing_ok=True)
        yield from ((name_of(layer), seconds) for layer in missing)
    if unmarked := [layer for layer in wanted if layer not in _table(target)]:
        mark(unmarked, target)
    for layer in FROZEN:
        if layer in wanted and "fvu_frozen" not in _table(target)[layer]:
            mark_frozen(layer, target)


def train_all(layers: Sequence[int]) -> list[Transcoder]:
    """The transcoders of some layers, trained together on one pass over part of the corpus."""
    text, model = shuffled(corpus.open_corpus(), "train"), load_model(dtype=torch.bfloat16)
    config = TopK(d_in=info(model).d_model, n_latents=N_LATENTS, k=K)
    about = {"corpus": "the book's corpus, training passages", "licence": "Apache-2.0", "steps": str(PLAN.steps)}
    made = train_together(model, text, layers, config, PLAN, checkpoint=unfinished(layers))
    return [dataclasses.replace(transcoder, about=about) for transcoder in made]


def unfinished(layers: Sequence[int]) -> Path:
    """Where a run that was stopped is kept."""
    return cache_dir() / "dictionaries" / f"transcoders-{layers[0]}-{layers[-1]}-{len(layers)}.checkpoint"


def ship(made: Sequence[Transcoder], target: Path, seconds: float) -> None:
    """Pack transcoders into files, note them in the manifest, and mark what lies on disk."""
    stale = {transcoder.layer for transcoder in made}
    _write([row for row in replacement_scores(target) if row["layer"] not in stale], target)  # until they are marked
    for transcoder in made:
        file = target / f"{name_of(transcoder.layer)}.safetensors"
        save_packed(transcoder, file)
        file.chmod(0o644)
        facts: dict[str, str | int] = {"seed": PLAN.seed, "corpus": "the book's corpus, training passages"}
        facts |= {"seconds": round(seconds), "device": f"cpu, threads: {torch.get_num_threads()}"}
        artifacts.note(target, file.name, "interpbook train transcoders --force", **facts)
    mark([transcoder.layer for transcoder in made], target, {transcoder.layer: transcoder for transcoder in made})


def mark(layers: Sequence[int], target: Path, unpacked: Mapping[int, Transcoder] | None = None) -> None:
    """Write the tables anew for these layers, from what lies on disk, and for all that are there together.

    `unpacked` are the same before they were packed, where they are at hand; else `fvu_unpacked` is None.
    """
    model, text = load_model(dtype=torch.bfloat16), corpus.open_corpus()
    every = open_transcoders(where=target)
    linear = linear_guesses(model, shuffled(text, "train"), every)
    held_out = corpus.passages(text, "held-out")
    rows = rows_of(model, Text(text, held_out), held_out[:MARKED], list(every))
    means = {layer: constant(every[layer], y.float().mean(0)) for layer, (_, y) in rows.items()}
    some = {layer: every[layer] for layer in layers}
    alone = _each_alone(model, some, means, corpus.tokens(text, held_out[:SPLICED_EACH]))
    table = _table(target)
    for layer in layers:
        before = (unpacked or {}).get(layer)
        table[layer] = _fits(every[layer], before, linear[layer], rows[layer]) | alone[layer]
    whole = _together(model, every, means, linear, corpus.tokens(text, held_out[:SPLICED]))
    _write([whole, *table.values()], target)


def _table(target: Path) -> dict[int, dict[str, Any]]:
    """The rows of single layers."""
    return {row["layer"]: row for row in replacement_scores(target) if row["layer"] is not None}


def _write(rows: Sequence[dict[str, Any]], target: Path) -> None:
    """The tables, the whole first, then layer by layer."""
    ordered = sorted(rows, key=lambda row: -1 if row["layer"] is None else row["layer"])
    (target / TABLES).write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def mark_frozen(layer: int, target: Path) -> None:
    """Train the baseline of one layer, whose random directions never learn, as long as the others; note what it misses.

    No file is kept: `fvu_frozen` in the tables is all that is wanted of it.
    """
    text, model = corpus.open_corpus(), load_model(dtype=torch.bfloat16)
    config, plan = (
        TopK(d_in=info(model).d_model, n_latents=N_LATENTS, k=K),
        dataclasses.replace(PLAN, frozen_decoder=True),
    )
    checkpoint = unfinished([layer]).with_suffix(".frozen.checkpoint")
    (made,) = train_together(model, shuffled(text, "train"), [layer], config, plan, checkpoint=checkpoint)
    held_out = corpus.passages(text, "held-out")
    rows = rows_of(model, Text(text, held_out), held_out[:MARKED], [layer])[layer]
    found = {"fvu_frozen": round(transcoder_quality(made, *rows).fvu, 5)}
    _write([row | found if row["layer"] == layer else row for row in replacement_scores(target)], target)
    checkpoint.unlink(missing_ok=True)


def linear_guesses(model: TransformersModel, text: Text, like: Mapping[int, Transcoder]) -> dict[int, Transcoder]:
    """The best linear guess of each layer, from some of the rows that its transcoder was trained on."""
    sums = {layer: Sums(transcoder.limit) for layer, transcoder in like.items()}
    for number in range(LINEAR_ROUNDS):
        for layer, (x, y) in round_of(model, text, number, list(like)).items():
            sums[layer].add(x, y)
    return {layer: found.guess(layer) for layer, found in sums.items()}


def _fits(
    transcoder: Transcoder, unpacked: Transcoder | None, linear: Transcoder, rows: tuple[Tensor, Tensor]
) -> dict[str, Any]:
    """How well one layer's transcoder guesses its neurons' output."""
    found = transcoder_quality(transcoder, *rows)
    row = {"layer": transcoder.layer, "fvu": found.fvu, "l0": found.l0, "dead": found.dead, "n_rows": found.n}
    row |= {
        "fvu_unpacked": None if unpacked is None else transcoder_quality(unpacked, *rows).fvu,
        "fvu_linear": transcoder_quality(linear, *rows).fvu,
    }
    return _rounded(row)


def _each_alone(
    model: TransformersModel, some: Mapping[int, Transcoder], means: Mapping[int, Transcoder], tokens: Tokens
) -> dict[int, dict[str, Any]]:
    """For each layer, what the model says with its transcoder alone in place, and with its mean alone."""
    changes = {f"transcoder {layer}": replaced_by(model, {layer: one}) for layer, one in some.items()}
    changes |= {f"mean {layer}": replaced_by(model, {layer: means[layer]}) for layer in some}
    said = compare(model, tokens, changes)
    return {
        layer: _said_row({"": said[f"transcoder {layer}"], "_mean": said[f"mean {layer}"], "_clean": said["clean"]})
        for layer in some
    }


def _together(
    model: TransformersModel,
    every: Mapping[int, Transcoder],
    means: Mapping[int, Transcoder],
    linear: Mapping[int, Transcoder],
    tokens: Tokens,
) -> dict[str, Any]:
    """What the model says with all transcoders in place, with means, and with linear guesses."""
    ways = {"": every, "_mean": means, "_linear": linear}
    said = compare(model, tokens, {name: replaced_by(model, way) for name, way in ways.items()})
    said["_clean"] = said.pop("clean")
    return {"layer": None, "layers": len(every), **_said_row(said)}


def _said_row(said: Mapping[str, Said]) -> dict[str, Any]:
    """Loss, agreement and divergence, each with the ending of its way."""
    row: dict[str, Any] = {"n_tokens": next(iter(said.values())).n}
    for ending, one in said.items():
        row |= {f"loss{ending}": one.loss, f"agreement{ending}": one.agreement, f"kl{ending}": one.kl}
    row.pop("agreement_clean")
    row.pop("kl_clean")
    return _rounded(row)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in row.items()}
