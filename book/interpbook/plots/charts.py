"""Lines, points, bars and distributions."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, SupportsFloat, cast

import numpy as np
import plotly.graph_objects as go

from .compact import Bounds, Words, marked, need, numbers, plain, unique
from .frame import axis, fits_beside, frame, level_lines, name_ends, room_for, upright_lines
from .style import NULL, POINTS, TEXT, Style, colour_bar, faded, finish, hover, styles


def line(
    x: Any,
    series: Mapping[str, Any],
    *,
    title: str,
    x_label: str,
    y_label: str,
    alt: str,
    band: Mapping[str, tuple[Any, Any]] | None = None,
    null: Collection[str] = (),
    reference: Mapping[str, SupportsFloat] | None = None,
    log_x: bool = False,
    log_y: bool = False,
    y_range: Bounds | None = None,
    markers: bool | None = None,
    height: int = 380,
) -> go.Figure:
    """A line for each name in `series`, over the shared `x`: numbers, or words such as tokens.

    Each line runs from left to right, whatever the order of `x`.
    A series is a list of numbers (NaN leaves a gap) or of `stats.Estimate`, whose intervals become its band;
    `band` gives (lows, highs) for numbers. Names in `null` are what chance gives: grey and dotted. `reference` draws
    named horizontal lines. A few short names stand where their lines end, more or longer ones in a legend.
    """
    need("line", title=title, x_label=x_label, y_label=y_label)
    places = _places("line: x", x)
    drawn = {name: _with_interval(f"line: {name}", y, len(places)) for name, y in _named("line", series).items()}
    _add_bands(drawn, band, len(places))
    places, drawn = _left_to_right(places, drawn)
    looks, dots = styles("line", drawn, null), len(places) <= 24 if markers is None else markers
    fig = go.Figure([*_bands(places, drawn, looks), *_lines(places, drawn, looks, x_label, y_label, dots)])
    y_axis = axis(_heights(drawn, reference), log=log_y, bounds=y_range, pad=0.0 if y_range else 0.06)
    fig.update_xaxes(**axis(places, log=log_x, pad=0.015 if dots else 0.0))
    fig.update_yaxes(**y_axis)
    titles: dict[str, Any] = {"title": title, "x_label": x_label, "y_label": y_label, "height": height}
    lines, ends = dict(reference or {}), {name: _last(y) for name, (y, _, _) in drawn.items()}
    level_lines(fig, lines)
    if fits_beside([*ends, *lines]):
        frame(fig, **titles, right=room_for([*ends, *lines]))
        name_ends(fig, ends | lines, looks, y_axis)
    else:
        frame(fig, **titles, right=room_for(lines), legend=list(drawn))
        name_ends(fig, lines, {}, y_axis)
    return finish(fig, alt=alt)


def scatter(
    x: Any,
    y: Any,
    *,
    title: str,
    x_label: str,
    y_label: str,
    alt: str,
    group: Words | None = None,
    names: Words | None = None,
    labels: Words | None = None,
    colour: Any = None,
    colour_label: str = "",
    null: Collection[str] = (),
    reference: Mapping[str, SupportsFloat] | None = None,
    diagonal: bool = False,
    log_x: bool = False,
    log_y: bool = False,
    height: int = 420,
) -> go.Figure:
    """A point for each item.

    `group` names the set that a point belongs to (its colour and shape), `names` is shown at the pointer, `labels`
    beside the point ("" for none), `colour` is a number for each point on a scale. `diagonal` draws y = x.
    """
    need("scatter", title=title, x_label=x_label, y_label=y_label)
    across, up = numbers("scatter: x", x), numbers("scatter: y", y)
    shades = None if colour is None else numbers("scatter: colour", colour)
    per_point = {"y": up, "group": group, "names": names, "labels": labels, "colour": shades}
    for what, given in per_point.items():
        if given is not None and len(given) != len(across):
            raise ValueError(f"scatter: {len(across)} points but {len(given)} {what}. Expected one for each point.")
    groups = [str(g) for g in group] if group is not None else [""] * len(across)
    fig = go.Figure()
    looks = styles("scatter", dict.fromkeys(groups), null)
    for name, look in looks.items():
        here = [i for i, g in enumerate(groups) if g == name]
        fig.add_scatter(
            x=across[here], y=up[here], name=plain(name), mode="markers" if labels is None else "markers+text",
            marker=_marker(look, None if shades is None else shades[here], colour_label),
            text=None if labels is None else [plain(labels[i]) for i in here], textposition="top center",
            customdata=None if names is None else [plain(names[i]) for i in here],
            hovertemplate=hover(
                "%{customdata}" if names is not None else plain(name), (marked(x_label), across), (marked(y_label), up)
            ),
        )  # fmt: skip
    if diagonal:
        ends = [float(max(np.nanmin(across), np.nanmin(up))), float(min(np.nanmax(across), np.nanmax(up)))]
        look = {"color": NULL, "dash": "dot", "width": 1.5}
        fig.add_scatter(x=ends, y=ends, mode="lines", line=look, hoverinfo="skip", showlegend=False)
    fig.update_xaxes(**axis(across, log=log_x, pad=0.04))
    y_axis = axis(np.append(up, _levels(reference)), log=log_y, pad=0.06)
    fig.update_yaxes(**y_axis)
    level_lines(fig, reference)
    titles: dict[str, Any] = {"title": title, "x_label": x_label, "y_label": y_label, "height": height}
    frame(fig, **titles, legend=list(looks), right=room_for(reference or {}))
    name_ends(fig, reference or {}, {}, y_axis)
    return finish(fig, alt=alt)


def bar(
    names: Words,
    values: Any,
    *,
    title: str,
    x_label: str,
    y_label: str,
    alt: str,
    interval: tuple[Any, Any] | None = None,
    null: Collection[str] = (),
    reference: Mapping[str, SupportsFloat] | None = None,
    horizontal: bool = False,
    y_range: Bounds | None = None,
    height: int | None = None,
) -> go.Figure:
    """A bar for each name. `values` is a list of numbers or of `stats.Estimate`, which come with error bars.

    It may also map the names of groups to such lists: a bar for each group side by side. `interval` gives
    (lows, highs) for a list of numbers. Bars, or groups, named in `null` are grey. `horizontal=True` suits long
    names: `x_label` still belongs to the names and `y_label` and `y_range` to the values.
    """
    need("bar", title=title, x_label=x_label, y_label=y_label)
    groups = _named("bar", values) if isinstance(values, Mapping) else {"": values}
    places = unique(names)
    drawn = {name: _with_interval(f"bar: {name or 'values'}", v, len(places)) for name, v in groups.items()}
    _add_bands(drawn, None if interval is None else {next(iter(groups)): interval}, len(places))
    looks, fig = styles("bar", groups, set(null) & set(groups)), go.Figure()
    strange = set(null) - set(groups) - set(map(str, names))
    if strange:
        raise ValueError(f"bar: null names {sorted(strange)}, but the bars are {list(map(str, names))}.")
    for name, (middle, low, high) in drawn.items():
        colours = [NULL if str(bar) in null else looks[name].colour for bar in names]
        fig.add_bar(
            **({"y": places, "x": middle, "orientation": "h"} if horizontal else {"x": places, "y": middle}),
            **{"error_x" if horizontal else "error_y": _error_bars(middle, low, high)}, name=plain(name),
            marker=_fill(looks[name], colours), hovertemplate=_bar_hover(name, x_label, y_label, horizontal),
        )  # fmt: skip
    names_axis = axis(places)
    reach = _heights(drawn, reference)
    values_axis = axis(reach, bounds=y_range or (1.06 * min(0, reach.min()), 1.06 * max(0, reach.max())))
    if horizontal:
        names_axis |= {"range": names_axis["range"][::-1]}
    fig.update_xaxes(**(values_axis if horizontal else names_axis))
    fig.update_yaxes(**(names_axis if horizontal else values_axis))
    fig.update_layout(bargap=0.3, barcornerradius=3)
    tall = height or (130 + 14 * len(places) * (len(groups) + 1) if horizontal else 380)
    below, beside = (y_label, x_label) if horizontal else (x_label, y_label)
    right = 12 if horizontal else room_for(reference or {})
    frame(fig, title=title, x_label=below, y_label=beside, height=tall, legend=list(groups), right=right)
    if horizontal:
        upright_lines(fig, reference, values_axis["range"])
    else:
        level_lines(fig, reference)
        name_ends(fig, reference or {}, {}, values_axis)
    return finish(fig, alt=alt)


def histogram(
    values: Any,
    *,
    title: str,
    x_label: str,
    alt: str,
    y_label: str = "",
    bins: int = 30,
    share: bool = False,
    null: Collection[str] = (),
    reference: Mapping[str, SupportsFloat] | None = None,
    height: int = 360,
) -> go.Figure:
    """How numbers are spread, or how several named sets of them are (a mapping), over the same bins.

    `share=True` gives each set's share in a bin, which compares sets of different sizes. `reference` draws named
    vertical lines, such as the observed value over its null. NaN and infinities are left out.
    """
    y_label = y_label or ("share of each bin" if share else "count")
    need("histogram", title=title, x_label=x_label, y_label=y_label)
    sets = _named("histogram", values) if isinstance(values, Mapping) else {"": values}
    kept = {name: numbers(f"histogram: {name or 'values'}", v) for name, v in sets.items()}
    kept = {name: v[np.isfinite(v)].astype(float) for name, v in kept.items()}
    if any(v.size == 0 for v in kept.values()):
        raise ValueError(
            f"histogram: no finite number in {[name or 'values' for name, v in kept.items() if not v.size]}."
        )
    edges = np.histogram_bin_edges(np.concatenate(list(kept.values())), bins=bins)
    looks, fig = styles("histogram", kept, null), go.Figure()
    for name, v in kept.items():
        count = np.histogram(v, edges)[0]
        tall = np.repeat(count / v.size if share else count, 2)
        fig.add_scatter(
            x=np.repeat(edges, 2), y=np.concatenate([[0], tall, [0]]), mode="lines", name=plain(name),
            line={"color": looks[name].colour, "dash": looks[name].dash, "width": 1.75}, fill="tozeroy",
            fillcolor=faded(looks[name].colour, 0.22),
            hovertemplate=hover(plain(name), (marked(x_label), edges), (marked(y_label), tall)),
        )  # fmt: skip
    x_axis = axis(np.append(edges, _levels(reference)), pad=0.02)
    fig.update_xaxes(**x_axis)
    fig.update_yaxes(rangemode="tozero")
    upright_lines(fig, reference, x_axis["range"])
    frame(fig, title=title, x_label=x_label, y_label=y_label, height=height, legend=list(kept))
    return finish(fig, alt=alt)


Drawn = dict[str, tuple[np.ndarray, np.ndarray | None, np.ndarray | None]]


def _named(caller: str, series: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(series, Mapping) or not series:
        raise ValueError(
            f"{caller}: expected a mapping from name to numbers, {{'trained': [...]}}; got {series!r:.60}."
        )
    return series


def _places(what: str, x: Any) -> Any:
    """Numbers, or a list of distinct words for a category axis."""
    return unique(x) if len(x) and isinstance(x[0], str) else numbers(what, x)


def _with_interval(what: str, values: Any, n: int) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Values and, where they are Estimates, their lows and highs."""
    if len(values) and all(hasattr(v, "low") and hasattr(v, "high") for v in values):
        value, low, high = (np.array([getattr(v, part) for v in values], float) for part in ("value", "low", "high"))
        return _long(what, value, n), low, high
    return _long(what, values, n), None, None


