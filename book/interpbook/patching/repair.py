"""Self-repair: a head is gone, and the answer suffers less than the head had contributed.

1. What the head wrote towards the answer, directly, is lost: the direct effect.
2. What the answer really loses is another number.
3. The difference is made up by parts that come later, and by the final norm, which divides by a smaller stream.

McGrath et al. 2023 ("hydra effect"), Rushing and Nanda 2024. Built in chapter 04. For Llama and its relatives.
"""

from collections.abc import Sequence
from typing import NamedTuple

from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attention import Head, ablation
from interpbook.lens import Attribution, answer_direction, direct_attribution
from interpbook.models import Site, info, read


class Repair(NamedTuple):
    """What the loss of one head did to each prompt's logit difference, in logits; positive means lost, or made up."""

    direct: Float[Tensor, " prompt"]
    """What the head no longer writes towards the answer."""
    total: Float[Tensor, " prompt"]
    """What the answer really lost."""
    repaired: Float[Tensor, " prompt"]
    """direct − total: what the rest made up for. It is the sum of `heads`, `mlps` and `norm`."""
    heads: Float[Tensor, "layer head prompt"]
    """What every other head now writes more towards the answer."""
    mlps: Float[Tensor, "layer prompt"]
    norm: Float[Tensor, " prompt"]
    """What the final norm adds by dividing by another size of the stream."""


def self_repair(
    model: TransformersModel, prompts: Sequence[str], head: Head, right: Int[Tensor, " prompt"],
    wrong: Int[Tensor, " prompt"], *, how: str = "resample", seed: int = 0,
) -> Repair:  # fmt: skip
    """Silence one head at the last token, and book every change of the answer to the part that made it.

    `how` as in `attention.ablation`: "resample" lets the head say what it said to another prompt of the list.
    """
    write = ablation([head], how, seed=seed)
    before, after = (direct_attribution(model, prompts, right, wrong, write=w) for w in (None, write))
    final = Site("resid", info(model).n_layers - 1, position=-1)
    old, new = (
        answer_direction(model, read(model, prompts, final, write=w).float(), right, wrong) for w in (None, write)
    )
    scale = (old.norm(dim=-1) / new.norm(dim=-1)).nan_to_num(1.0)  # the same direction, divided by another size
    change = _minus(after, before, scale)
    layer, number = head
    direct = -change.heads[layer, number]
    others = change.heads.clone()
    others[layer, number] = 0
    total = before.total - after.total
    norm = after.total * (1 - scale)
    return Repair(direct, total, direct - total, others, change.values[2::2], norm)


def _minus(after: Attribution, before: Attribution, scale: Float[Tensor, " prompt"]) -> Attribution:
    """What each part writes more than before, measured along the direction of before."""
    values, total, heads = (
        getattr(after, name) * scale - getattr(before, name) for name in ("values", "total", "heads")
    )
    return Attribution(before.names, values, total, heads)
