"""A number and its interval: shares, means, any statistic of items, differences, AUROC."""

from collections.abc import Callable, Hashable, Sequence
from math import isfinite, log10, sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple, SupportsFloat, SupportsInt

import numpy as np
from jaxtyping import Float

from . import inputs
from .inputs import Numbers


class Estimate(NamedTuple):
    """A number with its interval: `str(estimate)` is `0.83 [0.75, 0.90], n = 60`."""

    value: float
    low: float
    high: float
    n: int
    """How many independent units it rests on: items, pairs, or groups of items."""

    def __str__(self) -> str:
        value, low, high = (_short(x, self.high - self.low) for x in self[:3])
        return f"{value} [{low}, {high}], n = {self.n:,}"


def proportion(successes: SupportsInt, n: SupportsInt, *, level: SupportsFloat = 0.95) -> Estimate:
    """The share of successes with Wilson's interval, which stays honest at 0 of n and n of n."""
    successes, n = inputs.whole("proportion", "successes", successes), inputs.whole("proportion", "n", n)
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(
            f"proportion: got {successes} successes out of n = {n}. "
            "Expected 0 ≤ successes ≤ n and n ≥ 1; pass counts, not the share."
        )
    z = NormalDist().inv_cdf(0.5 + inputs.level("proportion", level) / 2)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return Estimate(share, low, high, n)


def bootstrap(
    values: Numbers,
    statistic: Callable[[np.ndarray], float] = np.mean,
    *,
    groups: Sequence[Hashable] | np.ndarray | None = None,
    method: Literal["percentile", "bca"] = "percentile",
    seed: int = 0,
    n_resamples: int = 2000,
    level: SupportsFloat = 0.95,
) -> Estimate:
    """`statistic(values)` and where it falls when the items are drawn again, with replacement.

    The interval holds the middle `level` of the redrawn statistics (`method="percentile"`); `"bca"` also
    corrects for bias and skew. Items that share a template, a country or a prompt are not independent: name
    what they share in `groups`, and whole groups are redrawn (n is then the number of groups).
    Careful: for right-or-wrong answers use `proportion`; redrawing 60 right answers of 60 shows no doubt at all.
    """
    data = inputs.items("bootstrap", "values", values)
    blocks = _blocks(len(data), groups)
    rng, level = np.random.default_rng(seed), inputs.level("bootstrap", level)
    n_resamples = inputs.at_least("bootstrap", "n_resamples", n_resamples, 100)
    draws = np.empty(n_resamples)
    for i in range(n_resamples):
        chosen = rng.integers(len(blocks), size=len(blocks))
        draws[i] = statistic(data[np.concatenate([blocks[j] for j in chosen]) if groups is not None else chosen])
    value = float(statistic(data))
    if not isfinite(value) or not np.isfinite(draws).all():
        raise ValueError(
            f"bootstrap: the statistic is not finite on {int((~np.isfinite(draws)).sum())} of {n_resamples} resamples "
            f"({value} on the data). It must work on any redrawn items; for AUROC try auroc_interval."
        )
    tails = (1 - level) / 2, (1 + level) / 2
    if method == "bca":
        tails = _bca_tails(value, draws, _jackknife(data, blocks, statistic), tails)
    low, high = np.quantile(draws, tails)
    return Estimate(value, float(low), float(high), len(blocks))


def difference(
    a: Numbers,
    b: Numbers,
    *,
    paired: bool = False,
    seed: int = 0,
    n_resamples: int = 2000,
    level: SupportsFloat = 0.95,
) -> Estimate:
    """mean(a) − mean(b) with a percentile bootstrap interval; 0 inside it means no difference shown.

    `paired=True` when a[i] and b[i] are the same item under two conditions (n is then the number of pairs;
    otherwise it counts both sides).
    """
    a, b = inputs.vector("difference", "a", a), inputs.vector("difference", "b", b)
    if paired:
        inputs.same_length("difference", a=a, b=b)
        return bootstrap(a - b, seed=seed, n_resamples=n_resamples, level=level)
    rng, level = np.random.default_rng(seed), inputs.level("difference", level)
    n_resamples = inputs.at_least("difference", "n_resamples", n_resamples, 100)
    draws = [rng.choice(a, len(a)).mean() - rng.choice(b, len(b)).mean() for _ in range(n_resamples)]
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(a.mean() - b.mean()), float(low), float(high), len(a) + len(b))


