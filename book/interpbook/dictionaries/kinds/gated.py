"""Gated: one question decides whether a latent is active, another how strongly, so that the penalty on the first need
not shrink the second. Both read the same encoder row.

Rajamanoharan et al. 2024 (arXiv 2404.16014).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.kinds.outcome import Outcome, squared_error
from interpbook.dictionaries.kinds.relu import dense_outcome
from interpbook.dictionaries.sae import Config, Sae, decode, pre_activations

TRAINED = ("r_mag", "b_mag")


@dataclass(frozen=True)
class Gated(Config):
    """A dictionary whose gate pays `l1` for each unit it opens (inputs are scaled to variance 1 a number)."""

    l1: float = 2.0
    kind: ClassVar[str] = "gated"


def fresh_extra(config: Gated) -> dict[str, Tensor]:
    """The strength's own scale (as a logarithm) and offset, for each latent."""
    return {"r_mag": torch.zeros(config.n_latents), "b_mag": torch.zeros(config.n_latents)}


def activate(sae: Sae, pre: Float[Tensor, "... latent"]) -> Float[Tensor, "... latent"]:
    """Where the gate (`pre`, with b_enc) is open, the strength; 0 elsewhere."""
    strength = (pre - sae.b_enc) * sae.extra["r_mag"].exp() + sae.extra["b_mag"]
    return (pre > 0) * strength.relu()


def objective(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> Outcome:  # noqa: ARG001
    """Squared error, `l1` on the gate, and a second reconstruction from the gate alone, by which the gate learns."""
    pre = pre_activations(sae, x)
    latents, gate = activate(sae, pre), pre.relu()
    x_hat = decode(sae, latents)
    by_gate = gate @ sae.W_dec.detach() + sae.b_dec.detach()
    paid = sae.config.l1 * gate.sum(-1).mean() / sae.config.d_in  # pyright: ignore[reportAttributeAccessIssue]
    return dense_outcome(squared_error(x, x_hat) + paid + squared_error(x, by_gate), x_hat, latents)
