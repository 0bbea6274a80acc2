"""What goes into a figure: numbers checked and stored short, words escaped and wrapped."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from math import ceil, isfinite, log10
from typing import Any, SupportsFloat

import numpy as np
from torch import Tensor

Words = Sequence[Any] | np.ndarray
Bounds = tuple[SupportsFloat, SupportsFloat]

_TAGS = re.compile(r"&lt;(/?(?:b|i|em|strong|sub|sup|br|span)(?: [^<>&]*)?/?)&gt;")
_LIST = 8  # up to so many numbers are stored as a list, more as base64


def numbers(what: str, values: Any, *, axes: int = 1) -> np.ndarray:
    """Numbers as an array with so many axes. NaN is allowed (a gap); nothing at all and text are not."""
    if isinstance(values, Tensor):
        values = values.detach().cpu()
        values = (values.double() if values.dtype.is_floating_point else values).numpy()
    array = np.asarray(values)
    if array.ndim != axes or array.size == 0:
        raise ValueError(f"{what} has shape {array.shape}. Expected {axes} axes and at least one number.")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{what} holds {array.dtype}, not numbers. Pass a list, array or tensor of numbers.")
    return array


def need(caller: str, **texts: str) -> None:
    """Every named text is there: titles, and labels with their unit, are not optional."""
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{caller}: {name} is empty. Say what is shown and in which unit, such as 'loss (nats)'.")


def plain(text: object) -> str:
    """Text from data, such as a token, shown as it is: plotly would take <|x|> for a tag and drop it."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "⏎")


def marked(text: str) -> str:
    """Text from an author, who may use <b>, <i>, <sub>, <sup> and <br>; any other < is shown as it is."""
    return _TAGS.sub(r"<\1>", text.replace("<", "&lt;").replace(">", "&gt;"))


def wrap(text: str, width: int = 46) -> str:
    """Text with line breaks, since plotly never breaks a title."""
    lines, line = [], ""
    for word in text.split():
        visible = len(re.sub(r"<[^>]*>", "", f"{line} {word}".strip()))
        if line and visible > width:
            lines, line = [*lines, line], word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join([*lines, line])


def unique(names: Words) -> list[str]:
    """Names for a category axis: equal ones (a token that comes twice) get invisible endings, or plotly merges them."""
    seen: dict[str, int] = {}
    places = []
    for name in map(plain, names):
        seen[name] = seen.get(name, -1) + 1
        places.append(name + "\u200b" * seen[name])
    return places


def short(values: np.ndarray, digits: int = 4) -> np.ndarray | list:
    """The numbers to `digits` significant digits, in the smallest type that holds them.

    plotly stores an array as base64, 5 bytes a number in a notebook; a list costs about 20, one line each.
    Numbers far from 0 that differ little (10,000.1 to 10,000.9) keep the digits in which they differ.
    """
    if values.dtype.kind in "biu":
        values = _smallest_integer(values)
        return values if values.size > _LIST else values.tolist()
    finite = values[np.isfinite(values)].astype(float)
    top, span = (float(np.abs(finite).max()), float(np.ptp(finite))) if finite.size else (0.0, 0.0)
    digits += max(0, ceil(log10(top / span))) if top > 0 and span > 0 else 0
    rounded = np.array([float(f"{v:.{digits}g}") for v in values.ravel().tolist()]).reshape(values.shape)
    if values.size <= _LIST:
        return rounded.tolist()
    with np.errstate(over="ignore", under="ignore"):
        small = rounded.astype(np.float32)
    same = np.array_equal(np.isfinite(small), np.isfinite(rounded)) and np.array_equal(small == 0, rounded == 0)
    return small if digits <= 6 and same else rounded


def arrays(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Every list or array of numbers inside a trace, with its dotted path."""
    for key, value in node.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from arrays(value, where)
        elif isinstance(value, (list, tuple, np.ndarray)) and key != "colorscale":
            array = _numeric(value)
            if array is not None:
                yield where, array


def packed(values: np.ndarray) -> dict[str, str]:
    """An array in plotly's base64 form, for places (such as a slider's steps) where plotly itself writes a list."""
    form = {"dtype": values.dtype.str[1:], "bdata": b64encode(values.tobytes()).decode()}
    return form if values.ndim == 1 else form | {"shape": ", ".join(map(str, values.shape))}


def rounded(node: Any) -> Any:
    """The numbers of a layout to 6 significant digits."""
    if isinstance(node, dict):
        return {key: rounded(value) for key, value in node.items()}
    if isinstance(node, (list, tuple, np.ndarray)):
        return [rounded(value) for value in node]
    if isinstance(node, (float, np.floating)) and isfinite(node):
        return float(f"{node:.6g}")
    return node


def _numeric(value: Any) -> np.ndarray | None:
    """As an array of numbers (None becomes NaN), or None where it holds anything else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return value
    nested = np.array(value, dtype=object)
    flat = nested.ravel().tolist()
    if not any(isinstance(v, (int, float)) for v in flat):
        return None
    if not all(v is None or isinstance(v, (int, float, np.number)) for v in flat):
        return None
    return nested.astype(int if all(isinstance(v, (int, np.integer)) for v in flat) else float)


def _smallest_integer(values: np.ndarray) -> np.ndarray:
    for kind in (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32):
        if np.iinfo(kind).min <= values.min() and values.max() <= np.iinfo(kind).max:
            return values.astype(kind)
    return values.astype(float)
