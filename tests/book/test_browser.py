"""The built site in a browser: from its folder, with the network cut, in light and dark, by mouse and by keyboard."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from interpbook.quiz import load_quiz
from playwright.sync_api import expect

THEMES = ("light", "dark")
# Without preload: axe would fetch style sheets, which a page in a folder may not; it reads the drawn page instead.
AXE = {"resultTypes": ["violations"], "preload": False}


@contextmanager
def visit(browser, site, page: str = "", theme: str = "light", width: int = 1280) -> Iterator:
    """A page of the site in a fresh profile without a network; ends by checking that nothing went wrong there."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, accept_downloads=True)
    context.set_offline(True)
    faults: list[str] = []

    def guard(route) -> None:
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            faults.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", guard)
    tab = context.new_page()
    tab.on("console", lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None)
    tab.on("pageerror", lambda error: faults.append(f"error: {error}"))
    tab.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    if page:
        tab.goto(f"file://{site / page}")
    yield tab
    context.close()
    assert not faults, faults


def draw_all(tab) -> int:
    """Scroll through the page until every figure is drawn; how many were."""
    for figure in tab.locator("figure.plot").all():
        figure.scroll_into_view_if_needed()
        figure.locator(".main-svg").first.wait_for(timeout=10_000)
    return tab.locator("figure.plot .js-plotly-plot").count()


def first(pattern: str, site) -> str:
    """The first page whose HTML holds a pattern; skips where there is none yet."""
    for path in sorted(site.rglob("*.html")):
        if re.search(pattern, path.read_text(encoding="utf-8")):
            return str(path.relative_to(site))
    pytest.skip(f"no page holds {pattern!r}")


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_works_without_a_network_and_draws_every_figure(browser, site, pages, figure_counts, theme):
    """No request leaves the folder, no console error, and as many drawings as the notebooks hold figures."""
    for page in pages:
        with visit(browser, site, page, theme) as tab:
            drawn = draw_all(tab)
            assert tab.evaluate("document.documentElement.dataset.theme") == theme
            if page in figure_counts:
                assert drawn == figure_counts[page], page


@pytest.mark.parametrize("theme", THEMES)
def test_no_serious_accessibility_findings(browser, site, pages, theme):
    """axe-core over every page, figures drawn and folds open."""
    findings = []
    for page in pages:
        with visit(browser, site, page, theme) as tab:
            draw_all(tab)
            tab.evaluate("document.querySelectorAll('article details').forEach((fold) => (fold.open = true))")
            tab.wait_for_timeout(100)
            for found in Axe().run(tab, options=AXE).response["violations"]:
                if found["impact"] in ("serious", "critical"):
                    findings.append((page, found["id"], [node["html"][:160] for node in found["nodes"][:3]]))
    assert not findings


def test_no_page_is_wider_than_a_phone(browser, site, pages):
    """At 390 pixels nothing makes the page scroll sideways, drawn figures included."""
    wide = []
    for page in pages:
        with visit(browser, site, page, width=390) as tab:
            draw_all(tab)
            if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wide.append(page)
    assert not wide


def test_front_door_leads_to_the_landing_page(browser, site):
    """index.html forwards, in a folder too, and the first thing is the book's name."""
    with visit(browser, site, "index.html") as tab:
        tab.wait_for_url("**/book/pages/index.html")
        assert tab.locator("h1").first.inner_text().startswith("No More Folk Theories")


def test_figures_follow_the_theme_switch(browser, site):
    """The button of the page changes the colours inside a drawn figure, and changes them back."""
    colour = "getComputedStyle(document.querySelector('.plot .xtick text, .plot .ytick text')).fill"
    with visit(browser, site, first('class="plot"', site), "light") as tab:
        draw_all(tab)
        seen = {tab.evaluate("document.documentElement.dataset.theme"): tab.evaluate(colour)}
        settled = f"([same, others]) => same ? {colour} === same : !others.includes({colour})"
        for _ in range(3):
            tab.locator(".theme-switch-button").first.click()
            theme = tab.evaluate("document.documentElement.dataset.theme")
            tab.wait_for_function(settled, arg=[seen.get(theme), list(seen.values())])
            seen[theme] = tab.evaluate(colour)
        assert len(set(seen.values())) == 2, seen


