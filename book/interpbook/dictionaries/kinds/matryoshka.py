"""Matryoshka: dictionaries within one another. The first latents alone must already rebuild the row as well as they
can, then a few more, then all, so that the general ideas cannot be given away to the special ones (absorption).

The budget is BatchTopK's. Bussmann et al. 2025 (arXiv 2503.17547).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds import batchtopk
from interpbook.dictionaries.kinds.outcome import Outcome, squared_error
from interpbook.dictionaries.sae import Config, Sae
from interpbook.dictionaries.sparse import Decode

TRAINED = ()
activate, fresh_extra = batchtopk.activate, batchtopk.fresh_extra


@dataclass(frozen=True)
class Matryoshka(Config):
    """A dictionary whose first `prefixes[0]` latents are one by themselves, and so on; the last prefix is all."""

    k: int = 32
    prefixes: tuple[int, ...] = (256, 1024, 4096)
    kind: ClassVar[str] = "matryoshka"

    def __post_init__(self) -> None:
        super().__post_init__()
        rising = all(a < b for a, b in pairwise((0, *self.prefixes)))
        if not rising or self.prefixes[-1:] != (self.n_latents,):
            raise DictionaryError(
                f"Matryoshka: prefixes rise and end at n_latents={self.n_latents}; got {self.prefixes}. "
                f"Try prefixes=({max(self.n_latents // 16, 1)}, {max(self.n_latents // 4, 2)}, {self.n_latents})."
            )


def objective(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> Outcome:
    """The mean of the squared errors of the nested reconstructions."""
    values, active = batchtopk.within_budget(sae, x, choose_in)
    x_hat, losses = sae.b_dec, []
    for start, end in pairwise((0, *sae.config.prefixes)):  # pyright: ignore[reportAttributeAccessIssue]
        inside = (active.ids >= start) & (active.ids < end)
        x_hat = x_hat + Decode.apply(values * inside, sae.W_dec, *active)
        losses.append(squared_error(x, x_hat))
    return batchtopk.outcome(torch.stack(losses).mean(), x_hat, values, active)
