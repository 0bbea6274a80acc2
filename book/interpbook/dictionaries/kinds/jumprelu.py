"""JumpReLU: each latent has its own threshold; above it the value stays whole, below it is 0. The penalty counts the
active latents (L0). Counting has no slope, so near the threshold a narrow window lends one (a straight-through
estimate).

Rajamanoharan et al. 2024 (arXiv 2407.14435).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.kinds.outcome import Outcome, squared_error
from interpbook.dictionaries.kinds.relu import dense_outcome
from interpbook.dictionaries.sae import Config, Sae, decode, pre_activations

TRAINED = ("threshold",)


@dataclass(frozen=True)
class JumpReLU(Config):
    """A dictionary that pays `l0` for each active latent (inputs are scaled to variance 1 a number)."""

    l0: float = 2.0
    bandwidth: float = 0.5
    """Width of the window around a threshold in which it learns."""
    kind: ClassVar[str] = "jumprelu"


class _Step(torch.autograd.Function):
    """1 where `pre` passes the threshold, else 0; the threshold learns from rows within the window."""

    @staticmethod
    def forward(ctx: Any, pre: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
        """Which latents are active."""
        ctx.save_for_backward(pre, threshold)
        ctx.bandwidth = bandwidth
        return (pre > threshold).to(pre.dtype)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[None, Tensor, None]:
        """Raising the threshold switches off what lies just above it."""
        pre, threshold = ctx.saved_tensors
        near = ((pre - threshold).abs() < ctx.bandwidth / 2) / ctx.bandwidth
        return None, -(near * upstream[0]).sum(0), None


def fresh_extra(config: JumpReLU) -> dict[str, Tensor]:
    """A threshold for each latent."""
    return {"threshold": torch.full((config.n_latents,), config.bandwidth)}


def activate(sae: Sae, pre: Float[Tensor, "... latent"]) -> Float[Tensor, "... latent"]:
    """Whatever passes its latent's threshold stays as it is."""
    return pre.relu() * (pre > sae.extra["threshold"])


def objective(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> Outcome:  # noqa: ARG001
    """Squared error plus `l0` times the number of active latents, both per number of the input."""
    pre, config = pre_activations(sae, x), sae.config
    on = _Step.apply(pre, sae.extra["threshold"], config.bandwidth)  # pyright: ignore[reportAttributeAccessIssue]
    latents = pre.relu() * on
    x_hat = decode(sae, latents)
    paid = config.l0 * on.sum(-1).mean() / config.d_in  # pyright: ignore[reportAttributeAccessIssue]
    return dense_outcome(squared_error(x, x_hat) + paid, x_hat, latents)
