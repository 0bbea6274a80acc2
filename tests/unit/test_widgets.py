"""One call, two forms: the live control and the stored one show the same figures."""

import base64
import subprocess
import sys
from pathlib import Path

import ipywidgets
import nbclient
import nbformat
import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest
from interpbook import plots, widgets

X = np.linspace(0, 6, 50)
ALT = "A wave that gets faster as the slider moves."


def wave(frequency: float) -> go.Figure:
    return plots.line(
        X, {"sine": np.sin(frequency * X), "cosine": np.cos(frequency * X)}, alt="A wave.",
        title=f"{frequency:g} Hz", x_label="time (s)", y_label="amplitude (V)", y_range=(-1.1, 1.1),
    )  # fmt: skip


def map_of(size: int) -> go.Figure:
    cells = np.random.default_rng(size).normal(size=(size, size))
    return plots.heatmap(
        cells,
        title=f"{size} × {size}",
        x_label="column",
        y_label="row",
        colour_label="value",
        alt="Noise.",
        text=size < 3,
    )


def polygon(corners: int) -> go.Figure:
    angles = 2 * np.pi * np.arange(corners) / corners
    names = [f"f{i}" for i in range(corners)] if corners > 3 else None
    return plots.arrows(np.stack([np.cos(angles), np.sin(angles)], 1), names=names, title=f"{corners}", alt="Arrows.")


def mixed(kind: str) -> go.Figure:
    return polygon(5) if kind == "arrows" else map_of(4)


MAKERS = {
    "lines": (wave, [0.5, 1.0, 2.0]),
    "maps of several sizes": (map_of, [2, 3, 5]),
    "arrows, some named": (polygon, [3, 4, 5]),
    "other kinds of trace": (mixed, ["map", "arrows"]),
}


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def maker(request):
    return request.param


@pytest.fixture
def static(monkeypatch):
    monkeypatch.setenv("INTERPBOOK_STATIC", "1")


@pytest.fixture
def live(monkeypatch):
    monkeypatch.delenv("INTERPBOOK_STATIC", raising=False)


def steps_of(figure: go.Figure) -> list:
    return list(figure.layout.sliders[0].steps if figure.layout.sliders else figure.layout.updatemenus[0].buttons)


def after(figure: go.Figure, step) -> go.Figure:
    """The figure as plotly.js shows it after a step: restyle trace by trace, then relayout."""
    assert step.method == "update"
    moved = go.Figure(figure)
    for key, values in step.args[0].items():
        for trace, value in zip(moved.data, values, strict=True):
            trace[key] = None
            trace[key] = unpacked(value)
    for key, value in step.args[1].items():
        moved.layout[key] = None
        moved.layout[key] = value
    return moved


def unpacked(value):
    """An array out of plotly's base64 form."""
    if not isinstance(value, dict):
        return value
    array = np.frombuffer(base64.b64decode(value["bdata"]), dtype="<" + value["dtype"])
    return array.reshape([int(n) for n in value["shape"].split(",")]) if "shape" in value else array


def seen(figure: go.Figure) -> list[dict]:
    """What is drawn: the visible traces, without the word visible."""
    shown = [trace.to_plotly_json() for trace in figure.data if trace.visible is not False]
    return [{key: value for key, value in trace.items() if key != "visible"} for trace in shown]


def same(one, other) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(np.asarray(one, float), np.asarray(other, float), equal_nan=True)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


# --- stored


@pytest.mark.parametrize("control", [widgets.slider, widgets.choice])
@pytest.mark.usefixtures("static")
def test_every_step_from_every_other_shows_the_figure_of_its_value(maker, control):
    make, values = maker
    figure = control(make, values, label="value", alt=ALT)
    steps = steps_of(figure)
    assert len(steps) == len(values)
    for first in steps:
        for step, value in zip(steps, values, strict=True):
            got, want = after(after(figure, first), step), make(value)
            assert all(map(same, seen(got), seen(want)))
            assert len(seen(got)) == len(seen(want))
            layout, wanted = got.to_plotly_json()["layout"], want.to_plotly_json()["layout"]
            for key in ("title", "xaxis", "yaxis", "annotations", "shapes", "showlegend"):
                assert same(layout.get(key), wanted.get(key)), key


@pytest.mark.usefixtures("static")
def test_the_first_picture_is_the_one_at_start():
    for start, value in enumerate([0.5, 1.0, 2.0]):
        figure = widgets.slider(wave, [0.5, 1.0, 2.0], label="frequency (Hz)", start=start, alt=ALT)
        assert figure.layout.title.text == f"{value:g} Hz"
        assert figure.layout.sliders[0].active == start
        assert figure.layout.meta["alt"] == ALT
        assert figure.layout.meta["room"] == widgets.ROOM["slider"]  # for a page with controls of its own


@pytest.mark.usefixtures("static")
def test_a_stored_control_says_what_it_changes():
    slider = widgets.slider(wave, [0.5, 1 / 3], label="frequency (Hz)", alt=ALT).layout.sliders[0]
    assert slider.currentvalue.prefix == "frequency (Hz): "
    assert [step.label for step in slider.steps] == ["0.5", "0.3333"]
    menu = widgets.choice(lambda token: wave(len(token)), ["<|x|>", "b"], label="token", alt=ALT).layout.updatemenus[0]
    assert [button.label for button in menu.buttons] == ["token: &lt;|x|&gt;", "token: b"]


