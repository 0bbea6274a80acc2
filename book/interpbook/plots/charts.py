"""Lines, points, bars and distributions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from .style import AXIS, DASHES, GLYPHS, NULL, PALETTE, PATTERNS, SYMBOLS, finish, need, numbers, plain, wrap

Pair = tuple[Any, Any]


def line(
    x: Any,
    series: Mapping[str, Any],
    *,
    title: str,
    x_label: str,
    y_label: str,
    alt: str,
    band: Mapping[str, Pair] | None = None,
    null: Collection[str] = (),
    reference: Mapping[str, float] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    y_range: tuple[float, float] | None = None,
    markers: bool | None = None,
    height: int = 380,
) -> go.Figure:
    """One line for each name in `series`, over the shared `x` (numbers, or names such as tokens).

    `band` gives (low, high) for a name; names in `null` are what chance gives, drawn grey and dotted;
    `reference` draws named horizontal lines. Up to four lines are labelled where they end, more get a legend.
    """
    need(title=title, x_label=x_label, y_label=y_label)
    places = _places("line: x", x)
    values = {name: _as_long_as(places, f"line: {name}", y) for name, y in _some("line", series).items()}
    fig = go.Figure()
    styles = _styles(values, null)
    for name, (low, high) in _known(band, values).items():
        edges = _as_long_as(places, f"line: band of {name}", low), _as_long_as(places, f"line: band of {name}", high)
        fig.add_traces(_band(places, *edges, styles[name][0], name))
    few = len(places) <= 24 if markers is None else markers
    for name, y in values.items():
        colour, dash, symbol, _ = styles[name]
        fig.add_scatter(
            x=places, y=y, name=plain(name), legendgroup=plain(name), mode="lines+markers" if few else "lines",
            line={"color": colour, "dash": dash, "width": 2.25}, marker={"symbol": symbol, "size": 7},
            hovertemplate=_hover(plain(name) if len(values) > 1 else "", x_label, y_label),
        )  # fmt: skip
    _axes(fig, places, title, x_label, y_label, height)
    fig.update_xaxes(type="log" if log_x else None)
    fig.update_yaxes(type="log" if log_y else None, range=_logged(y_range, log_y))
    _references(fig, reference, "h")
    _name_the_lines(fig, places, values, styles, log_x=log_x, log_y=log_y, y_range=y_range)
    return finish(fig, alt=alt)


def scatter(
    x: Any,
    y: Any,
    *,
    title: str,
    x_label: str,
    y_label: str,
    alt: str,
    group: Sequence[Any] | None = None,
    names: Sequence[Any] | None = None,
    labels: Sequence[Any] | None = None,
    colour: Any = None,
    colour_label: str = "",
    null: Collection[str] = (),
    reference: Mapping[str, float] | None = None,
    diagonal: bool = False,
    log_x: bool = False,
    log_y: bool = False,
    height: int = 420,
) -> go.Figure:
    """A point an item. `group` names the set each belongs to (colour and shape), `names` shows on hover,

    `labels` is printed beside a point (empty text for none), `colour` a number for each point, with its scale.
    """
    need(title=title, x_label=x_label, y_label=y_label)
    across = numbers("scatter: x", x)
    up = _as_long_as(across, "scatter: y", y)
    for what, given in (("group", group), ("names", names), ("labels", labels)):
        if given is not None and len(given) != len(across):
            raise ValueError(f"scatter: {len(across)} points but {len(given)} {what}. Expected one for each point.")
    groups = [str(g) for g in group] if group is not None else [""] * len(across)
    styles = _styles(dict.fromkeys(groups), null)
    fig = go.Figure()
    for name in styles:
        here = [i for i, g in enumerate(groups) if g == name]
        fig.add_scatter(
            x=across[here], y=up[here], name=plain(name), mode="markers" if labels is None else "markers+text",
            marker=_marker(styles[name], None if colour is None else numbers("scatter: colour", colour)[here], colour_label),
            text=None if labels is None else [plain(labels[i]) for i in here], textposition="top center",
            customdata=None if names is None else [plain(names[i]) for i in here],
            hovertemplate=_hover("%{customdata}" if names is not None else plain(name), x_label, y_label),
        )  # fmt: skip
    _axes(fig, across, title, x_label, y_label, height)
    fig.update_xaxes(type="log" if log_x else None)
    fig.update_yaxes(type="log" if log_y else None)
    if diagonal:
        ends = [float(min(np.nanmin(across), np.nanmin(up))), float(max(np.nanmax(across), np.nanmax(up)))]
        fig.add_scatter(
            x=ends, y=ends, mode="lines", line={"color": NULL, "dash": "dot"}, hoverinfo="skip", showlegend=False
        )
    _references(fig, reference, "h")
    _legend(fig, [name for name in styles if name])
    return finish(fig, alt=alt)


def bar(
    names: Sequence[Any],
    values: Any,
    *,
    title: str,
    x_label: str,
    y_label: str,
    alt: str,
    interval: Any = None,
    null: Collection[str] = (),
    reference: Mapping[str, float] | None = None,
    horizontal: bool = False,
    y_range: tuple[float, float] | None = None,
    height: int | None = None,
) -> go.Figure:
    """A bar for each name. `values` is a list of numbers or of `stats.Estimate` (then with error bars),

    or a mapping from a group's name to such a list. `interval` gives (lows, highs) for plain numbers.
    `horizontal=True` suits long names; `x_label` then still belongs to the names.
    """
    need(title=title, x_label=x_label, y_label=y_label)
    groups = values if isinstance(values, Mapping) else {"": values}
    styles, categories = _styles(_some("bar", groups), null), unique(names)
    fig = go.Figure()
    for i, (name, heights) in enumerate(groups.items()):
        middle, low, high = _estimates(f"bar: {name or 'values'}", heights, interval)
        if len(middle) != len(categories):
            raise ValueError(f"bar: {len(categories)} names but {len(middle)} values for {name or 'the bars'}.")
        error = (
            None
            if low is None
            else {"array": high - middle, "arrayminus": middle - low, "color": "#5B6470", "thickness": 1.5}
        )
        grey = [plain(n) in {plain(x) for x in null} for n in names]
        colours = [NULL if dull else styles[name][0] for dull in grey] if any(grey) else styles[name][0]
        across = {"x": middle, "y": categories, "orientation": "h"} if horizontal else {"x": categories, "y": middle}
        fig.add_bar(
            **across, name=plain(name), **{"error_x" if horizontal else "error_y": error},
            marker={"color": colours, "pattern": {"shape": PATTERNS[i], "size": 6, "solidity": 0.25}},
            hovertemplate=_hover(plain(name), y_label if horizontal else x_label, x_label if horizontal else y_label),
        )  # fmt: skip
    tall = 120 + 26 * len(categories) * len(groups) if horizontal else 380
    _axes(
        fig, categories, title, y_label if horizontal else x_label, x_label if horizontal else y_label, height or tall
    )
    fig.update_layout(bargap=0.3, barcornerradius=3)
    if horizontal:
        fig.update_xaxes(range=y_range, type=None)
        fig.update_yaxes(type="category", autorange="reversed")
    else:
        fig.update_yaxes(range=y_range)
    _references(fig, reference, "v" if horizontal else "h")
    _legend(fig, [name for name in groups if name])
    return finish(fig, alt=alt)


def histogram(
    values: Any,
    *,
    title: str,
    x_label: str,
    alt: str,
    y_label: str = "count",
    bins: int = 30,
    share: bool = False,
    null: Collection[str] = (),
    reference: Mapping[str, float] | None = None,
    height: int = 360,
) -> go.Figure:
    """How numbers are spread, or how several named sets are (a mapping), over the same bins.

    `share=True` shows each set's share in a bin, which compares sets of different sizes. `reference` draws
    named vertical lines, such as the observed value over its null.
    """
    need(title=title, x_label=x_label, y_label=y_label)
    sets = {
        k: numbers(f"histogram: {k or 'values'}", v)
        for k, v in (values if isinstance(values, Mapping) else {"": values}).items()
    }
    kept = {name: v[np.isfinite(v)] for name, v in _some("histogram", sets).items()}
    if any(v.size == 0 for v in kept.values()):
        raise ValueError("histogram: a set holds no finite number.")
    edges = np.histogram_bin_edges(np.concatenate(list(kept.values())), bins=bins)
    styles = _styles(kept, null)
    fig = go.Figure()
    for name, v in kept.items():
        count = np.histogram(v, edges)[0]
        tall = count / v.size if share else count
        colour, dash, *_ = styles[name]
        fig.add_scatter(
            x=np.repeat(edges, 2), y=np.concatenate([[0], np.repeat(tall, 2), [0]]), mode="lines", name=plain(name),
            line={"color": colour, "dash": dash, "width": 1.75}, fill="tozeroy", fillcolor=faded(colour, 0.25),
            hovertemplate=_hover(plain(name), x_label, y_label),
        )  # fmt: skip
    _axes(fig, edges, title, x_label, y_label, height)
    fig.update_yaxes(rangemode="tozero")
    _references(fig, reference, "v")
    _legend(fig, [name for name in kept if name])
    return finish(fig, alt=alt)


def unique(names: Sequence[Any]) -> list[str]:
    """Names for a category axis. Equal ones (a token that occurs twice) differ by invisible characters, or plotly merges them."""
    seen: dict[str, int] = {}
    places = []
    for name in map(plain, names):
        seen[name] = seen.get(name, -1) + 1
        places.append(name + "\u200b" * seen[name])
    return places


def faded(colour: str, alpha: float) -> str:
    """A palette colour, see-through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def _styles(names: Mapping[str, Any], null: Collection[str]) -> dict[str, tuple[str, str, str, str]]:
    """Colour, dash, marker and glyph of each series; nulls are grey and dotted, and use up no colour."""
    strange = set(null) - set(names)
    if strange and not any(n == "" for n in names):
        raise ValueError(f"null names {sorted(strange)}, but the series are {list(names)}.")
    real = [name for name in names if name not in null]
    if len(real) > len(PALETTE):
        raise ValueError(
            f"{len(real)} series in one figure, but only {len(PALETTE)} can be told apart. "
            "Try plots.grid with one small figure each, a heat map, or fewer series."
        )
    styles = {name: (PALETTE[i], DASHES[i], SYMBOLS[i], GLYPHS[i]) for i, name in enumerate(real)}
    return {name: styles.get(name, (NULL, "dot", "circle-open", "○")) for name in names}


