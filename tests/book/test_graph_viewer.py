"""The graph viewer in a browser: in a page of the book, opened from a disk, and in a live notebook."""

import json
import re

import nbformat
import pytest
import torch
import yaml
from interpbook import graph_view, graphs, sitebuild
from playwright.sync_api import expect
from test_browser import AS_JUPYTERLAB, AXE, THEMES, Axe, visit
from test_site import small_book
from toygraph import CARDS, TOKENS, crowd, story

PAGE = "chapters/01_superposition.html"
STORY = "Dallas leads to Texas, and Texas and capital lead to Austin."


def views() -> list[graph_view.GraphView]:
    """The two graphs of the page: one to read, one as large as they come."""
    small = graph_view.view(story(), alt=STORY, title="The state containing Dallas", cards=CARDS)
    return [small, graph_view.view(crowd(), alt="A crowd of random features.", nodes=0.6)]


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """A site of one chapter with both graphs, built as the real one is."""
    folder = tmp_path_factory.mktemp("book")
    figure = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {"meta": {"alt": "Two points."}}}
    small_book(folder, "# 01 · Superposition\n\nWords.\n", figure)
    notebook = folder / "chapters" / "01_superposition.ipynb"
    source = nbformat.read(notebook, as_version=4)
    for shown in views():
        output = nbformat.v4.new_output("execute_result", data=shown._repr_mimebundle_(), execution_count=1)
        source.cells.append(nbformat.v4.new_code_cell("show(graph)", outputs=[output], execution_count=1))
    nbformat.write(source, notebook)
    root, sitebuild.ROOT = sitebuild.ROOT, folder
    try:
        assert sitebuild.build(folder / "out" / "html") == 0
    finally:
        sitebuild.ROOT = root
    return folder / "out" / "html"


def opened(tab, number: int = 0):
    """A graph of the page, drawn."""
    figure = tab.locator("figure.graph-view").nth(number)
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_attribute("data-ready", "1", timeout=20_000)
    return figure


def node(figure, name: str):
    """The mark of a node."""
    return figure.locator(f'[data-node="{name}"]')


def test_the_page_holds_graphs_and_one_copy_of_the_component(book):
    page = (book / PAGE).read_text(encoding="utf-8")
    assert page.count('class="graph-view"') == 2
    assert page.count("graph-view.js") == 1 and "graph-code-" not in page
    assert len(page) < 120_000
    assert "word “Dallas” → Texas" in page


def test_words_are_across_and_layers_up(browser, book):
    """A later word is further right, a deeper layer further up, outputs on top; every node has its place."""
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        expect(figure.locator(".graph-node[data-node]")).to_have_count(len(story()["nodes"]))
        box = {
            name: node(figure, name).bounding_box() for name in ("E_1_2", "3_11_2", "6_40_7", "12_345_8", "16_900_8")
        }
        assert box["3_11_2"]["x"] < box["6_40_7"]["x"] < box["12_345_8"]["x"]
        heights = [box[name]["y"] for name in ("E_1_2", "3_11_2", "6_40_7", "12_345_8", "16_900_8")]
        assert heights == sorted(heights, reverse=True)
        assert [text.strip() for text in TOKENS] == [clean(word) for word in figure.locator(".graph-word").all()]


def clean(word) -> str:
    """A word under the picture, without the tip that repeats it."""
    return word.evaluate("(word) => word.firstChild.textContent")


def test_pointing_shows_examples_and_leaves_with_the_pointer(browser, book):
    """Also markup in an example, which is text."""
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        panel = figure.locator(".graph-panel")
        expect(panel).to_contain_text("Choose a node")
        node(figure, "6_40_7").hover()
        expect(panel.locator("mark").first).to_have_text("Texas")
        expect(panel).to_contain_text("<b>then</b>")
        expect(panel).to_contain_text("Active in 0.3 % of the tokens")
        expect(figure.locator(".graph-followed.graph-up")).not_to_have_count(0)
        tab.mouse.move(2, 2)
        expect(panel).to_contain_text("Choose a node")
        assert panel.locator("b").count() == 0


