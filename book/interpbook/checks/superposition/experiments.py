"""Exercises 4 to 6: a prediction measured by training, a derivation, a diagnosis."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.exercises import Check, Mistake
from interpbook.superposition.geometry import dimensions_per_feature, represented
from interpbook.superposition.toy import train

# --- 4 · predict_shapes ---

_SHAPES = {2: "axes", 3: "triangle", 4: "cross", 5: "pentagon"}


def _trained_shapes() -> dict[str, str]:
    """The shape of the best of eight models at each of the two densities."""
    toy = train(5, 2, torch.tensor([0.4] * 8 + [0.05] * 8), torch.ones(5), steps=1500, seed=100)
    best = toy.loss.reshape(2, 8).argmin(1) + torch.tensor([0, 8])
    kept = represented(toy.W[best]).sum(1).tolist()
    return {name: _SHAPES[n] for name, n in zip(("often", "rarely"), kept, strict=True)}


def _said(name: str, *shapes: str) -> Callable:
    return lambda answer: answer[name].strip().casefold() in shapes


PREDICT_SHAPES = Check(
    id="superposition.predict_shapes",
    reference=_trained_shapes,
    mistakes=(
        Mistake(
            "swapped",
            {"often": "pentagon", "rarely": "cross"},
            "You expect more crowding when features are often present. When do two features disturb each other: "
            "whenever they share a plane, or only when both are there at once?",
        ),
        Mistake(
            "pentagon twice",
            {"often": "pentagon", "rarely": "pentagon"},
            "A pentagon keeps all five, but each corner overlaps with four others. At 40 %, how many others are "
            "present on average, and how many of them would a feature of the cross hear?",
        ),
        Mistake(
            "cross twice",
            {"often": "cross", "rarely": "cross"},
            "The cross drops one feature and always loses it. At 5 %, how often does a pentagon's corner meet any of "
            "its four neighbours at all? Which of the two costs is larger?",
        ),
        Mistake(
            "axes",
            {"often": "axes", "rarely": "pentagon"},
            "Two clean axes lose three features of five. That is right for features that are nearly always present. "
            "At 40 %, how often are both members of an opposite pair present? Does that cost more than losing a "
            "feature?",
            when=_said("often", "axes"),
        ),
        Mistake(
            "triangle",
            {"often": "triangle", "rarely": "pentagon"},
            "A triangle uses its plane well (three features, each with 2/3 of a dimension), but two pairs of "
            "opposites keep four, and an opposite is silent when its partner speaks, thanks to the ReLU. Which do "
            "you expect to win?",
            when=_said("often", "triangle"),
        ),
        Mistake(
            "too cautious",
            {"often": "cross", "rarely": "axes"},
            "That is what a linear model would do. Features that are seldom present seldom collide. At 5 %, is it "
            "worth losing two or three features for good to avoid a rare collision?",
            when=_said("rarely", "axes", "triangle"),
        ),
        Mistake(
            "another word",
            {"often": "square", "rarely": "star"},
            "One of these words is not on the list. Which of axes, triangle, cross, pentagon do you mean?",
            when=lambda answer: any(shape.strip().casefold() not in _SHAPES.values() for shape in answer.values()),
        ),
    ),
    alternatives=({"rarely": " Pentagon", "often": "Cross"},),
    fallback="Count two costs for each shape: the features it loses for good, and how often two present features "
    "overlap. How does each change when features become rare?",
)

# --- 5 · pair_loss ---


def pair_loss(density: Float[Tensor, " density"], importance: float, opposite: bool) -> Float[Tensor, " density"]:
    """Expected weighted loss of two features in one dimension, W = (1, -1) if `opposite`, else W = (1, 1), b = 0."""
    each = density**2 / 6 if opposite else density / 3
    return (1 + importance) * each


def _pair_inputs() -> list[tuple]:
    densities = torch.linspace(0.05, 0.95, 7)
    return [(densities, importance, opposite) for importance in (1.0, 0.3) for opposite in (True, False)]


def _pair(opposite: Callable, same: Callable, weight: Callable = lambda importance: 1 + importance) -> Callable:
    return lambda density, importance, is_opposite: weight(importance) * (opposite if is_opposite else same)(density)


def _by_halves(density, importance, opposite):
    per_feature = torch.where(torch.tensor(opposite), density.square() * 0.5 / 3, density / 3)
    return per_feature + importance * per_feature


def _right(p):
    return p**2 / 6


def _loud(p):
    return p / 3


PAIR_LOSS = Check(
    id="superposition.pair_loss",
    reference=pair_loss,
    inputs=_pair_inputs,
    mistakes=(
        Mistake(
            "one feature only",
            _pair(_right, _loud, lambda importance: 1.0),
            "This is the error of the first feature alone. What does the second add, and with which weight?",
        ),
        Mistake(
            "importance forgotten",
            _pair(_right, _loud, lambda importance: 2.0),
            "Both features count the same here. The second has weight `importance`. Where does that go?",
        ),
        Mistake(
            "importance squared",
            _pair(_right, _loud, lambda importance: 1 + importance**2),
            "The importance seems to be squared. In the loss it multiplies an error that is already squared. Is "
            "anything left to square?",
        ),
        Mistake(
            "density once",
            _pair(lambda p: p / 6, _loud),
            "For opposite features you seem to charge the error whenever one feature is present. Take x = (0.7, 0) "
            "through ReLU(WᵀWx): what comes out? So who must be present for an error, and how probable is that?",
        ),
        Mistake(
            "exactly one",
            _pair(lambda p: 2 * p * (1 - p) / 6, _loud),
            "2p(1 − p) is the chance that exactly one of the two is present. Opposite features get on well then. "
            "When do they not?",
        ),
        Mistake(
            "whole partner",
            _pair(lambda p: p**2 / 3, _loud),
            "For an opposite pair you charge the whole of x² whenever both are present. But the louder one survives "
            "with what is left of it: x = (0.8, 0.3) comes back as (0.5, 0). By how much is each of them wrong?",
        ),
        Mistake(
            "mean of the smaller, squared",
            _pair(lambda p: p**2 / 9, _loud),
            "You seem to square the mean of the smaller number, 1/3. The loss needs the mean of its square, and that "
            "is larger. With P(smaller > t) = (1 − t)², what is the integral of 2t(1 − t)² from 0 to 1?",
        ),
        Mistake(
            "mean, not squared",
            _pair(lambda p: p**2 / 3, lambda p: p / 2),
            "These are mean errors, not mean squared errors. Which power does the loss take before it averages?",
        ),
        Mistake(
            "square of the mean",
            _pair(_right, lambda p: p / 4),
            "On the same side you seem to use E[x]² = 1/4. The loss averages the squared error. What is E[x²] for a "
            "number uniform between 0 and 1?",
        ),
        Mistake(
            "same side needs both",
            _pair(_right, lambda p: p**2 / 3),
            "On the same side you charge an error only when both are present. Take x = (0.7, 0) through W = (1, 1): "
            "what comes out for the second feature?",
        ),
        Mistake(
            "same formula",
            _pair(_right, _right),
            "Both sides give you the same loss. Draw W = (1, 1): does the ReLU ever get a negative number to remove?",
        ),
        Mistake(
            "ignoring",
            _pair(lambda p: p / 3 - p**2 / 4, lambda p: p / 3 - p**2 / 4),
            "This is the variance of a feature: what it costs to ignore one and answer with its mean. Here both are "
            "represented. What comes out when only one is present, and when both are?",
        ),
    ),
    alternatives=(
        _by_halves,
        lambda density, importance, opposite: [density / 3, density * density / 6][opposite] * (importance + 1),
    ),
    fallback="Compare with the simulation in the cell above at p = 1, where both features are always present. For "
    "which of the two sides is yours off, and by what factor?",
)

# --- 6 · diagnosis ---

_SUSPECTS = ("density", "steps", "relu", "importance", "together")


def _cured() -> dict:
    """The cause, and what D* becomes when eight features of density 0.1 come and go independently."""
    toy = train(8, 4, torch.full((3,), 0.1), torch.ones(8), steps=1500)
    return {"cause": "together", "d_star": float(dimensions_per_feature(toy.W).mean())}


def _blamed(cause: str) -> Callable:
    return lambda answer: answer["cause"].strip().casefold() == cause


DIAGNOSIS = Check(
    id="superposition.diagnosis",
    reference=_cured,
    atol=0.03,
    mistakes=(
        Mistake(
            "not cured",
            {"cause": "together", "d_star": 0.97},
            "The cause fits, but your D* is that of the sick model. Train on features that are as dense as these and "
            "no longer arrive together. How could you shuffle each column of x on its own?",
            when=lambda answer: _blamed("together")(answer) and answer["d_star"] > 0.6,
        ),
        Mistake(
            "cured too much",
            {"cause": "together", "d_star": 0.3},
            "The cause fits, but your D* is lower than breaking up the crowd alone would make it. Did you change "
            "something else too, such as the density or the number of features?",
            when=lambda answer: _blamed("together")(answer) and answer["d_star"] < 0.45,
        ),
        Mistake(
            "other units",
            {"cause": "together", "d_star": 2.02},
            "The cause fits, and your number looks like features per dimension. D* is dimensions per feature. Which "
            "of the two did you compute?",
            when=lambda answer: _blamed("together")(answer) and 1.5 < answer["d_star"] < 3,
        ),
        Mistake(
            "density",
            {"cause": "density", "d_star": 0.97},
            "You blame the density. Look at (x > 0).float().mean(0), then thin out whole rows of x and train again: "
            "does D* fall?",
            when=_blamed("density"),
        ),
        Mistake(
            "steps",
            {"cause": "steps", "d_star": 0.96},
            "You blame the training time. Does D* move in d_star(x, steps=4000)?",
            when=_blamed("steps"),
        ),
        Mistake(
            "relu",
            {"cause": "relu", "d_star": 1.0},
            "You blame the ReLU. It is there: compare d_star(x) with d_star(x, relu=False). Do the two differ enough "
            "to say that the ReLU is put to use, and would it be on other data?",
            when=_blamed("relu"),
        ),
        Mistake(
            "importance",
            {"cause": "importance", "d_star": 0.97},
            "You blame the importance. Which line of d_star sets it, and is any feature worth less than another there?",
            when=_blamed("importance"),
        ),
        Mistake(
            "another word",
            {"cause": "correlation", "d_star": 0.494},
            "That cause is not on the list of suspects. Which of density, steps, relu, importance, together is "
            "nearest?",
            when=lambda answer: answer["cause"].strip().casefold() not in _SUSPECTS,
        ),
    ),
    alternatives=({"cause": "Together", "d_star": 0.49}, {"cause": "together", "d_star": torch.tensor(0.5)}),
    fallback='Give both parts, as in {"cause": "steps", "d_star": 0.9}, and let D* come from a model that you trained '
    "after removing that one cause. Which single change to x brings it down?",
)
