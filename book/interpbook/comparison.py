"""Are two answers the same, and if not, what does the difference suggest?

1. `difference` walks the expected value and the given one side by side: numbers, tensors, arrays, strings, lists,
   tuples (named or not), dictionaries, sets and dataclasses.
2. At the first difference it returns a *hypothesis* in words (swapped axes, wrong sign, not a number, …), never the
   expected numbers themselves, so that a hint leaves something to find out.
"""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

UNEXPLAINED = ""  # different, and nothing general to say about how


class Tolerance(NamedTuple):
    """How far numbers may be apart: |answer - expected| <= atol + rtol * |expected|."""

    rtol: float = 1e-4
    atol: float = 1e-6


def difference(answer: Any, expected: Any, tolerance: Tolerance = Tolerance(), *, loose: bool = False) -> str | None:  # noqa: B008
    """None when `answer` is as good as `expected`; otherwise a hypothesis about the difference, possibly empty.

    `loose` is for answers that a person typed: spelling of strings may differ in case and outer spaces, and a list of
    numbers may stand for a tensor.
    """
    try:
        return _difference(answer, expected, tolerance, loose)
    except (TypeError, ValueError, RuntimeError, AttributeError, ArithmeticError):
        return f"Your result is {_kind(answer)} that cannot be compared with {_kind(expected)}. What should come back?"


def _difference(answer: Any, expected: Any, tolerance: Tolerance, loose: bool) -> str | None:
    if isinstance(expected, str):
        return _strings(answer, expected, loose)
    if expected is None:
        return None if answer is None else f"Your result is {_kind(answer)} where None is expected."
    if _is_scalar(expected):
        return _scalars(answer, expected, tolerance, loose)
    if isinstance(expected, torch.Tensor | np.ndarray):
        return _arrays(answer, expected, tolerance, loose)
    if isinstance(expected, Mapping):
        return _mappings(answer, expected, tolerance, loose)
    if isinstance(expected, list | tuple):
        return _sequences(answer, expected, tolerance, loose)
    if is_dataclass(expected) and not isinstance(expected, type):
        return _dataclasses(answer, expected, tolerance, loose)
    if type(answer) is not type(expected) and not isinstance(answer, type(expected)):
        return _wrong_kind(answer, expected)
    return None if bool(answer == expected) else UNEXPLAINED


def _kind(value: Any) -> str:
    """What a beginner would call the type of this value."""
    if value is None:
        return "None"
    if isinstance(value, bool | np.bool_):
        return "True or False"
    if isinstance(value, torch.Tensor) and value.ndim == 0:
        return "a single number"
    if isinstance(value, int | float | np.number):
        return "a single number"
    names = {torch.Tensor: "a tensor", np.ndarray: "a NumPy array", str: "a string", Mapping: "a dictionary"}
    names |= {list: "a list", tuple: "a tuple", set: "a set"}
    for kind, name in names.items():
        if isinstance(value, kind):
            return name
    if callable(value):
        return "a function"
    return f"an object of type {type(value).__name__}"


def _wrong_kind(answer: Any, expected: Any) -> str:
    return f"Your result is {_kind(answer)} where {_kind(expected)} is expected. Which step changes the type?"


def _is_scalar(value: Any) -> bool:
    if isinstance(value, torch.Tensor | np.ndarray):
        return value.ndim == 0
    return isinstance(value, bool | int | float | complex | np.number | np.bool_)


def _plain(value: Any) -> Any:
    """A zero-dimensional tensor, array or NumPy scalar as a Python number."""
    return value.item() if isinstance(value, torch.Tensor | np.ndarray | np.generic) else value


def _strings(answer: Any, expected: str, loose: bool) -> str | None:
    if not isinstance(answer, str):
        return _wrong_kind(answer, expected)
    if loose:
        answer, expected = answer.strip().casefold(), expected.strip().casefold()
    return None if answer == expected else UNEXPLAINED


def _scalars(answer: Any, expected: Any, tolerance: Tolerance, loose: bool) -> str | None:
    if not _is_scalar(answer):
        shape = getattr(answer, "shape", None)
        if isinstance(answer, torch.Tensor | np.ndarray):
            said = f"Your result has shape {_tuple(shape)} where one number is expected."
            return f"{said} Over which axes should it be summed or averaged?"
        return _wrong_kind(answer, expected)
    a, e = _plain(answer), _plain(expected)
    if isinstance(e, bool) or isinstance(a, bool):
        return None if isinstance(a, bool) and isinstance(e, bool) and a == e else _bool_mismatch(a, e)
    if isinstance(e, complex) or isinstance(a, complex):
        return None if abs(a - e) <= tolerance.atol + tolerance.rtol * abs(e) else UNEXPLAINED
    if math.isnan(a) and not math.isnan(e):
        return _NOT_A_NUMBER
    if math.isclose(a, e, rel_tol=0, abs_tol=tolerance.atol + tolerance.rtol * abs(e)) or (a != a and e != e):
        return None
    if loose and e != 0 and math.isclose(a, 100 * e, rel_tol=tolerance.rtol):
        return "Your number is in per cent. Which unit does the task ask for?"
    return UNEXPLAINED


_NOT_A_NUMBER = (
    "Your result contains NaN (not a number). A division by zero, the logarithm of zero, or infinity minus infinity "
    "makes one. Which step could do that here?"
)


def _bool_mismatch(answer: Any, expected: Any) -> str:
    return UNEXPLAINED if type(answer) is type(expected) else _wrong_kind(answer, expected)


def _tuple(shape: Any) -> tuple[int, ...]:
    return tuple(int(n) for n in shape)


