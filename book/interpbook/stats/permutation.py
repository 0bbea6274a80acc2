"""Could this be chance? Permutation tests for two sets of numbers, for a whole screen, and against any null."""

from math import isfinite
from typing import Literal, NamedTuple, SupportsFloat

import numpy as np
from jaxtyping import Bool, Float

from . import inputs
from .inputs import Numbers

Tail = Literal["two-sided", "greater", "less"]
_TIE = 1e-12  # a shuffled value this close to the observed one (relative) counts as equal to it


class Permutation(NamedTuple):
    """An observed number, what chance gives instead, and how often chance is at least as extreme."""

    observed: float
    null: Float[np.ndarray, " draws"]
    p: float
    """(1 + draws at least as extreme) / (1 + draws): never 0, since the data are one of the arrangements."""

    def __str__(self) -> str:
        return f"{self.observed:.3g} against chance, p = {self.p:.2g} ({len(self.null):,} draws)"


class Screen(NamedTuple):
    """One t value a unit, and how large the largest of them gets by chance."""

    t: Float[np.ndarray, "*units"]
    threshold: float
    """|t| above this happens anywhere in the screen in only 1 - level of the shuffles."""
    p: Float[np.ndarray, "*units"]
    """Corrected for the whole screen: the share of shuffles whose largest |t| reaches this unit's."""
    null: Float[np.ndarray, " draws"]

    @property
    def significant(self) -> Bool[np.ndarray, "*units"]:
        """Where |t| passes the threshold."""
        return np.abs(self.t) > self.threshold


def permutation_test(
    a: Numbers, b: Numbers, *, paired: bool = False, tail: Tail = "two-sided", seed: int = 0, n: int = 10_000
) -> Permutation:
    """mean(a) − mean(b) against `n` shuffles of who is in a and who in b.

    `paired=True` keeps each pair together and swaps its two sides by a coin (sign-flip).
    """
    a, b = inputs.vector("permutation_test", "a", a), inputs.vector("permutation_test", "b", b)
    n = inputs.at_least("permutation_test", "n", n, 1)
    rng = np.random.default_rng(seed)
    if paired:
        inputs.same_length("permutation_test", a=a, b=b)
        gaps = a - b
        null = np.concatenate([_signs(rng, k, len(gaps)) @ gaps / len(gaps) for k in _chunks(n, len(gaps))])
        return against_null(float(gaps.mean()), null, tail=tail)
    pooled = np.concatenate([a, b])
    in_a = np.concatenate([_masks(rng, k, len(pooled), len(a)) @ pooled for k in _chunks(n, len(pooled))])
    null = in_a / len(a) - (pooled.sum() - in_a) / len(b)
    return against_null(float(a.mean() - b.mean()), null, tail=tail)


def max_statistic(
    items: Numbers, *, labels: Numbers | None = None, seed: int = 0, n: int = 2000, level: SupportsFloat = 0.95
) -> Screen:
    """A t value for each unit of a screen, and the largest |t| that chance finds anywhere in it.

    `items` has shape (items, *units): one number for each item and each unit, say (60, layer, head).
    Without `labels` it holds a difference for each item, tested against 0 by flipping signs of whole items;
    with `labels` (one 0 or 1 an item) it tests group 1 minus group 0 by shuffling the labels. Items are shuffled
    whole, so units that go together stay together, and the threshold is no stricter than it has to be.
    """
    data = inputs.items("max_statistic", "items", items)
    n, level = inputs.at_least("max_statistic", "n", n, 1), inputs.level("max_statistic", level)
    if data.ndim < 2 or data.size == 0 or len(data) < 3:
        raise ValueError(
            f"max_statistic: items has shape {data.shape}. Expected (items, *units), with at least 3 items and one "
            "unit; the first axis is the item."
        )
    flat, rng = data.reshape(len(data), -1), np.random.default_rng(seed)
    if labels is None:
        t = _t_one(np.ones((1, len(flat))), flat)[0]
        arrangements = (_signs(rng, k, len(flat)) for k in _chunks(n, flat.size))
        null = np.concatenate([np.abs(_t_one(signs, flat)).max(axis=1) for signs in arrangements])
    else:
        positive = inputs.two_classes("max_statistic", labels, len(flat))
        if min(positive.sum(), (~positive).sum()) < 2:
            raise ValueError("max_statistic: each label needs at least 2 items, or there is no spread to compare with.")
        t = _t_two(positive[None].astype(float), flat)[0]
        arrangements = (_masks(rng, k, len(flat), int(positive.sum())) for k in _chunks(n, flat.size))
        null = np.concatenate([np.abs(_t_two(masks, flat)).max(axis=1) for masks in arrangements])
    reached = len(null) - np.searchsorted(np.sort(null), np.abs(t) * (1 - _TIE))
    threshold = float(np.quantile(null, level, method="higher"))
    units = data.shape[1:]
    return Screen(t.reshape(units), threshold, ((1 + reached) / (1 + len(null))).reshape(units), null)


