"""The parts of the Sphinx extension that can be tested without Sphinx."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from interpbook import sitebuild

sys.path.insert(0, str(sitebuild.ROOT / "book" / "site"))

from booksite.assets import slim
from booksite.figures import alternative, figure_in, script_json
from booksite.launch import launch_links
from booksite.links import normal
from booksite.mathml import to_mathml
from booksite.polygons import star
from sphinx.errors import ExtensionError

SCATTER = {"data": [{"type": "scatter", "y": [1]}], "layout": {"meta": {"alt": "One point."}}}


@pytest.mark.parametrize(
    "latex",
    [r"x'", r"\mathrm{ReLU}(W^\top W x + b)", r"\frac{a}{b}", r"\hat W_i \cdot W_j", r"\lVert x \rVert_2^2",
     r"\begin{aligned} a &= b \\ c &= d \end{aligned}", r"\begin{cases} 0 & x < 0 \\ x & x \ge 0 \end{cases}",
     r"\mathbb{R}^{n \times m}", r"\{a, b\}", r"\boldsymbol{\theta}", r"\sum_i I_i (x_i - x'_i)^2"],
)  # fmt: skip
def test_formulas_become_well_formed_mathml(latex):
    """One math element, nothing of the source left over in it."""
    tree = ElementTree.fromstring(to_mathml(latex, block=True))
    assert tree.tag.endswith("}math")
    assert tree.get("display") == "block"
    assert "\\" not in "".join(tree.itertext())


@pytest.mark.parametrize(
    "latex", [r"\frac{1}", "x^", "a_b_c", r"\left( x", r"\nosuchmacro x", "{x", "x}", "a & b", r"\begin{matrix} a"]
)
def test_bad_formulas_are_refused_and_quoted(latex):
    """The message quotes the source, so that it can be found."""
    with pytest.raises(ValueError, match="cannot read the formula") as caught:
        to_mathml(latex, block=False)
    assert repr(latex) in str(caught.value)


def test_bold_letters_are_letters_of_their_own():
    """Browsers ignore mathvariant=bold."""
    assert "\U0001d416" in to_mathml(r"\mathbf{W}", block=False)
    assert "\U0001d73d" in to_mathml(r"\boldsymbol{\theta}", block=False)


def test_json_in_a_script_cannot_end_it():
    """And reads back as what it was."""
    value = {"text": "</script><!-- <script> \u2028 &"}
    text = script_json(value)
    assert "<" not in text and "\u2028" not in text
    assert json.loads(text) == value


def test_a_figures_words_are_found_where_plots_puts_them():
    """And nowhere else."""
    assert alternative(SCATTER) == "One point."
    assert [alternative(spec) for spec in ({}, {"layout": {}}, {"layout": {"meta": "text"}})] == ["", "", ""]


def test_a_quoted_figure_comes_from_the_tagged_cell(tmp_path):
    """By tag, not by place; a wrong tag names the right ones."""
    output = nbformat.v4.new_output("display_data", data={"application/vnd.plotly.v1+json": SCATTER})
    cell = nbformat.v4.new_code_cell("plot", outputs=[output], metadata={"tags": ["fig:points", "hide-input"]})
    path = tmp_path / "01_topic.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1"), cell]), path)
    assert figure_in(path, "points") == SCATTER
    with pytest.raises(ValueError, match="tagged figures: points"):
        figure_in(path, "lines")


def test_no_repository_no_buttons():
    """The default."""
    assert launch_links({}, "chapters/01.ipynb") == []
    assert launch_links({"repository": "", "branch": "main", "jupyterhub": "https://hub.example.edu"}, "a.ipynb") == []


def test_one_setting_gives_colab_and_a_hub():
    """Addresses as both document them; a repository elsewhere gets no Colab button."""
    setting = {
        "repository": "https://github.com/someone/book.git",
        "branch": "main",
        "jupyterhub": "https://hub.example.edu/",
    }
    colab, hub = launch_links(setting, "chapters/01_superposition.ipynb")
    assert colab["url"] == (
        "https://colab.research.google.com/github/someone/book/blob/main/chapters/01_superposition.ipynb"
    )
    assert hub["url"].startswith("https://hub.example.edu/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com")
    assert "urlpath=lab%2Ftree%2Fbook%2Fchapters%2F01_superposition.ipynb" in hub["url"]
    elsewhere = {"repository": "https://codeberg.org/someone/book", "branch": "main", "jupyterhub": ""}
    assert launch_links(elsewhere, "a.ipynb") == []


def test_a_misspelt_launch_setting_is_refused():
    """With what is known."""
    with pytest.raises(ExtensionError, match="known: repository, branch, jupyterhub"):
        launch_links({"repo": "x"}, "a.ipynb")


def test_terms_are_found_however_they_are_written():
    """Hyphens, capitals and encoded spaces."""
    assert {
        normal(text) for text in ("Residual-Stream", "residual stream", "residual%20stream", "residual_stream")
    } == {"residual stream"}


@pytest.mark.parametrize("number", range(12))
def test_each_chapters_star_is_one_closed_line_through_all_its_points(number):
    """number + 4 corners, each visited once, and drawable."""
    svg = ElementTree.fromstring(star(number))
    corners = [element for element in svg if element.tag == "circle"]
    line = next(element for element in svg if element.get("class") == "star-path").get("d") or ""
    assert len(corners) == number + 4
    assert len(set(line.strip("MZ").split("L"))) == number + 4


def test_slimming_keeps_what_pages_use(tmp_path):
    """Maps, fonts and the icon script go; styles stay, without their font faces and map comments."""
    static = tmp_path / "_static"
    for name in (
        "scripts/fontawesome.js",
        "styles/x.css.map",
        "vendor/fontawesome/webfonts/fa.woff2",
        "scripts/own.js",
    ):
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).write_text("content\n//# sourceMappingURL=own.js.map\n")
    (static / "styles" / "x.css").write_text(
        "@font-face{src:url(fa.woff2)}a{color:red}/*# sourceMappingURL=x.css.map */"
    )
    slim(tmp_path)
    left = {str(path.relative_to(static)) for path in Path(static).rglob("*") if path.is_file()}
    assert left == {"scripts/own.js", "styles/x.css"}
    assert (static / "styles" / "x.css").read_text() == "a{color:red}"
    assert "sourceMappingURL" not in (static / "scripts" / "own.js").read_text()
