"""What becomes of a latent when the next dictionary has room for more: feature splitting, measured.

1. `cosines` compares the directions of two dictionaries; a large one's latents *near* a small one's are its children.
2. `mixtures` is what nearness has to beat: directions that nobody learned, mixed by lot out of the learned ones.
3. `shared` asks whether children fire where their parent does, whether together they fire wherever it does, and
   whether they take turns. Look-alikes point the same way; only a split is also shared out in this manner.

Bricken et al. 2023 describe splitting by dictionary size in a one-layer model. Built in chapter 03.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError

NEAR = 0.5
"""Two directions are near at this cosine, 60 degrees; of thousands at random in 576 dimensions the best has 0.2."""


class Shared(NamedTuple):
    """How a parent and some latents divide the rows between them, each a share from 0 to 1 (NaN: there are none)."""

    inside: float
    """Of the rows in which any of them fires, those in which the parent fires."""
    covered: float
    """Of the parent's rows, those in which at least one of them fires."""
    alone: float
    """Of the parent's rows in which any of them fires, those with exactly one."""
    n: int
    """The parent's rows."""


def cosines(small: Float[Tensor, "latent d"], large: Float[Tensor, "other its_d"]) -> Float[Tensor, "latent other"]:
    """How alike each direction of one dictionary is to each of another: 1 the same, 0 at right angles.

    Raises:
        DictionaryError: the directions are of different widths, so they are not from the same place.
    """
    if small.shape[1] != large.shape[1]:
        raise DictionaryError(
            f"cosines: directions of {small.shape[1]} and of {large.shape[1]} numbers have no angle between them; "
            "compare dictionaries of the same site of the same model."
        )
    unit = torch.nn.functional.normalize
    return unit(small, dim=1) @ unit(large, dim=1).T


def mixtures(directions: Float[Tensor, "latent d"], seed: int = 0) -> Float[Tensor, "latent d"]:
    """As many directions of length 1, each a sum of all the given ones with weights by lot.

    They lie along the same axes of the stream as the learned ones do, so they come as near as that alone brings them;
    isotropic random directions would be too easy to beat.
    """
    generator = torch.Generator().manual_seed(seed)
    weights = torch.randn(len(directions), len(directions), generator=generator)
    return torch.nn.functional.normalize(weights @ directions.float(), dim=1)


def shared(parent: Bool[Tensor, " row"], others: Bool[Tensor, "row other"]) -> Shared:
    """Who fires where: a parent and the latents that may be its children, on the same rows."""
    how_many = others.sum(1)
    any_of_them, both = how_many > 0, (how_many > 0) & parent
    n, n_any, n_both = int(parent.sum()), int(any_of_them.sum()), int(both.sum())
    return Shared(
        n_both / n_any if n_any else float("nan"),
        n_both / n if n else float("nan"),
        int((how_many[both] == 1).sum()) / n_both if n_both else float("nan"),
        n,
    )


def as_busy(
    count: Int[Tensor, " latent"], chosen: Int[Tensor, " some"], barred: Bool[Tensor, " latent"]
) -> Int[Tensor, " some"]:
    """For each chosen latent another that fires about as often: the nearest count among those not barred, none twice.

    Raises:
        DictionaryError: there are fewer unbarred latents than chosen ones.
    """
    free = ~barred
    free[chosen] = False
    if int(free.sum()) < len(chosen):
        raise DictionaryError(
            f"as_busy: {len(chosen)} stand-ins are wanted and {int(free.sum())} latents are left; bar fewer."
        )
    found = []
    for i in chosen.tolist():
        gap = (count - count[i]).abs().double().masked_fill(~free, torch.inf)
        found.append(int(gap.argmin()))
        free[found[-1]] = False
    return torch.tensor(found, dtype=torch.long)


def of_these(latents: Float[Tensor, "... latent"], some: Int[Tensor, " some"]) -> Float[Tensor, "... latent"]:
    """The latents with all but some of them at 0."""
    kept = torch.zeros_like(latents)
    kept[..., some] = latents[..., some]
    return kept


def equally_strong(latents: Float[Tensor, "... latent"], some: Int[Tensor, " some"]) -> Float[Tensor, "... latent"]:
    """In each row one other active latent, as strong as `some` are together or nearest to it; all else 0.

    Where none of `some` is active, or nothing else is, the whole row is 0. The control for taking `some` away: as much
    of the same row, somewhere else.
    """
    total = latents[..., some].sum(-1, keepdim=True)
    gap = (latents - total).abs().masked_fill(latents <= 0, torch.inf)
    gap[..., some] = torch.inf
    nearest = gap.argmin(-1, keepdim=True)
    there = (total > 0) & gap.gather(-1, nearest).isfinite()
    return torch.zeros_like(latents).scatter(-1, nearest, latents.gather(-1, nearest) * there)