def test_a_click_traces_inputs_and_outputs_with_shares_and_signs(browser, book):
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        node(figure, "12_345_8").click()
        expect(figure.locator(".graph-list").first.locator(".graph-go")).to_have_text(
            [re.compile(r"Texas.*\+60 %"), re.compile(r"say a capital.*\+30 %"), re.compile(r"misses.*−10 %")]
        )
        expect(figure.locator(".graph-list").nth(1).locator(".graph-go")).to_have_text([re.compile(r"Austin.*\+86 %")])
        expect(figure.locator(".graph-edges .graph-down")).to_have_count(1)
        figure.locator('[data-go="6_40_7"]').click()
        expect(figure.locator(".graph-panel .graph-title")).to_have_text("Texas")
        expect(node(figure, "6_40_7")).to_have_attribute("aria-pressed", "true")
        figure.get_by_role("button", name="Back").click()
        expect(figure.locator(".graph-panel .graph-title")).to_have_text("say Austin")
        node(figure, "12_345_8").click()
        expect(figure.locator(".graph-panel .graph-title")).to_have_text("Choose a node")


def test_whole_paths_multiply_shares(browser, book):
    """From Austin back to the word Dallas: 6/7 through Texas (3/5 of it), of which 4/4.5 is the word."""
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        node(figure, "16_900_8").click()
        expect(figure.locator('[data-go="E_1_7"]')).to_have_count(0)
        figure.get_by_label("Follow whole paths").check()
        share = 100 * 6 / 7 * 0.6 * 4 / 4.5
        expect(figure.locator('[data-go="E_1_7"] .graph-go-share')).to_have_text(f"{share:.0f} %")
        expect(node(figure, "14_8_8")).to_have_class(re.compile("graph-faint"))


def test_sliders_hide_nodes_and_edges_by_keyboard(browser, book):
    """The node slider goes down to the most influential; words and outputs stay; the number of edges is said."""
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        expect(figure.locator(".graph-count")).to_have_text("18 of 18 nodes, 15 of 16 edges")
        expect(node(figure, "14_8_8")).to_be_visible()
        figure.get_by_label("Nodes", exact=True).focus()
        tab.keyboard.press("ArrowLeft")
        tab.keyboard.press("ArrowLeft")
        expect(node(figure, "14_8_8")).to_be_hidden()
        tab.keyboard.press("Home")
        expect(figure.locator(".graph-count")).to_contain_text("15 of 18 nodes")
        expect(node(figure, "12_345_8")).to_be_visible()  # the strongest
        expect(node(figure, "6_40_7")).to_be_visible()  # pinned
        tab.keyboard.press("End")
        figure.get_by_label("Edges", exact=True).focus()
        tab.keyboard.press("Home")
        expect(figure.locator(".graph-count")).to_contain_text("16 of 16 edges")
        assert figure.get_by_label("Edges", exact=True).get_attribute("aria-valuetext") == "all"
        tab.keyboard.press("End")
        expect(figure.locator(".graph-count")).to_contain_text(f"{at_least(0.4)} of 16 edges")


def at_least(share: float) -> int:
    """How many edges of the story are so large a part of what enters their target, counted here anew."""
    entering: dict[str, float] = {}
    for link in story()["links"]:
        entering[link["target"]] = entering.get(link["target"], 0) + abs(link["weight"])
    return sum(abs(link["weight"]) >= share * entering[link["target"]] for link in story()["links"])


def test_everything_works_by_keyboard(browser, book):
    """One tab stop; arrows go along rows and layers, I and O along edges, P pins, Escape lets go."""
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        expect(figure.locator('.graph-node[tabindex="0"]')).to_have_count(1)
        figure.get_by_label("Follow whole paths").focus()
        tab.keyboard.press("Tab")
        expect(figure.locator(".graph-node:focus")).to_have_attribute("data-node", "16_900_8")
        tab.keyboard.press("ArrowLeft")
        expect(figure.locator(".graph-node:focus")).to_have_attribute("data-node", "16_901_8")
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Enter")
        expect(figure.locator(".graph-panel .graph-title")).to_have_text("“Austin”")
        for key, name in (
            ("i", "12_345_8"),
            ("i", "6_40_7"),
            ("i", "E_1_7"),
            ("o", "14_8_8"),
            ("ArrowDown", "12_345_8"),
        ):
            tab.keyboard.press(key)
            expect(figure.locator(".graph-node:focus")).to_have_attribute("data-node", name)
        expect(figure.locator(".graph-panel .graph-title")).to_have_text("say Austin")
        tab.keyboard.press("p")
        expect(figure.locator(".graph-pins strong")).to_have_text(["capital", "Texas", "say Austin"])
        tab.keyboard.press("Backspace")
        expect(figure.locator(".graph-node:focus")).to_have_attribute("data-node", "E_1_7")
        tab.keyboard.press("Escape")
        expect(figure.locator(".graph-selected")).to_have_count(0)
        assert "word “Dallas”" in (node(figure, "E_1_7").get_attribute("aria-label") or "")