@pytest.mark.usefixtures("static")
def test_the_control_has_room_of_its_own_and_the_height_stays():
    plain, figure = wave(1.0), widgets.slider(wave, [1.0, 2.0], label="frequency (Hz)", alt=ALT)
    added = figure.layout.height - plain.layout.height
    assert added == figure.layout.margin.t - plain.layout.margin.t == widgets.ROOM["slider"]
    uneven = widgets.choice(map_of, [2, 30], label="size", alt=ALT)
    assert uneven.layout.height == map_of(30).layout.height + widgets.ROOM["choice"]
    assert all("height" not in step.args[1] for step in steps_of(uneven))


@pytest.mark.usefixtures("static")
def test_steps_hold_only_what_changes():
    figure = widgets.slider(wave, np.linspace(0.5, 3, 21), label="frequency (Hz)", alt=ALT)
    data, layout = figure.layout.sliders[0].steps[3].args
    assert set(data) == {"y"}
    assert set(layout) <= {"title.text", "annotations"}
    stored = pio.renderers["plotly_mimetype"].to_mimebundle(figure.to_dict())
    assert len(str(stored)) < 40_000  # 21 steps of 100 numbers


@pytest.mark.usefixtures("static")
def test_a_control_that_is_too_heavy_for_a_page_says_how_heavy():
    def big(seed: int) -> go.Figure:
        cells = np.random.default_rng(seed).normal(size=(100, 100))
        return plots.heatmap(cells, title="t", x_label="x", y_label="y", colour_label="c", alt="a")

    with pytest.raises(ValueError, match=r"slider 'seed': 10 values take \d\d\d kB .* more than 200 kB"):
        widgets.slider(big, range(10), label="seed", alt=ALT)


# --- live


@pytest.mark.parametrize(
    ("control", "kind"), [(widgets.slider, ipywidgets.SelectionSlider), (widgets.choice, ipywidgets.Dropdown)]
)
@pytest.mark.usefixtures("live")
def test_a_live_control_calls_the_function_with_each_value(control, kind):
    asked = []

    def make(value):
        asked.append(value)
        return wave(value)

    box = control(make, [0.5, 1.0, 2.0], label="frequency (Hz)", start=1, alt=ALT)
    moved, output = box.children
    assert isinstance(moved, kind)
    assert isinstance(output, ipywidgets.Output)
    assert moved.description == "frequency (Hz)"
    for i in (2, 0):
        moved.value = i
    assert asked == [1.0, 2.0, 0.5]


def executed(*cells: str, folder: Path) -> nbformat.NotebookNode:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return book


SETUP = """
import os, sys
sys.path.insert(0, FOLDER)
os.environ.pop("INTERPBOOK_STATIC", None)
from test_widgets import wave, widgets
def make(value):
    if value == 2.0:
        raise ValueError("a mistake in make")
    return wave(value)
box = widgets.slider(make, [0.5, 1.0, 2.0], label="frequency (Hz)", alt="A wave.")
box
""".replace("FOLDER", repr(str(Path(__file__).parent)))


def shown(book: nbformat.NotebookNode) -> list[dict]:
    """What the Output widget of a notebook holds."""
    state = book.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    (output,) = (model["state"] for model in state.values() if model["model_name"] == "OutputModel")
    return output["outputs"]


def test_a_live_slider_replaces_its_figure_and_shows_errors(tmp_path):
    (first,) = shown(executed(SETUP, folder=tmp_path))
    assert first["data"]["application/vnd.plotly.v1+json"]["layout"]["title"]["text"] == "0.5 Hz"
    (second,) = shown(executed(SETUP, "box.children[0].value = 1", folder=tmp_path))
    assert second["data"]["application/vnd.plotly.v1+json"]["layout"]["title"]["text"] == "1 Hz"
    (wrong,) = shown(executed(SETUP, "box.children[0].value = 2", folder=tmp_path))
    assert wrong["output_type"] == "error"
    assert wrong["evalue"] == "a mistake in make"


def test_a_notebook_with_a_live_slider_passes_nbval(tmp_path):
    nbformat.write(executed(SETUP, "1 + 1", folder=tmp_path), tmp_path / "book.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax", "--nbval-current-env"]
    done = subprocess.run(
        [*command, "book.ipynb"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


# --- both


@pytest.mark.parametrize("value", ["1", None])
def test_bad_input_is_refused_in_words(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("INTERPBOOK_STATIC", raising=False)
    else:
        monkeypatch.setenv("INTERPBOOK_STATIC", value)
    good = {"label": "frequency (Hz)", "alt": ALT}
    for make, values, settings, words in [
        (wave, [], good, "no values"),
        (wave, [1.0], good | {"label": " "}, "label is empty"),
        (wave, [1.0], good | {"alt": ""}, "alt is empty"),
        (wave, [1.0], good | {"start": 1}, "start is 1"),
        (lambda _: None, [1.0], good, "gave NoneType"),
    ]:
        with pytest.raises(ValueError, match=words):
            widgets.slider(make, values, **settings)


@pytest.mark.parametrize("setting", ["1", None])
def test_an_error_of_the_function_is_the_cells_error(monkeypatch, setting):
    monkeypatch.setenv("INTERPBOOK_STATIC", setting or "")

    def broken(_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        widgets.slider(broken, [1], label="a", alt="b")
