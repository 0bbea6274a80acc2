"""Exercises 1 to 4 and 7: what a dictionary computes, right and plausibly wrong."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.exercises import Check, Mistake

# --- 1 · topk_forward ---


def topk_forward(
    x: Float[Tensor, "row d"],
    W_enc: Float[Tensor, "latent d"],
    b_enc: Float[Tensor, " latent"],
    b_dec: Float[Tensor, " d"],
    k: int,
) -> Float[Tensor, "row latent"]:
    """The latents of each row: the `k` largest, never negative, zeros elsewhere."""
    scores = (x - b_dec) @ W_enc.T + b_enc
    values, ids = scores.topk(k, dim=-1)
    return torch.zeros_like(scores).scatter(-1, ids, values.relu())


def _layer() -> list[tuple]:
    wide = (torch.randn(7, 5), torch.randn(12, 5), torch.randn(12), torch.randn(5), 3)
    shy = (torch.randn(4, 3), torch.randn(6, 3), torch.full((6,), -2.0), torch.randn(3), 4)  # fewer than k above zero
    return [wide, shy]


def _by_threshold(x, W_enc, b_enc, b_dec, k):
    scores = torch.einsum("rd,ld->rl", x - b_dec, W_enc) + b_enc
    border = scores.sort(dim=-1, descending=True).values[:, k - 1 : k]
    return torch.where(scores >= border, scores, 0).clamp(min=0)


def _no_relu(x, W_enc, b_enc, b_dec, k):
    scores = (x - b_dec) @ W_enc.T + b_enc
    values, ids = scores.topk(k, dim=-1)
    return torch.zeros_like(scores).scatter(-1, ids, values)


def _by_size(x, W_enc, b_enc, b_dec, k):
    scores = (x - b_dec) @ W_enc.T + b_enc
    ids = scores.abs().topk(k, dim=-1).indices
    return torch.zeros_like(scores).scatter(-1, ids, scores.gather(-1, ids).relu())


def _over_rows(x, W_enc, b_enc, b_dec, k):
    scores = (x - b_dec) @ W_enc.T + b_enc
    values, ids = scores.topk(k, dim=0)
    return torch.zeros_like(scores).scatter(0, ids, values.relu())


TOPK_FORWARD = Check(
    id="sparse.topk_forward",
    reference=topk_forward,
    inputs=_layer,
    mistakes=(
        Mistake(
            "no relu",
            _no_relu,
            "Some latents come out negative. Where fewer than k scores are above zero, the k largest include "
            "negative ones. Which function keeps those at zero?",
        ),
        Mistake(
            "bias not taken away",
            lambda x, W_enc, b_enc, b_dec, k: topk_forward(x, W_enc, b_enc, torch.zeros_like(b_dec), k),
            "These are the latents of x itself. Rebuilding starts at b_dec, so latents describe what lies beyond it. "
            "What has to be done to x first?",
        ),
        Mistake(
            "no encoder bias",
            lambda x, W_enc, b_enc, b_dec, k: topk_forward(x, W_enc, torch.zeros_like(b_enc), b_dec, k),
            "These come out when b_enc is left out. Should it be added before or after the k largest are chosen?",
        ),
        Mistake(
            "largest in size",
            _by_size,
            "The k largest seem to be chosen by absolute value, so that strongly negative scores take up places. Does "
            "a latent that points the other way deserve one?",
        ),
        Mistake(
            "best rows of a latent",
            _over_rows,
            "It seems that each latent keeps its k best rows. Each row should keep its k best latents. Over which axis "
            "does topk run?",
        ),
        Mistake(
            "all above zero",
            lambda x, W_enc, b_enc, b_dec, k: ((x - b_dec) @ W_enc.T + b_enc).relu(),
            "Everything above zero is kept: a ReLU dictionary. Where does k come in?",
        ),
    ),
    alternatives=(_by_threshold,),
    fallback="Compare one row with every encoder row by hand: (x − b_dec) · W_enc[i] + b_enc[i]. Which k of these "
    "stay, and what is written in the other places?",
)

# --- 2 · fvu ---


def fvu(x: Float[Tensor, "row d"], rebuilt: Float[Tensor, "row d"]) -> Float[Tensor, ""]:
    """Squared error over the squared distance from the mean row, both summed over everything."""
    return (x - rebuilt).square().sum() / (x - x.mean(0)).square().sum()


def _rebuilt() -> list[tuple]:
    x = torch.randn(30, 4) * torch.tensor([1.0, 2, 3, 4]) + torch.tensor([5.0, 0, -2, 1])
    return [(x, x + 0.5 * torch.randn(30, 4)), (x, x.mean(0).expand_as(x) + 0.1)]


FVU = Check(
    id="sparse.fvu",
    reference=fvu,
    inputs=_rebuilt,
    mistakes=(
        Mistake(
            "explained",
            lambda x, rebuilt: 1 - fvu(x, rebuilt),
            "This is the fraction of variance *explained*. Which of the two is 0 for a perfect dictionary?",
        ),
        Mistake(
            "mean left in",
            lambda x, rebuilt: (x - rebuilt).square().sum() / x.square().sum(),
            "You divide by the length of x, mean included. A dictionary that always answers with the mean would look "
            "good on rows far from zero. What should it get?",
        ),
        Mistake(
            "one mean for all",
            lambda x, rebuilt: (x - rebuilt).square().sum() / (x - x.mean()).square().sum(),
            "There seems to be one mean for all numbers. The mean row has d numbers. Over which axis is it taken?",
        ),
        Mistake(
            "mean of columns",
            lambda x, rebuilt: ((x - rebuilt).square().sum(0) / (x - x.mean(0)).square().sum(0)).mean(),
            "This is an average over coordinates, in which a coordinate that hardly varies counts as much as one that "
            "varies a lot. Can you sum before you divide?",
        ),
        Mistake(
            "root",
            lambda x, rebuilt: fvu(x, rebuilt).sqrt(),
            "This is the square root of the right number: lengths over lengths. What makes a length a variance?",
        ),
    ),
    alternatives=(lambda x, rebuilt: (x - rebuilt).pow(2).mean() / x.var(0, correction=0).mean(),),
    fallback="What must a perfect dictionary get, and what must one get that always answers with the mean row? Start "
    "from these two.",
)

# --- 3 · decoder_gradient ---


def decoder_gradient(
    values: Float[Tensor, "row k"], ids: Int[Tensor, "row k"], grad_rebuilt: Float[Tensor, "row d"], n_latents: int
) -> Float[Tensor, "latent d"]:
    """The gradient of the decoder rows: each active latent's value times the gradient of its row, summed over rows."""
    pieces = values[..., None] * grad_rebuilt[:, None, :]
    grad = torch.zeros(n_latents, grad_rebuilt.shape[1])
    return grad.index_add(0, ids.flatten(), pieces.flatten(0, 1))


