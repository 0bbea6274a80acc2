"""Activations for probes: the last token of statements, and the words of passages."""

from collections.abc import Sequence

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import passages
from interpbook.models import Site, logits, read, tokenize
from interpbook.statements import Word

BATCH = 64


def last_tokens(
    model: TransformersModel, texts: Sequence[str], layers: Sequence[int]
) -> Float[Tensor, "layer item d_model"]:
    """The residual stream at the last token of each text, after each of some blocks."""
    sites = [Site("resid", layer=layer, position=-1) for layer in layers]
    parts = [read(model, list(texts[i : i + BATCH]), sites) for i in range(0, len(texts), BATCH)]
    return torch.stack([torch.cat([part[site] for part in parts]) for site in sites]).float()


def log_probs(model: TransformersModel, texts: Sequence[str]) -> Float[Tensor, " item"]:
    """How probable the model finds each text, in nats: the sum over its tokens, so never above 0."""
    found = []
    for start in range(0, len(texts), BATCH):
        tokens = tokenize(model, list(texts[start : start + BATCH]))
        told = logits(model, tokens)[:, :-1].float()
        gained = told.gather(-1, tokens.ids[:, 1:, None])[..., 0] - told.logsumexp(-1)
        found.append((gained * tokens.mask[:, :-1]).sum(-1))  # what padding "predicts" does not count
    return torch.cat(found)


def word_states(
    model: TransformersModel, words: Sequence[Word], layers: Sequence[int]
) -> Float[Tensor, "layer item d_model"]:
    """The residual stream at the last token of each word, read within its passage, after each of some blocks."""
    texts, sites = passages(), [Site("resid", layer=layer) for layer in layers]
    titles = list(dict.fromkeys(word.passage for word in words))
    tokens = tokenize(model, [texts[title] for title in titles])
    found = read(model, tokens, sites)
    row = {title: i for i, title in enumerate(titles)}
    places = {title: _last_token_of(model, texts[title]) for title in titles}
    width, lengths = tokens.ids.shape[1], tokens.mask.sum(-1)
    at = [(row[w.passage], int(width - lengths[row[w.passage]]) + 1 + places[w.passage][w.end]) for w in words]
    rows, columns = (torch.tensor(axis) for axis in zip(*at, strict=True))
    return torch.stack([found[site][rows, columns] for site in sites]).float()


def _last_token_of(model: TransformersModel, text: str) -> dict[int, int]:
    """For each place in a text where a token ends, the number of that token (the document separator not counted)."""
    offsets = model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    return {end: number for number, (_, end) in enumerate(offsets)}
