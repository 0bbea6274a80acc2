"""Data whose features are known, because we planted them: where alone a dictionary can be marked right or wrong.

1. Each feature is a random direction of length 1; there are more of them than dimensions.
2. A row adds up the few that are present, each with a strength of its own.
3. A feature may have a parent, without which it never appears (a hierarchy, in which absorption can happen).

Sharkey et al. 2022; Elhage et al. 2022. Built in chapter 03.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError


class Planted(NamedTuple):
    """Features that somebody knows."""

    directions: Float[Tensor, "feature d"]
    """What each adds, of length 1."""
    density: Float[Tensor, " feature"]
    """How often each is present (given its parent, where it has one)."""
    parent: Int[Tensor, " feature"]
    """The feature without which this one is absent; -1 where there is none."""


class Drawn(NamedTuple):
    """Rows made of planted features."""

    x: Float[Tensor, "row d"]
    """The sums, which is all that a dictionary sees."""
    strengths: Float[Tensor, "row feature"]
    """What they are sums of; mostly 0."""


def planted(
    n_features: int,
    d: int,
    *,
    active: float = 4.0,
    zipf: float = 0.0,
    parents: dict[int, int] | None = None,
    seed: int = 0,
) -> Planted:
    """Random directions, of which `active` are present in a row on average.

    `zipf` above 0 makes some common and most rare: the i-th is present in proportion to 1 / i^zipf (at most in every
    second row). `parents` maps a feature to one with a smaller number.
    """
    if not 0 < active <= n_features / 2:
        raise DictionaryError(
            f"planted: of {n_features} features more than 0 and at most half are present in a row; got active={active}."
        )
    generator = torch.Generator().manual_seed(seed)
    directions = torch.nn.functional.normalize(torch.randn(n_features, d, generator=generator), dim=1)
    share = torch.arange(1, n_features + 1).float() ** -zipf
    density = (active * share / share.sum()).clamp(max=0.5)
    parent = torch.full((n_features,), -1)
    for child, of in (parents or {}).items():
        if not 0 <= of < child < n_features:
            raise DictionaryError(f"planted: a parent has a smaller number than its child; got {child}: {of}.")
        parent[child] = of
    return Planted(directions, density, parent)


def draw(features: Planted, n: int, *, noise: float = 0.0, seed: int = 0) -> Drawn:
    """Rows of planted features. A present one has a strength between 0.5 and 1.5; `noise` is added to every number."""
    generator = torch.Generator().manual_seed(seed)
    n_features, d = features.directions.shape
    present = torch.rand(n, n_features, generator=generator) < features.density
    for child in (features.parent >= 0).nonzero()[:, 0].tolist():
        present[:, child] &= present[:, int(features.parent[child])]
    strengths = present * (0.5 + torch.rand(n, n_features, generator=generator))
    x = strengths @ features.directions
    return Drawn(x + noise * torch.randn(n, d, generator=generator) if noise else x, strengths)