def _long(what: str, values: Any, n: int) -> np.ndarray:
    array = numbers(what, values)
    if len(array) != n:
        raise ValueError(f"{what}: {len(array)} numbers for {n} places. Expected one for each.")
    return array


def _add_bands(drawn: Drawn, band: Mapping[str, tuple[Any, Any]] | None, n: int) -> None:
    for name, edges in (band or {}).items():
        if name not in drawn:
            raise ValueError(f"band names {name!r}, but the series are {list(drawn)}.")
        low, high = (_long(f"band of {name}", edge, n) for edge in edges)
        if (low > high).any():
            raise ValueError(
                f"band of {name}: {int((low > high).sum())} lows are above their highs. Expected (lows, highs)."
            )
        drawn[name] = drawn[name][0], low, high


def _left_to_right(places: Any, drawn: Drawn) -> tuple[Any, Drawn]:
    if isinstance(places, list):
        return places, drawn
    order = np.argsort(places, kind="stable")
    ordered = {name: tuple(p if p is None else p[order] for p in parts) for name, parts in drawn.items()}
    return places[order], cast(Drawn, ordered)


def _bands(places: Any, drawn: Drawn, looks: Mapping[str, Style]) -> Iterator[go.Scatter]:
    """Two invisible edges for each series that has an interval, and the colour between them."""
    for name, (_, low, high) in drawn.items():
        edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        edge |= {"legendgroup": plain(name), "x": places}
        if low is not None and high is not None:
            yield go.Scatter(y=low, **edge)
            yield go.Scatter(y=high, fill="tonexty", fillcolor=faded(looks[name].colour, 0.18), **edge)


