"""The `harvest` benchmark: our activation store beside transformers' own forward pass, cut after the same block.

Both read the same passages of the book's corpus after the same block, in the same batches' size, in the same precision,
on as many threads. The peer's model has no later block, no final norm and no unembedding, and its rows stay in memory;
ours go to disk with their checksums. The two must give the same rows, or the times mean nothing.
"""

import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import torch
from jaxtyping import Float
from torch import Tensor

from interpbook import corpus, models
from interpbook.activations import fast_dtype, fill
from interpbook.bench import Benchmark
from interpbook.models.loading import network

LAYER, PASSAGES, BATCH = 15, 32, 16
TOLERANCE = 0.02
"""How far the rows may differ, as a share of their length: they are rounded to 16 bits."""


def harvest() -> Benchmark:
    """Seconds to read 32 passages after block 15."""
    dtype = fast_dtype()
    text = corpus.open_corpus()
    passages = [corpus.ids_of(text, int(number)) for number in corpus.passages(text)[:PASSAGES]]
    model, cut = models.load(dtype=dtype), _cut(dtype)
    rows: dict[str, Tensor] = {}

    def ours() -> dict[str, float]:
        site = models.Site("resid", layer=LAYER)
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            store = fill(model, passages, [site], Path(folder), batch_size=BATCH, dtype=dtype, progress=False)[site]
            seconds = time.perf_counter() - start
            rows["ours"] = store[:]
        return {"harvest": seconds}

    def peer() -> dict[str, float]:
        start = time.perf_counter()
        found = _read_by_transformers(cut, passages)
        seconds = time.perf_counter() - start
        rows["peer"] = found.float()
        _same_rows(rows)
        return {"harvest": seconds}

    peer()  # once each, for warmth
    ours()
    peer_name = f"transformers' forward, cut after block {LAYER}, {str(dtype).removeprefix('torch.')}"
    return Benchmark("harvest", ours, peer, peer_name, {"harvest": "s"})


def _cut(dtype: torch.dtype) -> Any:
    """transformers' model up to and with block 15: no later block, no norm, no unembedding."""
    body = network(models.load(dtype=dtype)).model
    body.layers = body.layers[: LAYER + 1]
    body.norm = torch.nn.Identity()
    return body


@torch.no_grad()
def _read_by_transformers(body: Any, passages: list[Tensor]) -> Float[Tensor, "row d"]:
    """What its last block writes, without padding and without each passage's first token."""
    found = []
    for start in range(0, len(passages), BATCH):
        part = passages[start : start + BATCH]
        ids = torch.nn.utils.rnn.pad_sequence(part, batch_first=True)
        mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in part], batch_first=True)
        out = body(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
        found += [out[number, 1 : len(row)] for number, row in enumerate(part)]
    return torch.cat(found)


def _same_rows(rows: dict[str, Tensor]) -> None:
    """Other rows would be another job."""
    if len(rows) < 2:
        return
    found = SimpleNamespace(**rows)
    apart = ((found.ours - found.peer).norm(dim=-1) / found.peer.norm(dim=-1)).median().item()
    if found.ours.shape != found.peer.shape or not apart < TOLERANCE:
        raise click.ClickException(f"bench harvest: the rows differ by {apart:.1%} in the median; nothing to compare.")
