"""The dictionaries that come with the book: SmolLM2's residual stream at three layers, several settings at one.

1. `recipes` says how each was trained (`smaller`: those of fewer latents): where it reads, its kind and settings, on
   which passages of the book's corpus.
2. `make` trains what is missing, marks it on passages that training did not see, and notes both in the manifest. A run
   that was stopped goes on where it was.
3. `open_sae` opens one, once its checksum is right. Its tables hold what was measured on it as it lies on disk.

Remake one with: interpbook train sae --only NAME --force.
"""

import dataclasses
import functools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook import corpus
from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.evaluation import Baseline, baseline, quality, spliced_loss
from interpbook.dictionaries.files import load, save
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.sae import Config, Sae
from interpbook.dictionaries.training import Plan, Rows, train
from interpbook.models import Site
from interpbook.models import load as load_model
from interpbook.models.store import cache_dir
from interpbook.organisms import artifacts

TABLES = "tables.json"
D_MODEL, N_LATENTS = 576, 4096
TRAIN_PASSAGES, HELD_OUT_PASSAGES, SPLICED_PASSAGES = 1536, 96, 24
"""About 390,000 rows to train on; 24,000 to mark on; 6,000 tokens to predict with the dictionary in the stream."""
PLAN = Plan(steps=1000, lr=3e-3)


@dataclass(frozen=True)
class Recipe:
    """How a dictionary of the book is made."""

    layer: int
    config: Config
    plan: Plan = PLAN


def recipes() -> dict[str, Recipe]:
    """By name, how each is made."""
    sizes = {"d_in": D_MODEL, "n_latents": N_LATENTS}
    made = {f"resid{layer:02d}-topk32": Recipe(layer, TopK(**sizes, k=32)) for layer in (15, 9, 21)}
    made |= {f"resid15-topk{k}": Recipe(15, TopK(**sizes, k=k)) for k in (16, 64)}
    made["resid15-random32"] = Recipe(15, TopK(**sizes, k=32), dataclasses.replace(PLAN, frozen_decoder=True))
    return made | smaller()


def smaller() -> dict[str, Recipe]:
    """Dictionaries of fewer latents on the same rows, for what happens to a latent when there is room for more.

    Each has a seed of its own: with the same one they would begin with the same directions and resemble each other
    for no better reason. Two are of the same size, which tells chance resemblance from splitting.
    """
    made = {"512": (512, 1), "512b": (512, 2), "1024": (1024, 3), "2048": (2048, 4)}
    return {
        f"resid15-topk32-n{name}": Recipe(15, TopK(D_MODEL, n, k=32), dataclasses.replace(PLAN, seed=seed))
        for name, (n, seed) in made.items()
    }


def folder() -> Path:
    """Where the dictionaries are."""
    return artifacts.folder() / "dictionaries"


def shipped(where: Path | None = None) -> list[str]:
    """The names of the dictionaries that are there."""
    return sorted(Path(name).stem for name in artifacts.manifest(where or folder()) if name.endswith(".safetensors"))


def open_sae(name: str, where: Path | None = None) -> Sae:
    """A dictionary of the book by its name, such as `resid15-topk32`, once its checksum is right.

    Raises:
        DictionaryError: there is none of that name, or its file is missing or damaged.
    """
    target = where or folder()
    problem = artifacts.problem_with(f"{name}.safetensors", target)
    if problem is not None:
        raise DictionaryError(
            f"open_sae: {target / name}.safetensors {problem}. Get it back with `git checkout book/artifacts`, or "
            f"train it with `interpbook train sae --only {name}`. Known: {', '.join(shipped(target)) or 'none'}."
        )
    return load(target / f"{name}.safetensors")


def tables(where: Path | None = None) -> list[dict[str, Any]]:
    """What was measured on each dictionary when it was made, one row each."""
    file = (where or folder()) / TABLES
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def make(
    names: Sequence[str] = (), *, force: bool = False, where: Path | None = None
) -> Iterator[tuple[str, float | None]]:
    """Train and mark every dictionary that is missing or damaged; its name and seconds (None where it was there)."""
    target = where or folder()
    target.mkdir(parents=True, exist_ok=True)
    for name, recipe in recipes().items():
        if names and name not in names:
            continue
        if not force and artifacts.problem_with(f"{name}.safetensors", target) is None:
            yield name, None
            continue
        start = time.monotonic()
        file, unfinished = target / f"{name}.safetensors", cache() / f"{name}.checkpoint"
        sae = train(training_rows(recipe.layer), recipe.config, recipe.plan, checkpoint=unfinished)
        about = {"corpus": corpus_name(), "licence": "Apache-2.0", "steps": str(recipe.plan.steps)}
        save(dataclasses.replace(sae, site=Site("resid", layer=recipe.layer), about=about), file, small=True)
        seconds = time.monotonic() - start
        _note(target, name, recipe, seconds)
        _mark(target, name, recipe)
        yield name, seconds