def _lines(
    places: Any, drawn: Drawn, looks: Mapping[str, Style], x_label: str, y_label: str, dots: bool
) -> Iterator[go.Scatter]:
    for name, (y, _, _) in drawn.items():
        look, said = looks[name], plain(name) if len(drawn) > 1 else ""
        yield go.Scatter(
            x=places, y=y, name=plain(name), legendgroup=plain(name), mode="lines+markers" if dots else "lines",
            line={"color": look.colour, "dash": look.dash, "width": 2.25}, marker={"symbol": look.symbol, "size": 7},
            hovertemplate=hover(said, (marked(x_label), places), (marked(y_label), y)),
        )  # fmt: skip


def _heights(drawn: Drawn, reference: Mapping[str, SupportsFloat] | None) -> np.ndarray:
    """All finite numbers that have to fit on the axis of values."""
    parts = [part for parts in drawn.values() for part in parts if part is not None]
    every = np.concatenate([*parts, _levels(reference)]).astype(float)
    if not np.isfinite(every).any():
        raise ValueError("None of the numbers is finite: there is nothing to draw.")
    return every[np.isfinite(every)]


def _levels(reference: Mapping[str, SupportsFloat] | None) -> list[float]:
    return [float(place) for place in (reference or {}).values()]


def _last(y: np.ndarray) -> float:
    finite = y[np.isfinite(y)]
    return float(finite[-1]) if finite.size else 0.0


