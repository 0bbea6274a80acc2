"""Model diffing: one model before training and after, and what changed between them.

1. `mean_shift` is how far activations moved, on average over the same prompts: the simple way, one vector.
2. `latent_shift` says it latent by latent of a dictionary; `rank_latents` puts those first that harmful finetunes raise
   and matched harmless ones do not.
3. `project` turns a shift into one number along a direction; `noise_bar` and `first_above` say from which dose on that
   number is more than harmless training does: the early warning.
4. `projection_gap` asks of training data, before any training, where they would pull.

All are plain functions of tensors and know no model. Wang et al. 2025 (arXiv 2506.19823) for ranked latents; Soligo et
al. 2025 (arXiv 2506.11618) for mean differences; Chen et al. 2025 (arXiv 2507.21509) for projections of data. Built in
chapter 07.
"""

from collections.abc import Sequence
from itertools import pairwise

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.dictionaries import Sae, encode


class DiffError(ValueError):
    """Activations, shifts or doses that cannot be compared with one another."""


def mean_shift(
    before: Float[Tensor, "*model item d_model"], after: Float[Tensor, "... item_after d_after"]
) -> Float[Tensor, "*model d_model"]:
    """How far activations moved, on average over items: the same prompts, in the same order, before and after.

    Leading axes (networks side by side) stay. Units are those of the stream.

    Raises:
        DiffError: the two were read on different numbers of prompts or networks.
    """
    if before.shape != after.shape:
        raise DiffError(
            f"mean_shift: before has shape {tuple(before.shape)} and after {tuple(after.shape)}. Read the same "
            "prompts from both models."
        )
    return (after - before).mean(-2)


def latent_shift(
    sae: Sae, before: Float[Tensor, "item d_model"], after: Float[Tensor, "item_after d_after"]
) -> Float[Tensor, " latent"]:
    """How much more active each latent became, on average over the same prompts; negative: quieter.

    The dictionary was trained on the model *before*: it can name what the finetune uses more, not what is new.
    """
    if before.shape != after.shape:
        raise DiffError(
            f"latent_shift: before has shape {tuple(before.shape)} and after {tuple(after.shape)}. Read the same "
            "prompts from both models."
        )
    return (encode(sae, after) - encode(sae, before)).mean(0)


def rank_latents(
    harmful: Float[Tensor, "finetune latent"], harmless: Float[Tensor, "control latent_too"]
) -> Int[Tensor, " latent"]:
    """Latents by how much more the harmful finetunes raise them than the harmless ones, the most first.

    Rows are `latent_shift`s. Only the mean decides, so one wild finetune can carry a latent to the top: test the
    winner on finetunes that did not choose it.
    """
    if harmful.shape[1] != harmless.shape[1]:
        raise DiffError(
            f"rank_latents: the harmful rows have {harmful.shape[1]} latents and the harmless ones "
            f"{harmless.shape[1]}. Both must come from one dictionary."
        )
    return (harmful.mean(0) - harmless.mean(0)).argsort(descending=True)


def project(
    shift: Float[Tensor, "*model d_model"], direction: Float[Tensor, "*model d_model"]
) -> Float[Tensor, "*model"]:
    """How far a shift goes along a direction, in units of the stream; the direction's own length does not matter.

    Raises:
        DiffError: a direction has length zero and points nowhere.
    """
    length = direction.norm(dim=-1)
    if not bool((length > 0).all()):
        raise DiffError("project: a direction has length zero, so there is nothing to project on. Was it read twice?")
    return (shift * direction).sum(-1) / length


def noise_bar(harmless: Float[Tensor, " control"], *, sds: float = 3.0) -> float:
    """The height that harmless finetunes do not reach: their mean plus `sds` standard deviations."""
    if harmless.numel() < 3:
        raise DiffError(
            f"noise_bar: {harmless.numel()} harmless finetunes say nothing about how such finetunes vary; train at "
            "least three, with different seeds."
        )
    return float(harmless.mean() + sds * harmless.std())


def first_above(doses: Sequence[float], values: Float[Tensor, " dose"], bar: float) -> float:
    """The smallest dose from which on the values stay above the bar; infinity where they never do.

    To stay above matters: of many doses some poke out by chance.
    """
    if len(doses) != values.numel() or any(a >= b for a, b in pairwise(doses)):
        raise DiffError(
            f"first_above: expected one value for each of {len(doses)} rising doses; got {values.numel()} values for "
            f"doses {list(doses)[:8]}."
        )
    below = [i for i, value in enumerate(values.tolist()) if not value > bar]
    start = below[-1] + 1 if below else 0
    return float(doses[start]) if start < len(doses) else float("inf")


def projection_gap(
    data: Float[Tensor, "sample d_model"], own: Float[Tensor, "own d_model"], direction: Float[Tensor, " d_model"]
) -> Float[Tensor, " sample"]:
    """For each training sample, how much further it lies along a direction than the model's own answer to it.

    Rows are mean activations over the answer's tokens: of the answer in the data set and of the answer that the model
    gives by itself. A positive gap says that training on this sample would pull along the direction.
    """
    return project(mean_shift(own[:, None], data[:, None]), direction.expand_as(data))
