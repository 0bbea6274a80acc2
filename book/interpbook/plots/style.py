"""How every figure looks: one palette, one lean template, numbers stored short, and a text alternative always.

`finish` is the only door: a figure that has not passed through it has no alternative text and stores ten times the bytes.
Backgrounds are transparent and text is mid-grey, so that a stored figure reads on a white page and on a dark one;
a page that knows its theme may set stronger text and grid colours.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from math import ceil, isfinite, log10
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
from torch import Tensor

# After Okabe and Ito (2008), with orange, yellow and sky blue darkened: each has contrast of at least 3 on white and on #14181f.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#A87F00", "#3A9BD9")
NULL = "#868C96"  # what chance gives: always grey, always dotted
TEXT = "#7A818C"
GRID = "rgba(128,136,148,0.22)"
AXIS = "rgba(128,136,148,0.55)"

# Colour is never alone: the same place in each of these belongs to the same series.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
GLYPHS = ("●", "■", "▲", "◆", "▼", "✚")
PATTERNS = ("", "/", ".", "x", "-", "|")

SEQUENTIAL = ((0.0, "#00224E"), (0.25, "#3B496C"), (0.5, "#7C7B78"), (0.75, "#BBAE71"), (1.0, "#FEE838"))
DIVERGING = ((0.0, "#005A8F"), (0.25, "#5FA3CF"), (0.5, "#D9DCE1"), (0.75, "#EE9B62"), (1.0, "#B34700"))

TEMPLATE = go.layout.Template(
    layout={
        "colorway": PALETTE,
        "font": {"family": "inherit", "size": 13, "color": TEXT},
        "title": {"x": 0, "xref": "container", "y": 1, "yanchor": "top", "pad": {"t": 10, "l": 4}, "font": {"size": 15}},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 12, "t": 44, "b": 8},
        "hovermode": "closest",
        "hoverlabel": {"font": {"size": 13}, "align": "left"},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": AXIS, "activecolor": TEXT},
        "xaxis": {"automargin": True, "gridcolor": GRID, "linecolor": AXIS, "showline": True, "zeroline": False,
                  "ticks": "outside", "tickcolor": AXIS, "ticklen": 4, "title": {"standoff": 8}},
        "yaxis": {"automargin": True, "gridcolor": GRID, "linecolor": AXIS, "zeroline": False,
                  "title": {"standoff": 10}},
    }
)  # fmt: skip

pio.templates["interpbook"] = TEMPLATE
pio.templates.default = "interpbook"
pio.renderers["plotly_mimetype"].config.update(displaylogo=False, showSendToCloud=False, responsive=True)
pio.renderers.default = "colab" if "google.colab" in sys.modules else "plotly_mimetype"


def finish(fig: go.Figure, *, alt: str) -> go.Figure:
    """The same figure, ready to be shown and stored: styled, labelled, short, and described in words by `alt`.

    `alt` tells someone who cannot see the figure what it shows and what follows from it.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("finish: alt is empty. Say in a sentence what the figure shows and what follows from it.")
    for axis in _unlabelled(fig):
        raise ValueError(f"finish: {axis} has no title. Say what it measures, with its unit, or set visible=False.")
    fig.update_layout(template=TEMPLATE, meta={"alt": " ".join(alt.split())}, autosize=True, width=None)
    if fig.layout.height is None:
        fig.update_layout(height=380)
    for trace in fig.data:
        for path, numbers in _arrays(trace.to_plotly_json()):
            trace[path] = short(numbers)
    fig.layout = _rounded(fig.layout.to_plotly_json() | {"template": None})
    fig.layout.template = TEMPLATE
    return fig


def short(numbers: np.ndarray, digits: int = 4) -> np.ndarray | list:
    """The numbers to `digits` significant digits, in the smallest type that holds them.

    plotly stores an array as base64, which costs 5 bytes a number in a notebook; a list costs 20, one line each.
    Numbers far from 0 that differ little (steps 10,000 to 10,010) keep the digits in which they differ.
    """
    values = np.asarray(numbers)
    if values.dtype.kind in "biu":
        return _listed(_smallest_integer(values))
    finite = values[np.isfinite(values)]
    top, span = (np.abs(finite).max(), np.ptp(finite)) if finite.size else (0.0, 0.0)
    digits += max(0, ceil(log10(top / span))) if span > 0 and top > 0 else 0
    values = round_to(values.astype(float), digits)
    small = values.astype(np.float32)
    exact = digits <= 6 and (np.isfinite(small) == np.isfinite(values)).all() and ((small == 0) == (values == 0)).all()
    return _listed(small if exact and values.size > 8 else values)


