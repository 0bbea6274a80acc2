"""Exercises 2, 4, 7 and 8: functions of activations and answers, right and plausibly wrong."""

import torch

from interpbook.exercises import Check, Mistake
from interpbook.probes.ccs import ccs_loss

# --- 2 · mass_mean ---


def mass_mean(acts, labels):
    """The direction from the average False item to the average True one, and the point halfway between them."""
    high, low = acts[labels].mean(0), acts[~labels].mean(0)
    return high - low, (high + low) / 2


def _unbalanced() -> list[tuple]:
    few = torch.arange(12) % 4 == 0
    return [(torch.randn(12, 5) + 3, few), (torch.randn(8, 3) - 1, torch.arange(8) < 5)]


def _by_loop(acts, labels):
    sums, counts = {True: torch.zeros(acts.shape[1]), False: torch.zeros(acts.shape[1])}, {True: 0, False: 0}
    for row, label in zip(acts, labels.tolist(), strict=True):
        sums[label], counts[label] = sums[label] + row, counts[label] + 1
    high, low = (sums[label] / counts[label] for label in (True, False))
    return high - low, low + 0.5 * (high - low)


def _unit(acts, labels):
    direction, centre = mass_mean(acts, labels)
    return direction / direction.norm(), centre


def _swapped(acts, labels):
    direction, centre = mass_mean(acts, labels)
    return centre, direction


MASS_MEAN = Check(
    id="probing.mass_mean",
    reference=mass_mean,
    inputs=_unbalanced,
    mistakes=(
        Mistake(
            "upside down",
            lambda acts, labels: (-mass_mean(acts, labels)[0], mass_mean(acts, labels)[1]),
            "The direction points from True to False, so a high score would mean False. Which mean do you subtract?",
        ),
        Mistake(
            "mean of everything",
            lambda acts, labels: (mass_mean(acts, labels)[0], acts.mean(0)),
            "The centre looks like the mean of all items. With three times as many False items as True ones it lies "
            "nearer to the False mean. Where is halfway?",
        ),
        Mistake(
            "no centre",
            lambda acts, labels: (mass_mean(acts, labels)[0], torch.zeros(acts.shape[1])),
            "The centre is 0. Activations do not lie around 0, so the border would be in the wrong place. What lies "
            "halfway between the two means?",
        ),
        Mistake(
            "length one",
            _unit,
            "The direction has length 1. Its length says how far apart the classes are, and we shall want to push by "
            "it. Did the formula scale it?",
        ),
        Mistake(
            "sums",
            lambda acts, labels: (
                acts[labels].sum(0) - acts[~labels].sum(0),
                (acts[labels].sum(0) + acts[~labels].sum(0)) / 2,
            ),
            "This looks like a difference of sums. A class with more items would win by number. What is missing?",
        ),
        Mistake(
            "one mean only",
            lambda acts, labels: (acts[labels].mean(0) - acts.mean(0), mass_mean(acts, labels)[1]),
            "This looks like the True mean minus the mean of *all* items: it points the right way, but is too short. "
            "Which two means does the formula subtract?",
        ),
        Mistake(
            "swapped",
            _swapped,
            "Direction and centre seem to have changed places. Which of the two is asked for first?",
        ),
    ),
    alternatives=(_by_loop,),
    fallback="Take two True items, (1, 0) and (3, 0), and one False item, (0, 2). Do you get the direction (2, −2) and "
    "the centre (1, 1)?",
)

# --- 4 · selectivity ---


def selectivity(said, labels, said_control, control):
    """Accuracy on the task minus accuracy on the control task."""
    return (said == labels).float().mean() - (said_control == control).float().mean()


def _answers() -> list[tuple]:
    labels, control = torch.randint(3, (40,)), torch.randint(3, (40,))
    said = torch.where(torch.rand(40) < 0.8, labels, torch.randint(3, (40,)))
    said_control = torch.where(torch.rand(40) < 0.4, control, torch.randint(3, (40,)))
    return [(said, labels, said_control, control), (labels, labels, control, control)]


def _by_counting(said, labels, said_control, control):
    hits = sum(int(a == b) for a, b in zip(said, labels, strict=True))
    hits_control = sum(int(a == b) for a, b in zip(said_control, control, strict=True))
    return torch.tensor((hits - hits_control) / len(labels))


SELECTIVITY = Check(
    id="probing.selectivity",
    reference=selectivity,
    inputs=_answers,
    mistakes=(
        Mistake(
            "turned round",
            lambda said, labels, said_control, control: -selectivity(said, labels, said_control, control),
            "The sign is turned round: a probe that only memorises would come out as very selective. What is "
            "subtracted from what?",
        ),
        Mistake(
            "ratio",
            lambda said, labels, said_control, control: (
                (said == labels).float().mean() / (said_control == control).float().mean()
            ),
            "This looks like a ratio. A probe that does as well on meaningless labels should get 0; what does yours "
            "give it?",
        ),
        Mistake(
            "accuracy",
            lambda said, labels, said_control, control: (said == labels).float().mean(),
            "This is the accuracy on the task. What would a probe get here that learns anything by heart?",
        ),
        Mistake(
            "against the wrong labels",
            lambda said, labels, said_control, control: (
                (said == labels).float().mean() - (said_control == labels).float().mean()
            ),
            "The control probe's answers seem to be compared with the task's labels. It was trained on other ones. "
            "Which?",
        ),
        Mistake(
            "counts",
            lambda said, labels, said_control, control: (
                (said == labels).float().sum() - (said_control == control).float().sum()
            ),
            "These are numbers of hits, so that twice as many words would look twice as selective. Over what should "
            "you average?",
        ),
    ),
    alternatives=(_by_counting,),
    fallback="Four words: the probe gets 3 right on the task and 1 right on the control. Does your function give 0.5?",
)

