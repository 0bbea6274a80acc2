"""Probes: what can be read from activations, how cheaply, and what happens when it is taken out.

1. `grouped_halves`, `grouped_folds`: splits that keep what belongs together on one side.
2. `mass_mean`, `logistic`: a direction for a question with two answers; `score` reads along it.
3. `train_classifier`: linear, low-rank and MLP probes for many answers; `cross_validated` predicts every item once.
4. `online_code`: how many bits the labels cost to whoever has the activations.
5. `ccs`: a direction found without labels.
6. `leace`, `random_eraser`, `erase`: take a concept out, and stand-ins that take out as much of nothing.
7. `emergence`: a toy in which a truth direction appears while it trains.

Rows are items; labels are booleans or whole numbers. Built in chapter 02.
"""

from .ccs import ccs, ccs_loss, normalised
from .classifiers import Classifier, cross_validated, predict, train_classifier
from .coding import Code, online_code
from .erasure import Eraser, erase, leace, random_eraser
from .linear import Probe, logistic, mass_mean, score
from .reading import last_tokens, log_probs, word_states
from .splits import grouped_folds, grouped_halves, leaked

__all__ = [
    "Classifier", "Code", "Eraser", "Probe", "ccs", "ccs_loss", "cross_validated", "erase", "grouped_folds",
    "grouped_halves", "last_tokens", "leace", "leaked", "log_probs", "logistic", "mass_mean", "normalised",
    "online_code", "predict", "random_eraser", "score", "train_classifier", "word_states",
]  # fmt: skip
