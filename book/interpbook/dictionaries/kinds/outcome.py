"""What one training step of any kind gives back, and the loss that all of them share."""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor


class Outcome(NamedTuple):
    """One batch through a dictionary in training."""

    loss: Float[Tensor, ""]
    """What is made small; reconstruction counts about as the fraction of variance unexplained."""
    x_hat: Float[Tensor, "row d_in"]
    """The reconstruction."""
    fired: Int[Tensor, " some"]
    """The latents that were active somewhere in the batch, perhaps more than once each."""
    n_active: int
    """How many were active in all rows together."""
    least: Float[Tensor, ""] | None = None
    """The weakest activation that a shared budget let through (batchtopk, matryoshka)."""


def squared_error(x: Float[Tensor, "row d_in"], x_hat: Float[Tensor, "row d_in"]) -> Float[Tensor, ""]:
    """Squared error a number. The trainer scales inputs to variance 1, so this is near the fraction unexplained."""
    return (x - x_hat).square().mean()
