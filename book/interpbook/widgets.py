"""A control over a figure: live in a kernel, precomputed in a stored page, one call for both.

1. In a live kernel `slider` and `choice` show ipywidgets that call `make_figure(value)` anew.
2. While notebooks are executed for the book (INTERPBOOK_STATIC=1) every value's figure is made beforehand. One plotly
   figure holds the first of them and, for each step, only what is then different in traces and layout.

`make_figure` is a plain function from a value to a figure of `interpbook.plots`; test it by calling it.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets
import numpy as np
import plotly.graph_objects as go
from IPython.display import clear_output, display

from .plots.compact import Words, marked, packed, plain, rounded
from .plots.style import AXIS, NULL, finish, traces

MAX_BYTES = 200_000
ROOM = {"slider": 92, "choice": 46}  # pixels that the control takes, between the title and the plot

MakeFigure = Callable[[Any], go.Figure]


def slider(
    make_figure: MakeFigure, values: Words, *, label: str, start: int = 0, alt: str
) -> ipywidgets.VBox | go.Figure:
    """A slider over `values` that shows `make_figure(value)`: the last expression of its cell.

    `label` says what the slider changes, with its unit; `start` is the index of the value shown first; `alt`
    describes the figure and what moving the slider does to it. Fix ranges (`y_range`, `z_range`, `limit`) in
    `make_figure` where steps are to be compared by eye.
    """
    return _control("slider", make_figure, values, label, start, alt)


def choice(
    make_figure: MakeFigure, values: Words, *, label: str, start: int = 0, alt: str
) -> ipywidgets.VBox | go.Figure:
    """As `slider`, with a drop-down list: for names, whose order means nothing."""
    return _control("choice", make_figure, values, label, start, alt)


def is_static() -> bool:
    """Whether figures are being made for a stored page."""
    return os.environ.get("INTERPBOOK_STATIC") == "1"


def _control(
    kind: str, make_figure: MakeFigure, values: Words, label: str, start: int, alt: str
) -> ipywidgets.VBox | go.Figure:
    values = list(values)
    if not values:
        raise ValueError(f"{kind}: there are no values to choose from.")
    for name, text in (("label", label), ("alt", alt)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{kind}: {name} is empty. Say in words what the control changes and what that shows.")
    if not 0 <= start < len(values):
        raise ValueError(f"{kind}: start is {start}, but it is an index into {len(values)} values.")
    show = _static if is_static() else _live
    return show(kind, make_figure, values, label, start, alt)


def _live(
    kind: str, make_figure: MakeFigure, values: Sequence[Any], label: str, start: int, alt: str
) -> ipywidgets.VBox:
    first = _made(make_figure, values[start], alt)  # an error here is the cell's own
    look: dict[str, Any] = {"style": {"description_width": "initial"}, "layout": {"width": "min(100%, 36rem)"}}
    make = ipywidgets.SelectionSlider if kind == "slider" else ipywidgets.Dropdown
    if kind == "slider":
        look["continuous_update"] = False
    options = [(_name(value), i) for i, value in enumerate(values)]
    control, output = make(options=options, value=start, description=label, **look), ipywidgets.Output()

    def show(change: Mapping[str, Any]) -> None:
        with output:  # whatever make_figure prints, warns or raises appears in the figure's place
            clear_output(wait=True)
            display(_made(make_figure, values[change["new"]], alt))

    with output:
        display(first)
    control.observe(show, names="value")
    return ipywidgets.VBox([control, output])


def _static(kind: str, make_figure: MakeFigure, values: Sequence[Any], label: str, start: int, alt: str) -> go.Figure:
    made = [_made(make_figure, value, alt) for value in values]
    layouts = [_with_room(figure.to_plotly_json()["layout"], ROOM[kind]) for figure in made]
    for layout in layouts:
        layout["height"] = max(each["height"] for each in layouts)
    data, changes = _data_changes([[trace.to_plotly_json() for trace in traces(figure)] for figure in made], start)
    steps = [
        {"label": plain(_name(value)), "method": "update", "args": [change, other]}
        for value, change, other in zip(values, changes, _changes([_flat(layout) for layout in layouts]), strict=True)
    ]
    figure = go.Figure(data=data, layout=layouts[start])
    figure.update_layout(_slider(steps, label, start) if kind == "slider" else _menu(steps, label, start))
    # The site has controls of its own, and takes this room back.
    figure.layout.meta = {**figure.layout.meta, "room": ROOM[kind]}
    size = len(str(figure.to_json()))
    if size > MAX_BYTES:
        raise ValueError(
            f"{kind} {label!r}: {len(values)} values take {size / 1000:,.0f} kB in the stored page, more than "
            f"{MAX_BYTES / 1000:.0f} kB. Use fewer values, or fewer points in each figure."
        )
    return figure


def _made(make_figure: MakeFigure, value: Any, alt: str) -> go.Figure:
    figure = make_figure(value)
    if not isinstance(figure, go.Figure):
        raise ValueError(f"make_figure({value!r}) gave {type(figure).__name__}. Expected it to return a plotly figure.")
    return finish(figure, alt=alt)


def _data_changes(frames: Sequence[Sequence[dict]], start: int) -> tuple[list[dict], list[dict[str, Any]]]:
    """The traces to draw first, and for each step what turns the traces of any other step into its own."""
    kinds = [[trace["type"] for trace in frame] for frame in frames]
    if any(kind != kinds[0] for kind in kinds):  # other traces at other steps: hold them all, show some
        owner = [i for i, frame in enumerate(frames) for _ in frame]
        stacked = [trace | {"visible": i == start} for i, frame in enumerate(frames) for trace in frame]
        return stacked, [{"visible": [i == step for i in owner]} for step in range(len(frames))]
    by_trace = [_changes([_flat(trace) for trace in same]) for same in zip(*frames, strict=True)]
    keys = dict.fromkeys(key for trace in by_trace for key in trace[0])
    flat = [[_flat(trace) for trace in frame] for frame in frames]
    return list(frames[start]), [{key: [_short(trace.get(key)) for trace in frame] for key in keys} for frame in flat]


def _short(value: Any) -> Any:
    return packed(value) if isinstance(value, np.ndarray) else rounded(value)


def _changes(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of several sets of attributes, only those that are not the same in all. None takes an attribute away."""
    keys = dict.fromkeys(key for version in versions for key in version)
    moving = [key for key in keys if any(not _same(version.get(key), versions[0].get(key)) for version in versions)]
    return [{key: version.get(key) for key in moving} for version in versions]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False
    return a == b


