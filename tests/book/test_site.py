"""The built site as files: links, sizes, nothing from elsewhere, and a build that fails where it should."""

import gzip
import hashlib
import json
import re
import shutil
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
import yaml
from interpbook import sitebuild

ROOT = sitebuild.ROOT
VENDOR = ROOT / "book" / "site" / "vendor"
LOADING = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"), ("audio", "src")}
FIRST_VISIT = 1_500_000  # bytes, compressed, of a page and all that it loads
LATER_VISIT = 200_000  # bytes, compressed, of what a page loads beyond what the landing page and a chapter have brought
PAGE_LIMIT = 600_000  # bytes of one page's HTML


class Reader(HTMLParser):
    """What a page loads, links to and can be linked to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.plots = 0
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect from one tag."""
        found = {name: value or "" for name, value in attrs}
        self.loads += [value for name, value in found.items() if (tag, name) in LOADING]
        if tag == "link" and {"stylesheet", "icon", "preload"} & set(found.get("rel", "").split()):
            self.loads.append(found["href"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if "id" in found:
            self.ids.append(found["id"])
        self.plots += tag == "figure" and "plot" in found.get("class", "").split()


@pytest.fixture(scope="session")
def read(site, pages) -> dict[str, Reader]:
    """Every page, read."""
    return {page: Reader(site / page) for page in pages}


def local(site: Path, page: str, address: str) -> Path:
    """The file that an address on a page stands for."""
    path = unquote(re.split(r"[?#]", address)[0])
    return ((site / page).parent / path if path else site / page).resolve()


def test_nothing_is_loaded_from_elsewhere(site, read):
    """No script, style, image or frame has an address outside the folder, and every one exists."""
    outside, missing = [], []
    for page, found in read.items():
        outside += [f"{page}: {address}" for address in found.loads if re.match(r"(https?:)?//", address)]
        inside = [address for address in found.loads if not re.match(r"(https?:|data:)", address)]
        missing += [f"{page}: {address}" for address in inside if not local(site, page, address).is_file()]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        outside += [f"{sheet.name}: {url}" for url in re.findall(r"url\(\s*['\"]?((?:https?:)?//[^)]+)", text)]
        outside += [f"{sheet.name}: @import" for _ in re.findall(r"@import\s+['\"]?(?:https?:)?//", text)]
    assert not outside
    assert not missing


def test_scripts_are_classic(site, pages):
    """A module or a fetch would not work from a folder."""
    for page in pages:
        assert 'type="module"' not in (site / page).read_text(encoding="utf-8"), page
    for script in (ROOT / "book" / "site" / "static").glob("*.js"):
        assert not re.search(r"\bfetch\(|\bimport\s*\(|^import\s|innerHTML", script.read_text(), re.M), script.name


def test_every_internal_link_resolves(site, read):
    """Pages and places within them."""
    broken = []
    for page, found in read.items():
        for link in found.links:
            if re.match(r"[a-z][a-z0-9+.-]*:", link) or link in ("", "#"):
                continue
            target = local(site, page, link)
            fragment = unquote(link.split("#", 1)[1]) if "#" in link else ""
            name = str(target.relative_to(site.resolve())) if target.is_relative_to(site.resolve()) else ""
            if not target.is_file() or (fragment and name in read and fragment not in read[name].ids):
                broken.append(f"{page}: {link}")
    assert not broken


def test_ids_are_unique_on_a_page(read):
    """Links, labels and scripts find their element by its id."""
    double = {page: {i for i in found.ids if found.ids.count(i) > 1} for page, found in read.items()}
    assert not {page: ids for page, ids in double.items() if ids}


def test_table_of_contents_and_folders_agree():
    """Every notebook of a chapter that exists is on the site, and nothing is listed that does not exist."""
    listed = re.findall(r"(?:file|root):\s*(\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    for name in listed:
        assert (ROOT / f"{name}.ipynb").is_file() or (ROOT / f"{name}.md").is_file(), name
    for folder in ("chapters", "exercises", "solutions"):
        for path in (ROOT / folder).glob("*.ipynb"):
            assert f"{folder}/{path.stem}" in listed, f"_toc.yml does not list {folder}/{path.stem}"


def test_planned_chapters_match_the_folders():
    """The landing page's plan knows every chapter that exists, and no number twice."""
    plan = yaml.safe_load((ROOT / "book" / "pages" / "chapters.yml").read_text(encoding="utf-8"))
    stems = [chapter["stem"] for chapter in plan]
    assert [stem[:2] for stem in stems] == [f"{i:02}" for i in range(12)]
    assert {path.stem for path in (ROOT / "chapters").glob("*.ipynb")} <= set(stems)


def test_every_figure_is_on_its_page(read, figure_counts):
    """As many figures in the page's HTML as plotly outputs in the notebook."""
    assert {page: read[page].plots for page in figure_counts} == figure_counts


def test_pages_are_small(site, pages):
    """A page's own HTML."""
    sizes = {page: (site / page).stat().st_size for page in pages}
    assert not {page: size for page, size in sizes.items() if size > PAGE_LIMIT}


def test_first_and_later_visits_are_light(site, read):
    """Compressed bytes: of the heaviest first visit, and of each page once the shared files are known."""

    def parts(page: str) -> set[Path]:
        inside = [address for address in read[page].loads if not address.startswith("data:")]
        return {(site / page).resolve(), *(local(site, page, address) for address in inside)}

    packed = {path: len(gzip.compress(path.read_bytes(), 6)) for page in read for path in parts(page)}
    first = {page: sum(packed[path] for path in parts(page)) for page in read}
    assert max(first.values()) <= FIRST_VISIT, max(first, key=lambda page: first[page])
    known = set().union(*(parts(page) for page in ("book/pages/index.html", "search.html") if page in read))
    chapters = [page for page in read if page.startswith("chapters/")]
    known |= parts(chapters[0]) if chapters else set()
    later = {page: sum(packed[path] for path in parts(page) - known) for page in read}
    assert max(later.values()) <= LATER_VISIT, max(later, key=lambda page: later[page])


def test_unused_parts_of_the_theme_are_gone(site):
    """Source maps, icon fonts and the icon script."""
    assert not [path.name for pattern in ("*.map", "*.woff2", "*.ttf", "fontawesome*") for path in site.rglob(pattern)]
    assert "@font-face" not in "".join(path.read_text() for path in site.rglob("*.css"))


def test_vendored_files_are_those_of_the_manifest():
    """Name, hash and licence of each, and no file that the manifest does not know."""
    listed = tomllib.loads((VENDOR / "manifest.toml").read_text(encoding="utf-8"))["file"]
    known = {"manifest.toml"}
    for entry in listed:
        path = VENDOR / entry["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"], entry["path"]
        assert (VENDOR / entry["licence_file"]).is_file()
        assert entry["version"] in path.read_text(encoding="utf-8")[:400]
        known |= {entry["path"], entry["licence_file"]}
    there = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert there == known


def test_notebooks_can_be_downloaded(site, notebooks):
    """The button's file is the notebook, whole."""
    for notebook in notebooks:
        copy = site / "_sources" / f"{notebook.parent.name}/{notebook.name}"
        assert json.loads(copy.read_text(encoding="utf-8")) == json.loads(notebook.read_text(encoding="utf-8"))


FAULTY = r"""# 01 · Superposition

An [unread link](term:two words), an [unknown term](term:no-such-term) and an [unknown paper](cite:nobody1900).
Bad mathematics: $\frac{1}$ and $\nosuchmacro x$.
A page that is [missing](nowhere.md). HTML in text <b>stays</b>.
"""


def small_book(folder: Path, text: str, figure: dict) -> Path:
    """A book of one chapter, with this book's configuration, extension and pages."""
    for name in ("_config.yml",):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "book" / "site", folder / "book" / "site")
    shutil.copytree(ROOT / "book" / "pages", folder / "book" / "pages")
    (folder / "book" / "pages" / "index.md").write_text("# Book\n\nFront.\n", encoding="utf-8")
    (folder / "chapters").mkdir()
    output = nbformat.v4.new_output("display_data", data={"application/vnd.plotly.v1+json": figure})
    cell = nbformat.v4.new_code_cell("figure", outputs=[output], execution_count=1)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text), cell])
    book.metadata["language_info"] = {"name": "python"}
    nbformat.write(book, folder / "chapters" / "01_superposition.ipynb")
    names = ["chapters/01_superposition", *(f"book/pages/{name}" for name in ("glossary", "references"))]
    toc = {"format": "jb-book", "root": "book/pages/index", "chapters": [{"file": name} for name in names]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    return folder


def test_a_broken_source_fails_the_build_and_names_each_fault(tmp_path, monkeypatch, capsys):
    """Unknown term, key, page and macro, bad LaTeX and a figure without words: each is named, with its file."""
    figure = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {}}
    monkeypatch.setattr(sitebuild, "ROOT", small_book(tmp_path, FAULTY, figure))
    assert sitebuild.build(tmp_path / "out" / "html") == 1
    said = capsys.readouterr().err
    for fault in (
        "two words",
        "no-such-term",
        "nobody1900",
        r"\frac{1}",
        "nosuchmacro",
        "nowhere.md",
        "no text alternative",
    ):
        assert [line for line in said.splitlines() if fault in line and "01_superposition" in line], fault
    assert not (tmp_path / "out" / "html").exists()


def test_figures_and_words_cannot_break_out_of_their_page(tmp_path, monkeypatch):
    """A figure whose words hold markup is written so that none of it becomes part of the page."""
    nasty = '</script><script>alert(1)</script> "quoted" <!-- & done'
    figure = {"data": [{"type": "scatter", "y": [1, 2], "name": nasty}], "layout": {"meta": {"alt": nasty}}}
    monkeypatch.setattr(sitebuild, "ROOT", small_book(tmp_path, "# 01 · Superposition\n\nWords.\n", figure))
    assert sitebuild.build(tmp_path / "out" / "html") == 0
    page = (tmp_path / "out" / "html" / "chapters" / "01_superposition.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    stored = re.search(r'class="plot-spec">(.*?)</script>', page, re.S)
    assert stored and json.loads(stored[1])["data"][0]["name"] == nasty
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
