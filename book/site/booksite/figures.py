"""Plotly outputs as figures: no network, drawn when they scroll into view, readable without seeing them.

1. A myst-nb plugin takes `application/vnd.plotly.v1+json` outputs and makes a `plot_figure` node of each.
2. The node is written as a `<figure>`: an empty canvas, the figure's JSON, and its text alternative.
3. Pages that hold one load the vendored plotly bundle and `figures.js`, both deferred.
4. `{quoted-figure}` puts the figure of a chapter's cell, tagged `fig:NAME`, on another page.
"""

import json
import re
from html import escape
from pathlib import Path

import myst_nb.core.render as render
from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.render import MimeRenderPlugin
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

MIME = "application/vnd.plotly.v1+json"
DEFAULT_HEIGHT = 440  # pixels kept free before the figure is drawn, so that the page does not jump


class plot_figure(nodes.General, nodes.Element):
    """One plotly figure on a page."""


def script_json(value) -> str:
    """JSON that is safe inside a `<script>` element: no tag can end it, no comment can open."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def alternative(spec: dict) -> str:
    """The figure's text alternative, kept by interpbook.plots in `layout.meta.alt`; empty where there is none."""
    meta = spec.get("layout", {}).get("meta")
    return str(meta.get("alt", "")).strip() if isinstance(meta, dict) else ""


def figure_node(spec: dict, name: str) -> plot_figure:
    """The node for one figure; `name` becomes its id on the page."""
    height = spec.get("layout", {}).get("height") or DEFAULT_HEIGHT
    kept = {key: spec[key] for key in ("data", "layout", "frames") if spec.get(key)}
    return plot_figure("", spec=script_json(kept), alt=alternative(spec), height=int(height), ids=[name])


class PlotlyPlugin(MimeRenderPlugin):
    """myst-nb asks this about every output; it takes the plotly figures."""

    mime_priority_overrides = (("*", MIME, 1),)

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Node] | None:
        """The figure as a node, or None for anything else."""
        if inline or data.mime_type != MIME:
            return None
        tags = data.cell_metadata.get("tags", [])
        tagged = [tag.removeprefix("fig:") for tag in tags if tag.startswith("fig:")]
        name = tagged[0] if tagged else f"{(data.cell_index or 0) + 1}-{(data.output_index or 0) + 1}"
        node = figure_node(data.content, _slug(f"figure-{name}"))
        if not node["alt"]:
            renderer.logger.warning(
                f"the figure of cell {data.cell_index} has no text alternative; "
                "return it through interpbook.plots.finish(fig, alt=…)",
                subtype="figure_alt",
                line=data.line,
            )
        return [node]


class QuotedFigure(SphinxDirective):
    """`{quoted-figure} chapters/01_superposition polytopes` draws the figure of the cell tagged `fig:polytopes`."""

    required_arguments = 2
    option_spec = {"height": directives.positive_int}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """The quoted figure, or nothing and a warning that names what is missing."""
        docname, tag = self.arguments
        path = Path(self.env.srcdir) / f"{docname}.ipynb"
        self.env.note_dependency(str(path))
        try:
            spec = figure_in(path, tag)
        except (OSError, ValueError) as problem:
            logger.warning(f"quoted-figure: {problem}", location=self.get_location())
            return []
        if "height" in self.options:
            spec["layout"] = {**spec["layout"], "height": self.options["height"]}
        return [figure_node(spec, _slug(f"figure-{tag}"))]


def figure_in(notebook: Path, tag: str) -> dict:
    """The plotly figure that the cell tagged `fig:TAG` shows; a ValueError lists the tags that exist."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    found = {}
    for cell in cells:
        for output in cell.get("outputs", []):
            if MIME in output.get("data", {}):
                found.update(
                    {
                        t.removeprefix("fig:"): output["data"][MIME]
                        for t in cell["metadata"].get("tags", [])
                        if t.startswith("fig:")
                    }
                )
    if tag not in found:
        raise ValueError(
            f"{notebook.name} shows no figure in a cell tagged fig:{tag}; "
            f"tagged figures: {', '.join(sorted(found)) or 'none'}"
        )
    return found[tag]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _visit(translator, node) -> None:
    alt = escape(node["alt"], quote=True)
    ident = node["ids"][0]
    translator.body.append(
        f'<figure class="plot" id="{ident}">'
        f'<div class="plot-canvas" role="img" aria-label="{alt}" style="min-height:{node["height"]}px"></div>'
        f'<script type="application/json" class="plot-spec">{node["spec"]}</script>'
        f'<figcaption class="plot-words"><details><summary>What this figure shows, in words and numbers</summary>'
        f"<p>{alt}</p></details></figcaption></figure>"
    )
    raise nodes.SkipNode


def _visit_text(_translator, _node) -> None:
    raise nodes.SkipNode


def _load_plotly(app, pagename, templatename, context, doctree) -> None:  # noqa: ARG001
    if doctree is not None and any(doctree.findall(plot_figure)):
        app.add_js_file("plotly/plotly-cartesian.min.js", loading_method="defer")
        app.add_js_file("figures.js", loading_method="defer")


def _add_plugins() -> None:
    """Make myst-nb find our plugins. Its own way is an entry point, which only an installed package can have."""
    from .graphs import GraphPlugin
    from .quizzes import QuizPlugin

    load = render.load_mime_renders
    if not getattr(load, "knows_the_book", False):

        def load_with_ours() -> list:
            return [*load(), PlotlyPlugin, QuizPlugin, GraphPlugin]

        load_with_ours.knows_the_book = True  # type: ignore[attr-defined]
        render.load_mime_renders = load_with_ours


def setup(app) -> None:
    """Register node, directive and plugin."""
    _add_plugins()
    app.add_node(plot_figure, html=(_visit, None), text=(_visit_text, None), latex=(_visit_text, None))
    app.add_directive("quoted-figure", QuotedFigure)
    app.connect("html-page-context", _load_plotly)