def _places(what: str, x: Any) -> Any:
    """Numbers, or unique names for a category axis."""
    if len(x) and isinstance(x[0], str):
        return unique(x)
    return numbers(what, x)


def _as_long_as(places: Any, what: str, values: Any) -> np.ndarray:
    array = numbers(what, values)
    if len(array) != len(places):
        raise ValueError(f"{what}: {len(array)} numbers for {len(places)} places on the other axis.")
    return array


def _some(what: str, series: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(series, Mapping) or not series:
        raise ValueError(
            f"{what}: expected a mapping from name to numbers, with at least one name. Got {type(series).__name__}."
        )
    return series


def _known(band: Mapping[str, Pair] | None, values: Mapping[str, Any]) -> Mapping[str, Pair]:
    strange = set(band or ()) - set(values)
    if strange:
        raise ValueError(f"line: band names {sorted(strange)}, but the series are {list(values)}.")
    return band or {}


def _band(x: Any, low: np.ndarray, high: np.ndarray, colour: str, name: str) -> list[go.Scatter]:
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    edge |= {"legendgroup": plain(name), "x": x}
    return [go.Scatter(y=low, **edge), go.Scatter(y=high, fill="tonexty", fillcolor=faded(colour, 0.2), **edge)]


def _marker(style: tuple[str, str, str, str], colour: np.ndarray | None, label: str) -> dict[str, Any]:
    marker: dict[str, Any] = {"color": style[0], "symbol": style[2], "size": 8, "opacity": 0.85}
    if colour is None:
        return marker
    need(colour_label=label)
    bar = {"title": {"text": label, "side": "right"}, "thickness": 12, "outlinewidth": 0}
    return marker | {"color": colour, "colorscale": "Cividis", "colorbar": bar, "opacity": 1}


def _estimates(what: str, values: Any, interval: Any) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Values with their lows and highs, from Estimates or from plain numbers with an interval."""
    if len(values) and all(hasattr(v, "low") and hasattr(v, "high") for v in values):
        middle, low, high = (
            np.array([getattr(v, part) for v in values], dtype=float) for part in ("value", "low", "high")
        )
        return middle, low, high
    middle = numbers(what, values)
    if interval is None:
        return middle, None, None
    low, high = (_as_long_as(middle, f"{what} interval", edge) for edge in interval)
    return middle, low, high


def _hover(name: str, x_label: str, y_label: str) -> str:
    first = f"<b>{name}</b><br>" if name else ""
    return f"{first}{x_label}: %{{x:.4~g}}<br>{y_label}: %{{y:.4~g}}<extra></extra>"


def _axes(fig: go.Figure, places: Any, title: str, x_label: str, y_label: str, height: int) -> None:
    text = wrap(title)
    fig.update_layout(title_text=text, height=height, showlegend=False, margin_t=24 + 20 * (1 + text.count("<br>")))
    fig.update_xaxes(title_text=x_label)
    fig.update_yaxes(title_text=y_label)
    if isinstance(places, list):
        fig.update_xaxes(type="category")


def _legend(fig: go.Figure, names: Sequence[str]) -> None:
    """A legend over the plot, with room for its rows."""
    if len(names) > 1:
        rows = 1 + sum(len(name) * 7 + 56 for name in names) // 560
        fig.update_layout(showlegend=True, margin_t=fig.layout.margin.t + 24 * rows)


def _logged(bounds: tuple[float, float] | None, log: bool) -> list[float] | None:
    if bounds is None:
        return None
    return [float(np.log10(b)) for b in bounds] if log else [float(b) for b in bounds]


def _references(fig: go.Figure, reference: Mapping[str, float] | None, direction: str) -> None:
    """Named thin lines across the plot."""
    for name, place in (reference or {}).items():
        style = {"line": {"color": NULL, "dash": "dash", "width": 1.5}, "annotation_text": plain(name)}
        if direction == "h":
            fig.add_hline(y=place, annotation_position="top left", **style)
        else:
            fig.add_vline(x=place, annotation_position="top right", **style)


def _name_the_lines(
    fig: go.Figure, places: Any, values: Mapping[str, np.ndarray], styles: Mapping[str, tuple], *,
    log_x: bool, log_y: bool, y_range: tuple[float, float] | None,
) -> None:  # fmt: skip
    """Names where the lines end, spread so that they do not overlap; a legend where that will not fit."""
    if len(values) < 2:
        return
    if len(values) > 4 or max(map(len, values)) > 18:
        _legend(fig, list(values))
        return
    scale = np.log10 if log_y else np.asarray
    stack = np.concatenate([v[np.isfinite(v)] for v in values.values()])
    low, high = y_range or (stack.min(), stack.max())
    pixels = (fig.layout.height - fig.layout.margin.t - 70) / max(float(scale(high) - scale(low)) * 1.1, 1e-12)
    last = {name: int(np.flatnonzero(np.isfinite(v))[-1]) for name, v in values.items() if np.isfinite(v).any()}
    ends = sorted((float(scale(values[name][i])) * pixels, name) for name, i in last.items())
    spread = _spread([end for end, _ in ends], 17)
    for (end, name), place in zip(ends, spread, strict=True):
        colour, _, _, glyph = styles[name]
        x = places[last[name]]
        fig.add_annotation(
            x=float(np.log10(x)) if log_x else x if isinstance(x, str) else float(x), y=end / pixels, yshift=place - end,
            text=f'<span style="color:{colour}">{glyph}</span> {plain(name)}', showarrow=False, xanchor="left", xshift=6,
        )  # fmt: skip
    fig.update_layout(margin_r=24 + int(7.4 * max(map(len, values))))


def _spread(places: list[float], gap: float) -> list[float]:
    """The same places in order, moved as little as needed to be `gap` apart."""
    spread: list[float] = []
    for block in [[p] for p in places]:
        spread += block
    for _ in range(50):
        for i in range(len(spread) - 1):
            lack = gap - (spread[i + 1] - spread[i])
            if lack > 1e-9:
                spread[i] -= lack / 2
                spread[i + 1] += lack / 2
    return spread


__all__ = ["AXIS", "bar", "faded", "histogram", "line", "scatter", "unique"]
