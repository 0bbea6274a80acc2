"""Probes for a question with many answers: a matrix, a thin matrix, or a small network.

All are trained alike (full batch, AdamW, inputs scaled to spread 1), so that they differ only in what they can express:

    linear      logits = W x                         `hidden=None`
    low rank    logits = B (A x)                     `hidden=k, curved=False`
    MLP         logits = B ReLU(A x)                 `hidden=k`
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


class Classifier(NamedTuple):
    """A trained probe and how its inputs are scaled."""

    net: nn.Module
    centre: Float[Tensor, " d"]
    spread: Float[Tensor, " d"]


def train_classifier(
    acts: Float[Tensor, "item d"],
    labels: Int[Tensor, " label"],
    n_classes: int,
    *,
    hidden: int | None = None,
    curved: bool = True,
    weight_decay: float = 0.3,
    steps: int = 100,
    seed: int = 0,
) -> Classifier:
    """A probe trained to give each item its label: linear, low-rank or MLP (see the top of this file)."""
    if len(acts) != len(labels) or len(acts) == 0:
        raise ValueError(f"train_classifier: {len(acts)} activations for {len(labels)} labels. Expected one for each.")
    if int(labels.min()) < 0 or int(labels.max()) >= n_classes:
        raise ValueError(
            f"train_classifier: labels run from {int(labels.min())} to {int(labels.max())}; with {n_classes} classes "
            f"they should be 0 to {n_classes - 1}."
        )
    centre, spread = acts.mean(0), acts.std(0).clamp(min=1e-6)
    x = (acts - centre) / spread
    with torch.enable_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        net = _network(acts.shape[1], n_classes, hidden, curved)
        optimiser = torch.optim.AdamW(net.parameters(), lr=0.01, weight_decay=weight_decay)
        for _ in range(steps):
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(x), labels).backward()
            optimiser.step()
    return Classifier(net.eval().requires_grad_(False), centre, spread)


def _network(d: int, n_classes: int, hidden: int | None, curved: bool) -> nn.Module:
    if hidden is None:
        return nn.Linear(d, n_classes)
    middle = nn.ReLU() if curved else nn.Identity()
    return nn.Sequential(nn.Linear(d, hidden), middle, nn.Linear(hidden, n_classes))


def predict(probe: Classifier, acts: Float[Tensor, "item d"]) -> Float[Tensor, "item answer"]:
    """The log-probability of every class for every item."""
    return probe.net((acts - probe.centre) / probe.spread).log_softmax(-1)


def cross_validated(
    acts: Float[Tensor, "item d"],
    labels: Int[Tensor, " item"],
    folds: Int[Tensor, " item"],
    *,
    hidden: int | None = None,
    curved: bool = True,
    weight_decay: float = 0.3,
    seed: int = 0,
) -> Int[Tensor, " item"]:
    """What is said of each item by a probe that was trained on the other folds."""
    n_classes, said = int(labels.max()) + 1, torch.empty_like(labels)
    for fold in folds.unique():
        rest, here = folds != fold, folds == fold
        probe = train_classifier(
            acts[rest], labels[rest], n_classes, hidden=hidden, curved=curved, weight_decay=weight_decay, seed=seed
        )
        said[here] = predict(probe, acts[here]).argmax(-1)
    return said
