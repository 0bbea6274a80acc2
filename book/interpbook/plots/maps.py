"""Heat maps, arrows in a plane, and grids of small figures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from .charts import unique
from .style import AXIS, DIVERGING, PALETTE, SEQUENTIAL, finish, need, numbers, plain, wrap


def heatmap(
    z: Any,
    *,
    x: Sequence[Any] | None = None,
    y: Sequence[Any] | None = None,
    title: str,
    x_label: str,
    y_label: str,
    colour_label: str,
    alt: str,
    diverging: bool = False,
    text: Any = None,
    z_range: tuple[float, float] | None = None,
    bottom_up: bool = False,
    height: int | None = None,
) -> go.Figure:
    """A cell for each number of the matrix `z` (rows down the page, or up with `bottom_up=True`).

    `diverging=True` for numbers whose sign matters: 0 is neutral, and both sides share one scale. `text` prints
    words or numbers in the cells (`text=True`: the numbers themselves). NaN leaves a cell empty.
    """
    need(title=title, x_label=x_label, y_label=y_label, colour_label=colour_label)
    cells = numbers("heatmap: z", z, axes=2)
    rows, columns = cells.shape
    low, high = _colour_range(cells, z_range, diverging)
    trace = go.Heatmap(
        z=cells, x=_ticks("x", x, columns), y=_ticks("y", y, rows), zmin=low, zmax=high,
        colorscale=DIVERGING if diverging else SEQUENTIAL, xgap=1 if columns <= 40 else 0, ygap=1 if rows <= 40 else 0,
        colorbar={"title": {"text": colour_label, "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hoverongaps=False,
        hovertemplate=f"{x_label}: %{{x}}<br>{y_label}: %{{y}}<br>{colour_label}: %{{z:.3~g}}<extra></extra>",
    )  # fmt: skip
    if text is not None and text is not False:
        words = cells if text is True else np.asarray(text)
        if words.shape != cells.shape:
            raise ValueError(f"heatmap: text has shape {words.shape}, z has {cells.shape}. Expected one text a cell.")
        trace.update(text=[] if text is True else [[plain(w) for w in row] for row in words])
        trace.update(texttemplate="%{z:.2~g}" if text is True else "%{text}")
    fig = go.Figure(trace)
    heading = wrap(title)
    tall = height or int(np.clip(120 + 26 * rows, 260, 560))
    fig.update_layout(title_text=heading, height=tall, margin_t=24 + 20 * (1 + heading.count("<br>")))
    fig.update_xaxes(title_text=x_label, showgrid=False, ticks="", type="category" if _named(x) else None)
    fig.update_yaxes(title_text=y_label, showgrid=False, type="category" if _named(y) else None)
    if not bottom_up:
        fig.update_yaxes(autorange="reversed")
    return finish(fig, alt=alt)


def arrows(
    vectors: Any,
    *,
    alt: str,
    title: str,
    names: Sequence[Any] | None = None,
    x_label: str = "hidden dimension 1",
    y_label: str = "hidden dimension 2",
    colour: Any = None,
    colour_label: str = "",
    limit: float | None = None,
    height: int = 380,
) -> go.Figure:
    """An arrow from 0 to each row of `vectors` (n, 2), both axes to the same scale: how features share a plane.

    `colour` gives each tip a number on a scale (importance, say); `limit` fixes the axes to ±limit, so that figures compare.
    """
    need(title=title, x_label=x_label, y_label=y_label)
    tips = numbers("arrows: vectors", vectors, axes=2)
    if tips.shape[1] != 2:
        raise ValueError(f"arrows: vectors has shape {tips.shape}. Expected (n, 2); project to two dimensions first.")
    n = len(tips)
    labels = [plain(name) for name in (names if names is not None else range(n))]
    if len(labels) != n:
        raise ValueError(f"arrows: {n} vectors but {len(labels)} names.")
    gaps = np.full(n, np.nan)
    shafts = np.stack([np.zeros_like(tips), tips, np.stack([gaps, gaps], 1)], axis=1).reshape(-1, 2)
    fig = go.Figure()
    fig.add_scatter(
        x=shafts[:, 0], y=shafts[:, 1], mode="lines+markers", line={"color": PALETTE[0], "width": 2}, hoverinfo="skip",
        marker={"symbol": "arrow", "angleref": "previous", "size": np.tile([0, 11, 0], n), "color": PALETTE[0]},
    )  # fmt: skip
    tip: dict[str, Any] = {"size": 11, "opacity": 0, "color": PALETTE[0]}
    if colour is not None:
        need(colour_label=colour_label)
        bar = {"title": {"text": colour_label, "side": "right"}, "thickness": 12, "outlinewidth": 0}
        tip |= {"color": numbers("arrows: colour", colour), "colorscale": SEQUENTIAL, "colorbar": bar, "opacity": 1}
    fig.add_scatter(
        x=tips[:, 0], y=tips[:, 1], mode="markers" if names is None else "markers+text", marker=tip, text=labels,
        textposition=[_away(x, y) for x, y in tips],
        hovertemplate="<b>%{text}</b><br>(%{x:.3~g}, %{y:.3~g})<extra></extra>",
    )  # fmt: skip
    reach = limit or float(np.nanmax(np.abs(tips))) * 1.25 or 1.0
    heading = wrap(title)
    fig.update_layout(
        title_text=heading, height=height, showlegend=False, margin_t=24 + 20 * (1 + heading.count("<br>"))
    )
    fig.update_xaxes(title_text=x_label, range=[-reach, reach], zeroline=True, zerolinecolor=AXIS, constrain="domain")
    fig.update_yaxes(title_text=y_label, range=[-reach, reach], zeroline=True, zerolinecolor=AXIS, scaleanchor="x")
    return finish(fig, alt=alt)


def grid(
    figures: Sequence[go.Figure],
    *,
    cols: int,
    alt: str,
    title: str = "",
    shared: bool = True,
    height: int | None = None,
) -> go.Figure:
    """The figures as small multiples, each under its own title; with `shared`, all on the same axes.

    A name that occurs in several keeps one place in the legend. Labels stand only on the outer axes when shared.
    """
    if not figures or cols < 1:
        raise ValueError(f"grid: got {len(figures)} figures and cols={cols}. Expected at least one of each.")
    cols = min(cols, len(figures))
    rows = -(-len(figures) // cols)
    whole = go.Figure()
    seen: set[str] = set()
    for i, figure in enumerate(figures):
        _place(whole, figure, i, rows, cols, shared, seen)
    heading = wrap(title) if title else ""
    tall = height or 60 + 250 * rows
    whole.update_layout(title_text=heading or None, height=tall, showlegend=len(seen) > 1)
    whole.update_layout(margin_t=34 + 20 * (1 + heading.count("<br>")) * bool(heading) + 24 * (len(seen) > 1))
    return finish(whole, alt=alt)


def _place(whole: go.Figure, figure: go.Figure, i: int, rows: int, cols: int, shared: bool, seen: set[str]) -> None:
    """Put one figure into cell i: its traces, its two axes, its lines and words, its title."""
    row, col = divmod(i, cols)
    number = "" if i == 0 else str(i + 1)
    wide, tall = 1 / cols, 1 / rows
    pad_x, pad_y = (0.03, 0.06 / rows * 2) if shared else (0.07, 0.1)
    left, top = col * wide, 1 - row * tall
    x_span = [left + (pad_x * wide if col else 0), left + wide - (pad_x * wide if col < cols - 1 else 0)]
    y_span = [top - tall + (0.16 * tall if row < rows - 1 else 0), top - 0.1 * tall]
    x_axis, y_axis = (figure.layout[a].to_plotly_json() for a in ("xaxis", "yaxis"))
    below = i + cols >= len([*range(rows * cols)]) or row == rows - 1
    x_axis |= {"domain": x_span, "anchor": f"y{number}"}
    y_axis |= {"domain": y_span, "anchor": f"x{number}"}
    if "scaleanchor" in y_axis:
        y_axis["scaleanchor"] = f"x{number}"
    if shared:
        if i:
            x_axis["matches"], y_axis["matches"] = "x", "y"
        if not below:
            x_axis["title"] = {"text": ""}
        if col:
            y_axis |= {"title": {"text": ""}, "showticklabels": False}
    whole.update_layout({f"xaxis{number}": x_axis, f"yaxis{number}": y_axis})
    for trace in figure.data:
        copy = go.Figure(trace).data[0]
        copy.update(xaxis=f"x{number}", yaxis=f"y{number}")
        if copy.name and copy.showlegend is not False:
            copy.update(legendgroup=copy.name, showlegend=copy.name not in seen)
            seen.add(copy.name)
        if copy.type == "heatmap":
            copy.update(showscale=i == 0)
        whole.add_trace(copy)
    _copy_marks(whole, figure, number)
    name = figure.layout.title.text
    if name:
        whole.add_annotation(
            text=f"<b>{name}</b>",
            x=sum(x_span) / 2,
            y=y_span[1],
            xref="paper",
            yref="paper",
            yanchor="bottom",
            showarrow=False,
        )


def _copy_marks(whole: go.Figure, figure: go.Figure, number: str) -> None:
    """Reference lines and words follow their figure; names at line ends go to the legend instead."""
    moved = {"x": f"x{number}", "y": f"y{number}", "x domain": f"x{number} domain", "y domain": f"y{number} domain"}
    for kind in ("shapes", "annotations"):
        for mark in figure.layout[kind]:
            copy = mark.to_plotly_json()
            if kind == "annotations" and "<span" in copy.get("text", ""):
                continue
            copy["xref"], copy["yref"] = moved.get(copy.get("xref", "x")), moved.get(copy.get("yref", "y"))
            (whole.add_shape if kind == "shapes" else whole.add_annotation)(copy)


def _colour_range(cells: np.ndarray, bounds: tuple[float, float] | None, diverging: bool) -> tuple[float, float]:
    if bounds is not None:
        return float(bounds[0]), float(bounds[1])
    finite = cells[np.isfinite(cells)]
    if finite.size == 0:
        raise ValueError("heatmap: z holds no finite number.")
    if diverging:
        most = float(np.abs(finite).max()) or 1.0
        return -most, most
    return float(finite.min()), float(finite.max())


def _named(ticks: Sequence[Any] | None) -> bool:
    return ticks is not None and len(ticks) > 0 and isinstance(ticks[0], str)


def _ticks(axis: str, ticks: Sequence[Any] | None, n: int) -> Any:
    if ticks is None:
        return None
    if len(ticks) != n:
        raise ValueError(f"heatmap: {axis} has {len(ticks)} labels for {n} cells.")
    return unique(ticks) if _named(ticks) else numbers(f"heatmap: {axis}", ticks)


def _away(x: float, y: float) -> str:
    """Where a label stands so that it does not cover its arrow."""
    if abs(x) > 2 * abs(y):
        return "middle right" if x > 0 else "middle left"
    side = "" if abs(y) > 2 * abs(x) else " right" if x > 0 else " left"
    return ("top" if y > 0 else "bottom") + (side or " center")
