"""Exercises 1 to 3 and 7: functions of the toy model, right and plausibly wrong."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.exercises import Check, Mistake
from interpbook.superposition.geometry import feature_dimensionality
from interpbook.superposition.toy import reconstruct, weighted_loss

# --- 1 · reconstruct ---


def _toy_inputs() -> list[tuple]:
    square = torch.randn(3, 3)
    return [(torch.rand(6, 5), torch.randn(2, 5), 0.3 * torch.randn(5)), (torch.rand(4, 3), square, torch.randn(3))]


def _per_example(x, W, b):
    return torch.stack([torch.clamp(W.T @ (W @ row) + b, min=0) for row in x])


RECONSTRUCT = Check(
    id="superposition.reconstruct",
    reference=reconstruct,
    inputs=_toy_inputs,
    mistakes=(
        Mistake(
            "no relu",
            lambda x, W, b: x @ W.T @ W + b,
            "Negative numbers come out, and a feature is never negative. Which part of the formula cuts them off?",
        ),
        Mistake(
            "no bias",
            lambda x, W, b: torch.relu(x @ W.T @ W),
            "These are the right numbers for b = 0. Where does the bias come in?",
        ),
        Mistake(
            "bias after relu",
            lambda x, W, b: torch.relu(x @ W.T @ W) + b,
            "The bias seems to be added after the ReLU. A small negative bias is meant to push whispers below zero, so "
            "that the ReLU removes them. On which side of the ReLU must it stand for that?",
        ),
        Mistake(
            "minus bias",
            lambda x, W, b: torch.relu(x @ W.T @ W - b),
            "These numbers come out when the bias is subtracted. What sign has it in ReLU(WᵀWx + b)?",
        ),
        Mistake(
            "relu on hidden",
            lambda x, W, b: torch.relu(torch.relu(x @ W.T) @ W + b),
            "The hidden layer seems to have a ReLU too. Then no hidden number could be negative. Where would the "
            "opposite of a direction go?",
        ),
        Mistake(
            "transposed",
            lambda x, W, b: torch.relu(x @ W @ W.T + b),
            "W and Wᵀ seem to have changed places. W takes n_features numbers to d_hidden; here every x is a row, not "
            "a column. For one row, which product gives the d_hidden numbers: row @ W or row @ W.T?",
        ),
        Mistake(
            "hidden only",
            lambda x, W, b: x @ W.T,
            "This is the hidden vector: the way down. How does the model come up again to n_features numbers?",
        ),
    ),
    alternatives=(
        _per_example,
        lambda x, W, b: torch.einsum("bf,hf,hg->bg", x, W, W).add(b).relu(),
        lambda x, W, b: (x @ (W.T @ W) + b).clamp(min=0),
    ),
    fallback="Take one feature that is on, x = (1, 0, 0, …), and follow it by hand: which column of W is its hidden "
    "vector, and what does Wᵀ make of that?",
)

# --- 2 · weighted_loss ---


def _loss_inputs() -> list[tuple]:
    return [
        (torch.rand(7, 4), torch.rand(7, 4), 0.2 + torch.rand(4)),
        (torch.rand(3, 5), torch.rand(3, 5), torch.ones(5)),
    ]


def _loss_by_loop(x, x_hat, importance):
    total = torch.zeros(())
    for example, guess in zip(x, x_hat, strict=True):
        for feature in range(len(importance)):
            total = total + importance[feature] * (example[feature] - guess[feature]) ** 2
    return total / len(x)


WEIGHTED_LOSS = Check(
    id="superposition.weighted_loss",
    reference=weighted_loss,
    inputs=_loss_inputs,
    mistakes=(
        Mistake(
            "mean over features",
            lambda x, x_hat, importance: (importance * (x - x_hat) ** 2).mean(),
            "You seem to average over the features too. Then a hundred extra features that are always right would make "
            "the loss small. What does the Σ in the formula run over, and what is only averaged?",
        ),
        Mistake(
            "sum over batch",
            lambda x, x_hat, importance: (importance * (x - x_hat) ** 2).sum(),
            "Twice as many inputs would double this number. Over which axis is a mean still missing?",
        ),
        Mistake(
            "importance squared",
            lambda x, x_hat, importance: ((importance * (x - x_hat)) ** 2).sum(-1).mean(),
            "The importance seems to stand inside the square, so that 0.5 counts as 0.25. What is squared in the "
            "formula, and what is not?",
        ),
        Mistake(
            "importance inside",
            lambda x, x_hat, importance: ((x - importance * x_hat) ** 2).sum(-1).mean(),
            "The importance seems to multiply the reconstruction before the comparison. Then a perfect reconstruction "
            "would have a loss. Try x_hat = x: what should come out?",
        ),
        Mistake(
            "no importance",
            lambda x, x_hat, importance: ((x - x_hat) ** 2).sum(-1).mean(),
            "Every feature seems to count the same. Where does `importance` come in?",
        ),
        Mistake(
            "absolute",
            lambda x, x_hat, importance: (importance * (x - x_hat).abs()).sum(-1).mean(),
            "This looks like the absolute error. How much worse should an error of 1 be than ten errors of 0.1?",
        ),
        Mistake(
            "root",
            lambda x, x_hat, importance: (importance * (x - x_hat) ** 2).sum(-1).sqrt().mean(),
            "There seems to be a square root, the length of the error. Is there one in the formula?",
        ),
    ),
    alternatives=(
        _loss_by_loop,
        lambda x, x_hat, importance: (x - x_hat).square().mean(0) @ importance,
        lambda x, x_hat, importance: torch.einsum("f,bf->", importance, (x_hat - x) ** 2) / x.shape[0],
    ),
    fallback="Work out one input with two features by hand: x = (1, 0), x_hat = (0.5, 0.5), importance (1, 0.1). "
    "Does your function give 0.275?",
)

# --- 3 · feature_dimensionality ---


def _dimensionality_inputs() -> list[tuple]:
    return [(torch.randn(2, 5),), (torch.randn(4, 4),), (0.5 * torch.randn(3, 6),)]


def _share(
    *, normalise: Callable = lambda W: W / W.norm(dim=0).clamp(min=1e-6), others_only: bool = False, power: int = 2
) -> Callable:
    """The right function, except for what is passed."""

    def wrong_share(W):
        crowd = (normalise(W).T @ W).abs() ** power
        crowd = crowd - torch.diag(crowd.diagonal()) if others_only else crowd
        return W.norm(dim=0) ** 2 / crowd.sum(1).clamp(min=1e-9)

    return wrong_share


def _all_cosines(W):
    unit = W / W.norm(dim=0).clamp(min=1e-6)
    return W.norm(dim=0) ** 2 / ((unit.T @ unit) ** 2).sum(1).clamp(min=1e-9)


def _length_not_squared(W):
    unit = W / W.norm(dim=0).clamp(min=1e-6)
    return W.norm(dim=0) / ((unit.T @ W) ** 2).sum(1).clamp(min=1e-9)


def _square_of_sum(W):
    unit = W / W.norm(dim=0).clamp(min=1e-6)
    return W.norm(dim=0) ** 2 / ((unit.T @ W).sum(1) ** 2).clamp(min=1e-9)


def _dimensionality_by_loop(W):
    shares = []
    for i in range(W.shape[1]):
        own = W[:, i] @ W[:, i]
        crowd = sum((W[:, i] @ W[:, j]) ** 2 for j in range(W.shape[1]))
        shares.append(own**2 / crowd if own > 0 else torch.zeros(()))
    return torch.stack(shares)


DIMENSIONALITY = Check(
    id="superposition.feature_dimensionality",
    reference=feature_dimensionality,
    inputs=_dimensionality_inputs,
    mistakes=(
        Mistake(
            "rows",
            lambda W: feature_dimensionality(W.T),
            "You seem to take the rows of W for features. W has shape (d_hidden, n_features). How many numbers should "
            "come back, and along which axis does one feature's vector lie?",
        ),
        Mistake(
            "not normalised",
            _share(normalise=lambda W: W),
            "The hat on Ŵ_i seems to be missing. Double all of W: a share of a dimension should stay what it is. What "
            "does yours do?",
        ),
        Mistake(
            "both normalised",
            _all_cosines,
            "Both vectors in the product seem to have length 1, so that a neighbour too faint to matter crowds as much "
            "as a loud one. Which of the two wears a hat in the formula?",
        ),
        Mistake(
            "others only",
            _share(others_only=True),
            "A feature seems to be left out of its own crowd. Put it alone into a space: the sum must then be ‖W_i‖², "
            "to give a share of 1. Does j = i belong to the sum?",
        ),
        Mistake(
            "no square",
            _share(power=1),
            "The products in the sum seem not to be squared. Try two features at right angles, then two on opposite "
            "sides: do you get 1 and 1/2?",
        ),
        Mistake(
            "signed",
            lambda W: W.norm(dim=0) ** 2 / ((W / W.norm(dim=0).clamp(min=1e-6)).T @ W).sum(1),
            "The products seem to be added with their signs, so that neighbours on opposite sides cancel. What does "
            "the formula do to each product before it adds them?",
        ),
        Mistake(
            "square of the sum",
            _square_of_sum,
            "You seem to add first and square afterwards, so that neighbours on opposite sides cancel. Which comes "
            "first in Σ_j (…)²?",
        ),
        Mistake(
            "length not squared",
            _length_not_squared,
            "The numerator looks like the length, not its square. Make W three times as long: is the share the same?",
        ),
    ),
    alternatives=(
        _dimensionality_by_loop,
        lambda W: W.norm(dim=0) ** 2 / (((W / W.norm(dim=0)).T @ W) ** 2).sum(1),  # no guard against a zero column
    ),
    fallback="Try W = torch.eye(2) (each should have 1), then two opposite vectors, torch.tensor([[1., -1.], [0., "
    "0.]]) (1/2 each). Which of the two goes wrong?",
)

# --- 7 · silence ---


def silence(
    hidden: Float[Tensor, "batch d_hidden"], direction: Float[Tensor, " d_hidden"]
) -> Float[Tensor, "batch d_hidden"]:
    """The hidden vectors without what points along `direction`; what points the other way stays."""
    unit = direction / direction.norm()
    return hidden - torch.relu(hidden @ unit)[:, None] * unit


def _hidden_inputs() -> list[tuple]:
    return [(torch.randn(8, 2), 2 * torch.randn(2)), (torch.randn(6, 3), 0.4 * torch.randn(3))]


def _unit(direction):
    return direction / direction.norm()


def _case_by_case(hidden, direction):
    amount = hidden @ direction / direction.dot(direction)
    return torch.where((amount > 0)[:, None], hidden - torch.outer(amount, direction), hidden)


def _by_loop(hidden, direction):
    edited = hidden.clone()
    for row in edited:
        amount = float(row @ direction) / float(direction @ direction)
        if amount > 0:
            row -= amount * direction
    return edited


SILENCE = Check(
    id="superposition.silence",
    reference=silence,
    inputs=_hidden_inputs,
    mistakes=(
        Mistake(
            "projection",
            lambda hidden, direction: hidden - (hidden @ _unit(direction))[:, None] * _unit(direction),
            "You remove everything along the direction, whichever way it points: the usual ablation. What does that do "
            "to a partner whose direction is exactly the opposite?",
        ),
        Mistake(
            "removes the partner",
            lambda hidden, direction: hidden + torch.relu(-(hidden @ _unit(direction)))[:, None] * _unit(direction),
            "You silence the partner and keep the feature itself. Which sign has h·ŵ when the feature is present?",
        ),
        Mistake(
            "length of w twice",
            lambda hidden, direction: hidden - torch.relu(hidden @ direction)[:, None] * direction,
            "You seem to use the direction as long as it comes. Two factors of its length enter, one in the product "
            "and one in what you subtract. Try it with direction = torch.tensor([2., 0.]): what is left of h = (1, "
            "0)?",
        ),
        Mistake(
            "length of w once",
            lambda hidden, direction: hidden - torch.relu(hidden @ _unit(direction))[:, None] * direction,
            "One of your two factors has length 1, and the other not yet. Is anything of the direction left if you "
            "silence it twice?",
        ),
        Mistake(
            "one size for all",
            lambda hidden, direction: hidden - direction,
            "You subtract the same vector from every input, even where the feature is absent. How much of it is in "
            "each h?",
        ),
        Mistake(
            "one unit for all",
            lambda hidden, direction: hidden - (hidden @ direction > 0).float()[:, None] * _unit(direction),
            "You subtract a fixed length wherever the feature is present. A faint feature is then overdone. How much "
            "of it is in each h?",
        ),
        Mistake(
            "whole vector",
            lambda hidden, direction: hidden * (hidden @ direction <= 0)[:, None],
            "You seem to set the whole hidden vector to zero where the feature is present. That also removes what is "
            "at right angles to it. Which part of h belongs to the feature?",
        ),
        Mistake(
            "kept instead",
            lambda hidden, direction: torch.relu(hidden @ _unit(direction))[:, None] * _unit(direction),
            "This is the part to be removed. What should be left?",
        ),
    ),
    alternatives=(_case_by_case, _by_loop),
    fallback="Work in one dimension first, direction = (1): what should become of h = (0.7), and what of h = (−0.7)?",
)