def test_pins_become_groups_and_groups_a_file(browser, book, tmp_path):
    """Pin, tick, name; arrows between boxes are said in words; the saved file has them, in full, and opens again."""
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        figure.get_by_role("button", name="Group", exact=True).click()
        expect(figure.get_by_role("status").filter(has_text="name")).to_contain_text("Give the group a name")
        for name in ("12_345_8", "16_900_8"):
            node(figure, name).click()
            figure.get_by_role("button", name="Pin", exact=True).click()
        for word in ("Texas", "say Austin"):
            figure.get_by_role("checkbox", name=word).check()
        figure.get_by_label("Name for the ticked ones").fill("Texas → Austin")
        tab.keyboard.press("Enter")
        expect(figure.locator(".graph-box text")).to_have_text(["capital", "Texas → Austin", "output “Austin”"])
        assert "Texas → Austin to output “Austin” +86 %" in (
            figure.locator(".graph-boxes").get_attribute("aria-label") or ""
        )
        figure.get_by_text("This graph in words and numbers").click()
        with tab.expect_download() as saved:
            figure.get_by_role("button", name="Save with pins and groups").click()
        kept = tmp_path / "kept.json"
        saved.value.save_as(kept)
        content = json.loads(kept.read_text())
        assert content["qParams"]["supernodes"] == [
            ["capital", "3_11_2", "9_2_8"],
            ["Texas → Austin", "6_40_7", "12_345_8"],
        ]
        assert {link["weight"] for link in content["links"]} == {link["weight"] for link in story()["links"]}
        assert [set(before) <= set(after) for before, after in zip(story()["nodes"], content["nodes"], strict=True)]
        assert graphs.from_json(content).groups.keys() == {"capital", "Texas → Austin"}
        figure.get_by_role("button", name="Ungroup Texas → Austin").click()
        expect(figure.locator(".graph-box-group")).to_have_count(1)
        figure.locator("input[type=file]").set_input_files(kept)
        expect(figure.locator(".graph-box-group")).to_have_count(2)


def test_a_file_that_is_no_graph_changes_nothing(browser, book, tmp_path):
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        bad = tmp_path / "bad.json"
        for text, said in (("{not json", "was not opened"), ('{"nodes": []}', "it has no “metadata”")):
            bad.write_text(text)
            figure.locator("input[type=file]").set_input_files(bad)
            expect(figure.get_by_role("status").filter(has_text="bad.json")).to_contain_text(said)
        expect(figure.locator(".graph-count")).to_contain_text("18 of 18 nodes")


def test_arrows_between_groups_are_those_of_the_toolkit(browser, book, tmp_path):
    """The picture's shares and `graphs.supergraph`'s are the same numbers, members weighed by influence."""
    content = story()
    content["qParams"] = {
        "pinnedIds": ["E_1_7"],
        "supernodes": [["A", "6_40_7", "3_11_2"], ["B", "12_345_8", "14_8_8", "9_2_8"]],
    }
    for one in content["nodes"]:
        one["node_id"] = one["node_id"].replace("error_7_7", "7_-1_7")
    for link in content["links"]:
        link["source"] = link["source"].replace("error_7_7", "7_-1_7")
    table = graphs.supergraph(graphs.from_json(content))
    expected = float(table.edges[table.names.index("B"), table.names.index("A")])
    assert not torch.isclose(torch.tensor(expected), torch.tensor(2 / 3))  # members do not count alike
    path = tmp_path / "groups.json"
    path.write_text(json.dumps(content))
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        figure.locator("input[type=file]").set_input_files(path)
        expect(figure.locator(".graph-boxes")).to_have_attribute(
            "aria-label", re.compile(f"A to B \\+{100 * expected:.0f} %")
        )


def test_a_large_graph_is_drawn_and_answers_at_once(browser, book):
    """300 nodes and 5,000 edges: hovering redraws in under a quarter of a second on a busy machine."""
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab, 1)
        total = len(crowd()["nodes"])
        expect(figure.locator(".graph-count")).to_contain_text(f"of {total} nodes")
        took = figure.evaluate(
            """(figure) => {
                const marks = [...figure.querySelectorAll(".graph-node[data-node]:not([hidden])")].slice(-60);
                const start = performance.now();
                for (const mark of marks) mark.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
                return (performance.now() - start) / marks.length;
            }"""
        )
        assert took < 250, took