def _marker(look: Style, shades: np.ndarray | None, label: str) -> dict[str, Any]:
    marker: dict[str, Any] = {"color": look.colour, "symbol": look.symbol, "size": 8, "opacity": 0.85}
    if shades is None:
        return marker
    need("scatter", colour_label=label)
    return marker | {"color": shades, "colorscale": POINTS, "colorbar": colour_bar(marked(label)), "opacity": 1}


def _error_bars(middle: np.ndarray, low: np.ndarray | None, high: np.ndarray | None) -> dict[str, Any] | None:
    if low is None or high is None:
        return None
    return {"array": high - middle, "arrayminus": middle - low, "color": TEXT, "thickness": 2, "width": 5}


def _fill(look: Style, colours: list[str]) -> dict[str, Any]:
    """Pale inside, so that error bars show, with a firm edge; groups after the first are hatched."""
    one = len(set(colours)) == 1
    edge = {"color": colours[0] if one else colours, "width": 1.5}
    if look.pattern:
        return {"color": edge["color"], "line": edge, "pattern": {"shape": look.pattern, "size": 7, "solidity": 0.2}}
    pale = [faded(colour, 0.45) for colour in colours]
    return {"color": pale[0] if one else pale, "line": edge}


def _bar_hover(name: str, x_label: str, y_label: str, horizontal: bool) -> str:
    names, values = (marked(x_label), []), (marked(y_label), np.zeros(1))
    return hover(plain(name), *((values, names) if horizontal else (names, values)))
