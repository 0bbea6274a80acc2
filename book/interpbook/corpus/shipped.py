"""The corpus that comes with the book: 1.3 million tokens of free text, as token ids.

It is what the dictionaries of chapter 03 were trained on. Its parts, with their licences, are in `SOURCES` and `ABOUT`.
Know what it biases: a third of its tokens are presidents' formal speech, a sixth one novel about whaling; the
definitions name things of every field but tell no story; the manual teaches a dictionary colons and underscores; what
the model wrote itself is easier for it than any person's text. There is hardly any everyday talk.

1. `open_corpus` checks the file and gives ids, passages, documents and sources.
2. `passages` chooses by part (training or held out, by document) and source.
3. `tokens` makes a batch for `models.read` and `activations`.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Int, UInt8
from safetensors import SafetensorError, safe_open
from torch import Tensor

from interpbook.corpus.sources import CorpusError
from interpbook.models import Tokens
from interpbook.organisms import artifacts

FILE = "corpus.safetensors"
WRITTEN = "written"
ABOUT = {WRITTEN: "Texts that SmolLM2-135M-Instruct wrote on 193 topics in ten forms (Apache-2.0)"}
PARTS = ("train", "held-out", "all")


@dataclass(frozen=True)
class Corpus:
    """Passages of at most 256 tokens, each behind `<|endoftext|>`; passages of one document stand together."""

    ids: Int[Tensor, " token"]
    starts: Int[Tensor, " passage_and_one"]
    """Where each passage begins in `ids`; one more than there are passages."""
    document: Int[Tensor, " passage"]
    source: UInt8[Tensor, " passage"]
    """Place in `sources`."""
    held_out: Bool[Tensor, " passage"]
    """Whole documents are held out: no dictionary was trained on them."""
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.document)


def open_corpus(file: Path | None = None) -> Corpus:
    """The book's corpus, or another that `pack` wrote.

    Raises:
        CorpusError: it is missing, cut off or damaged.
    """
    return _read(file) if file is not None else _shipped()


def folder() -> Path:
    """Where the shipped corpus is, with its manifest and its licences."""
    return artifacts.folder() / "corpus"


@cache
def _shipped() -> Corpus:
    problem = artifacts.problem_with(FILE, folder())
    if problem is not None:
        raise CorpusError(f"The corpus {FILE} {problem}. Get it back with `git checkout book/artifacts`.")
    return _read(folder() / FILE)


def _read(file: Path) -> Corpus:
    try:
        with safe_open(file, framework="np") as opened:
            found = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
            sources = tuple(json.loads((opened.metadata() or {})["sources"]))
        return Corpus(
            ids=torch.from_numpy(found["ids"].astype(np.int64)),
            starts=torch.from_numpy(found["starts"].astype(np.int64)),
            document=torch.from_numpy(found["document"].astype(np.int64)),
            source=torch.from_numpy(found["source"]),
            held_out=torch.from_numpy(found["held_out"].astype(bool)),
            sources=sources,
        )
    except FileNotFoundError as error:
        raise CorpusError(f"open_corpus: there is no file {file}.") from error
    except (SafetensorError, KeyError, ValueError) as error:
        raise CorpusError(
            f"open_corpus: {file} is no corpus, or is damaged: {error}. Fetch or make it again."
        ) from error


def passages(corpus: Corpus, part: str = "train", *, source: str | None = None) -> Int[Tensor, " chosen"]:
    """Numbers of the passages of one part (`train`, `held-out` or `all`), of one source or of every."""
    if part not in PARTS:
        raise CorpusError(f"passages: part is one of {', '.join(PARTS)}; got {part!r}.")
    if source is not None and source not in corpus.sources:
        raise CorpusError(f"passages: no source {source!r}. Known: {', '.join(corpus.sources)}.")
    chosen = torch.ones_like(corpus.held_out) if part == "all" else corpus.held_out == (part == "held-out")
    if source is not None:
        chosen = chosen & (corpus.source == corpus.sources.index(source))
    return chosen.nonzero()[:, 0]


def ids_of(corpus: Corpus, passage: int) -> Int[Tensor, " token"]:
    """The token ids of one passage."""
    if not 0 <= passage < len(corpus):
        raise CorpusError(f"ids_of: the corpus has passages 0 to {len(corpus) - 1}; got {passage}.")
    return corpus.ids[corpus.starts[passage] : corpus.starts[passage + 1]]


def tokens(corpus: Corpus, chosen: Int[Tensor, " chosen"] | list[int]) -> Tokens:
    """The chosen passages as one batch, padded on the left, for `models.read`, `models.logits` and `activations`."""
    rows = [ids_of(corpus, int(passage)) for passage in chosen]
    if not rows:
        raise CorpusError("tokens: no passage was chosen; give at least one.")
    longest = max(map(len, rows))
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for number, row in enumerate(rows):
        ids[number, longest - len(row) :] = row
        mask[number, longest - len(row) :] = True
    return Tokens(ids, mask)