def against_null(observed: SupportsFloat, null: Numbers, *, tail: Tail = "two-sided") -> Permutation:
    """Where `observed` falls among numbers made by chance. Two-sided: twice the smaller tail."""
    draws = inputs.vector("against_null", "null", null)
    observed = float(observed)
    if not isfinite(observed):
        raise ValueError(f"against_null: observed is {observed}. Expected a finite number.")
    slack = _TIE * max(abs(observed), float(np.abs(draws).max()))
    above = (1 + int((draws >= observed - slack).sum())) / (1 + len(draws))
    below = (1 + int((draws <= observed + slack).sum())) / (1 + len(draws))
    p = {"greater": above, "less": below, "two-sided": min(1.0, 2 * min(above, below))}[tail]
    return Permutation(observed, draws, p)


def _t_one(signs: np.ndarray, data: np.ndarray) -> Float[np.ndarray, "draws units"]:
    """One-sample t of signs × data. Flipping signs leaves the sum of squares as it is."""
    n = len(data)
    mean = signs @ data / n
    variance = np.maximum((data**2).mean(axis=0) - mean**2, 0) / (n - 1)
    return _ratio(mean, np.sqrt(variance))


def _t_two(masks: np.ndarray, data: np.ndarray) -> Float[np.ndarray, "draws units"]:
    """Welch's t of the masked items against the others."""
    data = data - data.mean(axis=0)
    n_in = masks[0].sum()
    n_out = len(data) - n_in
    total, squares = data.sum(axis=0), (data**2).sum(axis=0)
    sum_in, squares_in = masks @ data, masks @ data**2
    mean_in, mean_out = sum_in / n_in, (total - sum_in) / n_out
    spread_in = np.maximum(squares_in / n_in - mean_in**2, 0) / (n_in - 1)
    spread_out = np.maximum((squares - squares_in) / n_out - mean_out**2, 0) / (n_out - 1)
    return _ratio(mean_in - mean_out, np.sqrt(spread_in + spread_out))


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """top / bottom, where 0/0 (a unit that never moves) is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(top == 0, 0.0, top / bottom)


def _signs(rng: np.random.Generator, draws: int, items: int) -> Float[np.ndarray, "draws items"]:
    return rng.integers(0, 2, size=(draws, items)) * 2.0 - 1.0


def _masks(rng: np.random.Generator, draws: int, items: int, chosen: int) -> Float[np.ndarray, "draws items"]:
    order = rng.permuted(np.tile(np.arange(items), (draws, 1)), axis=1)
    return (order < chosen).astype(float)


def _chunks(n: int, width: int) -> list[int]:
    """n split so that a chunk of rows of this width stays near 30 MB."""
    size = max(1, min(n, 4_000_000 // max(1, width)))
    return [min(size, n - start) for start in range(0, n, size)]
