"""Several figures as one grid."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import plotly.graph_objects as go

from .compact import marked, wrap
from .frame import MARGIN, title_height, title_place, with_legend
from .style import finish, traces

NAME = 26  # pixels above each small plot, for its title


class Cell(NamedTuple):
    """One place of the grid: what stands there, and where."""

    figure: go.Figure
    number: str
    """plotly's name for its axes: x, x2, x3, …"""
    x: list[float]
    y: list[float]
    is_left: bool
    is_bottom: bool


def grid(
    figures: Sequence[go.Figure],
    *,
    cols: int,
    alt: str,
    title: str = "",
    shared: bool = True,
    height: int | None = None,
) -> go.Figure:
    """The figures side by side, each under its own title; with `shared`, all on the same axes.

    A name that occurs in several figures stands once in the legend, and heat maps or coloured points share one
    scale. Shared axes are labelled on the outside only.
    """
    if not figures or cols < 1:
        raise ValueError(f"grid: got {len(figures)} figures and cols={cols}. Expected at least one of each.")
    cols = min(cols, len(figures))
    rows, heading = -(-len(figures) // cols), wrap(marked(title))
    gap = NAME + (14 if shared else MARGIN - 14)
    series = {
        trace.name for figure in figures for trace in traces(figure) if trace.name and trace.showlegend is not False
    }
    top = title_height(heading) + NAME
    inner = (height - top - MARGIN) if height else 190 * rows + gap * (rows - 1)
    if inner < 60 * rows:
        raise ValueError(f"grid: height {height} leaves {inner} pixels for {rows} rows. Expected 60 or more for each.")
    whole = go.Figure()
    for cell in _cells(figures, rows, cols, gap / inner, 0.035 if shared else 0.12):
        _place_axes(whole, cell, shared)
        _place_traces(whole, cell)
        _place_marks(whole, cell)
    _one_legend(whole)
    _one_scale(whole)
    if shared:
        _one_range(whole)
    whole.update_layout(title=title_place(heading), margin_t=top, **with_legend(top + inner + MARGIN, list(series)))
    return finish(whole, alt=alt)


def _cells(figures: Sequence[go.Figure], rows: int, cols: int, gap_y: float, gap_x: float) -> list[Cell]:
    """Equal places, row by row from the top, in shares of the whole."""
    wide, tall = (1 - gap_x * (cols - 1)) / cols, (1 - gap_y * (rows - 1)) / rows
    cells = []
    for i, figure in enumerate(figures):
        row, col = divmod(i, cols)
        left, low = col * (wide + gap_x), max(0.0, 1 - row * (tall + gap_y) - tall)
        x, y = [left, min(1.0, left + wide)], [low, min(1.0, low + tall)]
        cells.append(Cell(figure, str(i + 1) if i else "", x, y, col == 0, i + cols >= len(figures)))
    return cells


def _place_axes(whole: go.Figure, cell: Cell, shared: bool) -> None:
    """The figure's two axes, moved to its place; inner ones lose their words when axes are shared."""
    layout = cell.figure.to_plotly_json()["layout"]
    across = layout["xaxis"] | {"domain": cell.x, "anchor": f"y{cell.number}"}
    up = layout["yaxis"] | {"domain": cell.y, "anchor": f"x{cell.number}"}
    if "scaleanchor" in up:
        up["scaleanchor"] = f"x{cell.number}"
    if shared and cell.number:
        across["matches"], up["matches"] = "x", "y"
    if shared and not cell.is_bottom:
        across |= {"title": {"text": ""}, "showticklabels": False}
    if shared and not cell.is_left:
        up |= {"title": {"text": ""}, "showticklabels": False}
    whole.update_layout({f"xaxis{cell.number}": across, f"yaxis{cell.number}": up})
    for setting in ("bargap", "barcornerradius"):
        if setting in layout:
            whole.update_layout({setting: layout[setting]})


def _place_traces(whole: go.Figure, cell: Cell) -> None:
    for trace in traces(cell.figure):
        whole.add_trace(trace.to_plotly_json() | {"xaxis": f"x{cell.number}", "yaxis": f"y{cell.number}"})


def _place_marks(whole: go.Figure, cell: Cell) -> None:
    """The title, the lines, and the words, except names beside lines, which the legend gives instead."""
    layout = cell.figure.to_plotly_json()["layout"]
    for shape in layout.get("shapes", []):
        whole.add_shape(shape | _moved(shape, cell.number))
    for word in layout.get("annotations", []):
        if word.get("name") == "series" or (word.get("name") == "reference" and cell.number):
            continue
        inside = {"xanchor": "right", "xshift": 0, "yanchor": "bottom"} if word.get("xref") == "x domain" else {}
        whole.add_annotation(word | _moved(word, cell.number) | inside)
    name = (layout.get("title") or {}).get("text")
    if name:
        place = {"x": sum(cell.x) / 2, "y": cell.y[1], "xref": "paper", "yref": "paper", "yanchor": "bottom"}
        whole.add_annotation(text=name.replace("<br>", " "), showarrow=False, font={"weight": 600}, **place)


def _moved(mark: dict[str, Any], number: str) -> dict[str, str]:
    """The references of a line or word, from axis x to axis x2, say."""
    return {
        key: mark.get(key, key[0]).replace(key[0], key[0] + number, 1)
        for key in ("xref", "yref")
        if mark.get(key, key[0]) != "paper"
    }


def _one_legend(whole: go.Figure) -> None:
    seen: set[str] = set()
    for trace in traces(whole):
        if trace.name and trace.showlegend is not False:
            trace.update(legendgroup=trace.name, showlegend=trace.name not in seen)
            seen.add(trace.name)


def _one_scale(whole: go.Figure) -> None:
    """All colours mean the same: one range, one bar."""
    for kind, low, high in (("heatmap", "zmin", "zmax"), ("scatter", "cmin", "cmax")):
        holders = [t if kind == "heatmap" else t.marker for t in traces(whole) if t.type == kind]
        scaled = [h for h in holders if h.colorscale is not None]
        if len({h.colorbar.title.text for h in scaled}) > 1:
            raise ValueError(
                "grid: the figures' colours measure different things. Expected the same colour_label in all."
            )
        ends = [_ends(h, kind) for h in scaled]
        for i, holder in enumerate(scaled):
            holder.update({low: min(e[0] for e in ends), high: max(e[1] for e in ends), "showscale": i == 0})


def _ends(holder: Any, kind: str) -> tuple[float, float]:
    return (holder.zmin, holder.zmax) if kind == "heatmap" else (min(holder.color), max(holder.color))


def _one_range(whole: go.Figure) -> None:
    """Fixed ranges, where all have one, become the one that holds them all."""
    layout = whole.to_plotly_json()["layout"]
    for letter in "xy":
        axes = [key for key in layout if key.startswith(f"{letter}axis")]
        ranges = [layout[key].get("range") for key in axes]
        if all(ranges):
            low, high = min(min(r) for r in ranges), max(max(r) for r in ranges)
            both = [high, low] if ranges[0][0] > ranges[0][1] else [low, high]
            whole.update_layout({key: {"range": both} for key in axes})
