"""ReLU with an L1 penalty: the first kind. The penalty is on the sum of the latents, so every latent is also pulled
towards 0 while it is rightly active: shrinkage.

Bricken et al. 2023, "Towards Monosemanticity"; Cunningham et al. 2023 (arXiv 2309.08600).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.kinds.outcome import Outcome, squared_error
from interpbook.dictionaries.sae import Config, Sae, decode, pre_activations

TRAINED = ()


@dataclass(frozen=True)
class ReLU(Config):
    """A dictionary that pays `l1` for each unit of activation (inputs are scaled to variance 1 a number)."""

    l1: float = 2.0
    kind: ClassVar[str] = "relu"


def fresh_extra(config: ReLU) -> dict[str, Tensor]:  # noqa: ARG001 (every kind is asked)
    """Nothing beyond the two matrices and the two offsets."""
    return {}


def activate(sae: Sae, pre: Float[Tensor, "... latent"]) -> Float[Tensor, "... latent"]:  # noqa: ARG001
    """Negative ones become 0."""
    return pre.relu()


def objective(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> Outcome:  # noqa: ARG001
    """Squared error plus `l1` times the sum of the latents, both per number of the input."""
    latents = activate(sae, pre_activations(sae, x))
    x_hat = decode(sae, latents)
    paid = sae.config.l1 * latents.sum(-1).mean() / sae.config.d_in  # pyright: ignore[reportAttributeAccessIssue]
    return dense_outcome(squared_error(x, x_hat) + paid, x_hat, latents)


def dense_outcome(
    loss: Float[Tensor, ""], x_hat: Float[Tensor, "row d_in"], latents: Float[Tensor, "row latent"]
) -> Outcome:
    """The outcome of a kind that computes every latent of every row."""
    on = latents.detach() > 0
    return Outcome(loss, x_hat, on.any(0).nonzero()[:, 0], int(on.sum()))
