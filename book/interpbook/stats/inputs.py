"""What `stats` accepts: finite numbers in a list, array or tensor, one item a row; the rest is refused in words."""

from collections.abc import Sequence
from typing import Any, SupportsFloat, SupportsInt

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

Numbers = Sequence[Any] | np.ndarray | Tensor


def items(caller: str, name: str, values: Numbers) -> np.ndarray:
    """Finite numbers with at least one item, as float64."""
    if isinstance(values, Tensor):
        values = values.detach().cpu().double().numpy()
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{caller}: the rows of {name} differ in length. Expected as many numbers in each.") from error
    if array.dtype == object or array.dtype.kind not in "biuf":
        raise ValueError(f"{caller}: {name} holds {array.dtype}, not numbers. Pass a list, array or tensor of numbers.")
    if array.ndim == 0 or len(array) == 0:
        raise ValueError(f"{caller}: {name} has shape {array.shape}. Expected at least one item on the first axis.")
    array = array.astype(float)
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise ValueError(f"{caller}: {bad} of {array.size} numbers in {name} are NaN or infinite. Find out why first.")
    return array


def vector(caller: str, name: str, values: Numbers) -> Float[np.ndarray, " items"]:
    array = items(caller, name, values)
    if array.ndim != 1:
        raise ValueError(f"{caller}: {name} has shape {array.shape}. Expected one number an item: one axis.")
    return array


def two_classes(caller: str, labels: Numbers, n: int) -> Bool[np.ndarray, " items"]:
    array = vector(caller, "labels", labels)
    if len(array) != n:
        raise ValueError(f"{caller}: {n} items but {len(array)} labels. Expected one label an item.")
    if not set(np.unique(array)) <= {0.0, 1.0}:
        raise ValueError(f"{caller}: labels are {np.unique(array)[:5]}. Expected only 0 and 1 (or False and True).")
    if array.min() == array.max():
        raise ValueError(f"{caller}: all {n} labels are {array[0]:.0f}. Expected both 0 and 1: nothing to tell apart.")
    return array.astype(bool)


def scores_and_labels(caller: str, scores: Numbers, marks: Numbers) -> tuple[np.ndarray, np.ndarray]:
    scores = vector(caller, "scores", scores)
    return scores, two_classes(caller, marks, len(scores))


def same_length(caller: str, **sides: np.ndarray) -> None:
    (one, a), (other, b) = sides.items()
    if len(a) != len(b):
        raise ValueError(
            f"{caller}: paired=True, but {one} has {len(a)} items and {other} has {len(b)}. "
            "Pairs need one of each; without pairs, pass paired=False."
        )


def level(caller: str, level: SupportsFloat) -> float:
    level = float(level)
    if not 0 < level < 1:
        raise ValueError(f"{caller}: level is {level}. Expected a share between 0 and 1, such as 0.95.")
    return level


def at_least(caller: str, name: str, value: SupportsInt, least: int) -> int:
    value = whole(caller, name, value)
    if value < least:
        raise ValueError(f"{caller}: {name} is {value}. Expected at least {least}.")
    return value


def whole(caller: str, name: str, value: SupportsInt) -> int:
    if isinstance(value, (bool, np.bool_)) or int(value) != value:
        raise ValueError(f"{caller}: {name} is {value!r}. Expected a whole number.")
    return int(value)
