"""The corpus from its sources: texts to passages of token ids, documents kept apart.

1. `collected` takes passages from the free texts of `sources`; documents in an order that the seed decides.
2. `written` takes the texts that the model wrote itself.
3. `pack` joins both, in that order, and sets every tenth document aside: held out.
4. `remake` does all of it: `interpbook train corpus`.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console
from safetensors.numpy import save_file
from transformers import PreTrainedTokenizerBase

from interpbook.authoring.layout import AuthoringError
from interpbook.corpus.shipped import FILE, WRITTEN, folder
from interpbook.corpus.sources import SOURCES, CorpusError, documents, fetch
from interpbook.corpus.writing import keep_writing
from interpbook.data import shuffled, token_ids
from interpbook.models import load
from interpbook.models.store import cache_dir
from interpbook.models.tokens import DOCUMENT_SEPARATOR
from interpbook.organisms import artifacts

LENGTH = 256
"""Tokens in a passage, the separator before it counted."""
SHORTEST = 64
"""Shorter rests are left out."""
HELD_OUT_EVERY = 10
N_WRITTEN = 576
"""Texts that the model writes."""


class Document(NamedTuple):
    """One text of the corpus, cut into passages."""

    source: str
    passages: list[list[int]]


def cut(ids: Sequence[int], first: int, *, at_most: int) -> list[list[int]]:
    """At most so many passages from a document, evenly spread over it, each behind the token that begins a document."""
    step = LENGTH - 1
    pieces = [[first, *ids[start : start + step]] for start in range(0, len(ids), step)]
    whole = [piece for piece in pieces if len(piece) >= SHORTEST]
    if len(whole) <= at_most:
        return whole
    return [whole[int(place)] for place in np.linspace(0, len(whole) - 1, at_most)]


def collected(tokenizer: PreTrainedTokenizerBase, folder: Path, *, seed: int = 0) -> list[Document]:
    """The documents from packages, mixed, so that any beginning of the list is a fair sample of the whole."""
    first = _first(tokenizer)
    found = [
        Document(source.name, cut(token_ids(tokenizer, text), first, at_most=source.passages))
        for source in SOURCES
        for text in shuffled(list(documents(source, folder)), seed=seed)[: source.documents]
    ]
    return shuffled([document for document in found if document.passages], seed=seed)


def written(tokenizer: PreTrainedTokenizerBase, file: Path) -> list[Document]:
    """The documents that the model wrote, one passage each."""
    first = _first(tokenizer)
    rows = (json.loads(line)["ids"] for line in file.read_text(encoding="utf-8").splitlines())
    cuts = (cut(ids, first, at_most=1) for ids in rows)
    return [Document(WRITTEN, passages) for passages in cuts if passages]


def pack(found: Sequence[Document], file: Path) -> dict[str, int]:
    """Write the corpus and return how many tokens each source gave."""
    flat = [(number, document.source, ids) for number, document in enumerate(found) for ids in document.passages]
    names = list(dict.fromkeys(document.source for document in found))
    lengths = [len(ids) for _, _, ids in flat]
    numbers = np.array([number for number, _, _ in flat])
    arrays = {
        "ids": np.concatenate([np.array(ids, dtype=np.uint16) for _, _, ids in flat]),
        "starts": np.cumsum([0, *lengths]).astype(np.int32),
        "document": numbers.astype(np.int32),
        "source": np.array([names.index(source) for _, source, _ in flat], dtype=np.uint8),
        "held_out": (numbers % HELD_OUT_EVERY == HELD_OUT_EVERY - 1).astype(np.uint8),
    }
    save_file(arrays, file, metadata={"sources": json.dumps(names), "separator": DOCUMENT_SEPARATOR})
    file.chmod(0o644)
    return {name: sum(n for n, (_, source, _) in zip(lengths, flat, strict=True) if source == name) for name in names}


def _first(tokenizer: PreTrainedTokenizerBase) -> int:
    return int(tokenizer.convert_tokens_to_ids(DOCUMENT_SEPARATOR))  # pyright: ignore[reportArgumentType]


def remake(*, where: Path | None = None, seed: int = 0, n_written: int = N_WRITTEN) -> dict[str, int]:
    """Make the corpus again: fetch what is missing, let the model write, pack, and note it in the manifest.

    Writing takes about a quarter of an hour and goes on where it was stopped; the rest takes a minute. Packages give
    the same bytes; what the model writes may differ where a processor rounds differently.
    """
    started, target, kept = time.monotonic(), where or folder(), cache_dir() / "corpus"
    kept.mkdir(parents=True, exist_ok=True)
    for source in SOURCES:
        fetch(source, kept)
    model = load(dtype=torch.bfloat16)
    texts = collected(model.tokenizer, kept, seed=seed)
    keep_writing(model, kept / "written.jsonl", n_written, seed=seed)
    counts = pack([*texts, *written(model.tokenizer, kept / "written.jsonl")], target / FILE)
    licences = ", ".join(dict.fromkeys([*(source.licence for source in SOURCES), "Apache-2.0"]))
    facts = {"seeds": str(seed), "seconds": round(time.monotonic() - started), "licence": licences}
    artifacts.note(target, FILE, "interpbook train corpus --force", **facts)
    return counts


def run(*, force: bool = False) -> int:
    """`interpbook train corpus`: make it again where it is missing or damaged, and say how large each part is."""
    problem = artifacts.problem_with(FILE, folder())
    if problem is None and not force:
        Console().print(f"{FILE}: was there, whole")
        return 0
    try:
        counts = remake()
    except CorpusError as error:
        raise AuthoringError(str(error)) from error
    for name, n in counts.items():
        Console().print(f"{name}: {n:,} tokens")
    return 0