def _flat(node: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Nested attributes under plotly's dotted paths, without the template and the description."""
    flat: dict[str, Any] = {}
    for key, value in node.items():
        where = f"{path}.{key}" if path else key
        if where not in ("template", "meta"):
            flat |= _flat(value, where) if isinstance(value, dict) else {where: value}
    return flat


def _with_room(layout: dict[str, Any], room: int) -> dict[str, Any]:
    """The layout with space over the plot for a control."""
    margin = layout.get("margin", {})
    return layout | {"height": layout["height"] + room, "margin": margin | {"t": margin.get("t", 44) + room}}


def _slider(steps: list[dict[str, Any]], label: str, start: int) -> dict[str, Any]:
    return {
        "sliders": [{
            "active": start, "steps": steps, "y": 1, "yanchor": "bottom", "x": 0, "len": 1, "pad": {"b": 14, "t": 0},
            "currentvalue": {"prefix": f"{marked(label)}: ", "font": {"size": 14}, "offset": 8}, "bgcolor": NULL,
            "borderwidth": 0, "tickcolor": AXIS, "minorticklen": 0, "ticklen": 4, "name": label,
        }]
    }  # fmt: skip


def _menu(steps: list[dict[str, Any]], label: str, start: int) -> dict[str, Any]:
    """A list that opens over the plot, so it needs paper of its own: light, in both themes."""
    buttons = [step | {"label": f"{marked(label)}: {step['label']}"} for step in steps]
    return {
        "updatemenus": [{
            "active": start, "buttons": buttons, "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom",
            "pad": {"b": 8}, "bgcolor": "#E6EAEF", "bordercolor": NULL, "font": {"color": "#1F2933"}, "name": label,
        }]
    }  # fmt: skip


def _name(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
