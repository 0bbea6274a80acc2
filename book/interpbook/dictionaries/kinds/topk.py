"""TopK: the k latents that match best are kept, in every row. Nothing shrinks them, and L0 is what you asked for.

Gao et al. 2024, "Scaling and evaluating sparse autoencoders" (arXiv 2406.04093).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.kinds.outcome import Outcome, squared_error
from interpbook.dictionaries.sae import Coder, Config, Sae
from interpbook.dictionaries.sparse import Active, Decode, Encode, top_k

TRAINED = ()


@dataclass(frozen=True)
class TopK(Config):
    """A dictionary with exactly `k` active latents a row (fewer where fewer match at all)."""

    k: int = 32
    kind: ClassVar[str] = "topk"


def fresh_extra(config: TopK) -> dict[str, Tensor]:  # noqa: ARG001 (every kind is asked)
    """Nothing beyond the two matrices and the two offsets."""
    return {}


def activate(sae: Coder, pre: Float[Tensor, "... latent"]) -> Float[Tensor, "... latent"]:
    """All but each row's k largest become 0, and so do negative ones."""
    rows = pre.reshape(-1, pre.shape[-1])
    values, ids = top_k(rows, sae.config.k)
    return torch.zeros_like(rows).scatter(1, ids, values.relu()).view_as(pre)


def objective(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> Outcome:
    """Squared error; encoder and decoder are touched at the chosen latents alone."""
    _, ids = top_k(matches(sae, x, choose_in), sae.config.k)  # pyright: ignore[reportAttributeAccessIssue]
    first = torch.arange(0, ids.numel(), ids.shape[1], device=ids.device)
    active = Active(ids.flatten(), first)
    values = Encode.apply(sae.W_enc, sae.b_enc, sae.b_dec, x, *active).relu()
    x_hat = Decode.apply(values, sae.W_dec, *active) + sae.b_dec
    fired = active.ids[values.detach() > 0]
    return Outcome(squared_error(x, x_hat), x_hat, fired, len(fired))


@torch.no_grad()
def matches(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> Float[Tensor, "row latent"]:
    """Every row against every latent, only to choose by; what is chosen is computed again in full precision."""
    centred = (x - sae.b_dec).to(choose_in)
    return torch.nn.functional.linear(centred, sae.W_enc.to(choose_in), sae.b_enc.to(choose_in))
