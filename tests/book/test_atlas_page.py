"""The feature atlas in a browser, from its folder: it searches, opens cards by address, and loads them when asked."""

import pytest
from playwright.sync_api import expect
from test_browser import visit

PAGE = "book/pages/atlas.html"


@pytest.fixture
def page(site) -> str:
    """The atlas's page; skips where the atlas was not made."""
    if not (site / "_static" / "atlas" / "index.js").is_file():
        pytest.skip("the atlas was not made yet: interpbook train atlas")
    return PAGE


def test_searching_narrows_the_list_and_a_hit_opens_its_card(browser, site, page):
    with visit(browser, site, page) as tab:
        tab.locator("#feature-atlas[data-ready]").wait_for()
        everything = tab.locator(".atlas-found").inner_text()
        tab.fill("#atlas-words", "whale")
        expect(tab.locator(".atlas-found")).not_to_have_text(everything)
        link = tab.locator(".atlas-list a").first
        number = link.inner_text()
        link.click()
        expect(tab.locator(".atlas-card h2")).to_contain_text(f"Latent {number}:")
        assert tab.locator(".atlas-card mark").count() > 0


def test_cards_are_loaded_when_asked_for_and_by_address(browser, site, page):
    with visit(browser, site, page) as tab:
        tab.locator("#feature-atlas[data-ready]").wait_for()
        loaded = "[...document.scripts].filter((one) => /atlas\\/\\d+\\.js/.test(one.src)).length"
        assert tab.evaluate(loaded) == 0
        tab.evaluate("window.location.hash = '#latent-100'")
        expect(tab.locator(".atlas-card h2")).to_contain_text("Latent 100:")
        assert tab.evaluate(loaded) == 1
        tab.evaluate("window.location.hash = '#latent-101'")
        expect(tab.locator(".atlas-card h2")).to_contain_text("Latent 101:")
        assert tab.evaluate(loaded) == 1
        tab.evaluate("window.location.hash = '#latent-99999'")
        expect(tab.locator(".atlas-card")).to_contain_text("There are latents 0 to")


def test_the_slider_changes_the_text(browser, site, page):
    with visit(browser, site, page) as tab:
        tab.locator("#feature-atlas[data-ready]").wait_for()
        steered = tab.evaluate(
            """async () => {
              for (let number = 0; number < 64; number++) {
                const kept = await new Promise((done) => {
                  const before = bookAtlas.chunk;
                  bookAtlas.chunk = (n, cards) => { before(n, cards); done(cards); };
                  const script = document.createElement("script");
                  const base = document.getElementById("feature-atlas").dataset.base;
                  script.src = base + String(number).padStart(3, "0") + ".js";
                  document.head.append(script);
                });
                const found = kept.find((card) => card.c);
                if (found) return found.i;
              }
              return -1;
            }"""
        )
        assert steered >= 0
        tab.evaluate(f"window.location.hash = '#latent-{steered}'")
        said = tab.locator(".atlas-said")
        before = said.inner_text()
        tab.locator("#atlas-dose").fill("3")
        expect(said).not_to_have_text(before)
