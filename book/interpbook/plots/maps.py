"""Heat maps, and arrows in a plane."""

from typing import Any, SupportsFloat

import numpy as np
import plotly.graph_objects as go

from .compact import Bounds, Words, marked, need, numbers, plain, rounded, unique
from .frame import frame
from .style import (
    AXIS,
    DIVERGING,
    DIVERGING_PAPER,
    PALETTE,
    POINTS,
    SEQUENTIAL,
    SEQUENTIAL_PAPER,
    colour_bar,
    finish,
)


def heatmap(
    z: Any,
    *,
    x: Words | None = None,
    y: Words | None = None,
    title: str,
    x_label: str,
    y_label: str,
    colour_label: str,
    alt: str,
    diverging: bool = False,
    text: Any = None,
    z_range: Bounds | None = None,
    bottom_up: bool = False,
    height: int | None = None,
) -> go.Figure:
    """A cell for each number of the matrix `z`, rows down the page (up it with `bottom_up=True`).

    `x` and `y` name the columns and rows. `diverging=True` where the sign matters: 0 is neutral, and both sides
    share one scale. `text` prints a word in each cell, `text=True` the number. NaN leaves a cell empty.
    """
    need("heatmap", title=title, x_label=x_label, y_label=y_label, colour_label=colour_label)
    cells = numbers("heatmap: z", z, axes=2)
    rows, columns = cells.shape
    low, high = rounded(_colour_range(cells, z_range, diverging))
    paper = text is not None and text is not False
    scales = (DIVERGING_PAPER if paper else DIVERGING, SEQUENTIAL_PAPER if paper else SEQUENTIAL)
    across, down, measure = marked(x_label), marked(y_label), marked(colour_label)
    trace = go.Heatmap(
        z=cells, x=_ticks("x", x, columns), y=_ticks("y", y, rows), zmin=low, zmax=high,
        colorscale=scales[0] if diverging else scales[1], colorbar=colour_bar(measure),
        xgap=1 if columns <= 40 else 0, ygap=1 if rows <= 40 else 0, hoverongaps=False,
        hovertemplate=f"{across}: %{{x}}<br>{down}: %{{y}}<br>{measure}: %{{z:.3~g}}<extra></extra>",
    )  # fmt: skip
    if paper:
        trace.update(_words(text, cells))
    fig = go.Figure(trace)
    fig.update_xaxes(showgrid=False, showline=False, ticks="", **_tick_settings(x, columns))
    fig.update_yaxes(showgrid=False, ticks="", autorange=True if bottom_up else "reversed", **_tick_settings(y, rows))
    tall = height or int(np.clip(130 + 24 * rows, 240, 560))
    frame(fig, title=title, x_label=x_label, y_label=y_label, height=tall)
    return finish(fig, alt=alt)


