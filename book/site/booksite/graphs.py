"""Attribution graphs: the page takes the graph out of a notebook's output and draws it with one shared component.

1. A graph's output is HTML that holds graph and component (`interpbook.graph_view`), for a live notebook.
2. A myst-nb plugin knows it by its first tag and keeps the figure alone: the graph, and its words for readers without
   scripts.
3. Pages that hold one load the component once, written from the toolkit's parts when the build begins.
"""

import re
from pathlib import Path

from docutils import nodes
from interpbook import graph_view
from myst_nb.core.render import MimeRenderPlugin

FIGURE = re.compile(r'^<figure class="graph-view".*?</figure>', re.S)


class graph_figure(nodes.General, nodes.Element):
    """One attribution graph on a page."""


class GraphPlugin(MimeRenderPlugin):
    """myst-nb asks this about every output; it takes the graphs."""

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Node] | None:  # noqa: ARG004
        """The graph as a node, or None for anything else."""
        if inline or data.mime_type != "text/html":
            return None
        found = FIGURE.match(data.string)
        return [graph_figure("", html=found[0])] if found else None


def _visit(translator, node) -> None:
    translator.body.append(node["html"])
    raise nodes.SkipNode


def _skip(_translator, _node) -> None:
    raise nodes.SkipNode


def _load_component(app, pagename, templatename, context, doctree) -> None:  # noqa: ARG001
    if doctree is not None and any(doctree.findall(graph_figure)):
        app.add_js_file("graph-view.js", loading_method="defer")
        app.add_css_file("graph-view.css")


def _offer_component(app, config) -> None:
    folder = Path(app.doctreedir) / "graph-view"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "graph-view.js").write_text(graph_view.script(), encoding="utf-8")
    (folder / "graph-view.css").write_text(graph_view.style(), encoding="utf-8")
    config.html_static_path += [str(folder)]


def setup(app) -> None:
    """Register node and plugin; the component is loaded only where a graph is."""
    app.add_node(graph_figure, html=(_visit, None), text=(_skip, None), latex=(_skip, None))
    app.connect("config-inited", _offer_component)
    app.connect("html-page-context", _load_component)
