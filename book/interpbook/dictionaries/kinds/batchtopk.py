"""BatchTopK: a batch of n rows shares a budget of n·k active latents, so that rich rows may take more than plain ones.

After training a single threshold, the mean of the weakest activation let through, takes the budget's place, so that a
row's latents do not depend on its neighbours. Bussmann et al. 2024 (arXiv 2412.06410).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.kinds.outcome import Outcome, squared_error
from interpbook.dictionaries.kinds.topk import matches
from interpbook.dictionaries.sae import Config, Sae
from interpbook.dictionaries.sparse import Active, Decode, Encode, top_k

TRAINED = ()


@dataclass(frozen=True)
class BatchTopK(Config):
    """A dictionary with `k` active latents a row on average."""

    k: int = 32
    kind: ClassVar[str] = "batchtopk"


def fresh_extra(config: Config) -> dict[str, Tensor]:  # noqa: ARG001 (every kind is asked)
    """The threshold of use, which training keeps up to date."""
    return {"threshold": torch.zeros(())}


def activate(sae: Sae, pre: Float[Tensor, "... latent"]) -> Float[Tensor, "... latent"]:
    """Whatever passes the threshold stays as it is."""
    return pre.relu() * (pre > sae.extra["threshold"])


def objective(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> Outcome:
    """Squared error under the shared budget."""
    values, active = within_budget(sae, x, choose_in)
    x_hat = Decode.apply(values, sae.W_dec, *active) + sae.b_dec
    return outcome(squared_error(x, x_hat), x_hat, values, active)


def within_budget(sae: Sae, x: Float[Tensor, "row d_in"], choose_in: torch.dtype) -> tuple[Tensor, Active]:
    """The n·k strongest matches of the batch, as values with gradients, row after row."""
    pre = matches(sae, x, choose_in)
    _, flat = top_k(pre.view(1, -1), len(x) * sae.config.k)  # pyright: ignore[reportAttributeAccessIssue]
    flat = flat[0].sort().values
    row = flat // pre.shape[1]
    ends = row.bincount(minlength=len(x)).cumsum(0)
    active = Active(flat % pre.shape[1], torch.cat([ends.new_zeros(1), ends[:-1]]))
    return Encode.apply(sae.W_enc, sae.b_enc, sae.b_dec, x, *active).relu(), active


def outcome(loss: Float[Tensor, ""], x_hat: Float[Tensor, "row d_in"], values: Tensor, active: Active) -> Outcome:
    """The step's outcome, with the weakest activation that was let through."""
    on = values.detach() > 0
    least = values.detach()[on].min() if bool(on.any()) else values.new_zeros(())
    return Outcome(loss, x_hat, active.ids[on], int(on.sum()), least)
