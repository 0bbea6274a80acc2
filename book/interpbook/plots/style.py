"""How every figure looks: one palette, one lean template, and the door that every figure passes through.

Backgrounds are transparent and text is a middle grey, so that a stored figure reads on a white page and on a dark
one; a page that knows its theme may set stronger text and grid colours. Every colour below has a contrast of at
least 3 on white and on #14181f, and the palette's colours stay apart for colour-blind readers (tests measure both).
"""

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import plotly.graph_objects as go
import plotly.io as pio

from .compact import arrays, rounded, short

# Okabe and Ito's (2008) order of hues, moved to the middle lightness that both backgrounds leave.
PALETTE = ("#1F77D0", "#E8650A", "#0CA470", "#AA4E8C", "#84692A", "#8A55FA")
NULL = "#868C96"  # what chance gives: always grey and dotted
TEXT = "#7A818C"
AXIS = "rgba(128,136,148,0.55)"
GRID = "rgba(128,136,148,0.20)"


class Style(NamedTuple):
    """How one series looks, in every kind of figure. Colour is never alone."""

    colour: str
    dash: str
    symbol: str
    glyph: str
    """The symbol, as a character."""
    pattern: str


LOOKS = (
    Style(PALETTE[0], "solid", "circle", "●", ""),
    Style(PALETTE[1], "dash", "square", "■", "/"),
    Style(PALETTE[2], "dot", "triangle-up", "▲", "."),
    Style(PALETTE[3], "dashdot", "diamond", "◆", "x"),
    Style(PALETTE[4], "longdash", "triangle-down", "▼", "-"),
    Style(PALETTE[5], "longdashdot", "cross", "✚", "|"),
)
NULL_LOOKS = (
    Style(NULL, "dot", "circle-open", "○", ""),
    Style(NULL, "dash", "square-open", "□", "\\"),
    Style(NULL, "longdashdot", "triangle-up-open", "△", "+"),
)

# On a map small numbers fade into the page, whichever its colour.
SEQUENTIAL = ((0, "rgba(134,140,150,0.10)"), (0.5, "rgba(31,119,208,0.50)"), (1, "rgba(31,119,208,1)"))
DIVERGING = (
    (0, "rgba(31,119,208,1)"), (0.25, "rgba(31,119,208,0.5)"), (0.5, "rgba(134,140,150,0.10)"),
    (0.75, "rgba(232,101,10,0.5)"), (1, "rgba(232,101,10,1)"),
)  # fmt: skip
# Under words in cells the same scales on paper of their own, for plotly picks dark or light words by the cell.
SEQUENTIAL_PAPER = ((0, "#E6EAEF"), (0.5, "#7FB0E3"), (1, "#0F5CB0"))
DIVERGING_PAPER = ((0, "#0F5CB0"), (0.25, "#7FB0E3"), (0.5, "#E6EAEF"), (0.75, "#F2A867"), (1, "#B84A00"))
# Points have no room to fade: the hue changes, the contrast stays.
POINTS = ((0, PALETTE[0]), (0.5, PALETTE[3]), (1, PALETTE[1]))

# What the site's plotly bundle can draw.
TRACES = {"bar", "box", "contour", "heatmap", "histogram", "histogram2d", "image", "pie", "scatter", "violin"}

_AXES: dict[str, Any] = {
    "automargin": True, "gridcolor": GRID, "linecolor": AXIS, "zeroline": False, "tickcolor": AXIS,
    "ticklabelstandoff": 3, "title": {"font": {"size": 13}, "standoff": 10},
}  # fmt: skip
TEMPLATE = go.layout.Template(
    layout={
        "colorway": PALETTE,
        "font": {"family": "inherit", "size": 13, "color": TEXT},
        "title": {"x": 0, "y": 1, "yanchor": "top", "pad": {"t": 8, "l": 4}, "font": {"size": 15, "weight": 600}},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 12, "t": 44, "b": 8},
        "dragmode": False,  # a finger on the figure scrolls the page; the bar above it zooms
        "hoverlabel": {"align": "left", "font": {"family": "inherit"}},
        "legend": {
            "orientation": "h",
            "xref": "container",
            "x": 0.02,
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "bgcolor": "rgba(0,0,0,0)",
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": AXIS, "activecolor": TEXT},
        "xaxis": _AXES | {"showline": True, "ticks": "outside", "ticklen": 4},
        "yaxis": _AXES,
    }
)

