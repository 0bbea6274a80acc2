"""Compared with what? Random directions, matched stand-ins, control tasks, shuffled labels."""

from collections.abc import Callable, Hashable, Sequence
from typing import SupportsFloat, TypeVar

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from . import inputs
from .inputs import Numbers
from .intervals import Estimate, difference

Unit = TypeVar("Unit", bound=Hashable)


def random_directions(n: int, d: int, seed: int = 0) -> Float[Tensor, "n d"]:
    """`n` directions of length 1, each equally likely to point anywhere in `d` dimensions."""
    n, d = inputs.at_least("random_directions", "n", n, 1), inputs.at_least("random_directions", "d", d, 1)
    rows = torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (rows / rows.norm(dim=1, keepdim=True)).float()


def matched_sets(
    chosen: Sequence[Unit], pool: Sequence[Unit], n: int, *, like: Callable[[Unit], Hashable], seed: int = 0
) -> list[list[Unit]]:
    """`n` random stand-ins for `chosen`, each unit replaced by another of `pool` that is `like` it.

    For heads written (layer, head), `like=lambda head: head[0]` gives other heads of the same layers: the null
    that asks whether *these* heads matter, or any heads there.
    """
    if not chosen:
        raise ValueError("matched_sets: nothing is chosen, so there is nothing to stand in for.")
    rng, taken = np.random.default_rng(seed), set(chosen)
    sets: list[list[Unit]] = [[] for _ in range(inputs.at_least("matched_sets", "n", n, 1))]
    for kind in dict.fromkeys(map(like, chosen)):
        wanted = sum(like(unit) == kind for unit in chosen)
        others = [unit for unit in pool if like(unit) == kind and unit not in taken]
        if len(others) < wanted:
            raise ValueError(
                f"matched_sets: {wanted} of the chosen are of kind {kind!r}, but the pool has only "
                f"{len(others)} others of that kind. Choose fewer, or match more loosely."
            )
        for drawn in sets:
            drawn += [others[i] for i in rng.choice(len(others), wanted, replace=False)]
    return sets


def control_labels(items: Sequence[Hashable], n_labels: int, seed: int = 0) -> Int[np.ndarray, " items"]:
    """A random label for each *kind* of item, the same wherever it occurs: a task with nothing to find.

    A probe that learns it has learned the kinds by heart (Hewitt and Liang 2019).
    """
    n_labels = inputs.at_least("control_labels", "n_labels", n_labels, 2)
    kinds = {kind: i for i, kind in enumerate(dict.fromkeys(items))}
    if len(kinds) == 0:
        raise ValueError("control_labels: got no items. Pass one entry an item, for example its word.")
    drawn = np.random.default_rng(seed).permutation(np.arange(len(kinds)) % n_labels)  # as even as can be
    return np.array([drawn[kinds[item]] for item in items])


def selectivity(
    right: Numbers, right_control: Numbers, *, seed: int = 0, n_resamples: int = 2000, level: SupportsFloat = 0.95
) -> Estimate:
    """How much better a probe does on the task than on a control task with random labels, over the same items.

    Pass 1 (right) or 0 (wrong) for each item. Near 0: the probe would have learned anything.
    """
    return difference(right, right_control, paired=True, seed=seed, n_resamples=n_resamples, level=level)


def shuffled_null(
    measure: Callable[[np.ndarray], float], labels: Numbers, *, n: int = 200, seed: int = 0
) -> Float[np.ndarray, " n"]:
    """`measure(labels)` for `n` shuffles of the labels: what the whole pipeline finds where there is nothing."""
    values = labels.detach().cpu().numpy() if isinstance(labels, Tensor) else np.asarray(labels)
    if values.ndim == 0 or len(values) == 0:
        raise ValueError("shuffled_null: there are no labels to shuffle.")
    rng = np.random.default_rng(seed)
    return np.array(
        [float(measure(rng.permutation(values))) for _ in range(inputs.at_least("shuffled_null", "n", n, 1))]
    )
