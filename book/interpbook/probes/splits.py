"""Splits in which nothing that belongs together stands on both sides."""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor


def grouped_folds(groups: Sequence[Hashable], n_folds: int, *, seed: int = 0) -> Int[Tensor, " item"]:
    """The fold of each item, 0 to n_folds − 1; items of one group share a fold.

    Groups are dealt out at random, so folds hold equally many groups (but not always equally many items).

    Raises:
        ValueError: there are fewer groups than folds.
    """
    kinds = list(dict.fromkeys(groups))
    if not 2 <= n_folds <= len(kinds):
        raise ValueError(
            f"grouped_folds: {len(groups)} items in {len(kinds)} groups cannot make {n_folds} folds. "
            "Expected at least 2 folds and a group for each."
        )
    order = np.random.default_rng(seed).permutation(len(kinds))
    fold = {kinds[kind]: place % n_folds for place, kind in enumerate(order)}
    return torch.tensor([fold[group] for group in groups])


def grouped_halves(groups: Sequence[Hashable], *, seed: int = 0) -> Bool[Tensor, " item"]:
    """True for items to train on, False for items to test on; no group is on both sides."""
    return grouped_folds(groups, 2, seed=seed) == 0


def leaked(groups: Sequence[Hashable], train: Bool[Tensor, " item"]) -> float:
    """The share of test items whose group also stands in the training half: 0 in a split that keeps groups whole."""
    if len(groups) != len(train):
        raise ValueError(f"leaked: {len(groups)} groups for a split of {len(train)} items. Expected one for each.")
    seen = {group for group, is_train in zip(groups, train.tolist(), strict=True) if is_train}
    test = [group in seen for group, is_train in zip(groups, train.tolist(), strict=True) if not is_train]
    if not test:
        raise ValueError("leaked: the split has no test item, so there is nothing that could have been seen before.")
    return sum(test) / len(test)