def cache() -> Path:
    """Where stores and unfinished runs are kept."""
    return cache_dir() / "dictionaries"


def corpus_name() -> str:
    """Which text, in a few words."""
    return f"the book's corpus, first {TRAIN_PASSAGES} training passages"


@dataclass(frozen=True)
class First:
    """The first rows of a store."""

    rows: Rows
    n: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and numbers in a row."""
        return self.n, self.rows.shape[1]

    def __getitem__(self, chosen: Tensor) -> Float[Tensor, "row d"]:
        return self.rows[chosen]


def training_rows(layer: int) -> First:
    """The stream after a block on the passages that every dictionary trains on; harvested when it is not there."""
    return _rows(layer, "train", TRAIN_PASSAGES)


def held_out_rows(layer: int) -> First:
    """The same on passages of documents that training did not see."""
    return _rows(layer, "held-out", HELD_OUT_PASSAGES)


def _rows(layer: int, part: str, n_passages: int) -> First:
    text, site = corpus.open_corpus(), Site("resid", layer=layer)
    store = corpus.stores([site], part, model=_model(), corpus=text, at_most=n_passages)[site]
    chosen = corpus.passages(text, part)[:n_passages]
    return First(store, sum(len(corpus.ids_of(text, int(passage))) - 1 for passage in chosen))


@functools.cache
def _model() -> Any:
    return load_model(dtype=torch.bfloat16)


@functools.cache
def _baseline(layer: int, limit: float) -> Baseline:
    text = corpus.open_corpus()
    some = corpus.tokens(text, corpus.passages(text, "held-out")[:SPLICED_PASSAGES])
    return baseline(_model(), Site("resid", layer=layer), some, limit=limit)


def measured(sae: Sae, layer: int) -> dict[str, float | int]:
    """What a dictionary's table holds: reconstruction, sparsity, and the loss with it in the stream."""
    found, without = quality(sae, held_out_rows(layer)), _baseline(layer, sae.limit)
    loss = without.with_spliced(spliced_loss(_model(), sae, without.tokens))
    row = {"fvu": found.fvu, "l0": found.l0, "dead": found.dead, "n_rows": found.n}
    row |= {"clean": loss.clean, "spliced": loss.spliced, "mean": loss.mean, "zero": loss.zero, "n_tokens": loss.n}
    return row | {"recovered": loss.recovered, "recovered_from_zero": loss.recovered_from_zero}


def _mark(target: Path, name: str, recipe: Recipe) -> None:
    """Write one dictionary's row of the tables."""
    row = {"name": name, "layer": recipe.layer, "kind": recipe.config.kind, "n_latents": recipe.config.n_latents}
    row |= {"k": getattr(recipe.config, "k", None), "frozen_decoder": recipe.plan.frozen_decoder}
    row |= {"steps": recipe.plan.steps, "batch": recipe.plan.batch, "train_passages": TRAIN_PASSAGES}
    figures = measured(load(target / f"{name}.safetensors"), recipe.layer)
    row |= {key: round(value, 5) if isinstance(value, float) else value for key, value in figures.items()}
    rows = [*(other for other in tables(target) if other["name"] != name), row]
    text = json.dumps(sorted(rows, key=lambda entry: entry["name"]), indent=1)
    (target / TABLES).write_text(text + "\n", encoding="utf-8")


def _note(target: Path, name: str, recipe: Recipe, seconds: float) -> None:
    """Write one file's line of the manifest."""
    file = target / f"{name}.safetensors"
    file.chmod(0o644)
    facts: dict[str, str | int] = {"seed": recipe.plan.seed, "corpus": corpus_name(), "seconds": round(seconds)}
    facts |= {"device": f"cpu, threads: {torch.get_num_threads()}"}
    artifacts.note(target, file.name, f"interpbook train sae --only {name} --force", **facts)


def note_marks(target: Path, file: str, name: str, rows: list[dict[str, Any]]) -> None:
    """Write the manifest's entry of a file of marks, one row a dictionary that was trained, judged and dropped."""
    facts: dict[str, str | int] = {"corpus": corpus_name(), "seconds": round(sum(row["seconds"] for row in rows))}
    facts |= {"device": f"cpu, threads: {torch.get_num_threads()}", "seed": 0}
    artifacts.note(target, file, f"interpbook train sae --only {name} --force", **facts)
