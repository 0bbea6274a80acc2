"""How good a dictionary is: how much it rebuilds, how sparsely, and what the model loses when it has to live on it.

Every number is taken on rows or prompts that training did not see. Chapter 03 says what none of them can show.
"""

import functools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.sae import Sae, decode, encode, ordinary, splice
from interpbook.dictionaries.training import Rows
from interpbook.models import Site, logits, read, tokenize
from interpbook.models.access import Write
from interpbook.models.tokens import Prompts, Tokens

CHUNK = 4096


class Quality(NamedTuple):
    """A dictionary on rows of activations."""

    fvu: float
    """Fraction of variance unexplained: squared error over the variance. 0: perfect; 1: no better than the mean."""
    l0: float
    """Active latents a row, on average."""
    dead: float
    """Share of the latents that were active in none of the rows; look at `n` before you believe it."""
    n: int
    """Rows of ordinary length, which all of this is about."""


class LossRecovered(NamedTuple):
    """A model's next-token loss with and without a dictionary in its stream, in nats a token."""

    clean: float
    """The model as it is."""
    spliced: float
    """With the reconstruction in place of the stream."""
    mean: float
    """With the stream's mean in place of it: what a dictionary that knows nothing of the row would give."""
    zero: float
    """With zeros in place of it."""
    n: int
    """Tokens predicted."""

    @property
    def recovered(self) -> float:
        """1: as good as clean; 0: as bad as the mean. Against zeros, which is easier, see `recovered_from_zero`."""
        return (self.mean - self.spliced) / (self.mean - self.clean)

    @property
    def recovered_from_zero(self) -> float:
        """The published papers' form: 1 as good as clean, 0 as bad as zeros."""
        return (self.zero - self.spliced) / (self.zero - self.clean)


@torch.no_grad()
def quality(sae: Sae, rows: Rows) -> Quality:
    """How much of the rows the dictionary rebuilds, with how many latents."""
    total, squares, error, active, n = 0.0, 0.0, 0.0, 0, 0
    fired = torch.zeros(sae.config.n_latents, dtype=torch.bool)
    for chunk in _chunks(rows):
        x = chunk[ordinary(sae, chunk)]
        latents, n = encode(sae, x), n + len(x)
        error += float((x - decode(sae, latents)).double().square().sum())
        total, squares = total + x.double().sum(0), squares + float(x.double().square().sum())
        active += int((latents > 0).sum())
        fired |= (latents > 0).any(0)
    variance = squares - float((torch.as_tensor(total) ** 2).sum()) / max(n, 1)
    return Quality(error / max(variance, 1e-12), active / max(n, 1), 1 - float(fired.float().mean()), n)


@torch.no_grad()
def frequencies(sae: Sae, rows: Rows) -> Float[Tensor, " latent"]:
    """Share of the rows in which each latent is active."""
    count = torch.zeros(sae.config.n_latents)
    for x in _chunks(rows):
        count += (encode(sae, x) > 0).sum(0)
    return count / rows.shape[0]


class Baseline(NamedTuple):
    """A model's loss at some tokens without any dictionary, in nats a token."""

    tokens: Tokens
    clean: float
    mean: float
    zero: float
    n: int

    def with_spliced(self, spliced: float) -> LossRecovered:
        """The whole comparison for a dictionary with which the loss is `spliced`."""
        return LossRecovered(self.clean, spliced, self.mean, self.zero, self.n)


def loss_recovered(model: TransformersModel, sae: Sae, prompts: Prompts, *, batch_size: int = 16) -> LossRecovered:
    """The model's loss on prompts when the dictionary stands in its stream, beside the loss without it.

    Each prompt's first token passes untouched, and its successor's loss is counted.

    Raises:
        DictionaryError: the dictionary does not say where in the model it belongs.
    """
    without = baseline(model, _site(sae), prompts, limit=sae.limit, batch_size=batch_size)
    return without.with_spliced(spliced_loss(model, sae, without.tokens, batch_size=batch_size))


