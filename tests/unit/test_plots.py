"""Figures: what goes in comes out, nothing is said by colour alone, and every stored figure is short and described."""

import json
import re

import nbformat
import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest
import torch
from interpbook import plots, stats
from interpbook.plots import compact, frame, style

LABELS = {"title": "A title", "x_label": "layer", "y_label": "loss (nats)", "alt": "It falls."}
RNG = np.random.default_rng(0)

FIGURES = {
    "line": lambda: plots.line([0, 1, 2], {"a": [1.0, 2.0, 4.0], "b": [2.0, 2.5, 3.0]}, **LABELS),
    "line over words": lambda: plots.line(["The", "cat", "The"], {"a": [1, 2, 3]}, **LABELS),
    "log line": lambda: plots.line([1, 10, 100], {"a": [1, 0.1, 0.01]}, log_x=True, log_y=True, **LABELS),
    "scatter": lambda: plots.scatter([1, 2, 3], [3, 1, 2], group=["a", "b", "a"], names=["x", "y", "z"], **LABELS),
    "coloured scatter": lambda: plots.scatter([1, 2], [3, 1], colour=[1, 2], colour_label="entropy (nats)", **LABELS),
    "bar": lambda: plots.bar(["a", "b"], [stats.proportion(3, 4), stats.proportion(1, 4)], **LABELS),
    "bars": lambda: plots.bar(["a", "b"], {"one": [1, 2], "two": [2, 1]}, horizontal=True, **LABELS),
    "histogram": lambda: plots.histogram({"a": RNG.normal(size=99), "b": RNG.normal(size=50)}, **LABELS),
    "heatmap": lambda: plots.heatmap(RNG.normal(size=(12, 9)), diverging=True, colour_label="effect (nats)", **LABELS),
    "heatmap with text": lambda: plots.heatmap([[1, 2], [3, 4]], text=True, colour_label="count", **LABELS),
    "arrows": lambda: plots.arrows(np.eye(2), title="A title", alt="Two at right angles."),
    "grid": lambda: plots.grid([plots.arrows(np.eye(2), title="t", alt="a")] * 3, cols=2, alt="Three times the same."),
}


@pytest.fixture(params=FIGURES.values(), ids=FIGURES)
def figure(request):
    return request.param()


def stored(fig: go.Figure) -> dict:
    """What a notebook keeps of a figure."""
    return pio.renderers["plotly_mimetype"].to_mimebundle(fig.to_dict())


def data(fig: go.Figure) -> list[dict]:
    return [trace.to_plotly_json() for trace in fig.data]


def layout(fig: go.Figure) -> dict:
    return fig.to_plotly_json()["layout"]


# --- what holds for every figure


def test_a_stored_figure_is_plotly_json_and_nothing_else(figure):
    bundle = stored(figure)
    assert list(bundle) == ["application/vnd.plotly.v1+json"]
    assert pio.renderers.default == "plotly_mimetype"
    assert bundle["application/vnd.plotly.v1+json"]["config"]["displaylogo"] is False


def test_every_figure_is_described_labelled_and_fits_any_width(figure):
    got = layout(figure)
    assert got["meta"]["alt"].endswith(".")
    assert "width" not in got
    assert got["height"] >= 200
    for kind in ("xaxis", "yaxis"):
        assert any(axis["title"].get("text") for name, axis in got.items() if name.startswith(kind))


