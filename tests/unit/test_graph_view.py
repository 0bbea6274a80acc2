"""The stored form of a graph view: whole, small, the same every time, and refused with reasons."""

import json
import re
from types import SimpleNamespace

import pytest
from interpbook import graph_view
from toygraph import CARDS, LINKS, crowd, story


def stored(shown: graph_view.GraphView) -> dict:
    """What the figure in the HTML holds."""
    found = re.search(r'class="graph-spec">([^<]+)<', graph_view.as_html(shown))
    assert found
    return json.loads(graph_view.unpack(found[1]))


def test_the_html_holds_the_whole_graph():
    spec = stored(graph_view.view(story(), alt="Words."))
    names = [node["node_id"] for node in spec["graph"]["nodes"]]
    links = spec["graph"]["links"]
    ends = zip(links["source"], links["target"], links["weight"], strict=True)
    assert {(names[s], names[t]): w for s, t, w in ends} == LINKS
    assert names == [node["node_id"] for node in story()["nodes"]]
    assert spec["graph"]["qParams"]["supernodes"] == story()["qParams"]["supernodes"]


def test_the_same_graph_gives_the_same_bytes():
    assert graph_view.as_html(graph_view.view(story(), alt="A")) == graph_view.as_html(
        graph_view.view(story(), alt="A")
    )


def test_a_pruned_graph_is_small_and_a_larger_one_is_refused():
    """300 nodes and 5,000 edges fit; what does not fit says what to do."""
    shown = graph_view.view(crowd(), alt="A crowd.")
    assert len(json.dumps(shown.spec)) < graph_view.MOST_BYTES
    assert len(graph_view.as_html(shown)) < 80_000
    with pytest.raises(ValueError, match=r"12000 edges take \d+ kB.*Prune"):
        graph_view.view(crowd(n_links=12_000), alt="A crowd.")


def test_every_problem_is_named_at_once():
    bad = story()
    bad["nodes"][0]["ctx_idx"] = 99
    bad["nodes"].append(dict(bad["nodes"][1]))
    bad["links"] += [{"source": "E_1_2", "target": "nowhere", "weight": 1.0}, {"source": "E_1_2", "target": "9_2_8"}]
    bad["links"][0]["weight"] = float("nan")
    with pytest.raises(ValueError) as refused:
        graph_view.view(bad, alt="x", selected="nobody")
    for part in ("position 99", "'E_1_1' is used by two", "'nowhere'", "no weight", "weight nan", "'nobody'"):
        assert part in str(refused.value), part


def test_words_are_required_and_a_thing_that_is_no_graph_is_refused():
    with pytest.raises(ValueError, match="alt is empty"):
        graph_view.view(story(), alt=" ")
    with pytest.raises(ValueError, match="metadata, nodes and links"):
        graph_view.view({"nodes": []}, alt="x")


def test_only_cards_of_features_in_the_graph_are_kept_and_short():
    many = {"6_40": CARDS["6_40"] | {"examples": CARDS["6_40"]["examples"] * 9}, "6_41": CARDS["6_40"]}
    cards = stored(graph_view.view(story(), alt="x", cards=many))["cards"]
    assert list(cards) == ["6_40"]
    assert len(cards["6_40"]["examples"]) == graph_view.EXAMPLES
    assert cards["6_40"]["examples"][0] == [9.5, "deep in the heart of ", "Texas", ", where the"]


def test_a_card_of_the_features_room_needs_the_tokens_text():
    label = SimpleNamespace(words=lambda decode: f"at {decode[1]}")
    card = SimpleNamespace(
        examples=[(1.0, "a", "b", "c")], frequency=0.5, score=0.25, label=label, raised=(1,), lowered=()
    )
    with pytest.raises(ValueError, match="without decode"):
        graph_view.view(story(), alt="x", cards={"6_40": card})
    kept = stored(graph_view.view(story(), alt="x", cards={"6_40": card}, decode=["zero", "one"]))["cards"]["6_40"]
    assert (kept["label"], kept["raised"], kept["score"]) == ("at one", ["one"], 0.25)


def test_readers_without_scripts_get_words_and_no_text_becomes_markup():
    bad = story()
    bad["nodes"][9]["clerp"] = "</script><img src=x>"
    html = graph_view.as_html(graph_view.view(bad, alt='Say "<b>"'))
    assert "<img" not in html and "<b>" not in html
    assert 'aria-label="Say &quot;&lt;b&gt;&quot;"' in html
    assert "word “Dallas” → Texas (layer 6, position 7): +89 % of its input" in html


def test_groups_get_the_words_that_feed_them_and_the_first_output():
    """Only where nothing was pinned: a choice of the author's stays."""
    graph = story()
    graph["qParams"]["pinnedIds"] = []
    graph["qParams"]["supernodes"] = [["Texas", "6_40_7"]]
    assert stored(graph_view.view(graph, alt="x"))["graph"]["qParams"]["pinnedIds"] == ["E_1_7", "16_900_8"]
    assert stored(graph_view.view(story(), alt="x"))["graph"]["qParams"]["pinnedIds"] == ["6_40_7"]


def test_lean_code_keeps_every_line_of_code():
    """Strings that look like comments stay; comment blocks and indentation go."""
    code = '/* a\n * b */\nconst x = "/* no */"; /* kept */\n  /* gone */\n  y();\n'
    assert graph_view.lean(code) == 'const x = "/* no */"; /* kept */\ny();'
