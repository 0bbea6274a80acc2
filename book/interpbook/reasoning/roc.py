"""What an alarm is worth: rates at a threshold, and what they come to where cheats are rare.

An alarm gives each item a score; above a threshold it rings. `labels` says which items are cheats.

1. `rates`: of the cheats, the share it rings for (tpr); of the others, the share it rings for by mistake (fpr).
2. `g_mean2` = tpr · (1 − fpr) asks for both at once: 0 for an alarm that always or never rings (Guan et al. 2025).
3. `per_thousand` says what a day with the alarm is like: base rates turn good rates into many false alarms.
4. `threshold_for_budget` and `threshold_for_costs` choose where to ring, on data that nothing is reported from.
5. `calibration` asks whether a probability means what it says; `at_base_rate` moves one to another base rate.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from interpbook.stats import Estimate, auroc, proportion
from interpbook.stats.inputs import Numbers, scores_and_labels, vector


class Rates(NamedTuple):
    """How an alarm does at one threshold."""

    tpr: Estimate
    """Of the cheats, the share that it rings for (recall)."""
    fpr: Estimate
    """Of the honest items, the share that it rings for."""
    g_mean2: float


class Roc(NamedTuple):
    """How an alarm does at every threshold, from never ringing (0, 0) to always (1, 1)."""

    fpr: Float[np.ndarray, " point"]
    tpr: Float[np.ndarray, " point"]
    threshold: Float[np.ndarray, " point"]
    """It rings where the score is at least this; the first is infinite."""


class Thousand(NamedTuple):
    """What to expect among a thousand items."""

    caught: float
    missed: float
    false_alarms: float
    precision: float
    """Of the alarms, the share that is right; NaN where it never rings."""


class Bin(NamedTuple):
    """Items whose predicted probability is about the same."""

    predicted: float
    """Mean prediction."""
    observed: Estimate
    """Share that are cheats."""


def roc(scores: Numbers, labels: Numbers) -> Roc:
    """The curve of an alarm; items with equal scores enter together, so that ties earn no luck.

    Raises:
        ValueError: the labels are of one kind only, or do not fit the scores.
    """
    scores, labels = scores_and_labels("roc", scores, labels)
    threshold = np.unique(scores)[::-1]
    rings = scores[None, :] >= threshold[:, None]
    tpr, fpr = rings[:, labels].mean(1), rings[:, ~labels].mean(1)
    return Roc(np.append(0.0, fpr), np.append(0.0, tpr), np.append(np.inf, threshold))


def rates(scores: Numbers, labels: Numbers, threshold: float) -> Rates:
    """How an alarm that rings from `threshold` on does, with Wilson's intervals."""
    scores, labels = scores_and_labels("rates", scores, labels)
    rings = scores >= threshold
    tpr = proportion(int(rings[labels].sum()), int(labels.sum()))
    fpr = proportion(int(rings[~labels].sum()), int((~labels).sum()))
    return Rates(tpr, fpr, g_mean2(tpr.value, fpr.value))


def g_mean2(tpr: float, fpr: float) -> float:
    """tpr · (1 − fpr): 1 for a perfect alarm, 0 for one that always or never rings, at most 1/4 for a coin.

    Raises:
        ValueError: a rate outside 0 … 1.
    """
    need_shares("g_mean2", tpr=tpr, fpr=fpr)
    return tpr * (1 - fpr)


def per_thousand(tpr: float, fpr: float, base_rate: float) -> Thousand:
    """What an alarm comes to among a thousand items of which the share `base_rate` are cheats.

    Raises:
        ValueError: a rate outside 0 … 1.
    """
    need_shares("per_thousand", tpr=tpr, fpr=fpr, base_rate=base_rate)
    cheats = 1000 * base_rate
    caught, false = cheats * tpr, (1000 - cheats) * fpr
    return Thousand(caught, cheats - caught, false, caught / (caught + false) if caught + false else float("nan"))


def threshold_for_budget(scores: Numbers, labels: Numbers, base_rate: float, budget: float) -> float:
    """The lowest threshold that costs at most `budget` false alarms per thousand items at `base_rate`.

    Infinite (never ring) where even the highest score costs too many. Choose it on one set of items, report another.

    Raises:
        ValueError: a base rate outside 0 … 1, or a budget below 0.
    """
    if budget < 0:
        raise ValueError(
            f"threshold_for_budget: the budget is {budget}. Expected false alarms per thousand, 0 or more."
        )
    need_shares("threshold_for_budget", base_rate=base_rate)
    curve = roc(scores, labels)
    affordable = 1000 * (1 - base_rate) * curve.fpr <= budget + 1e-9
    return float(curve.threshold[affordable].min())