def test_a_figure_can_be_read_in_words_and_numbers(browser, site):
    """Its name is its description, which one click also shows, with a table and the data as a file."""
    with visit(browser, site, first('class="plot"', site)) as tab:
        draw_all(tab)
        figure = tab.locator("figure.plot").first
        words = figure.locator("[role=img]").get_attribute("aria-label")
        assert words and len(words) > 15
        figure.locator(".plot-words summary").click()
        # A fold tells the page that it was opened a moment after it was: wait for what it then fills in.
        figure.locator(".plot-numbers table tr").nth(1).wait_for()
        assert figure.locator(".plot-words details > p").first.inner_text().strip() == words.strip()
        with tab.expect_download() as saved:
            figure.get_by_text("The whole figure as JSON").click()
        assert "data" in json.loads(saved.value.path().read_text())


def test_sliders_move_by_keyboard(browser, site):
    """A precomputed slider is a real one: an arrow key changes its value and the drawing."""
    with visit(browser, site, first(r'class="plot-spec">[^<]*"sliders"', site)) as tab:
        draw_all(tab)
        slider = tab.locator(".plot-slider input").first
        figure = tab.locator("figure.plot").filter(has=tab.locator(".plot-slider")).first
        value = tab.locator(".plot-slider output").first
        drawing, label = figure.locator(".plot-canvas").inner_html(), value.inner_text()
        slider.focus()
        tab.keyboard.press("ArrowRight" if slider.input_value() == "0" else "ArrowLeft")
        expect(value).not_to_have_text(label)
        changed = "before => document.querySelector('figure.plot:has(.plot-slider) .plot-canvas').innerHTML !== before"
        tab.wait_for_function(changed, arg=drawing)
        assert slider.get_attribute("aria-valuetext")


def test_quiz_answers_are_explained_scored_and_kept(browser, site):
    """Answer all by the page's own key, reload, find them again; try one again, wrongly."""
    with visit(browser, site, first('class="quiz-spec"', site)) as tab:
        spec = json.loads(tab.locator(".quiz-spec").first.text_content() or "")
        forms = tab.locator(".quiz-item")
        assert forms.count() == len(spec["questions"])
        for form, question in zip(forms.all(), spec["questions"], strict=True):
            answer_rightly(form, question)
            assert form.get_attribute("data-state") == "right", question["id"]
            assert form.locator(".quiz-why:visible").count() == max(1, len(question.get("choices", [])))
        total = len(spec["questions"])
        assert f"{total} of {total} right" in tab.locator(".quiz-score").inner_text()
        tab.reload()
        expect(tab.locator('.quiz-item[data-state="right"]')).to_have_count(total)
        single = next(i for i, question in enumerate(spec["questions"]) if question["kind"] == "single")
        form, question = forms.nth(single), spec["questions"][single]
        form.get_by_role("button", name="Try again").click()
        wrong = next(i for i, choice in enumerate(question["choices"]) if not choice["correct"])
        form.locator(f'input[value="{wrong}"]').check()
        form.get_by_role("button", name="Check").click()
        assert form.get_attribute("data-state") == "wrong"
        assert f"{total - 1} of {total} right" in tab.locator(".quiz-score").inner_text()


HOSTILE = """
- id: markup
  concept: "<b>bold</b>"
  question: "<img src=x onerror='window.hacked=1'> `<script>window.hacked=1</script>`"
  kind: multiple
  choices:
    - {text: "<svg onload='window.hacked=1'>", correct: true, why: "<iframe src=javascript:window.hacked=1>"}
    - {text: "No", correct: false, why: "</script><script>window.hacked=1</script>"}
- {id: half, concept: numbers, question: "One half?", kind: number, answer: 0.5, tolerance: 0.01, why: "It is."}
"""
# What JupyterLab does with HTML output of a trusted notebook: scripts are made anew, so that they run.
AS_JUPYTERLAB = """(html) => {
    document.body.innerHTML = html;
    document.querySelectorAll("script").forEach((old) => {
        const made = document.createElement("script");
        for (const attribute of old.attributes) made.setAttribute(attribute.name, attribute.value);
        made.textContent = old.textContent;
        old.replaceWith(made);
    });
}"""