def auroc(scores: Numbers, labels: Numbers) -> float:
    """The chance that a positive item scores above a negative one (ties count half): 0.5 says nothing, 1 all."""
    scores, labels = inputs.scores_and_labels("auroc", scores, labels)
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]  # tied scores share their mean rank
    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    return float((ranks[labels].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def auroc_interval(
    scores: Numbers, labels: Numbers, *, seed: int = 0, n_resamples: int = 2000, level: SupportsFloat = 0.95
) -> Estimate:
    """`auroc` with a percentile bootstrap interval; positives and negatives are redrawn each among themselves."""
    scores, labels = inputs.scores_and_labels("auroc_interval", scores, labels)
    rng, level = np.random.default_rng(seed), inputs.level("auroc_interval", level)
    sides = np.flatnonzero(labels), np.flatnonzero(~labels)
    draws = np.empty(inputs.at_least("auroc_interval", "n_resamples", n_resamples, 100))
    for i in range(len(draws)):
        redrawn = np.concatenate([rng.choice(side, len(side)) for side in sides])
        draws[i] = auroc(scores[redrawn], labels[redrawn])
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(auroc(scores, labels), float(low), float(high), len(scores))


def _blocks(n: int, groups: Sequence[Hashable] | np.ndarray | None) -> list[np.ndarray]:
    """The rows that are redrawn together."""
    if groups is None:
        return list(np.arange(n)[:, None])
    if len(groups) != n:
        raise ValueError(f"bootstrap: {n} values but {len(groups)} groups. Expected one group name for each value.")
    rows: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups.tolist() if isinstance(groups, np.ndarray) else groups):
        rows.setdefault(group, []).append(i)
    if len(rows) < 2:
        raise ValueError("bootstrap: all values are in one group. Redrawing whole groups needs at least 2 of them.")
    return [np.array(members) for members in rows.values()]


def _jackknife(data: np.ndarray, blocks: list[np.ndarray], statistic: Callable) -> Float[np.ndarray, " blocks"]:
    if len(blocks) < 2:
        raise ValueError("bootstrap: bca leaves out one item at a time, so it needs at least 2.")
    return np.array([statistic(np.delete(data, block, axis=0)) for block in blocks])


def _bca_tails(
    value: float, draws: np.ndarray, left_out: np.ndarray, tails: tuple[float, float]
) -> tuple[float, float]:
    """The two quantiles to read, moved for bias and acceleration (Efron 1987)."""
    below = ((draws < value).sum() + 0.5 * (draws == value).sum()) / len(draws)
    gaps = left_out.mean() - left_out
    if not 0 < below < 1 or not gaps.any():
        return tails  # nothing varies: no bias to correct
    normal = NormalDist()
    bias = normal.inv_cdf(below)
    acceleration = (gaps**3).sum() / (6 * (gaps**2).sum() ** 1.5)
    shifted = [bias + normal.inv_cdf(tail) for tail in tails]
    low, high = (normal.cdf(bias + z / (1 - acceleration * z)) for z in shifted)
    return low, high


def _short(x: float, width: float) -> str:
    """x with as many decimals as show two digits of the interval's width."""
    if not isfinite(x) or not isfinite(width):
        return f"{x:.3g}"
    if width <= 0:
        return f"{x:.4g}"
    decimals = 1 - int(np.floor(log10(width)))
    return f"{x:,.{max(0, decimals)}f}" if decimals <= 6 else f"{x:.3g}"
