"""The built site and a browser for the tests in this folder."""

import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from interpbook import sitebuild

ROOT = sitebuild.ROOT
SITE = ROOT / "_build" / "html"
# The container has no sandbox of its own to give, and nothing but the pages may be fetched.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def _newest_source() -> float:
    """When anything that the site is made of was last changed."""
    files = [ROOT / "_config.yml", ROOT / "_toc.yml", *(ROOT / "book" / "interpbook").glob("quiz.*")]
    files += (ROOT / "book" / "interpbook" / "graph_view").glob("*.*")
    for folder in ("book/site", "book/pages", "chapters", "exercises", "solutions"):
        files += [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return max(path.stat().st_mtime for path in files)


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site, built now if it is missing or older than what it is made of."""
    front = SITE / "index.html"
    if not front.is_file() or front.stat().st_mtime < _newest_source():
        assert sitebuild.build(SITE) == 0, "the site does not build; `interpbook build` shows why"
    return SITE


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Every page of the site, as a path below it; not index.html, which forwards at once and has its own test."""
    found = sorted(str(path.relative_to(site)) for path in site.rglob("*.html") if "_sources" not in path.parts)
    return [page for page in found if page != "index.html"]


@pytest.fixture(scope="session")
def notebooks() -> list[Path]:
    """The notebooks that _toc.yml puts into the site."""
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    named = [ROOT / f"{name}.ipynb" for name in re.findall(r"file:\s*(\S+)", text)]
    return [path for path in named if path.is_file()]


@pytest.fixture(scope="session")
def figure_counts(notebooks: list[Path]) -> dict[str, int]:
    """How many plotly outputs stand behind each page that is a notebook."""
    return {f"{path.parent.name}/{path.stem}.html": _figures_in(path) for path in notebooks}


def _figures_in(notebook: Path) -> int:
    cells = nbformat.read(notebook, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return sum("application/vnd.plotly.v1+json" in output.get("data", {}) for output in outputs)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium of the machine's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for path in map(shutil.which, names) if path), None)
    if not found:
        missing = "no Chromium here; install it (on Debian: apt-get install chromium) to run the browser tests"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()