def test_quiz_works_in_a_live_notebook_and_shows_markup_as_text(browser, tmp_path):
    """The HTML that a kernel sends needs nothing else, and no text of a question becomes part of the page."""
    (tmp_path / "01_topic.quiz.yml").write_text(HOSTILE, encoding="utf-8")
    (tmp_path / "notebook.html").write_text("<!DOCTYPE html><title>notebook</title>", encoding="utf-8")
    html = load_quiz(tmp_path / "01_topic.quiz.yml")._repr_mimebundle_()["text/html"]
    with visit(browser, tmp_path, "notebook.html") as tab:
        tab.evaluate(AS_JUPYTERLAB, html)
        expect(tab.locator(".quiz-question").first).to_contain_text("<img src=x")
        tab.locator('input[value="0"]').check()
        tab.get_by_role("button", name="Check").first.click()
        for written, state in (("1/2", "right"), ("0,5", "right"), ("5e-1", "right"), ("0.52", "wrong")):
            form = tab.locator(".quiz-item").nth(1)
            form.locator("input").fill(written)
            form.get_by_role("button", name="Check").click()
            assert form.get_attribute("data-state") == state, written
            form.get_by_role("button", name="Try again").click()
        assert tab.locator(".quiz-item").first.get_attribute("data-state") == "right"
        assert tab.evaluate("window.hacked") is None
        assert tab.locator(".quiz img, .quiz svg, .quiz iframe").count() == 0


def answer_rightly(form, question: dict) -> None:
    """Give a question the answer that its own data call right."""
    if question["kind"] == "number":
        form.locator("input").fill(str(question["answer"]).replace(".", ","))
    for i, choice in enumerate(question.get("choices", [])):
        if choice["correct"]:
            form.locator(f'input[value="{i}"]').check()
    form.get_by_role("button", name="Check").click()


def test_quiz_works_by_keyboard_and_refuses_an_empty_answer(browser, site):
    """Enter checks, an empty answer is asked for, and focus goes where one can go on."""
    with visit(browser, site, first('class="quiz-spec"', site)) as tab:
        form = tab.locator(".quiz-item").first
        form.get_by_role("button", name="Check").focus()
        tab.keyboard.press("Enter")
        assert form.get_attribute("data-state") is None
        assert form.locator(".quiz-verdict").inner_text()
        form.locator("input").first.focus()
        tab.keyboard.press("Space")
        tab.keyboard.press("Enter")
        assert form.get_attribute("data-state") in ("right", "wrong")
        assert tab.evaluate("document.activeElement.textContent") == "Try again"


def test_the_right_choice_is_not_always_first(browser, site):
    """Choices are in a fixed order of the question's own, not in the author's."""
    with visit(browser, site, first('class="quiz-spec"', site)) as tab:
        spec = json.loads(tab.locator(".quiz-spec").first.text_content() or "")
        orders = []
        for form, question in zip(tab.locator(".quiz-item").all(), spec["questions"], strict=True):
            if question["kind"] != "number":
                orders.append([int(i.get_attribute("value")) for i in form.locator("input").all()])
                assert sorted(orders[-1]) == list(range(len(question["choices"])))
        assert any(order != sorted(order) for order in orders)


def test_progress_is_shown_saved_loaded_and_cleared(browser, site, tmp_path):
    """What a quiz and a check report leave behind appears on the progress page, survives a file, and can be cleared."""
    with visit(browser, site, "book/pages/progress.html") as tab:
        chapters = json.loads(tab.locator("#progress-chapters").text_content() or "[]")
        if not chapters:
            pytest.skip("no chapter is ready yet")
        stem = chapters[0]["stem"]
        report = tmp_path / "points.json"
        report.write_text(
            json.dumps({"notebook": f"exercises/{stem}.ipynb", "points": 3, "max_points": 9, "items": []})
        )
        tab.locator("#progress-file").set_input_files(report)
        tab.get_by_text("3 of 9 points", exact=True).wait_for()
        with tab.expect_download() as saved:
            tab.get_by_role("button", name="Save to a file").click()
        kept = tmp_path / "kept.json"
        saved.value.save_as(kept)
        tab.get_by_role("button", name="Clear everything").click()
        tab.get_by_role("button", name="Really clear everything?").click()
        assert tab.get_by_text("3 of 9 points", exact=True).count() == 0
        tab.locator("#progress-file").set_input_files(kept)
        tab.get_by_text("3 of 9 points", exact=True).wait_for()
        broken = tmp_path / "broken.json"
        broken.write_text("{not json")
        tab.locator("#progress-file").set_input_files(broken)
        tab.get_by_text("That file is not JSON; nothing was changed.").wait_for()
        assert tab.get_by_text("3 of 9 points", exact=True).count() == 1


