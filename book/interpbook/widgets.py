"""A control over a figure: live in a kernel, precomputed in a stored page, and one call for both.

1. In a live kernel `slider` and `choice` show ipywidgets that call `make_figure(value)` anew.
2. When notebooks are executed for the book (INTERPBOOK_STATIC=1) every value's figure is made beforehand, and one plotly
   figure holds the first of them and, for each step, only what changes: traces by `restyle`, titles by `relayout`.

`make_figure` is a plain function from a value to a finished figure of `interpbook.plots`, tested by calling it.
"""

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
import numpy as np
import plotly.graph_objects as go
from IPython.display import clear_output, display

from .plots import finish
from .plots.style import plain

MAX_BYTES = 200_000

MakeFigure = Callable[[Any], go.Figure]


def slider(
    make_figure: MakeFigure, values: Sequence[Any], *, label: str, start: int = 0, alt: str
) -> ipywidgets.Widget | go.Figure:
    """A slider over `values` that shows `make_figure(value)`; `label` says what moves, `start` is an index.

    The result is the last expression of a cell. Fix axis ranges in `make_figure` where steps must compare.
    """
    values = _checked("slider", values, label, start)
    if is_static():
        return _precomputed(make_figure, values, label, start, alt, _slider_control)
    control = ipywidgets.SelectionSlider(
        options=[(_name(value), i) for i, value in enumerate(values)],
        value=start, description=label, continuous_update=False, style={"description_width": "initial"},
        layout=ipywidgets.Layout(width="min(100%, 40rem)"),
    )  # fmt: skip
    return _live(make_figure, values, control)


def choice(
    make_figure: MakeFigure, values: Sequence[Any], *, label: str, start: int = 0, alt: str
) -> ipywidgets.Widget | go.Figure:
    """A drop-down list over `values` that shows `make_figure(value)`: for names, where order means nothing."""
    values = _checked("choice", values, label, start)
    if is_static():
        return _precomputed(make_figure, values, label, start, alt, _menu_control)
    control = ipywidgets.Dropdown(
        options=[(_name(value), i) for i, value in enumerate(values)],
        value=start, description=label, style={"description_width": "initial"},
    )  # fmt: skip
    return _live(make_figure, values, control)


def is_static() -> bool:
    """Whether figures are being made for a stored page."""
    return os.environ.get("INTERPBOOK_STATIC") == "1"


def _live(make_figure: MakeFigure, values: Sequence[Any], control: Any) -> ipywidgets.VBox:
    first = make_figure(values[control.value])  # an error here belongs to the cell
    output = ipywidgets.Output()

    def show(change: dict[str, Any]) -> None:
        with output:  # prints, warnings and errors of make_figure appear under the control
            clear_output(wait=True)
            display(make_figure(values[change["new"]]))

    with output:
        display(first)
    control.observe(show, names="value")
    return ipywidgets.VBox([control, output])


def _precomputed(
    make_figure: MakeFigure, values: Sequence[Any], label: str, start: int, alt: str, control: Callable
) -> go.Figure:
    figures = [finish(make_figure(value), alt=alt) for value in values]
    shown = [figure.to_plotly_json() for figure in figures]
    data, changes = _changes([f["data"] for f in shown], start)
    layouts = _layout_changes([f["layout"] for f in shown])
    steps = [
        {"label": _name(value), "method": "update", "args": [change, layout]}
        for value, change, layout in zip(values, changes, layouts, strict=True)
    ]
    whole = go.Figure(data=data, layout=shown[start]["layout"])
    control(whole, steps, label, start)
    size = len(json.dumps(whole.to_plotly_json(), default=_jsonable))
    if size > MAX_BYTES:
        raise ValueError(
            f"{label!r} with {len(values)} values takes {size / 1000:,.0f} kB in the stored page, more than "
            f"{MAX_BYTES / 1000:.0f} kB. Use fewer values, or fewer points in a figure."
        )
    return whole


def _changes(frames: list[Any], start: int) -> tuple[list[Any], list[dict[str, Any]]]:
    """The traces to draw first, and for each step the restyle that turns any other step into it."""
    kinds = [[trace["type"] for trace in frame] for frame in frames]
    if any(kind != kinds[0] for kind in kinds):  # other traces at other steps: hold them all, show some
        stacked = [{**trace, "visible": i == start} for i, frame in enumerate(frames) for trace in frame]
        owner = [i for i, frame in enumerate(frames) for _ in frame]
        return stacked, [{"visible": [o == i for o in owner]} for i in range(len(frames))]
    flat = [[_flat(trace) for trace in frame] for frame in frames]
    changing = [
        key
        for key in dict.fromkeys(key for frame in flat for trace in frame for key in trace)
        if any(_differ(frame[t].get(key), flat[0][t].get(key)) for frame in flat for t in range(len(frame)))
    ]
    return frames[start], [{key: [trace.get(key) for trace in frame] for key in changing} for frame in flat]


def _layout_changes(layouts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    flat = [_flat({k: v for k, v in layout.items() if k not in ("template", "meta")}) for layout in layouts]
    changing = [
        key
        for key in dict.fromkeys(key for layout in flat for key in layout)
        if any(_differ(layout.get(key), flat[0].get(key)) for layout in flat)
    ]
    return [{key: layout.get(key) for key in changing} for layout in flat]


def _flat(node: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Nested attributes as plotly's dotted paths."""
    flat: dict[str, Any] = {}
    for key, value in node.items():
        where = f"{path}.{key}" if path else key
        flat |= _flat(value, where) if isinstance(value, dict) and "bdata" not in value else {where: value}
    return flat


def _differ(a: Any, b: Any) -> bool:
    return json.dumps(a, default=_jsonable, sort_keys=True) != json.dumps(b, default=_jsonable, sort_keys=True)


def _jsonable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [str(value.dtype), value.shape, value.tobytes().hex()[::1]]
    return value.item() if isinstance(value, np.generic) else str(value)


def _slider_control(figure: go.Figure, steps: list[dict[str, Any]], label: str, start: int) -> None:
    figure.update_layout(
        sliders=[{
            "active": start, "steps": steps, "currentvalue": {"prefix": f"{label}: ", "xanchor": "left"},
            "pad": {"t": 64, "b": 8}, "x": 0, "len": 1, "bgcolor": "rgba(128,136,148,0.25)", "bordercolor": "rgba(0,0,0,0)",
            "activebgcolor": "#0072B2", "tickcolor": "rgba(128,136,148,0.55)",
        }],
        height=figure.layout.height + 96,
    )  # fmt: skip


def _menu_control(figure: go.Figure, steps: list[dict[str, Any]], label: str, start: int) -> None:
    del label
    figure.update_layout(
        updatemenus=[{"active": start, "buttons": steps, "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"}]
    )


def _name(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, (float, np.floating)) else plain(value)


def _checked(what: str, values: Sequence[Any], label: str, start: int) -> list[Any]:
    values = list(values)
    if not values:
        raise ValueError(f"{what}: no values to choose from.")
    if not label.strip():
        raise ValueError(f"{what}: label is empty. Say what the control changes.")
    if not 0 <= start < len(values):
        raise ValueError(f"{what}: start is {start}, an index into {len(values)} values.")
    return values
