"""How good transcoders are: each as a guess at one block's neurons, and all of them as a model.

Two baselines belong beside every such number. The *mean* output in the neurons' place knows nothing of the row. The
best *linear* guess has no latents at all; only what a transcoder does better than that can be seen in its latents.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.dictionaries.evaluation import Quality
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.sae import encode
from interpbook.dictionaries.transcoders.fitting import solve_ridge
from interpbook.dictionaries.transcoders.transcoder import Transcoder, replace_mlps, write_out
from interpbook.models import logits
from interpbook.models.access import Write
from interpbook.models.tokens import Tokens

CHUNK = 4096


class Said(NamedTuple):
    """What a changed model says, beside the model as it is."""

    loss: float
    """Next-token loss in nats."""
    agreement: float
    """Share of the tokens after which both find the same next token most likely."""
    kl: float
    """Kullback-Leibler divergence of the changed model's prediction from the model's own, in nats a token."""
    n: int
    """Tokens after which the next was predicted."""


@torch.no_grad()
def transcoder_quality(transcoder: Transcoder, x: Float[Tensor, "row d_in"], y: Float[Tensor, "row d_out"]) -> Quality:
    """How much of what the neurons gave the transcoder gives too, with how many latents; sinks left out."""
    error, active, n, total, squares = 0.0, 0, 0, torch.zeros(y.shape[1], dtype=torch.float64), 0.0
    fired = torch.zeros(transcoder.config.n_latents, dtype=torch.bool)
    for inputs, outputs in zip(x.split(CHUNK), y.split(CHUNK), strict=True):
        fine = outputs.float().norm(dim=1) <= transcoder.limit
        rows, wanted = inputs[fine].float(), outputs[fine].float()
        latents = encode(transcoder, rows)
        error += float((wanted - write_out(transcoder, latents, rows)).double().square().sum())
        active, n, fired = active + int((latents > 0).sum()), n + len(rows), fired | (latents > 0).any(0)
        total, squares = total + wanted.double().sum(0), squares + float(wanted.double().square().sum())
    variance = squares - float(total.square().sum()) / max(n, 1)
    return Quality(error / max(variance, 1e-12), active / max(n, 1), 1 - float(fired.float().mean()), n)


@torch.no_grad()
def compare(
    model: TransformersModel, tokens: Tokens, changes: Mapping[str, Callable[[Tokens], Write]], *, batch_size: int = 4
) -> dict[str, Said]:
    """The model under several changes, each given as what to write for a batch, and as it is (`clean`)."""
    sums = {name: torch.zeros(3, dtype=torch.float64) for name in ("clean", *changes)}
    n = 0
    for batch in _batches(tokens, batch_size):
        counted, answers = _counted(batch)
        own = logits(model, batch)[:, :-1][counted].float().log_softmax(-1)
        n += len(answers)
        sums["clean"] += _sums(own, own, answers)
        for name, change in changes.items():
            said = logits(model, batch, write=change(batch))[:, :-1][counted].float().log_softmax(-1)
            sums[name] += _sums(said, own, answers)
    return {name: _mean(total, n) for name, total in sums.items()}


def _mean(total: Float[Tensor, " three"], n: int) -> Said:
    loss, agreement, kl = (total / n).tolist()
    return Said(loss, agreement, kl, n)


def replaced_by(model: TransformersModel, transcoders: Mapping[int, Transcoder]) -> Callable[[Tokens], Write]:
    """The replacement model as a change for `compare`."""
    return lambda batch: replace_mlps(model, transcoders, batch)


def constant(like: Transcoder, value: Float[Tensor, " d_out"]) -> Transcoder:
    """A transcoder that writes the same whatever comes in."""
    silent = {name: torch.zeros_like(tensor) for name, tensor in like.tensors.items()}
    return like.with_tensors({**silent, "b_dec": value})


class Sums:
    """What the best linear guess needs to know of rows that come in parts."""

    def __init__(self, limit: float) -> None:
        self.limit, self.n = limit, 0
        self.x, self.y, self.xx, self.xy = (torch.zeros(()) for _ in range(4))

    def add(self, x: Float[Tensor, "row d_in"], y: Float[Tensor, "row d_out"]) -> None:
        """Some more rows; sinks are left out."""
        fine = y.float().norm(dim=1) <= self.limit
        x, y = x[fine].float(), y[fine].float()
        self.n, self.x, self.y = self.n + len(x), self.x + x.sum(0), self.y + y.sum(0)
        self.xx, self.xy = self.xx + x.T @ x, self.xy + x.T @ y

    def guess(self, layer: int) -> Transcoder:
        """The best linear guess, as a transcoder whose only latent is silent."""
        x_mean, y_mean = self.x / self.n, self.y / self.n
        gram = self.xx - self.n * torch.outer(x_mean, x_mean)
        together = self.xy - self.n * torch.outer(x_mean, y_mean)
        W_skip = solve_ridge(gram, together).T.contiguous()
        d_in, d_out = together.shape
        nothing = torch.zeros(1, d_in), torch.zeros(1), torch.zeros(1, d_out)
        config = TopK(d_in=d_in, n_latents=1, k=1)
        return Transcoder(config, *nothing, y_mean - W_skip @ x_mean, W_skip, layer=layer, limit=self.limit)


def _batches(tokens: Tokens, batch_size: int) -> Iterator[Tokens]:
    for ids, mask in zip(tokens.ids.split(batch_size), tokens.mask.split(batch_size), strict=True):
        n = int(mask.sum(-1).max())  # padding stands on the left
        yield Tokens(ids[:, -n:], mask[:, -n:])


def _counted(batch: Tokens) -> tuple[Bool[Tensor, "batch next"], Tensor]:
    """Tokens whose successor is predicted, and the successors."""
    counted = batch.mask[:, 1:] & batch.mask[:, :-1]
    return counted, batch.ids[:, 1:][counted]


def _sums(said: Float[Tensor, "row d_vocab"], own: Float[Tensor, "row d_vocab"], answers: Tensor) -> Tensor:
    """Loss, agreement and divergence, summed over rows."""
    loss = -said.gather(1, answers[:, None]).sum()
    agreement = (said.argmax(-1) == own.argmax(-1)).sum()
    kl = (own.exp() * (own - said)).sum()
    return torch.stack([loss.double(), agreement.double(), kl.double()])