@pytest.mark.parametrize("theme", THEMES)
def test_no_accessibility_findings(browser, book, theme):
    """With a node chosen, boxes and tables open."""
    with visit(browser, book, PAGE, theme) as tab:
        figure = opened(tab)
        node(figure, "12_345_8").click()
        figure.locator("summary").last.click()
        figure.locator("table").first.wait_for()
        found = Axe().run(tab, options=AXE).response["violations"]
        serious = [
            (one["id"], one["nodes"][0]["html"][:200]) for one in found if one["impact"] in ("serious", "critical")
        ]
        assert not serious


def test_both_themes_have_their_colours_and_both_signs_their_own(browser, book):
    colours = """(figure) => [...figure.querySelectorAll(".graph-title, .graph-up, .graph-down")]
        .map((one) => getComputedStyle(one)).map((style) => style.stroke + style.color)"""
    seen = {}
    for theme in THEMES:
        with visit(browser, book, PAGE, theme) as tab:
            figure = opened(tab)
            node(figure, "12_345_8").click()
            seen[theme] = figure.evaluate(colours)
            dashes = "(one) => getComputedStyle(one).strokeDasharray"
            assert figure.locator(".graph-edges .graph-down").first.evaluate(dashes) != "none"
            assert figure.locator(".graph-edges .graph-up").first.evaluate(dashes) == "none"
    assert seen["light"][0] != seen["dark"][0]


def test_on_a_phone_the_page_stays_narrow_and_the_panel_near(browser, book):
    """390 pixels: nothing scrolls the page sideways, the chosen node's panel is on the screen."""
    with visit(browser, book, PAGE, width=390) as tab:
        for number in (0, 1):
            figure = opened(tab, number)
            assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            names = figure.locator(".graph-row").evaluate_all(
                "(names) => names.map((one) => one.getBoundingClientRect().x)"
            )
            assert all(0 <= x < 60 for x in names), names  # also where the picture is scrolled to its outputs
            mark = figure.locator(".graph-feature:not([hidden])").nth(3)
            mark.scroll_into_view_if_needed()
            mark.click()
            expect(figure.locator(".graph-panel .graph-list").first).to_be_in_viewport()


def test_words_and_numbers_stand_beside_the_picture(browser, book):
    with visit(browser, book, PAGE) as tab:
        figure = opened(tab)
        assert figure.get_attribute("aria-label") == STORY
        figure.get_by_text("This graph in words and numbers").click()
        rows = figure.locator(".graph-numbers table").first.locator("tbody tr")
        expect(rows).to_have_count(len(story()["nodes"]))
        expect(rows.first).to_contain_text("say Austin")
        expect(figure.locator(".graph-words > p").first).to_have_text(STORY)


def test_in_a_live_notebook_the_output_needs_nothing_else(browser, tmp_path):
    """Two outputs on one page: both are drawn, the component runs once, and text never becomes markup."""
    bad = story()
    bad["nodes"][9]["clerp"] = "<img src=x onerror='window.hacked=1'>"
    bad["metadata"]["prompt_tokens"] = [*TOKENS[:-1], "</script><script>window.hacked=1</script>"]
    both = [graph_view.view(bad, alt="<svg onload='window.hacked=1'>"), graph_view.view(story(), alt=STORY)]
    (tmp_path / "notebook.html").write_text("<!DOCTYPE html><title>notebook</title>", encoding="utf-8")
    with visit(browser, tmp_path, "notebook.html") as tab:
        tab.evaluate(AS_JUPYTERLAB, "".join(f"<div>{shown._repr_mimebundle_()['text/html']}</div>" for shown in both))
        for number in (0, 1):
            figure = opened(tab, number)
            node(figure, "3_11_2").click()
        expect(tab.locator("figure.graph-view").first.locator(".graph-panel .graph-title")).to_have_text(
            "<img src=x onerror='window.hacked=1'>"
        )
        assert tab.evaluate("window.hacked") is None
        assert tab.locator("figure img").count() == 0


def test_a_notebook_page_lists_the_edges_where_scripts_do_not_run(browser, book):
    """What stands in the page before the component draws is text that says what the graph shows."""
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"file://{book / PAGE}")
    expect(tab.locator("figure.graph-view").first).to_contain_text(STORY)
    expect(tab.locator("figure.graph-view").first.locator("li")).to_have_count(8)
    context.close()


def test_the_toc_of_the_small_book_is_its_own(book):
    """The fixture did not build the real book by mistake."""
    toc = yaml.safe_load((book.parent.parent / "_toc.yml").read_text(encoding="utf-8"))
    assert len(toc["chapters"]) == 3
