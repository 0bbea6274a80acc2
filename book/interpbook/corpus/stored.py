"""The corpus's own activation stores, kept in the cache and harvested when they are asked for."""

from collections.abc import Sequence
from pathlib import Path

import torch
from nnsight import TransformersModel

from interpbook.activations import Store, fill
from interpbook.corpus.shipped import Corpus, ids_of, open_corpus, passages
from interpbook.models import Site, load
from interpbook.models.store import cache_dir

PER_SHARD = 128


def stores(
    sites: Sequence[Site],
    part: str = "train",
    *,
    model: TransformersModel | None = None,
    corpus: Corpus | None = None,
    at_most: int | None = None,
    progress: bool = True,
) -> dict[Site, Store]:
    """What passes at some sites over one part of the corpus; passage k of a store is `passages(corpus, part)[k]`.

    What is in the cache already is not made again. All of it takes some twenty minutes on two cores for block 15;
    `at_most` passages (or a few more, to the end of a shard) take less: documents are mixed, so the first ones are a
    fair sample. The model is SmolLM2 in 16 bits unless another is given; stores of two models cannot share a cache.
    """
    text = corpus or open_corpus()
    chosen = passages(text, part)[: at_most and -(-at_most // PER_SHARD) * PER_SHARD]
    rows = [ids_of(text, int(passage)) for passage in chosen]
    model = model or load(dtype=torch.bfloat16)
    return fill(model, rows, sites, root(part), per_shard=PER_SHARD, progress=progress)


def root(part: str = "train") -> Path:
    """Where the stores of one part are kept."""
    return cache_dir() / "activations" / part