def arrows(
    vectors: Any,
    *,
    title: str,
    alt: str,
    names: Words | None = None,
    x_label: str = "hidden dimension 1",
    y_label: str = "hidden dimension 2",
    colour: Any = None,
    colour_label: str = "",
    limit: SupportsFloat | None = None,
    height: int = 380,
) -> go.Figure:
    """An arrow from 0 to each row of `vectors` (n, 2), on equal axes: how features share a plane.

    `colour` puts each arrow's number (its importance, say) on a scale at its tip. `limit` fixes both axes to
    ±limit, so that figures compare.
    """
    need("arrows", title=title, x_label=x_label, y_label=y_label)
    tips = numbers("arrows: vectors", vectors, axes=2).astype(float)
    if tips.shape[1] != 2:
        raise ValueError(f"arrows: vectors has shape {tips.shape}. Expected (n, 2); project to two dimensions first.")
    labels = [plain(name) for name in (range(len(tips)) if names is None else names)]
    if len(labels) != len(tips):
        raise ValueError(f"arrows: {len(tips)} vectors but {len(labels)} names.")
    shafts = np.stack([np.zeros_like(tips), tips, np.full_like(tips, np.nan)], axis=1).reshape(-1, 2)
    head = {"symbol": "arrow", "angleref": "previous", "line": {"width": 0}, "opacity": 1}
    fig = go.Figure()
    fig.add_scatter(
        x=shafts[:, 0], y=shafts[:, 1], mode="lines+markers", hoverinfo="skip",
        line={"color": PALETTE[0], "width": 2},
        marker=head | {"color": PALETTE[0], "size": np.tile([0, 12, 0], len(tips))},
    )  # fmt: skip
    fig.add_scatter(
        x=tips[:, 0], y=tips[:, 1], mode="markers" if names is None else "markers+text", text=labels,
        textposition=[_away(x, y) for x, y in tips], marker=_tip(colour, colour_label, len(tips)),
        hovertemplate="<b>%{text}</b><br>(%{x:.3~g}, %{y:.3~g})<extra></extra>",
    )  # fmt: skip
    reach = float(limit or 0) or float(np.nanmax(np.abs(tips))) * 1.25 or 1.0
    equal = {"range": [-reach, reach], "zeroline": True, "zerolinecolor": AXIS, "constrain": "domain"}
    fig.update_xaxes(**equal)
    fig.update_yaxes(**equal, scaleanchor="x")
    frame(fig, title=title, x_label=x_label, y_label=y_label, height=height)
    return finish(fig, alt=alt)


def _colour_range(cells: np.ndarray, bounds: Bounds | None, diverging: bool) -> tuple[float, float]:
    if bounds is not None:
        low, high = map(float, bounds)
        if low >= high:
            raise ValueError(f"heatmap: z_range is {bounds}. Expected (lowest, highest).")
        return low, high
    finite = cells[np.isfinite(cells)].astype(float)
    if finite.size == 0:
        raise ValueError("heatmap: z holds no finite number.")
    if diverging:
        most = float(np.abs(finite).max()) or 1.0
        return -most, most
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _words(text: Any, cells: np.ndarray) -> dict[str, Any]:
    if text is True:
        return {"texttemplate": "%{z:.2~g}"}
    words = np.asarray(text, dtype=object)
    if words.shape != cells.shape:
        raise ValueError(f"heatmap: text has shape {words.shape}, z has {cells.shape}. Expected a text for each cell.")
    return {"text": [[plain(word) for word in row] for row in words], "texttemplate": "%{text}"}


def _ticks(axis: str, ticks: Words | None, n: int) -> Any:
    if ticks is None:
        return None
    if len(ticks) != n:
        raise ValueError(f"heatmap: {axis} has {len(ticks)} labels for {n} cells. Expected one for each.")
    return unique(ticks) if isinstance(ticks[0], str) else numbers(f"heatmap: {axis}", ticks)


def _tick_settings(ticks: Words | None, n: int) -> dict[str, Any]:
    """Words are categories; a few counted cells are all numbered, and none gets half a number."""
    if ticks is not None and isinstance(ticks[0], str):
        return {"type": "category"}
    return {"dtick": 1} if ticks is None and n <= 12 else {}


def _tip(colour: Any, label: str, n: int) -> dict[str, Any]:
    """An invisible spot to point at, or a coloured one."""
    if colour is None:
        return {"size": 12, "opacity": 0, "color": PALETTE[0]}
    need("arrows", colour_label=label)
    shades = numbers("arrows: colour", colour)
    if len(shades) != n:
        raise ValueError(f"arrows: {n} vectors but {len(shades)} colours.")
    return {"size": 12, "color": shades, "colorscale": POINTS, "colorbar": colour_bar(marked(label))}


def _away(x: float, y: float) -> str:
    """Where a name stands so that it does not cover its arrow."""
    if abs(x) > 2 * abs(y):
        return "middle right" if x > 0 else "middle left"
    side = "center" if abs(y) > 2 * abs(x) else "right" if x > 0 else "left"
    return f"{'top' if y > 0 else 'bottom'} {side}"
