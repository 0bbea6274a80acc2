"""Induction heads: attention heads that look for what came next the last time.

1. `repeated_tokens` makes text that nobody has seen: a block of random tokens, then the same block again.
2. `prefix_matching`, `previous_token` and `duplicate_token` read a head's attention pattern on it;
   `head_scores` does so for every head of a model.
3. `copying_scores` asks the weights whether a head raises the token that it looks at.
4. `in_context_gain` is what the whole model gets out of it: later tokens are easier than early ones.

Elhage et al. 2021, Olsson et al. 2022. Built in chapter 04.
"""

from typing import NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models import ModelError, Site, Tokens, info, logits, read, tokenize
from interpbook.models.loading import network


class HeadScores(NamedTuple):
    """Mean attention of every head to three places, 0 to 1."""

    induction: Float[Tensor, "layer head"]
    """To the token after the first occurrence: prefix matching."""
    previous: Float[Tensor, "layer head"]
    """To the token just before."""
    duplicate: Float[Tensor, "layer head"]
    """To the first occurrence itself."""


def repeated_tokens(
    model: TransformersModel, n_rows: int, length: int, *, seed: int = 0, low: int = 1000
) -> Int[Tensor, "row seq"]:
    """Rows of token ids: the document separator, `length` random tokens, and the same ones again.

    Tokens below `low` are left out where the vocabulary is large: there stand special tokens and single characters.
    """
    sizes, first = info(model), tokenize(model, "the").ids[0, :1]
    low = low if sizes.d_vocab > 4 * low else 1
    if sizes.d_vocab - low < length:
        raise ValueError(f"repeated_tokens: {length} different tokens from a vocabulary of {sizes.d_vocab}.")
    generator = torch.Generator().manual_seed(seed)
    block = torch.stack(
        [low + torch.randperm(sizes.d_vocab - low, generator=generator)[:length] for _ in range(n_rows)]
    )
    return torch.cat([first.expand(n_rows, 1), block, block], dim=1)


def prefix_matching(pattern: Float[Tensor, "row head query key"], length: int) -> Float[Tensor, " head"]:
    """How much each head looks, from the second occurrence of a token, at what followed the first: 0 to 1.

    The block has `length` tokens and ends the pattern, so what followed stands `length − 1` places back. One place
    further back stands the token itself: a head that looks there matches duplicates.
    """
    back = pattern.diagonal(offset=1 - length, dim1=-2, dim2=-1)  # (row, head, query): from each token, so many back
    return back[..., -length:].mean((0, 2))


def duplicate_token(pattern: Float[Tensor, "row head query key"], length: int) -> Float[Tensor, " head"]:
    """How much each head looks, from the second occurrence of a token, at the first: 0 to 1."""
    return _back(pattern, length, length)


def previous_token(pattern: Float[Tensor, "row head query key"]) -> Float[Tensor, " head"]:
    """How much each head looks at the token just before, from the third token on: 0 to 1."""
    return _back(pattern, 1, pattern.shape[-1] - 2)


def _back(pattern: Float[Tensor, "row head query key"], distance: int, n_queries: int) -> Float[Tensor, " head"]:
    """Mean attention to the place `distance` tokens back, from the last `n_queries` tokens."""
    diagonal = pattern.diagonal(offset=-distance, dim1=-2, dim2=-1)  # (row, head, query)
    return diagonal[..., -n_queries:].mean((0, 2))


def head_scores(model: TransformersModel, ids: Int[Tensor, "row seq"], length: int) -> HeadScores:
    """The three scores of every head, on rows whose last `2 · length` tokens are a block and the block again.

    A row is read at a time, so that few patterns are in memory.
    """
    sites = [Site("pattern", layer) for layer in range(info(model).n_layers)]
    found = []
    for row in ids:
        patterns = read(model, row[None], sites)
        found.append([[score(patterns[site], length) for site in sites] for score in (prefix_matching, _previous)])
        found[-1].append([duplicate_token(patterns[site], length) for site in sites])
    table = torch.stack([torch.stack([torch.stack(layers) for layers in scores]) for scores in found]).mean(0)
    return HeadScores(*table)


def _previous(pattern: Tensor, _: int) -> Tensor:
    return previous_token(pattern)


def losses(
    model: TransformersModel, tokens: Int[Tensor, "row seq"] | Tokens, **given: object
) -> Float[Tensor, "row t"]:
    """How surprised the model is by every token but the first, in nats; `write=` for after an intervention."""
    ids = tokens.ids if isinstance(tokens, Tokens) else tokens
    said = logits(model, tokens, **given)[:, :-1]  # type: ignore[arg-type]
    return said.logsumexp(-1) - said.gather(-1, ids[:, 1:, None])[..., 0]


def in_context_gain(
    losses: Float[Tensor, "row token"], early: slice | int = 50, late: slice | int = 500
) -> Float[Tensor, " row"]:
    """By how many nats a later token is easier than an early one: what the text so far was good for.

    Olsson et al. take tokens 50 and 500 and write it the other way round, as late minus early.
    """
    first, second = (losses[:, _span(place)].mean(1) for place in (early, late))
    return first - second


def _span(place: slice | int) -> slice:
    return place if isinstance(place, slice) else slice(place, place + 1)


def copying_scores(
    model: TransformersModel, ids: Int[Tensor, " token"] | None = None, *, n_tokens: int = 256, seed: int = 0
) -> Float[Tensor, "layer head"]:
    """How far each head raises the token that it looks at above other tokens, −1 to 1, from the weights alone.

    The table of "looks at token i, raises token j" is W_U W_O W_V W_E for some tokens; the score is the mean, over i,
    of where i itself stands among all j: 1 always on top, 0 as by chance, −1 always last. For Llama's family.
    """
    module, sizes = network(model), info(model)
    if not hasattr(getattr(module, "model", None), "layers"):
        raise ModelError(f"copying_scores: {sizes.name!r} models keep values elsewhere; Llama's family is known.")
    if ids is None:
        ids = torch.randperm(sizes.d_vocab, generator=torch.Generator().manual_seed(seed))[:n_tokens]
    embedded, unembedding = module.get_input_embeddings().weight[ids], module.lm_head.weight[ids]
    rows = []
    for block in module.model.layers:
        value = block.self_attn.v_proj.weight.unflatten(0, (sizes.n_kv_heads, -1))
        value = value.repeat_interleave(sizes.n_heads // sizes.n_kv_heads, dim=0)
        carried = torch.einsum("td,hkd->htk", embedded * block.input_layernorm.weight, value)
        written = torch.einsum("htk,mhk->htm", carried, block.self_attn.o_proj.weight.unflatten(1, (sizes.n_heads, -1)))
        rows.append(own_rank((written * module.model.norm.weight) @ unembedding.T))
    return torch.stack(rows)


def own_rank(table: Float[Tensor, "head token token"]) -> Float[Tensor, " head"]:
    """Where each row's own entry stands in its row, in the mean: 1 on top, 0 in the middle, −1 last."""
    own = table.diagonal(dim1=-2, dim2=-1)[..., None]
    below, above = (table < own).sum(-1), (table > own).sum(-1)
    return ((below - above) / (table.shape[-1] - 1)).mean(-1)
