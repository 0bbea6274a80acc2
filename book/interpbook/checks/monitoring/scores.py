"""Exercises 1 and 3: accuracy beside g-mean², and a threshold for a budget of false alarms."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook.exercises import Check, Mistake

# --- 1 · scored ---


def scored(scores: Float[Tensor, " job"], cheat: Bool[Tensor, " job"], threshold: float) -> tuple[float, float]:
    """Accuracy and g-mean² of a monitor that rings where the score is at least `threshold`."""
    rings = scores >= threshold
    accuracy = (rings == cheat).double().mean()
    tpr, tnr = rings[cheat].double().mean(), (~rings[~cheat]).double().mean()
    return float(accuracy), float(tpr * tnr)


def _days() -> list[tuple]:
    """Scores in tenths, so that some lie on the threshold; cheats are rare in one of them."""
    days = []
    for rare, threshold in ((0.1, 0.5), (0.4, 0.3), (0.25, 0.7)):
        cheat = torch.rand(60) < rare
        scores = ((torch.rand(60) + 0.4 * cheat) * 10).round() / 10
        scores[:4], cheat[:4] = threshold, torch.tensor([True, True, False, False])
        days.append((scores, cheat, threshold))
    return days


def _counts(scores, cheat, threshold, strict=False):
    """Hits, misses, false alarms and correct silences."""
    rings = scores > threshold if strict else scores >= threshold
    pairs = ((rings, cheat), (~rings, cheat), (rings, ~cheat), (~rings, ~cheat))
    return [int((a & b).sum()) for a, b in pairs]


def _from_counts(scores, cheat, threshold):
    hit, miss, false, quiet = _counts(scores, cheat, threshold)
    return (hit + quiet) / len(cheat), hit / (hit + miss) * quiet / (false + quiet)


def _strict(scores, cheat, threshold):
    hit, miss, false, quiet = _counts(scores, cheat, threshold, strict=True)
    return (hit + quiet) / len(cheat), hit / (hit + miss) * quiet / (false + quiet)


def _precision(scores, cheat, threshold):
    hit, _, false, quiet = _counts(scores, cheat, threshold)
    return scored(scores, cheat, threshold)[0], hit / max(hit + false, 1) * quiet / (false + quiet)


def _recall_times_false(scores, cheat, threshold):
    hit, miss, false, quiet = _counts(scores, cheat, threshold)
    return scored(scores, cheat, threshold)[0], hit / (hit + miss) * false / (false + quiet)


def _mean_of_both(scores, cheat, threshold):
    hit, miss, false, quiet = _counts(scores, cheat, threshold)
    return scored(scores, cheat, threshold)[0], (hit / (hit + miss) + quiet / (false + quiet)) / 2


def _of_all(scores, cheat, threshold):
    hit, _, _, quiet = _counts(scores, cheat, threshold)
    return scored(scores, cheat, threshold)[0], hit / len(cheat) * quiet / len(cheat)


SCORED = Check(
    id="monitoring.scored",
    reference=scored,
    inputs=_days,
    mistakes=(
        Mistake(
            "strictly above",
            _strict,
            "Jobs whose score lies exactly on the threshold seem to be let through. A monitor rings where the score is "
            "*at least* the threshold; which comparison says so?",
        ),
        Mistake(
            "precision",
            _precision,
            "The first factor looks like the share of *alarms* that are right. That one changes with how common cheats "
            "are. Of which jobs is the TPR a share?",
        ),
        Mistake(
            "share of false alarms",
            _recall_times_false,
            "The second factor looks like the share of honest jobs that it *rings* for, so that the panic would get "
            "the most. Which share should be large?",
        ),
        Mistake(
            "mean",
            _mean_of_both,
            "The two shares seem to be averaged. Then a brick gets one half for its silence. What does a product give "
            "to a monitor that catches nobody?",
        ),
        Mistake(
            "root",
            lambda *day: (scored(*day)[0], math.sqrt(scored(*day)[1])),
            "This is the geometric mean itself. The name ends in a square: is the root still wanted?",
        ),
        Mistake(
            "of all jobs",
            _of_all,
            "Hits and silences seem to be divided by *all* jobs. With few cheats the first share can then never be "
            "large. How many jobs could the monitor have caught?",
        ),
        Mistake(
            "other order",
            lambda *day: scored(*day)[::-1],
            "Both numbers are there. Which one was asked for first?",
        ),
    ),
    alternatives=(_from_counts,),
    fallback="Count four things: cheats that ring, cheats that do not, honest jobs that ring, honest jobs that do not. "
    "Which two of them is each share made of?",
)

# --- 3 · threshold_for_budget ---


def threshold_for_budget(
    scores: Float[Tensor, " job"], cheat: Bool[Tensor, " job"], base_rate: float, budget: float
) -> float:
    """The lowest score at which ringing costs at most `budget` false alarms per thousand jobs in the field."""
    honest = scores[~cheat]
    affordable = [
        ring
        for ring in scores.unique().tolist()
        if 1000 * (1 - base_rate) * float((honest >= ring).double().mean()) <= budget + 1e-9
    ]
    return min(affordable, default=math.inf)


def _fields() -> list[tuple]:
    """Common and rare cheats, samples with other base rates than the field, a tie, and a budget of nothing."""
    cases = []
    for n_cheats, base_rate, budget in ((50, 0.01, 120.0), (20, 0.4, 120.0), (70, 0.3, 40.0), (50, 0.02, 300.0)):
        cheat = torch.arange(100) < n_cheats
        cases.append((((torch.rand(100) + 0.5 * cheat) * 40).round() / 40, cheat, base_rate, budget))
    top_is_honest = torch.tensor([0.9, 0.8, 0.7, 0.2])
    mixed = torch.tensor([False, True, True, False])
    return [*cases, (top_is_honest, mixed, 0.5, 0.0), (top_is_honest, ~mixed, 0.2, 0.0)]


def _from_the_top(scores, cheat, base_rate, budget):
    """Another right answer: go down from the highest score until the money is spent."""
    n_honest, ring = int((~cheat).sum()), float("inf")
    for score in sorted(set(scores.tolist()), reverse=True):
        n_false = sum(1 for s, bad in zip(scores.tolist(), cheat.tolist(), strict=True) if s >= score and not bad)
        if n_false / n_honest * (1 - base_rate) * 1000 > budget + 1e-9:
            return ring
        ring = score
    return ring


def _lowest(scores: Tensor, price, budget: float, otherwise: float = math.inf) -> float:
    """The lowest score whose price is within the budget."""
    return min((ring for ring in scores.unique().tolist() if price(ring) <= budget + 1e-9), default=otherwise)


def _share(part: Tensor, ring: float) -> float:
    return float((part >= ring).double().mean())


def _highest(scores, cheat, base_rate, budget):
    price = lambda ring: 1000 * (1 - base_rate) * _share(scores[~cheat], ring)  # noqa: E731
    return max((ring for ring in scores.unique().tolist() if price(ring) <= budget + 1e-9), default=math.inf)


def _all_alarms(scores, cheat, base_rate, budget):
    def price(ring):
        return 1000 * ((1 - base_rate) * _share(scores[~cheat], ring) + base_rate * _share(scores[cheat], ring))

    return _lowest(scores, price, budget)


def _rings_above(scores, cheat, base_rate, budget):
    def price(ring):
        return 1000 * (1 - base_rate) * float((scores[~cheat] > ring).double().mean())

    return _lowest(scores, price, budget)


THRESHOLD_FOR_BUDGET = Check(
    id="reasoning.threshold_for_budget",
    reference=threshold_for_budget,
    inputs=_fields,
    mistakes=(
        Mistake(
            "no base rate",
            lambda scores, cheat, base_rate, budget: threshold_for_budget(scores, cheat, 0.0, budget),
            "You seem to reckon with a thousand *honest* jobs. Where four jobs in ten are cheats, how many of a "
            "thousand can give a false alarm?",
        ),
        Mistake(
            "cheats instead of honest jobs",
            lambda scores, cheat, base_rate, budget: threshold_for_budget(scores, cheat, 1 - base_rate, budget),
            "False alarms seem to be multiplied by the share of cheats. Who causes a false alarm, the cheats or the "
            "others?",
        ),
        Mistake(
            "the sample's base rate",
            lambda scores, cheat, base_rate, budget: threshold_for_budget(
                scores, cheat, float(cheat.double().mean()), budget
            ),
            "You count false alarms among all jobs of the *sample*. It holds far more (or fewer) cheats than the "
            "field. Of which jobs must the rate be a share before it can travel?",
        ),
        Mistake(
            "all alarms",
            _all_alarms,
            "Right alarms are paid from the same budget in yours. It is meant for false ones. Which jobs enter "
            "the sum?",
        ),
        Mistake(
            "highest",
            _highest,
            "This threshold is affordable, and so strict that it catches hardly anybody. Of all that you can afford, "
            "which catches most?",
        ),
        Mistake(
            "strictly above",
            _rings_above,
            "Your price leaves out honest jobs that lie exactly on the threshold, but the monitor rings for them. "
            "Is it > or ≥?",
        ),
        Mistake(
            "never is no answer",
            lambda scores, cheat, base_rate, budget: _lowest(
                scores,
                lambda ring: 1000 * (1 - base_rate) * _share(scores[~cheat], ring),
                budget,
                float(scores.max()),
            ),
            "Right where something is affordable. Where even the highest score costs too much, yours rings all the "
            "same. Which threshold never rings?",
        ),
    ),
    alternatives=(_from_the_top,),
    fallback="For each score that occurs: the share of the *honest* jobs at or above it, times the number of honest "
    "jobs in a thousand of the field. Keep those within the budget. Which of them is lowest?",
)