# --- 7 · set_along ---


def set_along(acts, direction, centre, amount):
    """The activations moved along `direction` until each lies `amount` of its lengths from `centre`; the rest stays."""
    unit = direction / direction.norm()
    reads = (acts - centre) @ unit
    return acts + (amount * direction.norm() - reads)[..., None] * unit


def _vectors() -> list[tuple]:
    return [
        (torch.randn(6, 4) + 2, 3 * torch.randn(4), torch.randn(4), 1.5),
        (torch.randn(2, 3, 5), 0.3 * torch.randn(5), torch.ones(5), -0.5),
    ]


def _by_projection(acts, direction, centre, amount):
    share = (acts - centre) @ direction / (direction @ direction)
    flat = acts - share.unsqueeze(-1) * direction
    return flat + amount * direction


def _added(acts, direction, centre, amount):
    return acts + amount * direction


def _not_scaled(acts, direction, centre, amount):
    reads = (acts - centre) @ direction
    return acts + (amount - reads)[..., None] * direction


def _no_centre(acts, direction, centre, amount):
    share = acts @ direction / (direction @ direction)
    return acts + (amount - share)[..., None] * direction


def _replaced(acts, direction, centre, amount):
    return (centre + amount * direction).expand_as(acts).clone()


def _erased_only(acts, direction, centre, amount):
    share = (acts - centre) @ direction / (direction @ direction)
    return acts - share[..., None] * direction


def _units_of_one(acts, direction, centre, amount):
    unit = direction / direction.norm()
    return acts + (amount - (acts - centre) @ unit)[..., None] * unit


SET_ALONG = Check(
    id="probing.set_along",
    reference=set_along,
    inputs=_vectors,
    rtol=1e-3,
    atol=1e-4,
    mistakes=(
        Mistake(
            "added",
            _added,
            "This adds the direction to every vector, wherever it was. Two vectors that read differently before still "
            "do. How much does each one lack?",
        ),
        Mistake(
            "length squared",
            _not_scaled,
            "The reading seems to be taken with `direction` as it is. Where its length is not 1 the step comes out too "
            "long or too short. What would you divide by?",
        ),
        Mistake(
            "no centre",
            _no_centre,
            "The amount seems to be measured from 0 instead of from `centre`. What should `amount = 0` mean: no "
            "activation, or halfway between the classes?",
        ),
        Mistake(
            "everything replaced",
            _replaced,
            "All vectors become the same one: what they said about everything else is gone. Which part may change?",
        ),
        Mistake(
            "erased only",
            _erased_only,
            "What lies along the direction is taken off, and nothing is put in its place. That is right for amount 0; "
            "and for others?",
        ),
        Mistake(
            "unit of one",
            _units_of_one,
            "The amount is counted in units of 1, not in lengths of `direction`. The means of the classes should lie "
            "at +½ and −½. Where do yours?",
        ),
    ),
    alternatives=(_by_projection,),
    fallback="Two dimensions, direction (2, 0), centre (1, 0), amount 1: the vector (5, 7) should become (3, 7). Does "
    "it?",
)

# --- 8 · ccs_loss ---


def _probabilities() -> list[tuple]:
    return [(torch.rand(9), torch.rand(9)), (torch.rand(3, 6), torch.rand(3, 6))]


CCS_LOSS = Check(
    id="probes.ccs_loss",
    reference=ccs_loss,
    inputs=_probabilities,
    mistakes=(
        Mistake(
            "no confidence",
            lambda p_yes, p_no: ((p_yes - (1 - p_no)) ** 2).mean(-1),
            "This is consistency alone. A direction that answers ½ to everything would be perfect. Which term forbids "
            "shrugging?",
        ),
        Mistake(
            "no consistency",
            lambda p_yes, p_no: (torch.minimum(p_yes, p_no) ** 2).mean(-1),
            "This is confidence alone. A direction that says 0 to both sides would be perfect. Which term forbids it?",
        ),
        Mistake(
            "should agree",
            lambda p_yes, p_no: ((p_yes - p_no) ** 2 + torch.minimum(p_yes, p_no) ** 2).mean(-1),
            "This punishes the two sides for *differing*. A claim and its negation should get opposite verdicts. What "
            "should p_yes equal?",
        ),
        Mistake(
            "larger of the two",
            lambda p_yes, p_no: ((p_yes - (1 - p_no)) ** 2 + torch.maximum(p_yes, p_no) ** 2).mean(-1),
            "The confidence term seems to take the larger probability, so that a sure *yes* is punished. Which of the "
            "two should be small?",
        ),
        Mistake(
            "not squared",
            lambda p_yes, p_no: ((p_yes - (1 - p_no)).abs() + torch.minimum(p_yes, p_no)).mean(-1),
            "The two terms seem not to be squared. What does the formula say?",
        ),
        Mistake(
            "sum over pairs",
            lambda p_yes, p_no: ccs_loss(p_yes, p_no) * p_yes.shape[-1],
            "Twice as many pairs would double this loss. Over which axis is the mean still missing?",
        ),
        Mistake(
            "mean over everything",
            lambda p_yes, p_no: ccs_loss(p_yes, p_no).mean(),
            "One number comes out, also where several tries stand in the rows. Over which axis alone should you "
            "average?",
        ),
    ),
    alternatives=(
        lambda p_yes, p_no: (
            (p_yes + p_no - 1).square().mean(dim=-1) + torch.stack([p_yes, p_no]).amin(0).square().mean(dim=-1)
        ),
    ),
    fallback="One pair with p_yes = 0.9 and p_no = 0.3: consistency (0.9 − 0.7)² = 0.04, confidence 0.3² = 0.09. Does "
    "your function give 0.13?",
)