@torch.no_grad()
def baseline(
    model: TransformersModel, site: Site, prompts: Prompts, *, limit: float = math.inf, batch_size: int = 16
) -> Baseline:
    """The loss of the model as it is, with the mean in place of the stream, and with zeros.

    Rows longer than `limit`, a dictionary's own, stay as they are, as they do when the dictionary stands there.
    """
    tokens = tokenize(model, prompts)
    parts = [read(model, batch, site)[_later(batch)].float() for batch in _batches(tokens, batch_size)]
    rows = torch.cat(parts)
    mean = rows[rows.norm(dim=-1) <= limit].mean(0)

    def instead(value: Tensor) -> Callable[[Tokens], Write]:
        def through(stream: Tensor, batch: Tokens) -> Tensor:
            changed = _later(batch) & (stream.float().norm(dim=-1) <= limit)
            return torch.where(changed[..., None], value.to(stream.dtype), stream)

        return lambda batch: {site: functools.partial(through, batch=batch)}

    clean, as_mean, as_zero = (
        _loss(model, tokens, write, batch_size) for write in (None, instead(mean), instead(torch.zeros(())))
    )
    return Baseline(tokens, clean, as_mean, as_zero, int(_counted(tokens).sum()))


@torch.no_grad()
def spliced_loss(model: TransformersModel, sae: Sae, tokens: Tokens, *, batch_size: int = 16) -> float:
    """The model's loss with the dictionary's reconstruction in its stream, in nats a token."""
    return _loss(model, tokens, lambda batch: {_site(sae): splice(sae, mask=batch.mask)}, batch_size)


def mmcs(found: Float[Tensor, "latent d"], true: Float[Tensor, "feature d"]) -> Float[Tensor, " feature"]:
    """For each true direction the cosine of the found one that is most like it; its mean is the MMCS. 1: found."""
    found, true = (torch.nn.functional.normalize(directions, dim=1) for directions in (found, true))
    return (true @ found.T).amax(1)


def recovered(found: Float[Tensor, "latent d"], true: Float[Tensor, "feature d"], at: float = 0.9) -> float:
    """Share of the true directions that some found one matches with a cosine of at least `at`."""
    return float((mmcs(found, true) >= at).float().mean())


def chance_mmcs(n_latents: int, d: int) -> float:
    """About what `mmcs` gives for random directions: the largest of so many chance cosines, √(2 ln n / d)."""
    return min(1.0, math.sqrt(2 * math.log(max(n_latents, 2)) / d))


def _chunks(rows: Rows) -> Iterator[Float[Tensor, "row d_in"]]:
    for start in range(0, rows.shape[0], CHUNK):
        yield rows[torch.arange(start, min(start + CHUNK, rows.shape[0]))].float()


def _site(sae: Sae) -> Site:
    if sae.site is None:
        raise DictionaryError(
            "loss_recovered: this dictionary does not say where it belongs. Set it with "
            "dataclasses.replace(sae, site=Site('resid', layer=...))."
        )
    return sae.site


def _batches(tokens: Tokens, batch_size: int) -> Iterator[Tokens]:
    for ids, mask in zip(tokens.ids.split(batch_size), tokens.mask.split(batch_size), strict=True):
        n = int(mask.sum(-1).max())  # padding stands on the left
        yield Tokens(ids[:, -n:], mask[:, -n:])


def _later(tokens: Tokens) -> Bool[Tensor, "batch seq"]:
    """Every token of a prompt but its first."""
    return tokens.mask & (tokens.mask.cumsum(-1) > 1)


def _counted(tokens: Tokens) -> Bool[Tensor, "batch next"]:
    """Tokens that have a predecessor."""
    return tokens.mask[:, 1:] & tokens.mask[:, :-1]


def _loss(model: TransformersModel, tokens: Tokens, write: Callable[[Tokens], Write] | None, batch_size: int) -> float:
    """The mean loss of all tokens that have a predecessor."""
    total = 0.0
    for batch in _batches(tokens, batch_size):
        said = logits(model, batch, write=None if write is None else write(batch))[:, :-1][_counted(batch)]
        answers = batch.ids[:, 1:][_counted(batch)]
        total += float(torch.nn.functional.cross_entropy(said.float(), answers, reduction="sum"))
    return total / int(_counted(tokens).sum())
