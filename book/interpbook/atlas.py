"""The feature atlas: one card for every latent of a shipped dictionary, as small files that a page loads when asked.

1. `cards` looks at every latent on two texts: one makes its label and examples, the other, held out, scores the label.
2. `steered` lets the model go on with one prompt while a latent is held at multiples of its peak.
3. `remake` writes `index.json` (what the search needs) and files of 64 cards each, and notes them in a manifest.

Every latent has a card: nothing is picked, so the atlas holds the dull and the dead beside the striking.
"""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from nnsight import TransformersModel
from rich.console import Console
from rich.progress import track

from interpbook import corpus, features, steering
from interpbook.dictionaries import Sae, open_sae
from interpbook.features import Card, Firings, Text
from interpbook.models import Site, load
from interpbook.organisms import artifacts

NAME = "resid15-topk32"
CHUNK = 64
"""Cards in one file."""
LEARN, TEST = 256, 128
"""Passages that make labels and examples, and held-out passages that score the labels."""
PROMPT = "I want to tell you about"
DOSES = (0.0, 1.0, 2.0, 4.0)
"""Multiples of a latent's peak."""
STEERED = 12
"""So many latents with the best labels, and as many drawn at random, get continuations."""
HEADER = """# The feature atlas. Make it again with: interpbook train atlas --force
# Written by that command; not to be edited by hand.
"""


def folder() -> Path:
    """Where the atlas's files are."""
    return artifacts.folder() / "atlas"


def fired(sae: Sae, part: str, n: int, model: TransformersModel) -> tuple[Firings, Text]:
    """Every activation on the first passages of one part of the corpus, beside the text."""
    book = corpus.open_corpus()
    passages = [corpus.ids_of(book, int(number)) for number in corpus.passages(book, part)[:n]]
    store = corpus.stores([_site(sae)], part, model=model, at_most=n)[_site(sae)]
    rows = store[: sum(len(ids) - 1 for ids in passages)]
    return features.fire(sae, rows), features.text_of(passages)


def cards(
    sae: Sae, learn: tuple[Firings, Text], test: tuple[Firings, Text], decode: Sequence[str], model: TransformersModel
) -> Iterator[Card]:
    """The card of every latent, in order."""
    effects = features.logit_effects(model, sae.W_dec)
    for latent in range(sae.config.n_latents):
        yield features.card(latent, learn, test, decode, effects)


def as_row(card: Card, decode: Sequence[str]) -> dict[str, Any]:
    """A card in few bytes. i number · f share of rows · p peak · l label · s its score · t strongest examples ·
    e examples over the whole range · h histogram · u, d tokens whose logits its direction raises and lowers."""
    return {
        **{"i": card.latent, "f": _short(card.frequency), "p": _short(card.peak)},
        **{"l": card.label.words(list(decode)), "s": _short(card.score)},
        **{"t": [_example(one) for one in card.examples[:6]], "e": [_example(one) for one in card.spread[:4]]},
        **{"h": card.histogram[0].tolist()},
        **{"u": [decode[token] for token in card.raised], "d": [decode[token] for token in card.lowered]},
    }


def index_row(row: dict[str, Any]) -> list[Any]:
    """What the search needs of a card: number, label, score, share of rows, words raised, tokens of its examples."""
    tokens = dict.fromkeys(token.strip().lower() for _, _, token, _ in row["t"])
    return [row["i"], row["l"], row["s"], row["f"], " ".join(word.strip() for word in row["u"][:4]), " ".join(tokens)]


def steered(model: TransformersModel, sae: Sae, latent: int, peak: float) -> dict[str, str]:
    """How the model goes on with the prompt while the latent is held at multiples of its peak."""
    edits = {f"{dose:g}": steering.clamp(sae, latent, dose * peak) for dose in DOSES}
    return steering.continuations(model, PROMPT, _site(sae), edits, n_tokens=16)


def chosen(rows: Sequence[dict[str, Any]], *, n: int = STEERED, seed: int = 0) -> list[int]:
    """Latents that get continuations: the best labels among those that are not rare, and as many at random."""
    alive = [row for row in rows if row["p"] > 0]
    usual = sorted((row for row in alive if row["f"] >= 0.0005), key=lambda row: -row["s"])
    order = torch.randperm(len(alive), generator=torch.Generator().manual_seed(seed))[:n].tolist()
    return list(dict.fromkeys([row["i"] for row in usual[:n]] + [alive[place]["i"] for place in order]))


def write(rows: Sequence[dict[str, Any]], about: dict[str, Any], target: Path) -> list[str]:
    """Write the index and the cards; returns the names of the files."""
    target.mkdir(parents=True, exist_ok=True)
    parts = [list(rows[start : start + CHUNK]) for start in range(0, len(rows), CHUNK)]
    content: dict[str, Any] = {f"{number:03d}.json": part for number, part in enumerate(parts)}
    content["index.json"] = about | {"chunk": CHUNK, "rows": [index_row(row) for row in rows]}
    for name, value in content.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        (target / name).write_text(text + "\n", encoding="utf-8")
    return sorted(content)


def remake(*, where: Path | None = None, progress: bool = True) -> int:
    """Make the whole atlas again, some minutes on two cores; returns how many cards it has."""
    started, target = time.monotonic(), where or folder()
    model = load(dtype=torch.bfloat16)
    sae = open_sae(NAME)
    decode = [model.tokenizer.decode([token]) for token in range(len(model.tokenizer))]
    learn, test = fired(sae, "train", LEARN, model), fired(sae, "held-out", TEST, model)
    every = track(cards(sae, learn, test, decode, model), "cards", sae.config.n_latents, disable=not progress)
    rows = [as_row(card, decode) for card in every]
    for latent in track(chosen(rows), "continuations", disable=not progress):
        rows[latent]["c"] = steered(model, sae, latent, rows[latent]["p"])
    about = {"name": NAME, "layer": _site(sae).layer, "n_rows": learn[0].n_rows, "n_test": test[0].n_rows}
    names = write(rows, about | {"prompt": PROMPT}, target)
    facts = {"command": "interpbook train atlas --force", "seconds": round(time.monotonic() - started)}
    entries = {name: {"file": name, "sha256": artifacts.sha256(target / name)} | facts for name in names}
    artifacts.write_manifest(target, entries, HEADER)
    return len(rows)


def run(*, force: bool = False) -> int:
    """`interpbook train atlas`: make it again where a file is missing or damaged."""
    known = artifacts.manifest(folder())
    if known and not force and not any(artifacts.problem_with(name, folder()) for name in known):
        Console().print("atlas: was there, whole")
        return 0
    Console().print(f"atlas: {remake()} cards")
    return 0


def _site(sae: Sae) -> Site:
    if sae.site is None:
        raise artifacts.ArtifactError("atlas: the dictionary does not say where in the model it belongs.")
    return sae.site


def _example(shown: tuple[float, str, str, str]) -> list[Any]:
    value, before, token, after = shown
    return [_short(value), before, token, after]


def _short(value: float) -> float:
    return float(f"{value:.3g}")