def test_no_figure_carries_a_bulky_template_or_a_page_colour(figure):
    text = json.dumps(stored(figure))
    assert len(json.dumps(layout(figure)["template"])) < 1400
    assert not re.search(r'"(#fff(fff)?|#000(000)?|white|black)"', text, re.IGNORECASE)
    assert layout(figure)["template"]["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def test_finishing_twice_changes_nothing(figure):
    once = json.dumps(stored(figure))
    assert json.dumps(stored(plots.finish(figure, alt=layout(figure)["meta"]["alt"]))) == once


@pytest.mark.parametrize("missing", ["title", "x_label", "y_label", "alt"])
def test_titles_labels_and_descriptions_are_required(missing):
    texts = LABELS | {missing: " "}
    calls = [
        lambda: plots.line([0, 1], {"a": [0, 1]}, **texts),
        lambda: plots.scatter([0, 1], [0, 1], **texts),
        lambda: plots.bar(["a"], [1], **texts),
        lambda: plots.heatmap([[1.0, 2.0]], colour_label="count", **texts),
        lambda: plots.arrows([[0.0, 1.0]], **texts),
        lambda: plots.histogram([1.0, 2.0], **texts),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=f"{missing} is empty"):
            call()


def test_finish_wants_labels_alt_and_traces_that_the_site_can_draw():
    bare = go.Figure(go.Scatter(y=[1, 2]))
    with pytest.raises(ValueError, match="alt is empty"):
        plots.finish(bare, alt="")
    with pytest.raises(ValueError, match="xaxis has no title"):
        plots.finish(bare, alt="Up.")
    with pytest.raises(ValueError, match="scattergl"):
        plots.finish(go.Figure(go.Scattergl(y=[1])), alt="Up.")
    with pytest.raises(ValueError, match="no trace"):
        plots.finish(go.Figure(), alt="Nothing.")
    hidden = go.Figure(go.Scatter(y=[1, 2]), layout={"xaxis_visible": False, "yaxis_visible": False})
    assert plots.finish(hidden, alt="Up.") is hidden
    assert plots.finish(go.Figure(go.Pie(values=[1, 2])), alt="A third and two thirds.")


# --- colours


def luminance(colour: str) -> float:
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels(colour)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def channels(colour: str) -> list[float]:
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#14181f"])
@pytest.mark.parametrize("colour", [*style.PALETTE, style.NULL, style.TEXT, *(c for _, c in style.POINTS)])
def test_every_colour_reads_on_white_and_on_dark(colour, page):
    assert contrast(colour, page) >= 3


# Machado, Oliveira and Fernandes 2009, full severity, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def seen(colour: str, blindness: np.ndarray) -> np.ndarray:
    """CIELAB of a colour as this eye sees it."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels(colour)]
    rgb = np.clip(np.asarray(blindness) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(np.maximum(xyz / [0.9505, 1, 1.089], 0.008856))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", BLINDNESS)
def test_the_palette_stays_apart_for_every_eye(eye):
    places = [seen(colour, BLINDNESS[eye]) for colour in style.PALETTE]
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(places) for b in places[:i]]
    assert min(gaps) > 15  # 2.3 is a just noticeable difference


def test_series_differ_by_more_than_colour():
    for looks in (style.LOOKS, style.NULL_LOOKS):
        for part in ("dash", "symbol", "glyph", "pattern"):
            assert len({getattr(look, part) for look in looks}) == len(looks)
    lines = data(FIGURES["line"]())
    assert lines[0]["line"]["dash"] != lines[1]["line"]["dash"]
    points = data(FIGURES["scatter"]())
    assert points[0]["marker"]["symbol"] != points[1]["marker"]["symbol"]
    bars = data(FIGURES["bars"]())
    assert bars[0]["marker"].get("pattern") != bars[1]["marker"]["pattern"]
    spread = data(FIGURES["histogram"]())
    assert spread[0]["line"]["dash"] != spread[1]["line"]["dash"]


# --- numbers, short


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1.0, 1e6, 1e30])
def test_numbers_keep_four_digits(scale):
    values = RNG.normal(size=500) * scale
    short = compact.short(values)
    assert isinstance(short, np.ndarray)
    assert short.dtype == np.float32
    assert np.abs(short / values - 1).max() < 5.1e-4


def test_numbers_out_of_float32s_reach_keep_their_size():
    values = np.geomspace(1e-60, 1e60, 50)
    assert compact.short(values) == pytest.approx(values, rel=5.1e-4)


def test_small_steps_far_from_zero_stay_distinct():
    steps = 100_000 + np.arange(50) * 0.5
    assert len(np.unique(compact.short(steps))) == 50
    years = np.linspace(2020, 2021, 13)
    assert np.abs(compact.short(years) - years).max() < 1e-3


def test_gaps_and_infinities_stay_and_integers_are_exact():
    got = compact.short(np.array([1.23456, np.nan, np.inf, -np.inf, 0.0] * 2))
    assert got.tolist()[2:5] == [np.inf, -np.inf, 0.0]
    assert np.isnan(got[1])
    whole = np.array([0, 123_456, -7] * 4)
    assert compact.short(whole).dtype == np.int32
    assert compact.short(whole).tolist() == whole.tolist()
    assert compact.short(np.arange(200)).dtype == np.uint8
    assert compact.short(np.array([2**40] * 10)).tolist() == [2.0**40] * 10


def test_few_numbers_are_a_list_that_people_can_read():
    assert compact.short(np.array([1 / 3, 2 / 3])) == [0.33333, 0.66667]


def test_a_large_heat_map_costs_a_notebook_little(tmp_path):
    fig = plots.heatmap(RNG.normal(size=(100, 100)), colour_label="c", **LABELS)
    output = nbformat.v4.new_output("display_data", stored(fig))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("fig", outputs=[output], execution_count=1)])
    nbformat.write(book, tmp_path / "book.ipynb")
    assert (tmp_path / "book.ipynb").stat().st_size < 60_000  # as a list: over 200,000


# --- words


def test_tokens_are_shown_as_they_are():
    fig = plots.heatmap([[1.0, 2.0, 3.0]], x=["<|endoftext|>", "a&b", "\n"], colour_label="c", **LABELS)
    assert data(fig)[0]["x"] == ["&lt;|endoftext|&gt;", "a&amp;b", "⏎"]


def test_equal_tokens_keep_a_place_each():
    x = data(FIGURES["line over words"]())[0]["x"]
    assert len(set(x)) == 3
    assert x[2].replace("\u200b", "") == x[0] == "The"


def test_authors_may_mark_words_and_nothing_else():
    assert compact.marked("d<sub>model</sub> < 3 <i>x</i><br>") == "d<sub>model</sub> &lt; 3 <i>x</i><br>"
    assert compact.marked("<script>") == "&lt;script&gt;"


def test_titles_wrap_at_words():
    title = "A probe reads the capital from layer 10 on, and before training it reads nothing at all"
    lines = compact.wrap(title).split("<br>")
    assert " ".join(lines) == title
    assert max(map(len, lines)) <= 46
    assert len(lines) == 2


# --- line


def test_a_line_draws_its_numbers_from_lists_arrays_and_tensors():
    y = torch.tensor([0.5, 0.25, 0.125], dtype=torch.bfloat16, requires_grad=True)
    fig = plots.line(range(3), {"a": y, "b": np.array([1, 2, 3])}, **LABELS)
    assert data(fig)[0]["y"] == [0.5, 0.25, 0.125]
    assert data(fig)[1]["y"] == [1, 2, 3]


def test_estimates_come_with_their_band():
    points = [stats.Estimate(0.5, 0.4, 0.7, 9), stats.Estimate(0.6, 0.5, 0.8, 9)]
    low, high, middle = data(plots.line([0, 1], {"a": points}, **LABELS))
    assert (low["y"], middle["y"], high["y"]) == ([0.4, 0.5], [0.5, 0.6], [0.7, 0.8])
    assert high["fill"] == "tonexty"
    assert low["legendgroup"] == high["legendgroup"] == middle["legendgroup"]  # a click hides all three
    by_hand = plots.line([0, 1], {"a": [0.5, 0.6]}, band={"a": ([0.4, 0.5], [0.7, 0.8])}, **LABELS)
    assert data(by_hand) == [low, high, middle]


def test_everything_drawn_lies_inside_the_axes():
    fig = plots.line([3, 4], {"a": [1.0, 2.0]}, band={"a": ([-5, 0], [3, 9])}, reference={"chance": 12}, **LABELS)
    low, high = layout(fig)["yaxis"]["range"]
    assert low < -5
    assert high > 12
    log = layout(FIGURES["log line"]())
    assert log["xaxis"]["range"] == pytest.approx([0, 2], abs=0.1)
    assert log["yaxis"]["range"] == pytest.approx([-2, 0], abs=0.2)


def test_nulls_are_grey_dotted_and_use_up_no_colour():
    fig = plots.line([0, 1], {"shuffled": [0, 0], "real": [0, 1]}, null=["shuffled"], **LABELS)
    null, real = data(fig)
    assert (null["line"]["color"], null["line"]["dash"]) == (style.NULL, "dot")
    assert real["line"]["color"] == style.PALETTE[0]


def test_two_nulls_can_be_told_apart():
    one, two = data(plots.line([0, 1], {"shuffled": [0, 0], "random": [1, 1]}, null=["shuffled", "random"], **LABELS))
    assert one["line"]["color"] == two["line"]["color"] == style.NULL
    assert one["line"]["dash"] != two["line"]["dash"]
    assert one["marker"]["symbol"] != two["marker"]["symbol"]


def test_a_line_runs_from_left_to_right():
    fig = plots.line([3, 1, 2], {"a": [30, 10, 20]}, band={"a": ([29, 9, 19], [31, 11, 21])}, **LABELS)
    for trace, first in zip(data(fig), (9, 11, 10), strict=True):
        assert trace["x"] == [1, 2, 3]
        assert trace["y"] == [first, first + 10, first + 20]


def test_a_logarithmic_axis_has_readable_ticks():
    def ticks(*ends):
        return layout(plots.line(list(ends), {"a": [1, 2]}, log_x=True, **LABELS))["xaxis"]

    assert ticks(1, 20)["ticktext"] == ["1", "2", "5", "10", "20"]
    assert ticks(0.02, 1)["ticktext"] == ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]
    assert ticks(1, 10_000)["dtick"] == 1
    assert "tickvals" not in ticks(1, 2)


@pytest.mark.parametrize("log", [False, True])
def test_a_flat_line_and_a_single_point_have_axes(log):
    for x, y in (([1, 2], [3, 3]), ([1], [3])):
        got = layout(plots.line(x, {"a": y, "b": y}, log_x=log, log_y=log, **LABELS))
        for name in ("xaxis", "yaxis"):
            assert got[name]["range"][0] < got[name]["range"][1]


def test_few_lines_are_named_where_they_end_and_many_in_a_legend():
    few = layout(plots.line([0, 1], {"a": [0, 1], "b": [1, 0.9]}, reference={"chance": 0.5}, **LABELS))
    assert [note["text"].split("</span> ")[1] for note in few["annotations"]] == ["chance", "b", "a"]
    assert few["showlegend"] is False
    many = layout(plots.line([0, 1], {f"series {i}": [0, i] for i in range(6)}, **LABELS))
    assert many["showlegend"] is True
    assert "annotations" not in many
    assert many["height"] > few["height"]


def test_names_at_line_ends_stand_clear_of_each_other():
    ends = [0.50, 0.501, 0.502, 0.9]
    fig = plots.line([0, 1], {f"n{i}": [0, end] for i, end in enumerate(ends)}, **LABELS)
    got = layout(fig)
    low, high = got["yaxis"]["range"]
    per_unit = (got["height"] - got["margin"]["t"] - frame.MARGIN) / (high - low)
    heights = sorted(note["y"] * per_unit + note["yshift"] for note in got["annotations"])
    assert min(np.diff(heights)) >= 16.8


@pytest.mark.parametrize("draw", [plots.scatter, lambda x, y, **texts: plots.bar(["a", "b"], y, **texts)])
def test_close_reference_lines_keep_their_names_apart(draw):
    got = layout(draw([0, 1], [0, 1], reference={"pentagon": 0.4, "antiprism": 0.375}, **LABELS))
    assert [shape["y0"] for shape in got["shapes"]] == [0.4, 0.375]
    low, high = got["annotations"]
    assert low["text"].endswith("antiprism")
    assert low["yshift"] < 0 < high["yshift"]


def test_upright_lines_are_named_on_the_roomy_side():
    got = layout(plots.histogram([0.0, 10.0], reference={"left": 1, "right": 9}, **LABELS))
    assert [(note["x"], note["xanchor"]) for note in got["annotations"]] == [(1, "left"), (9, "right")]
    assert got["annotations"][0]["yshift"] != got["annotations"][1]["yshift"]


@pytest.mark.parametrize("seed", range(20))
def test_spreading_keeps_the_order_the_gap_and_the_middle(seed):
    places = np.sort(np.random.default_rng(seed).uniform(0, 100, size=5)).tolist()
    spread = frame._spread(places, 17.0)
    assert min(np.diff(spread)) >= 17 - 1e-9
    assert np.mean(spread) == pytest.approx(np.mean(places))
    assert frame._spread([0.0, 50.0, 100.0], 17.0) == [0.0, 50.0, 100.0]


def test_a_gap_in_a_line_stays_a_gap():
    fig = plots.line(range(3), {"a": [1.0, float("nan"), 3.0], "b": [1.0, 2.0, float("nan")]}, **LABELS)
    assert np.isnan(data(fig)[0]["y"][1])
    assert len(layout(fig)["annotations"]) == 2


# --- scatter, bar, histogram


def test_points_keep_their_group_name_and_place():
    one, two = data(FIGURES["scatter"]())
    assert (one["x"], one["y"], one["customdata"]) == ([1, 3], [3, 2], ["x", "z"])
    assert (two["x"], two["y"], two["name"]) == ([2], [1], "b")


def test_error_bars_end_where_the_intervals_end():
    half, most = stats.proportion(5, 10), stats.proportion(9, 10)
    (trace,) = data(plots.bar(["a", "b"], [half, most], **LABELS))
    assert np.add(trace["y"], trace["error_y"]["array"]) == pytest.approx([half.high, most.high], rel=1e-3)
    assert np.subtract(trace["y"], trace["error_y"]["arrayminus"]) == pytest.approx([half.low, most.low], rel=1e-3)
    plain = data(plots.bar(["a", "b"], [0.5, 0.9], interval=([0.4, 0.8], [0.6, 1.0]), **LABELS))[0]
    assert plain["error_y"]["array"] == pytest.approx([0.1, 0.1])


def test_horizontal_bars_swap_axes_and_keep_the_order():
    got = layout(FIGURES["bars"]())
    assert got["xaxis"]["title"]["text"] == "loss (nats)"
    assert got["yaxis"]["range"] == [1.5, -0.5]  # the first name on top
    assert data(FIGURES["bars"]())[0]["orientation"] == "h"


def test_bars_start_at_zero_and_null_bars_are_grey():
    fig = plots.bar(["real", "null"], [3, 1], null=["null"], reference={"goal": 5}, **LABELS)
    assert layout(fig)["yaxis"]["range"][0] == 0
    assert layout(fig)["yaxis"]["range"][1] > 5
    assert data(fig)[0]["marker"]["line"]["color"] == [style.PALETTE[0], style.NULL]
    below = layout(plots.bar(["a"], [-3], **LABELS))["yaxis"]["range"]
    assert below == pytest.approx([-3.18, 0])


def test_a_histogram_counts_every_number_once():
    values = {"a": RNG.normal(size=500), "b": RNG.normal(size=200) + 3}
    for share, totals in ((False, [500, 200]), (True, [1, 1])):
        for trace, total in zip(data(plots.histogram(values, share=share, bins=17, **LABELS)), totals, strict=True):
            assert len(trace["x"]) == 2 * 18
            assert np.sum(trace["y"][1:-1:2]) == pytest.approx(total, rel=1e-3)
    gaps = plots.histogram([1.0, float("nan"), 2.0, 2.0], bins=2, **LABELS)
    assert data(gaps)[0]["y"] == [0, 1, 1, 2, 2, 0]


# --- heat maps, arrows, grids


def test_a_diverging_map_is_neutral_at_zero_and_even_on_both_sides():
    trace = data(plots.heatmap([[-1.0, 4.0]], diverging=True, colour_label="c", **LABELS))[0]
    assert (trace["zmin"], trace["zmax"]) == (-4, 4)
    middle = trace["colorscale"][2]
    assert middle[0] == 0.5
    red, green, blue = map(int, re.findall(r"\d+", middle[1])[:3])
    assert max(red, green, blue) - min(red, green, blue) < 20
    paper = data(plots.heatmap([[-1.0, 4.0]], diverging=True, text=True, colour_label="c", **LABELS))[0]
    assert not any("rgba" in colour for _, colour in paper["colorscale"])  # words need an even ground


def test_rows_run_down_the_page_unless_told_otherwise():
    down = plots.heatmap([[1, 2], [3, 4]], colour_label="c", **LABELS)
    up = plots.heatmap([[1, 2], [3, 4]], bottom_up=True, colour_label="c", **LABELS)
    assert layout(down)["yaxis"]["autorange"] == "reversed"
    assert layout(up)["yaxis"]["autorange"] is True


def test_a_flat_map_and_a_map_with_holes_are_drawn():
    flat = data(plots.heatmap([[2.0, 2.0]], colour_label="c", **LABELS))[0]
    assert flat["zmin"] < 2 < flat["zmax"]
    assert np.isnan(data(plots.heatmap([[1.0, float("nan")]], colour_label="c", **LABELS))[0]["z"][0][1])


def test_cells_show_their_words():
    trace = data(plots.heatmap([[1, 2]], text=[["<a>", "b"]], colour_label="c", **LABELS))[0]
    assert trace["text"] == [["&lt;a&gt;", "b"]]
    assert data(FIGURES["heatmap with text"]())[0]["texttemplate"] == "%{z:.2~g}"


def test_arrows_start_at_zero_end_at_the_rows_and_share_a_scale():
    rows = np.array([[1.0, 0.0], [-0.5, 2.0]])
    fig = plots.arrows(rows, title="t", alt="a", names=["one", "two"], limit=3)
    shafts, tips = data(fig)
    assert np.nan_to_num(shafts["x"], nan=99) == pytest.approx([0, 1, 99, 0, -0.5, 99])
    assert (tips["x"], tips["y"]) == ([1, -0.5], [0, 2])
    assert layout(fig)["yaxis"]["scaleanchor"] == "x"
    assert layout(fig)["xaxis"]["range"] == layout(fig)["yaxis"]["range"] == [-3, 3]


def test_a_grid_places_every_figure_without_overlap():
    fig = plots.grid([plots.line([0, 1], {"a": [i, 1]}, **LABELS) for i in range(5)], cols=3, alt="Five.")
    got = layout(fig)
    boxes = [(got[f"xaxis{n}"]["domain"], got[f"yaxis{n}"]["domain"]) for n in ("", 2, 3, 4, 5)]
    for i, (x, y) in enumerate(boxes):
        assert 0 <= x[0] < x[1] <= 1
        assert 0 <= y[0] < y[1] <= 1
        for other_x, other_y in boxes[:i]:
            assert x[0] >= other_x[1] or other_x[0] >= x[1] or y[0] >= other_y[1] or other_y[0] >= y[1]
    inner = got["height"] - got["margin"]["t"] - frame.MARGIN
    assert (boxes[0][1][0] - boxes[3][1][1]) * inner >= 30  # room for the title of the row below
    assert [trace["xaxis"] for trace in data(fig)] == ["x", "x2", "x3", "x4", "x5"]
    assert [trace["y"][0] for trace in data(fig)] == [0, 1, 2, 3, 4]


def test_shared_axes_have_one_range_and_words_on_the_outside_only():
    figures = [plots.line([0, top], {"a": [0, top]}, **LABELS) for top in (1, 10, 5, 2)]
    got = layout(plots.grid(figures, cols=2, alt="Four."))
    assert got["xaxis"]["range"] == got["xaxis4"]["range"]
    assert got["xaxis"]["range"][1] >= 10
    assert got["yaxis2"]["matches"] == "y"
    assert got["yaxis"]["title"]["text"] == got["xaxis3"]["title"]["text"].replace("layer", "loss (nats)")
    assert not got["xaxis"]["title"]["text"]
    assert not got["yaxis2"]["title"]["text"]
    bars = [plots.bar(["a", "b"], [1, top], horizontal=True, **LABELS) for top in (2, 3)]
    assert layout(plots.grid(bars, cols=2, alt="Two."))["yaxis2"]["range"] == [1.5, -0.5]
    own = layout(plots.grid(figures, cols=2, alt="Four.", shared=False))
    assert own["xaxis2"]["range"] != own["xaxis"]["range"]
    assert own["yaxis2"]["title"]["text"] == "loss (nats)"


def test_a_grid_names_each_series_once_and_shares_colours():
    lines = [plots.line([0, 1], {"a": [0, 1], "b": [1, 0]}, reference={"chance": 0.5}, **LABELS)] * 2
    fig = plots.grid(lines, cols=2, alt="Twice.")
    assert [trace["showlegend"] for trace in data(fig)] == [True, True, False, False]
    assert layout(fig)["showlegend"] is True
    assert [note["text"] for note in layout(fig)["annotations"]].count("<b>a</b>") == 0
    assert len(layout(fig)["shapes"]) == 2
    maps = [plots.heatmap([[0.0, top]], colour_label="c", **LABELS) for top in (1, 5)]
    got = data(plots.grid(maps, cols=2, alt="Two maps."))
    assert [(t["zmin"], t["zmax"], t["showscale"]) for t in got] == [(0, 5, True), (0, 5, False)]


def test_a_grid_leaves_its_figures_as_they_were():
    one = FIGURES["line"]()
    before = json.dumps(stored(one))
    plots.grid([one, one], cols=2, alt="Twice.")
    assert json.dumps(stored(one)) == before


# --- what is refused


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: plots.line([0, 1], {"a": [1, 2, 3]}, **LABELS), "3 numbers for 2 places"),
        (lambda: plots.line([0, 1], {}, **LABELS), "mapping from name"),
        (lambda: plots.line([], {"a": []}, **LABELS), "at least one number"),
        (lambda: plots.line([0, 1], {"a": ["x", "y"]}, **LABELS), "not numbers"),
        (lambda: plots.line([0, 1], {"a": [float("nan")] * 2}, **LABELS), "nothing to draw"),
        (lambda: plots.line([0, 1], {f"{i}": [0, 1] for i in range(7)}, **LABELS), "7 series"),
        (lambda: plots.line([0, 1], {"a": [0, 1]}, log_x=True, **LABELS), "above 0"),
        (lambda: plots.line([0, 1], {"a": [0, 1]}, band={"b": ([0, 0], [1, 1])}, **LABELS), "band names 'b'"),
        (lambda: plots.line([0, 1], {"a": [0, 1]}, band={"a": ([1, 1], [0, 0])}, **LABELS), "above their highs"),
        (lambda: plots.line([0, 1], {"a": [0, 1]}, null=["b"], **LABELS), r"null names \['b'\]"),
        (lambda: plots.line([0, 1], {"a": [0, 1]}, y_range=(1, 0), **LABELS), "lowest, highest"),
        (lambda: plots.scatter([1, 2], [1], **LABELS), "2 points but 1 y"),
        (lambda: plots.scatter([1, 2], [1, 2], group=["a"], **LABELS), "2 points but 1 group"),
        (lambda: plots.scatter([1, 2], [1, 2], colour=[1, 2], **LABELS), "colour_label is empty"),
        (lambda: plots.bar(["a"], [1, 2], **LABELS), "2 numbers for 1 places"),
        (lambda: plots.bar(["a"], [float("nan")], **LABELS), "nothing to draw"),
        (lambda: plots.bar(["a"], [1], null=["c"], **LABELS), "null names"),
        (lambda: plots.histogram([float("nan")], **LABELS), "no finite number"),
        (lambda: plots.heatmap([1, 2], colour_label="c", **LABELS), "Expected 2 axes"),
        (lambda: plots.heatmap([[1, 2]], x=["a"], colour_label="c", **LABELS), "1 labels for 2 cells"),
        (lambda: plots.heatmap([[1, 2]], text=[["a"]], colour_label="c", **LABELS), "text has shape"),
        (lambda: plots.heatmap([[float("nan")]], colour_label="c", **LABELS), "no finite number"),
        (lambda: plots.heatmap([[1.0]], z_range=(1, 1), colour_label="c", **LABELS), "z_range"),
        (lambda: plots.arrows(np.eye(3), title="t", alt="a"), r"Expected \(n, 2\)"),
        (lambda: plots.arrows(np.eye(2), title="t", alt="a", names=["x"]), "2 vectors but 1 names"),
        (lambda: plots.grid([], cols=2, alt="a"), "at least one"),
        (lambda: plots.grid([FIGURES["line"]()] * 4, cols=1, alt="a", height=150), "pixels for 4 rows"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
