"""A direction for a question with two answers, found in two ways.

`mass_mean` takes the difference of the two averages (Marks and Tegmark 2023); `logistic` searches for the direction
that separates the training items best. Both give a `Probe`, and `score` reads along it.
"""

import warnings
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch import Tensor


class Probe(NamedTuple):
    """A direction to read along, and where the border between the answers lies."""

    direction: Float[Tensor, " d"]
    """Points from False to True."""
    centre: Float[Tensor, " d"]
    """What is taken off before reading: score 0 lies here, unless there is a bias."""
    bias: float = 0.0


def score(probe: Probe, acts: Float[Tensor, "*item d"]) -> Float[Tensor, "*item"]:
    """How far each activation lies along the probe's direction: above 0 the probe says True."""
    if acts.shape[-1] != len(probe.direction):
        raise ValueError(
            f"score: the probe was fitted on {len(probe.direction)} dimensions, the activations have "
            f"{acts.shape[-1]}. Were they read at the same site?"
        )
    return (acts - probe.centre) @ probe.direction + probe.bias


def mass_mean(acts: Float[Tensor, "item d"], labels: Bool[Tensor, " label"], *, whiten: float | None = None) -> Probe:
    """The direction from the average False item to the average True one, read from halfway between them.

    With `whiten`, the direction is divided by the covariance within the classes, Σ + whiten · mean variance: then it is
    Fisher's linear discriminant, and the two ends of a long, thin cloud no longer drown a small, steady difference.
    """
    _check("mass_mean", acts, labels)
    high, low = acts[labels].mean(0), acts[~labels].mean(0)
    direction, centre = high - low, (high + low) / 2
    if whiten is not None:
        within = torch.where(labels[:, None], acts - high, acts - low)
        covariance = within.mT @ within / len(acts)
        loaded = covariance + whiten * covariance.diagonal().mean() * torch.eye(len(centre))
        direction = torch.linalg.solve(loaded, direction)
    return Probe(direction, centre)


def logistic(acts: Float[Tensor, "item d"], labels: Bool[Tensor, " label"], *, penalty: float | int = 100.0) -> Probe:
    """The direction that logistic regression finds, on activations scaled to spread 1 in every dimension.

    `penalty` holds the direction short (it is 1/C in scikit-learn's words); with more dimensions than items it has to.
    """
    _check("logistic", acts, labels)
    centre, spread = acts.mean(0), acts.std(0).clamp(min=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # good enough after 500 steps
        fitted = LogisticRegression(C=1 / penalty, max_iter=500).fit(((acts - centre) / spread).numpy(), labels.numpy())
    weights = torch.from_numpy(fitted.coef_[0]).to(acts.dtype)
    return Probe(weights / spread, centre, float(fitted.intercept_[0]))


def _check(who: str, acts: Tensor, labels: Tensor) -> None:
    """Refuse what would give a probe without meaning."""
    if len(acts) != len(labels):
        raise ValueError(f"{who}: {len(acts)} activations for {len(labels)} labels. Expected one label for each row.")
    n_true = int(labels.sum())
    if n_true in (0, len(labels)):
        raise ValueError(f"{who}: {n_true} of {len(labels)} labels are True. A probe needs both kinds to train on.")
    if not bool(torch.isfinite(acts).all()):
        n_bad = int((~torch.isfinite(acts)).any(-1).sum())
        raise ValueError(f"{who}: {n_bad} of {len(acts)} activations hold NaN or infinity. Where were they read?")
