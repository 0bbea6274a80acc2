"""Intervals, permutation tests and nulls: how sure we may be, and compared with what.

1. `proportion`, `bootstrap`, `difference`, `auroc_interval` put an interval around a number: an `Estimate`.
2. `permutation_test` asks whether two sets of numbers could be one set, split by chance.
3. `max_statistic` does so for a screen over many heads or neurons, where the best of many is always impressive.
4. `random_directions`, `matched_sets`, `control_labels`, `shuffled_null`, `against_null`: what to compare with.

Items go in as lists, numpy arrays or torch tensors, the first axis being the item. Every random draw takes a seed.
Methods: Efron and Tibshirani 1993 (bootstrap), Wilson 1927 (proportions), Nichols and Holmes 2002 (max statistic),
Hewitt and Liang 2019 (control tasks, selectivity).
"""

from .inputs import Numbers
from .intervals import Estimate, auroc, auroc_interval, bootstrap, difference, proportion
from .nulls import control_labels, matched_sets, random_directions, selectivity, shuffled_null
from .permutation import Permutation, Screen, Tail, against_null, max_statistic, permutation_test

__all__ = [
    "Estimate", "Numbers", "Permutation", "Screen", "Tail", "against_null", "auroc", "auroc_interval", "bootstrap",
    "control_labels", "difference", "matched_sets", "max_statistic", "permutation_test", "proportion",
    "random_directions", "selectivity", "shuffled_null",
]  # fmt: skip