pio.templates["interpbook"] = TEMPLATE
pio.templates.default = "interpbook"
pio.renderers["plotly_mimetype"].config.update(
    displaylogo=False, displayModeBar="hover", showSendToCloud=False, responsive=True,
    modeBarButtonsToRemove=["select2d", "lasso2d", "autoScale2d"],
)  # fmt: skip
pio.renderers.default = "colab" if "google.colab" in sys.modules else "plotly_mimetype"


def finish(fig: go.Figure, *, alt: str) -> go.Figure:
    """The same figure, ready to be shown and stored: styled, labelled, short, and described in words by `alt`.

    `alt` tells someone who cannot see the figure what it shows and what follows from it.
    """
    _check(fig, alt)
    for trace in traces(fig):
        for path, values in arrays(trace.to_plotly_json()):
            trace[path] = None  # plotly keeps the longer form when the new one is equal
            trace[path] = short(values)
    layout = fig.to_plotly_json()["layout"] | {"template": None, "meta": {"alt": " ".join(alt.split())}}
    fig.layout = {"height": 380} | rounded(layout) | {"autosize": True, "width": None}
    return fig.update_layout(template=TEMPLATE)


def traces(fig: go.Figure) -> tuple[Any, ...]:
    """The figure's traces. A type checker takes them for strings, misled by plotly's own hints."""
    data: Any = fig.data
    return data


def faded(colour: str, alpha: float) -> str:
    """A colour of the palette, see-through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def styles(caller: str, names: Mapping[str, Any], null: Any = ()) -> dict[str, Style]:
    """A style for each name. Nulls are grey and open, the first one dotted, and use up no colour."""
    strange = set(null) - set(names)
    if strange:
        raise ValueError(f"{caller}: null names {sorted(strange)}, but there are only {list(names)}.")
    real = [name for name in names if name not in null]
    nulls = [name for name in names if name in null]
    if len(real) > len(LOOKS) or len(nulls) > len(NULL_LOOKS):
        raise ValueError(
            f"{caller}: {len(real)} series and {len(nulls)} nulls, but no more than {len(LOOKS)} and {len(NULL_LOOKS)} "
            "can be told apart. Try a heat map, or plots.grid with a small figure for each."
        )
    chosen = dict(zip([*real, *nulls], [*LOOKS[: len(real)], *NULL_LOOKS[: len(nulls)]], strict=True))
    return {name: chosen[name] for name in names}


def colour_bar(label: str) -> dict[str, Any]:
    """A slim bar with its label alongside; the empty line keeps it clear of the numbers."""
    return {
        "title": {"text": f"<br>{label}", "side": "right", "font": {"size": 13}},
        "thickness": 12,
        "outlinewidth": 0,
    }


def hover(name: str, x: tuple[str, Any], y: tuple[str, Any]) -> str:
    """The text at the pointer: name, then both labels with their values as words, whole numbers or 4 digits."""
    lines = [f"<b>{name}</b>"] if name else []
    for letter, (label, values) in (("x", x), ("y", y)):
        kind = "words" if isinstance(values, list) else values.dtype.kind
        form = {"words": "", "f": ":.4~g"}.get(kind, ":,")
        lines.append(f"{label}: %{{{letter}{form}}}")
    return "<br>".join(lines) + "<extra></extra>"


def _check(fig: go.Figure, alt: str) -> None:
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("finish: alt is empty. Say in a sentence what the figure shows and what follows from it.")
    strange = {trace.type for trace in traces(fig)} - TRACES
    if strange or not fig.data:
        raise ValueError(f"finish: the site draws {', '.join(sorted(TRACES))}; got {sorted(strange) or 'no trace'}.")
    for axis in _unlabelled(fig):
        raise ValueError(f"finish: {axis} has no title. Say what it measures, with its unit, or set visible=False.")


def _unlabelled(fig: go.Figure) -> Iterator[str]:
    """The kinds of axis that are drawn and nowhere titled."""
    if all(trace.type == "pie" for trace in traces(fig)):
        return
    layout = fig.to_plotly_json()["layout"]
    for kind in ("xaxis", "yaxis"):
        axes = [layout.get(kind, {})] + [v for k, v in layout.items() if re.fullmatch(kind + r"\d+", k)]
        shown = [axis for axis in axes if axis.get("visible") is not False]
        if shown and not any(str((axis.get("title") or {}).get("text") or "").strip() for axis in shown):
            yield kind