def round_to(values: np.ndarray, digits: int) -> np.ndarray:
    """Rounded to significant digits; 0, NaN and infinities stay."""
    usual = np.isfinite(values) & (values != 0)
    exponent = np.floor(np.log10(np.abs(values, where=usual, out=np.ones_like(values))))
    return (
        np.where(usual, np.array([float(f"{v:.{digits}g}") for v in values.ravel()]).reshape(values.shape), values)
        if (values.size <= 8)
        else np.where(
            usual, np.round(values * 10.0 ** (digits - 1 - exponent)) / 10.0 ** (digits - 1 - exponent), values
        )
    )


def numbers(what: str, values: Any, *, axes: int = 1) -> np.ndarray:
    """Numbers as an array with so many axes; NaN (a gap) is allowed, nothing and text are not."""
    array = (
        values.detach().cpu().numpy()
        if isinstance(values, Tensor) and values.dtype.is_floating_point is False
        else (values.detach().cpu().double().numpy() if isinstance(values, Tensor) else np.asarray(values))
    )
    if array.ndim != axes or array.size == 0:
        raise ValueError(f"{what}: got shape {array.shape}. Expected {axes} axes and at least one number.")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{what}: got {array.dtype}, not numbers.")
    return array


def need(**texts: str) -> None:
    """Every named text is there: titles and labels (with units) are not optional."""
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{name} is empty. Say what is shown and in which unit, for example 'loss (nats)'.")


def plain(text: object) -> str:
    """Text from data, such as a token, with `<` and `&` kept as characters: plotly would take <|x|> for a tag."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "⏎")


def wrap(text: str, width: int = 60) -> str:
    """Text with line breaks, since plotly never breaks a title."""
    lines, line = [], ""
    for word in text.split():
        visible = len(re.sub(r"<[^>]*>", "", f"{line} {word}"))
        if line and visible > width:
            lines, line = [*lines, line], word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join([*lines, line])


def _unlabelled(fig: go.Figure) -> Iterator[str]:
    """The kinds of axis that are drawn but nowhere titled."""
    if all(trace.type == "pie" for trace in fig.data):
        return
    layout = fig.layout.to_plotly_json()
    for kind in ("xaxis", "yaxis"):
        axes = [layout.get(kind, {})] + [v for k, v in layout.items() if re.fullmatch(kind + r"\d+", k)]
        shown = [axis for axis in axes if axis.get("visible", True)]
        if shown and not any(str((axis.get("title") or {}).get("text") or "").strip() for axis in shown):
            yield kind


def _arrays(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Every list or array of numbers inside a trace, with its dotted path."""
    for key, value in node.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from _arrays(value, where)
        elif isinstance(value, (list, tuple, np.ndarray)) and key not in ("colorscale", "line.dash"):
            array = _numeric(value)
            if array is not None:
                yield where, array


def _numeric(value: Any) -> np.ndarray | None:
    """As an array of numbers (None becomes NaN), or None where it holds anything else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return value
    flat = np.array(value, dtype=object).ravel()
    if flat.size == 0 or not all(v is None or isinstance(v, (int, float, np.number)) for v in flat):
        return None
    if all(v is None for v in flat):
        return None
    array = np.array(value, dtype=object)
    integers = all(isinstance(v, (int, np.integer)) for v in flat)
    return array.astype(int) if integers else array.astype(float)


def _smallest_integer(values: np.ndarray) -> np.ndarray:
    for kind in (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32):
        if np.iinfo(kind).min <= values.min() and values.max() <= np.iinfo(kind).max:
            return values.astype(kind)
    return values.astype(float)


def _listed(values: np.ndarray) -> np.ndarray | list:
    """Up to eight numbers read better, and weigh less, as a list."""
    return values if values.size > 8 else values.tolist()


def _rounded(node: Any) -> Any:
    """Layout numbers to 6 significant digits."""
    if isinstance(node, dict):
        return {key: _rounded(value) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_rounded(value) for value in node]
    if isinstance(node, np.ndarray):
        return _rounded(node.tolist())
    if isinstance(node, (float, np.floating)) and isfinite(node):
        return float(f"{node:.6g}")
    return node