def threshold_for_costs(
    scores: Numbers, labels: Numbers, base_rate: float, *, miss: float = 1.0, false_alarm: float = 1.0
) -> float:
    """The threshold at which a thousand items cost least: a missed cheat costs `miss`, a false alarm `false_alarm`."""
    need_shares("threshold_for_costs", base_rate=base_rate)
    curve = roc(scores, labels)
    cost = miss * base_rate * (1 - curve.tpr) + false_alarm * (1 - base_rate) * curve.fpr
    return float(curve.threshold[int(np.argmin(np.round(cost, 12)))])


def best_threshold(scores: Numbers, labels: Numbers) -> float:
    """The threshold with the largest g-mean²; the highest of them where several tie."""
    curve = roc(scores, labels)
    return float(curve.threshold[int(np.argmax(np.round(curve.tpr * (1 - curve.fpr), 12)))])


def area_within(
    scores: Numbers, labels: Numbers, groups: Numbers, *, seed: int = 0, n_resamples: int = 200
) -> Estimate:
    """The area under the curve among items of one group, averaged over groups by their pairs of a cheat and another.

    0.5: within a group the alarm knows nothing, whatever it knows about which group has more cheats. The interval
    redraws items.

    Raises:
        ValueError: no group holds both kinds.
    """
    scores, labels = scores_and_labels("area_within", scores, labels)
    groups = vector("area_within", "groups", groups)
    if len(groups) != len(scores):
        raise ValueError(f"area_within: {len(scores)} scores but {len(groups)} groups. Expected one group an item.")
    found = _area_within(scores, labels, groups)
    if np.isnan(found):
        raise ValueError("area_within: no group holds both cheats and other items, so there is nothing to tell apart.")
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(scores), len(scores)) for _ in range(n_resamples)]
    values = np.array([_area_within(scores[at], labels[at], groups[at]) for at in draws])
    low, high = np.quantile(values[np.isfinite(values)], [0.025, 0.975])
    return Estimate(found, float(low), float(high), len(scores))


def _area_within(scores: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> float:
    total = pairs = 0.0
    for group in np.unique(groups):
        here = groups == group
        n = float(labels[here].sum() * (~labels[here]).sum())
        if n:
            total, pairs = total + n * auroc(scores[here], labels[here]), pairs + n
    return total / pairs if pairs else float("nan")


def calibration(probabilities: Numbers, labels: Numbers, *, bins: int = 5) -> list[Bin]:
    """Predicted probability against the observed share, in bins of equal width; empty bins are left out.

    Raises:
        ValueError: a probability outside 0 … 1.
    """
    p, labels = scores_and_labels("calibration", probabilities, labels)
    need_shares("calibration", lowest=float(p.min()), highest=float(p.max()))
    place = np.minimum((p * bins).astype(int), bins - 1)
    groups = [(p[place == i], labels[place == i]) for i in range(bins) if (place == i).any()]
    return [Bin(float(inside.mean()), proportion(int(of.sum()), len(of))) for inside, of in groups]


def calibration_error(found: list[Bin]) -> float:
    """How far predictions lie from what is observed, on average over items (expected calibration error)."""
    n = sum(one.observed.n for one in found)
    return sum(one.observed.n * abs(one.predicted - one.observed.value) for one in found) / n


def at_base_rate(probabilities: Numbers, trained: float, base_rate: float) -> Float[np.ndarray, " item"]:
    """Probabilities from a monitor trained where the share `trained` are cheats, moved to where `base_rate` are.

    Bayes' rule: the odds are multiplied by the odds of the new base rate over those of the old one.

    Raises:
        ValueError: a base rate that is not strictly between 0 and 1.
    """
    p = vector("at_base_rate", "probabilities", probabilities)
    if not (0 < trained < 1 and 0 < base_rate < 1):
        raise ValueError(
            f"at_base_rate: base rates are {trained} and {base_rate}. Expected shares strictly between 0 and 1."
        )
    up = p * base_rate / trained
    return up / (up + (1 - p) * (1 - base_rate) / (1 - trained))


def need_shares(doing: str, **given: float) -> None:
    """Refuse a rate outside 0 … 1, lest a percentage be taken for a share."""
    for name, value in given.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{doing}: {name} is {value}. Expected a share between 0 and 1; was it a percentage?")