def _sparse() -> list[tuple]:
    ids = torch.stack([torch.randperm(5)[:3] for _ in range(8)])  # few latents, so that rows share them
    return [(torch.rand(8, 3), ids, torch.randn(8, 4), 5), (torch.rand(8, 3), ids, torch.randn(8, 2), 9)]


def _dense_way(values, ids, grad_rebuilt, n_latents):
    return torch.zeros(len(ids), n_latents).scatter(1, ids, values).T @ grad_rebuilt


def _overwritten(values, ids, grad_rebuilt, n_latents):
    grad = torch.zeros(n_latents, grad_rebuilt.shape[1])
    for row in range(len(ids)):
        grad[ids[row]] = values[row, :, None] * grad_rebuilt[row]
    return grad


DECODER_GRADIENT = Check(
    id="sparse.decoder_gradient",
    reference=decoder_gradient,
    inputs=_sparse,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "overwritten",
            _overwritten,
            "Where two rows share a latent, only the last seems to count. `grad[ids] = …` and even `grad[ids] += …` "
            "write each place once. Which function adds up repeated places?",
        ),
        Mistake(
            "values forgotten",
            lambda values, ids, grad, n: decoder_gradient(torch.ones_like(values), ids, grad, n),
            "Every active latent gets the same share. The rebuilt row is value times direction. What is its "
            "derivative with respect to the direction?",
        ),
        Mistake(
            "averaged",
            lambda values, ids, grad, n: decoder_gradient(values, ids, grad, n) / len(ids),
            "These are the right numbers over the number of rows. The loss's own mean is inside `grad_rebuilt` "
            "already. What is left to do but add up?",
        ),
        Mistake(
            "uphill",
            lambda values, ids, grad, n: -decoder_gradient(values, ids, grad, n),
            "The sign is turned round. That is the step, not the gradient. Who takes care of going downhill?",
        ),
    ),
    alternatives=(_dense_way,),
    fallback="Take one row with one active latent. Its rebuilt row is value · W_dec[id]. What does W_dec[id] get, and "
    "what do all other rows of W_dec get?",
)

# --- 4 · silent_for ---


