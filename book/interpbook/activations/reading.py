"""Activations in memory: what passes at one site, for every token of many prompts.

1. Prompts of similar length share a batch, longest first, so that little is spent on padding (and a batch that does not
   fit into memory fails at once, not after an hour).
2. Each batch runs only as far as the site (`models.read` stops there).
3. Padding is dropped; rows come back in the order of the prompts, whatever the order of the batches.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor
from tqdm.auto import tqdm

from interpbook.models import Site, SiteError, Tokens, read, tokenize
from interpbook.models.loading import network
from interpbook.models.sites import BY_HEAD
from interpbook.models.tokens import Prompts


class Harvest(NamedTuple):
    """Activations, one row a token, in the order of the prompts and of the tokens in each."""

    acts: Float[Tensor, "token d"]
    """What passed at the site."""
    prompt: Int[Tensor, " token"]
    """Which prompt a row came from."""
    position: Int[Tensor, " token"]
    """Which of that prompt's tokens, counted from its own first (usually `<|endoftext|>`)."""


def harvest(
    model: TransformersModel,
    prompts: Prompts,
    site: Site,
    *,
    batch_size: int = 32,
    keep: Literal["all", "last"] = "all",
    dtype: torch.dtype | None = None,
    progress: bool = True,
) -> Harvest:
    """What passes at a site for every token (or each prompt's last) of many prompts.

    A site with heads and no `head=` gives all heads side by side. `dtype=torch.bfloat16` (see `fast_dtype`) computes
    the matrix products in half the bits: several times faster where the processor knows how, and off by about 1 %.
    """
    _check(site, batch_size)
    tokens = tokenize(model, prompts)
    lengths = tokens.mask.sum(-1)
    n_rows = torch.ones_like(lengths) if keep == "last" else lengths
    first_row = n_rows.cumsum(0) - n_rows
    prompt = torch.repeat_interleave(torch.arange(len(lengths)), n_rows)
    position = torch.arange(len(prompt)) - first_row[prompt]
    acts = torch.empty(0)
    bar = tqdm(total=len(lengths), desc=f"Reading {site.kind}", unit=" prompts", leave=False, disable=not progress)
    with bar:
        for chosen in lengths_together(lengths, batch_size):
            rows = _read(model, tokens, chosen, site, keep, dtype)
            if not len(acts):
                acts = rows.new_empty(len(prompt), rows.shape[-1])
            acts[_rows_of(chosen, first_row, n_rows)] = rows
            bar.update(len(chosen))
    return Harvest(acts, prompt, position + (lengths[prompt] - 1 if keep == "last" else 0))


def fast_dtype() -> torch.dtype:
    """bfloat16 where this processor multiplies it in hardware (AVX512-BF16, AMX), else float32.

    For `harvest(dtype=...)`, where 1 % more noise does not matter.
    """
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def _check(site: Site, batch_size: int) -> None:
    if site.kind == "pattern":
        raise SiteError("harvest: attention patterns are not one row a token; use models.read for them.")
    if site.position is not None:
        raise SiteError(f"harvest: takes every token, or the last with keep='last'; got position={site.position}.")
    if batch_size < 1:
        raise ValueError(f"harvest: batch_size is at least 1; got {batch_size}.")


def lengths_together(lengths: Int[Tensor, " prompt"], batch_size: int) -> Iterator[Int[Tensor, " batch"]]:
    """Numbers of the prompts of each batch, similar lengths together, longest first."""
    yield from torch.argsort(lengths, descending=True, stable=True).split(batch_size)


def _rows_of(
    chosen: Int[Tensor, " batch"], first_row: Int[Tensor, " prompt"], n_rows: Int[Tensor, " prompt"]
) -> Int[Tensor, " token"]:
    """Where the rows of a batch belong."""
    pairs = zip(first_row[chosen].tolist(), n_rows[chosen].tolist(), strict=True)
    return torch.cat([torch.arange(first, first + n) for first, n in pairs])


def _read(
    model: TransformersModel,
    tokens: Tokens,
    chosen: Int[Tensor, " batch"],
    site: Site,
    keep: str,
    dtype: torch.dtype | None,
) -> Float[Tensor, "token d"]:
    """One batch, without its padding, prompt by prompt."""
    mask = tokens.mask[chosen]
    n = int(mask.sum(-1).max())  # padding stands on the left
    batch = Tokens(tokens.ids[chosen, -n:], mask[:, -n:])
    own = next(network(model).parameters()).dtype
    narrower = dtype not in (None, own)
    with torch.autocast("cpu", dtype) if narrower else nullcontext():
        passing = read(model, batch, site)
    if site.kind in BY_HEAD and site.head is None:
        passing = passing.flatten(-2)
    rows = passing[:, -1] if keep == "last" else passing[batch.mask]
    return rows.to(dtype or own)