def test_reading_a_chapter_fills_its_ring(browser, site, notebooks):
    """Sections count as read when they have been on the screen; the sidebar and the landing page show it."""
    stems = sorted(path.stem for path in notebooks if path.parent.name == "chapters")
    if not stems:
        pytest.skip("no chapter is ready yet")
    with visit(browser, site, f"chapters/{stems[0]}.html") as tab:
        for heading in tab.locator("article > section > section").all():
            heading.locator("h2").first.scroll_into_view_if_needed()
            tab.wait_for_timeout(60)
        tab.goto(f"file://{site / 'book/pages/index.html'}")
        card = tab.locator(f'.chapter-card[data-stem="{stems[0]}"] .card-progress')
        expect(card).to_contain_text(re.compile(r"read [1-9]\d* %"))
        expect(tab.locator(".bd-links .ring:not([hidden])")).to_have_count(1)


def test_search_finds_a_page_from_a_folder(browser, site):
    """Ctrl+K, a word, Enter: results that lead to a page."""
    with visit(browser, site, "book/pages/how_to_read.html") as tab:
        tab.keyboard.press("Control+k")
        tab.locator("#pst-search-dialog input").fill("superposition")
        tab.keyboard.press("Enter")
        result = tab.locator("#search-results li a").first
        result.wait_for(timeout=10_000)
        result.click()
        expect(tab.locator("article h1")).to_have_count(1)


def test_terms_explain_themselves_and_escape_closes(browser, site):
    """On focus and on hover the definition shows, tied to the link; Escape takes it away."""
    with visit(browser, site, first(r'class="term-link', site)) as tab:
        link = tab.locator("a.term-link").first
        link.focus()
        tip = tab.get_by_role("tooltip")
        expect(tip).to_be_visible()
        assert tip.inner_text() == link.get_attribute("data-definition") != ""
        assert link.get_attribute("aria-describedby") == tip.get_attribute("id")
        tab.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        link.hover()
        expect(tip).to_be_visible()


def test_the_first_tab_stop_skips_to_the_text(browser, site):
    """Tab, Enter: past the navigation."""
    with visit(browser, site, "book/pages/glossary.html") as tab:
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.textContent") == "Skip to main content"
        tab.keyboard.press("Enter")
        tab.wait_for_url("**#main-content")


def test_solutions_are_folded_until_asked_for(browser, site):
    """On a solutions page no answer's code is visible before *Show solution* is pressed."""
    with visit(browser, site, first(r"Show solution", site)) as tab:
        cell = tab.locator(".cell.solution").first
        assert not cell.locator("pre").first.is_visible()
        cell.get_by_text("Show solution").click()
        expect(cell.locator("pre").first).to_be_visible()


def test_printing_draws_every_figure_on_white(browser, site, figure_counts):
    """Also those never scrolled to, which are not drawn before; also from dark."""
    page = max(figure_counts, key=lambda name: figure_counts[name], default="")
    if figure_counts.get(page, 0) < 4:
        pytest.skip("no page has figures below the first screens yet")
    with visit(browser, site, page, "dark") as tab:
        tab.locator(".js-plotly-plot, h1").first.wait_for()
        assert tab.locator(".js-plotly-plot").count() < figure_counts[page]
        tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        expect(tab.locator(".js-plotly-plot")).to_have_count(tab.locator("figure.plot").count(), timeout=10_000)
        assert tab.evaluate("document.documentElement.dataset.theme") == "light"
        tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


def test_formulas_are_drawn_by_the_browser(browser, site):
    """MathML with a size of its own, and no TeX left in the text."""
    with visit(browser, site, first(r"<math", site)) as tab:
        boxes = [formula.bounding_box() for formula in tab.locator("math").all()[:20]]
        assert all(box and box["width"] > 3 and box["height"] > 5 for box in boxes)
        assert "\\frac" not in tab.locator("article").inner_text()
