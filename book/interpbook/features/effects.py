"""What a direction makes the model say, if it went straight to the end."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models import unembed


class Effects(NamedTuple):
    """The tokens whose logits each direction raises and lowers the most, and by how much beside the average token."""

    raised: Int[Tensor, "direction token"]
    by: Float[Tensor, "direction token"]
    lowered: Int[Tensor, "direction token"]
    by_less: Float[Tensor, "direction token"]


@torch.no_grad()
def logit_effects(model: TransformersModel, directions: Float[Tensor, "direction d_model"], n: int = 8) -> Effects:
    """The logit lens of directions: each through the final norm and the unembedding, the mean logit taken away.

    It says what a direction would do if no later block touched it. After an early block this is often noise; read it
    as a hint and test it by steering.
    """
    parts = []
    for some in directions.split(512):
        scores = unembed(model, some).float()
        scores = scores - scores.mean(-1, keepdim=True)
        parts.append((*scores.topk(n), *(-scores).topk(n)))
    by, raised, less, lowered = (torch.cat(part) for part in zip(*parts, strict=True))
    return Effects(raised, by, lowered, -less)
