"""Around the data: title, axes, legend, reference lines, and names where lines end."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10
from typing import Any, SupportsFloat

import numpy as np
import plotly.graph_objects as go

from .compact import Bounds, marked, plain, wrap
from .style import NULL, Style

MARGIN = 78  # pixels below the plot: tick labels and the axis label
WIDE = 16  # names up to so many characters stand beside the plot, longer ones in a legend


def frame(
    fig: go.Figure,
    *,
    title: str,
    x_label: str,
    y_label: str,
    height: int,
    legend: Sequence[str] = (),
    right: int = 12,
) -> None:
    """Title, axis labels, a top margin for the title's lines, and a legend below where there is more than one name."""
    text = wrap(marked(title))
    fig.update_layout(
        title=title_place(text), margin={"t": title_height(text), "r": right}, **with_legend(height, legend)
    )
    fig.update_xaxes(title_text=marked(x_label))
    fig.update_yaxes(title_text=marked(y_label))


def with_legend(height: int, names: Sequence[str]) -> dict[str, Any]:
    """The settings for a legend below the plot, where there is more than one name, and the height that it adds."""
    longest, several = max(map(len, names), default=0), sum(map(bool, names)) > 1
    rows = -(-len(names) * (longest * 7 + 60) // 640) if several else 0
    return {"height": height + 24 * rows, "showlegend": several} | (
        {"legend": {"entrywidth": 7 * longest + 14}} if several else {}
    )


def title_place(text: str) -> dict[str, Any]:
    """A wrapped title that starts at the top; plotly centres its lines on the place of the first."""
    return {"text": text, "pad": {"t": 8 + 10 * text.count("<br>"), "l": 4}} if text else {}


def title_height(text: str) -> int:
    """Pixels that a wrapped title takes, and the space under it."""
    return 24 + 20 * (1 + text.count("<br>")) if text else 16


def axis(places: Any, *, log: bool = False, bounds: Bounds | None = None, pad: float = 0.0) -> dict[str, Any]:
    """An axis for names or numbers, its range fixed to `bounds`, or to the places and a share of padding."""
    if isinstance(places, list):
        return {"type": "category", "range": [-0.5, len(places) - 0.5]}
    if bounds is None:
        finite = places[np.isfinite(places)]
        if finite.size == 0:
            raise ValueError("None of the numbers for an axis is finite: there is nothing to draw.")
        bounds = finite.min(), finite.max()
    low, high = map(float, bounds)
    if low > high:
        raise ValueError(f"A range runs from {low:g} to {high:g}. Expected (lowest, highest).")
    if log and low <= 0:
        raise ValueError(f"A logarithmic axis needs numbers above 0; got {low:.4g}. Try a linear axis.")
    if log:
        return {"type": "log", "range": _padded(log10(low), log10(high), pad)} | _log_ticks(low, high)
    return {"range": _padded(low, high, pad)}


def _padded(low: float, high: float, pad: float) -> list[float]:
    room = (high - low) * pad if high > low else max(abs(low) * 0.1, 0.1)
    return [low - room, high + room]


def _log_ticks(low: float, high: float) -> dict[str, Any]:
    """Powers of ten over a wide range; over one or two powers also their 2 and 5, which plotly prints small."""
    powers = log10(high / low)
    if powers > 2:
        return {"dtick": 1}
    ticks = [m * 10.0**e for e in range(floor(log10(low)), ceil(log10(high)) + 1) for m in (1, 2, 5)]
    shown = [tick for tick in ticks if low / 1.3 <= tick <= high * 1.3]
    return {"tickvals": shown, "ticktext": [f"{tick:g}" for tick in shown]} if powers > 0.6 else {}


def level_lines(fig: go.Figure, reference: Mapping[str, SupportsFloat] | None) -> None:
    """Dashed lines across the plot; `name_ends` names them."""
    for place in (reference or {}).values():
        _dashed(fig, {"x0": 0, "x1": 1, "xref": "x domain", "y0": float(place), "y1": float(place)})


def upright_lines(
    fig: go.Figure, reference: Mapping[str, SupportsFloat] | None, across: Sequence[SupportsFloat]
) -> None:
    """Dashed lines up the plot, each with its name at the top, on the side that has more of the range `across`."""
    middle = (float(across[0]) + float(across[1])) / 2
    for i, (name, value) in enumerate((reference or {}).items()):
        place = float(value)
        _dashed(fig, {"y0": 0, "y1": 1, "yref": "y domain", "x0": place, "x1": place})
        side, shift = ("left", 4) if place <= middle else ("right", -4)
        fig.add_annotation(
            text=plain(name), name="reference", showarrow=False, x=place, xanchor=side, xshift=shift,
            y=1, yref="y domain", yanchor="top", yshift=-17 * i,
        )  # fmt: skip


def _dashed(fig: go.Figure, ends: Mapping[str, Any]) -> None:
    fig.add_shape(type="line", line={"color": NULL, "dash": "dash", "width": 1.5}, **ends)


def room_for(names: Any) -> int:
    """The right margin that names beside the plot need, in pixels."""
    return 12 + (20 + int(7.2 * max(map(len, names))) if names else 0)


def fits_beside(names: Sequence[str]) -> bool:
    """Whether so many names of this length can stand beside the plot."""
    return 2 <= len(names) <= 5 and max(map(len, names)) <= WIDE


def name_ends(
    fig: go.Figure, ends: Mapping[str, SupportsFloat], looks: Mapping[str, Style], y_axis: Mapping[str, Any]
) -> None:
    """Each name beside the height where its line ends, with its marker, moved just enough to stay clear of the others.

    Names without a look are reference lines. Call it last: it needs the figure's height and margins.
    """
    if not ends:
        return
    layout = fig.to_plotly_json()["layout"]
    low, high = y_axis["range"]
    per_unit = (layout["height"] - layout["margin"]["t"] - MARGIN) / (high - low)
    heights = {name: log10(float(end)) if y_axis.get("type") == "log" else float(end) for name, end in ends.items()}
    order = sorted(heights, key=lambda name: heights[name])
    wanted = [heights[name] * per_unit for name in order]
    for name, at, place in zip(order, wanted, _spread(wanted, 17.0), strict=True):
        look = looks.get(name)
        colour, glyph = (look.colour, look.glyph) if look else (NULL, "╌")
        fig.add_annotation(
            x=1, xref="x domain", xanchor="left", xshift=4, y=heights[name], yshift=round(place - at, 1),
            showarrow=False,
            text=f'<span style="color:{colour}">{glyph}</span> {plain(name)}', name="series" if look else "reference",
        )  # fmt: skip


def _spread(places: Sequence[float], gap: float) -> list[float]:
    """Ascending places, moved as little as needed to be `gap` apart: clashing ones share their mean."""
    blocks: list[list[float]] = []  # each block: the places in it, centred on their mean
    for place in places:
        blocks.append([place])
        while len(blocks) > 1 and _edge(blocks[-1], gap, -1) - _edge(blocks[-2], gap, 1) < gap:
            last = blocks.pop()
            blocks[-1] += last
    return [_edge(block, gap, -1) + gap * i for block in blocks for i in range(len(block))]


def _edge(block: Sequence[float], gap: float, side: int) -> float:
    return sum(block) / len(block) + side * gap * (len(block) - 1) / 2
