"""Quiz outputs: the page carries the questions as JSON, and the component that the notebooks use draws them."""

from pathlib import Path

import interpbook
from docutils import nodes
from myst_nb.core.render import MimeRenderPlugin
from sphinx.transforms.post_transforms import SphinxPostTransform

from .figures import script_json

MIME = "application/vnd.interpbook.quiz+json"
COMPONENT = Path(interpbook.__file__).parent


class QuizPlugin(MimeRenderPlugin):
    """myst-nb asks this about every output; it takes the quizzes."""

    mime_priority_overrides = (("*", MIME, 0),)

    @staticmethod
    def handle_mime(renderer, data, inline: bool) -> list[nodes.Node] | None:  # noqa: ARG004
        """The quiz as a node, or None for anything else."""
        if inline or data.mime_type != MIME:
            return None
        return [quiz_node("", spec=script_json(data.content), name=data.content["name"])]


class quiz_node(nodes.General, nodes.Element):
    """One quiz on a page."""


class HideQuizCall(SphinxPostTransform):
    """On a page the quiz stands alone; the cell that calls it says nothing to a reader."""

    default_priority = 100

    def run(self, **_kwargs) -> None:
        """Called once a page."""
        for node in list(self.document.findall(quiz_node)):
            cell = node.parent
            while cell is not None and cell.get("nb_element") != "cell_code":
                cell = cell.parent
            if cell is not None and cell[0].get("nb_element") == "cell_code_source":
                cell.remove(cell[0])


def _visit(translator, node) -> None:
    translator.body.append(
        f'<section class="quiz" data-quiz="{translator.attval(node["name"])}" aria-label="Quiz">'
        f'<script type="application/json" class="quiz-spec">{node["spec"]}</script>'
        "<noscript><p>The quiz needs JavaScript.</p></noscript></section>"
    )
    raise nodes.SkipNode


def _skip(_translator, _node) -> None:
    raise nodes.SkipNode


def _load_component(app, pagename, templatename, context, doctree) -> None:  # noqa: ARG001
    if doctree is not None and any(doctree.findall(quiz_node)):
        app.add_js_file("quiz.js", loading_method="defer")
        app.add_css_file("quiz.css")


def _offer_component(_app, config) -> None:
    config.html_static_path += [str(COMPONENT / "quiz.js"), str(COMPONENT / "quiz.css")]


def setup(app) -> None:
    """Register node and plugin; the component's two files are loaded only where a quiz is."""
    app.add_node(quiz_node, html=(_visit, None), text=(_skip, None), latex=(_skip, None))
    app.add_post_transform(HideQuizCall)
    app.connect("config-inited", _offer_component)
    app.connect("html-page-context", _load_component)