def _array(value: Any) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().to("cpu")
        return (value.float() if value.dtype == torch.bfloat16 else value).resolve_conj().numpy()
    return np.asarray(value)


def _arrays(answer: Any, expected: Any, tolerance: Tolerance, loose: bool) -> str | None:
    if not isinstance(answer, torch.Tensor | np.ndarray):
        if not (loose and isinstance(answer, list | tuple)):
            return _wrong_kind(answer, expected)
        try:
            answer = np.asarray(answer, dtype=float)
        except (TypeError, ValueError):
            return (
                "Your list does not hold one number for each place. Are its rows equally long, and all entries numbers?"
            )
    a, e = _array(answer), _array(expected)
    if a.shape != e.shape:
        return _shapes(_tuple(a.shape), _tuple(e.shape))
    return _values(a, e, tolerance, loose)


def _shapes(shape: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    said = f"Your result has shape {shape}, and {wanted} is expected"
    if len(shape) == len(wanted) and sorted(shape) == sorted(wanted):
        return f"{said}: the same axes in another order. Which axis should come first?"
    if [n for n in shape if n != 1] == [n for n in wanted if n != 1]:
        return f"{said}: an axis of length 1 too many or too few. Did a sum, mean or index keep or drop an axis?"
    if len(shape) < len(wanted):
        return f"{said}. Was a sum or mean taken over an axis too many, or one example used where a batch was given?"
    if len(shape) > len(wanted):
        return f"{said}. Is a sum, a mean or a selection over one axis still missing?"
    return f"{said}. Which step sets the length that differs?"


def _values(a: np.ndarray, e: np.ndarray, tolerance: Tolerance, loose: bool) -> str | None:
    kinds = {"b": "True and False", "i": "whole numbers", "u": "whole numbers", "f": "decimal numbers", "c": "complex"}
    kind_a, kind_e = kinds.get(a.dtype.kind), kinds.get(e.dtype.kind)
    if kind_a is None or kind_e is None:
        return None if np.array_equal(a, e) else UNEXPLAINED
    if kind_a != kind_e and not (loose and "b" not in (a.dtype.kind, e.dtype.kind)):
        return f"Your result holds {kind_a} where {kind_e} are expected. Which step changes the type of the numbers?"
    if a.dtype.kind == "f" and np.isnan(a).any() and not np.isnan(e).any():
        return _NOT_A_NUMBER
    if np.allclose(a, e, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=True):
        return None
    return UNEXPLAINED if loose or kind_e != "decimal numbers" else _pattern(a, e, tolerance)


def _pattern(a: np.ndarray, e: np.ndarray, tolerance: Tolerance) -> str:
    """What a whole array of wrong numbers has in common."""

    def close(x: np.ndarray, y: np.ndarray) -> bool:
        return bool(np.allclose(x, y, rtol=10 * tolerance.rtol, atol=10 * tolerance.atol))

    if a.ndim == 2 and a.shape[0] == a.shape[1] and close(a.T, e):
        return "Your result is the transpose of the expected one. Which index belongs to the rows?"
    if a.size < 2 or not np.isfinite(a).all() or np.ptp(e) <= tolerance.atol:
        return UNEXPLAINED
    if close(-a, e):
        return "Every number has the wrong sign. Which difference or rotation goes the other way round?"
    if np.ptp(a) <= tolerance.atol:
        return "All your numbers are the same, whatever the input. Which input does not reach the result?"
    scale = float((a * e).sum() / (a * a).sum())
    if scale > 0 and close(a * scale, e):
        return (
            "Your numbers have the right proportions but the wrong size. Is something normalised twice, or not at all?"
        )
    if close(a - a.mean() + e.mean(), e):
        return "Your numbers are all off by one and the same amount. Which constant is added or left out?"
    return UNEXPLAINED


def _mappings(answer: Any, expected: Mapping, tolerance: Tolerance, loose: bool) -> str | None:
    if not isinstance(answer, Mapping):
        return _wrong_kind(answer, expected)
    for key in expected:
        if key not in answer:
            return f"Your dictionary has no entry for {key!r}."
    for key in answer:
        if key not in expected:
            return f"Your dictionary has an entry {key!r} that is not asked for."
    return _first(((repr(key), answer[key], expected[key]) for key in expected), tolerance, loose)


def _sequences(answer: Any, expected: list | tuple, tolerance: Tolerance, loose: bool) -> str | None:
    if isinstance(answer, torch.Tensor | np.ndarray) and loose:
        answer = answer.tolist()
    if not isinstance(answer, list | tuple):
        return _wrong_kind(answer, expected)
    if len(answer) != len(expected):
        return f"Your result has {len(answer)} parts, and {len(expected)} are expected. Which are missing or too many?"
    names = getattr(expected, "_fields", None) or [f"part {i + 1}" for i in range(len(expected))]
    return _first(zip(names, answer, expected, strict=True), tolerance, loose)


def _dataclasses(answer: Any, expected: Any, tolerance: Tolerance, loose: bool) -> str | None:
    if type(answer).__name__ != type(expected).__name__:
        return _wrong_kind(answer, expected)
    parts = ((f.name, getattr(answer, f.name, None), getattr(expected, f.name)) for f in fields(expected))
    return _first(parts, tolerance, loose)


def _first(parts: Any, tolerance: Tolerance, loose: bool) -> str | None:
    """The first difference among named parts, with the name of the part."""
    for name, answer, expected in parts:
        found = _difference(answer, expected, tolerance, loose)
        if found is not None:
            return f"In {name}: {found[0].lower()}{found[1:]}" if found else UNEXPLAINED
    return None