def silent_for(silent: Int[Tensor, " latent"], latents: Float[Tensor, "row latent"]) -> Int[Tensor, " latent"]:
    """For how many rows each latent has been silent now: back to 0 where it was active, else so many rows more."""
    active = (latents > 0).any(0)
    return torch.where(active, 0, silent + len(latents))


def _batches() -> list[tuple]:
    latents = torch.rand(6, 8) * (torch.rand(6, 8) < 0.2)
    latents[:, 0], latents[2, 1] = 0, 1.0
    return [(torch.arange(8) * 10, latents), (torch.arange(3), torch.zeros(4, 3))]


SILENT_FOR = Check(
    id="sparse.silent_for",
    reference=silent_for,
    inputs=_batches,
    mistakes=(
        Mistake(
            "colleague's",
            lambda silent, latents: torch.where((latents > 0).all(0), 0, silent + len(latents)),
            "That is what the colleague's code does: a latent must be active in *every* row to count as alive. With "
            "32 active latents of 4,096, how often does that happen?",
        ),
        Mistake(
            "batches, not rows",
            lambda silent, latents: torch.where((latents > 0).any(0), 0, silent + 1),
            "The count goes up by one a batch. The limit, 200,000, is a number of rows. By how much should it rise?",
        ),
        Mistake(
            "never forgiven",
            lambda silent, latents: torch.where((latents > 0).any(0), silent, silent + len(latents)),
            "An active latent keeps its old count, so that in the end all are called dead. What should activity do "
            "to the count?",
        ),
        Mistake(
            "turned round",
            lambda silent, latents: torch.where((latents > 0).any(0), silent + len(latents), 0),
            "The busy latents are called dead and the silent ones alive. Which of the two branches belongs to active?",
        ),
    ),
    alternatives=(lambda silent, latents: (silent + len(latents)) * ((latents > 0).sum(0) == 0),),
    fallback="Take one latent and a batch of six rows. When is it alive, and what should its count be otherwise?",
)

# --- 7 · clamp_latent ---


def clamp_latent(
    x: Float[Tensor, "row d"],
    latents: Float[Tensor, "row latent"],
    W_dec: Float[Tensor, "latent d"],
    i: int,
    value: float,
) -> Float[Tensor, "row d"]:
    """The rows with latent `i` set to `value`; the other latents and the error as they were."""
    return x + (value - latents[:, i])[:, None] * W_dec[i]


def _streams() -> list[tuple]:
    latents = torch.rand(5, 6) * (torch.rand(5, 6) < 0.5)
    latents[0, 2], latents[1, 2] = 0.0, 1.5
    return [
        (torch.randn(5, 4), latents, torch.randn(6, 4), 2, 3.0),
        (torch.randn(5, 4), latents, torch.randn(6, 4), 2, 0.0),
    ]


def _the_long_way(x, latents, W_dec, i, value):
    error = x - latents @ W_dec
    changed = latents.clone()
    changed[:, i] = value
    return changed @ W_dec + error


def _without_error(x, latents, W_dec, i, value):
    changed = latents.clone()
    changed[:, i] = value
    return changed @ W_dec


def _only_where_active(x, latents, W_dec, i, value):
    return torch.where(latents[:, i, None] > 0, clamp_latent(x, latents, W_dec, i, value), x)


CLAMP_LATENT = Check(
    id="sparse.clamp_latent",
    reference=clamp_latent,
    inputs=_streams,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "added",
            lambda x, latents, W_dec, i, value: x + value * W_dec[i],
            "You add `value` on top of what is there. Where the latent was active before, it now stands too high. How "
            "much is missing to `value`?",
        ),
        Mistake(
            "error thrown away",
            _without_error,
            "This is the rebuilt stream with a changed latent; what the dictionary misses is gone. Then every effect "
            "is an effect of the latent *and* of losing the error. Can you keep x and change only one thing?",
        ),
        Mistake(
            "only where active",
            _only_where_active,
            "Rows in which the latent was silent stay as they were. Clamping sets it everywhere. What is missing to "
            "`value` in a silent row?",
        ),
        Mistake(
            "multiplied",
            lambda x, latents, W_dec, i, value: x + (value - 1) * latents[:, i, None] * W_dec[i],
            "The latent seems to be multiplied by `value`. Clamping sets it. What comes out where it was 0?",
        ),
    ),
    alternatives=(_the_long_way,),
    fallback="Write x as latents @ W_dec + error. Change one latent and write it again. What is the difference of the "
    "two?",
)
