"""The arithmetic of few active latents: what costs thousands of products in a dense layer costs dozens here.

1. `top_k` finds the k largest of thousands exactly, in two passes: if a value is among the k largest, then the
   strided group that it lies in is among the k groups with the largest maxima.
2. `add_up` is decoding: each row collects its active directions.
3. `dots` and `share_out` are its two gradients: one number for each active latent, and one sum over rows for each
   direction. A latent that is not active costs nothing.

All three run on `embedding_bag`, on CPU and CUDA alike. Gao et al. 2024 (arXiv 2406.04093). Built in chapter 03.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


class Active(NamedTuple):
    """Which latents are active in which row, row after row."""

    ids: Int[Tensor, " active"]
    """The latent of each."""
    first: Int[Tensor, " row"]
    """Where each row's own begin in `ids`."""


def top_k(pre: Float[Tensor, "row latent"], k: int) -> tuple[Float[Tensor, "row k"], Int[Tensor, "row k"]]:
    """The k largest of each row and where they stand, in no order; exact."""
    n_rows, n_latents = pre.shape
    group = 8
    if n_latents % group or n_latents < 4 * group * k:
        return torch.topk(pre, k, sorted=False)
    n_groups = n_latents // group
    best = pre.view(n_rows, group, n_groups).amax(1).topk(k, sorted=False).indices
    members = torch.arange(group, device=pre.device)[:, None] * n_groups
    candidates = (best[:, None] + members).flatten(1)
    values, places = pre.gather(1, candidates).topk(k, sorted=False)
    return values, candidates.gather(1, places)


def add_up(weights: Float[Tensor, " active"], active: Active, W: Float[Tensor, "latent d"]) -> Float[Tensor, "row d"]:
    """For each row the sum of its active rows of `W`, weighted: decoding."""
    return F.embedding_bag(active.ids, W, active.first, mode="sum", per_sample_weights=weights)


def dots(x: Float[Tensor, "row d"], W: Float[Tensor, "latent d"], active: Active) -> Float[Tensor, " active"]:
    """Each row of `x` times each of its active rows of `W`; nothing else is computed.

    It is the gradient of `add_up` for its weights, which torch takes without ever copying the rows of `W`.
    """
    with torch.enable_grad():
        weights = torch.zeros(len(active.ids), dtype=x.dtype, device=x.device, requires_grad=True)
        return torch.autograd.grad(add_up(weights, active, W.detach()), weights, x)[0]


def share_out(
    weights: Float[Tensor, " active"], active: Active, x: Float[Tensor, "row d"], n_latents: int
) -> Float[Tensor, "latent d"]:
    """For each latent the sum of the rows in which it is active, weighted; 0 where it is in none.

    It is the gradient of `add_up` for `W`: decoding with rows and latents in each other's place.
    """
    order = active.ids.argsort(stable=True)
    ends = active.ids.bincount(minlength=n_latents).cumsum(0)
    first = torch.cat([ends.new_zeros(1), ends[:-1]])
    return F.embedding_bag(rows_of(active)[order], x, first, mode="sum", per_sample_weights=weights[order])


def rows_of(active: Active) -> Int[Tensor, " active"]:
    """The row of each active latent."""
    ends = torch.cat([active.first[1:], active.first.new_tensor([len(active.ids)])])
    every = torch.arange(len(active.first), device=active.ids.device)
    return torch.repeat_interleave(every, ends - active.first, output_size=len(active.ids))


class Decode(torch.autograd.Function):
    """`add_up` with the sparse gradients above."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, W: Tensor, ids: Tensor, first: Tensor) -> Tensor:
        """Rows from weights."""
        ctx.save_for_backward(weights, W, ids, first)
        return add_up(weights, Active(ids, first), W)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients for the weights and for `W`."""
        weights, W, ids, first = ctx.saved_tensors
        gradient, active = upstream[0].contiguous(), Active(ids, first)
        for_W = share_out(weights, active, gradient, len(W)) if ctx.needs_input_grad[1] else None
        return dots(gradient, W, active), for_W, None, None


class Encode(torch.autograd.Function):
    """W_enc (x - b_dec) + b_enc at the active latents alone, with gradients for the three weights."""

    @staticmethod
    def forward(ctx: Any, W_enc: Tensor, b_enc: Tensor, b_dec: Tensor, x: Tensor, ids: Tensor, first: Tensor) -> Tensor:
        """One number for each active latent of each row."""
        centred, active = x - b_dec, Active(ids, first)
        ctx.save_for_backward(W_enc, centred, ids, first)
        return dots(centred, W_enc, active) + b_enc[ids]

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor | None, ...]:
        """A latent's row moves towards the rows in which it is active; its biases by how much it is wanted."""
        W_enc, centred, ids, first = ctx.saved_tensors
        wanted = upstream[0].contiguous()
        for_bias = torch.zeros(len(W_enc), dtype=wanted.dtype, device=wanted.device).index_add_(0, ids, wanted)
        for_W = share_out(wanted, Active(ids, first), centred, len(W_enc))
        return for_W, for_bias, -(for_bias @ W_enc), None, None, None
