"""Act on a latent or along a direction, and measure what it does and what it costs.

1. `clamp` sets one latent to a value wherever it stands and keeps everything else, the error term included.
2. `push` adds a direction. Clamping is pushing by whatever is missing. `take_away` removes several latents at once.
3. `dose_response` measures, over neutral text, how much probability goes to a topic's words (what steering does) and
   how badly the model predicts what really comes next (what it costs).
4. `continuations` lets the model speak under several edits at once.

Templeton et al. 2024 (the Golden Gate feature, clamped at ten times its maximum). Built in chapter 03.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.dictionaries import DictionaryError, Sae, encode, latent, ordinary
from interpbook.models import Site, Tokens, logits, tokenize

Edit = Callable[[Tensor], Tensor]
"""A function of the stream, shape (batch, seq, d_model): the value of `write` for a site."""


class Dose(NamedTuple):
    """What an edit does to a model that reads neutral text."""

    topic: float
    """Probability that the next token is one of the topic's words, on average over the tokens."""
    loss: float
    """How badly the model predicts what really comes next, in nats a token."""
    per_passage: Float[Tensor, "passage two"]
    """The same two numbers for each passage, for intervals."""


def clamp(sae: Sae, i: int, value: float) -> Edit:
    """Set latent `i` to `value` at every token but attention sinks and the first; keep all else, error term included.

    The stream is latents times directions plus an error. Changing one latent and keeping the rest moves the stream
    along that latent's direction by what is missing, which is all that has to be computed.
    """
    if value < 0:
        raise DictionaryError(
            f"clamp: a latent is never negative; got the value {value}. To go the other way, use push."
        )

    def through(stream: Tensor) -> Tensor:
        x = stream.to(sae.W_enc.dtype)
        missing = (value - latent(sae, x, i)) * ordinary(sae, x)
        return _but_first(stream, x + missing[..., None] * sae.W_dec[i])

    return through


def take_away(sae: Sae, part: Callable[[Tensor], Tensor]) -> Edit:
    """Remove what some latents add, at every token but attention sinks and the first; all else stays, the error too.

    `part` is given the latents, (batch, seq, latent), and gives back what is to go: as they are where a latent shall
    be silenced, 0 elsewhere. `clamp(sae, i, 0.0)` is the same for one latent.
    """

    def through(stream: Tensor) -> Tensor:
        x = stream.to(sae.W_enc.dtype)
        gone = part(encode(sae, x)) @ sae.W_dec
        return _but_first(stream, x - gone * ordinary(sae, x)[..., None])

    return through


def push(direction: Float[Tensor, " d_model"], amount: float) -> Edit:
    """Add `amount` units of length along a direction at every token but the first."""
    if not bool(direction.norm() > 0):
        raise DictionaryError("push: the direction has length zero (or is not a number), so there is nowhere to push.")
    step = amount * direction / direction.norm()
    return lambda stream: _but_first(stream, stream + step.to(stream.dtype))


def apart(edits: list[Edit]) -> Edit:
    """One edit for a batch whose rows each have their own."""
    return lambda stream: torch.cat([edit(row[None]).to(stream.dtype) for edit, row in zip(edits, stream, strict=True)])


def dose_response(
    model: TransformersModel, site: Site, edits: Mapping[str, Edit], tokens: Tokens, topic: Int[Tensor, " word"]
) -> dict[str, Dose]:
    """Each edit's effect and price on the same passages, all of one length."""
    if not bool(tokens.mask.all()):
        raise DictionaryError("dose_response: the passages differ in length; cut them to the same number of tokens.")
    return {name: _dose(model, site, edit, tokens, topic) for name, edit in edits.items()}


def _dose(model: TransformersModel, site: Site, edit: Edit, tokens: Tokens, topic: Int[Tensor, " word"]) -> Dose:
    told = logits(model, tokens, write={site: edit})[:, 1:-1].float().log_softmax(-1)
    mass = told[..., topic].exp().sum(-1).mean(-1)
    loss = -told.gather(-1, tokens.ids[:, 2:, None])[..., 0].mean(-1)
    return Dose(float(mass.mean()), float(loss.mean()), torch.stack([mass, loss], dim=1))


def continuations(
    model: TransformersModel,
    prompt: str,
    site: Site,
    edits: Mapping[str, Edit],
    *,
    n_tokens: int = 20,
    temperature: float = 0.7,
    seed: int = 0,
) -> dict[str, str]:
    """What the model says after a prompt under each edit; all draw the same random numbers."""
    ids, generator = tokenize(model, prompt).ids.repeat(len(edits), 1), torch.Generator().manual_seed(seed)
    start, write = ids.shape[1], {site: apart(list(edits.values()))}
    for _ in range(n_tokens):
        told = (logits(model, ids, write=write)[:, -1].float() / temperature).softmax(-1)
        told = torch.where(told >= told.topk(min(20, told.shape[-1])).values[:, -1:], told, 0.0)
        share = torch.rand(1, generator=generator)
        chosen = (told.cumsum(-1) / told.sum(-1, keepdim=True) >= share).int().argmax(-1)
        ids = torch.cat([ids, chosen[:, None]], dim=1)
    return {name: model.tokenizer.decode(row[start:]) for name, row in zip(edits, ids, strict=True)}


def _but_first(stream: Tensor, changed: Tensor) -> Tensor:
    """The changed stream, except at each prompt's first token, whose norm is a hundred times the others'."""
    return torch.cat([stream[:, :1], changed[:, 1:].to(stream.dtype)], dim=1)
