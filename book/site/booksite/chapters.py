"""What makes a notebook a page of this book.

1. A chapter's first lines (title with its number, hook, time and needs) become its header.
2. In `solutions/`, the code of every answer is folded behind *Show solution*.
3. `{chapter-list}` shows the twelve chapters of book/pages/chapters.yml, those that are ready as links.
4. `{progress-panel}` shows what this browser remembers; static/progress.js fills it.
"""

import json
import re
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .figures import script_json
from .polygons import star

logger = logging.getLogger(__name__)

PAGE = re.compile(r"(chapters|exercises|solutions)/((\d\d)_\w+)")
PLAN = "book/pages/chapters.yml"


class markup_node(nodes.General, nodes.Element):
    """Ready HTML, made by this extension and not by an author."""


class chapter_list(nodes.General, nodes.Element):
    """The place of the list of chapters."""


class progress_panel(nodes.General, nodes.Element):
    """The place of the progress panel."""


class ChapterHeader(SphinxPostTransform):
    """Dress the first lines of a page under chapters/, exercises/ or solutions/."""

    default_priority = 30

    def run(self, **_kwargs) -> None:
        """Called once a page."""
        page = PAGE.fullmatch(self.env.docname)
        section = next(iter(self.document.findall(nodes.section)), None)
        if not page or section is None or not isinstance(section[0], nodes.title):
            return
        title = section[0]
        kind, number = page[1], int(page[3])
        _split_title(title)
        section.insert(0, markup_node("", html=f'<div class="chapter-mark" aria-hidden="true">{star(number)}</div>'))
        title["classes"] += ["chapter-title", f"{kind}-title"]
        if kind == "chapters":
            _mark_hook(section)
        for quote in section.findall(nodes.block_quote):
            if quote.astext().lstrip().startswith("Time"):
                _split_facts(quote)
                break


def _split_title(title: nodes.title) -> None:
    """`01 · Superposition` as a number and a name, which the style sheet sets apart."""
    number = re.match(r"^(.*?\d\d)\s*·\s*(.+)$", title.astext())
    if number and len(title) == 1:
        title.clear()
        title += nodes.inline("", number[1], classes=["chapter-number"])
        title += nodes.inline("", " · ", classes=["chapter-dot"])
        title += nodes.inline("", number[2], classes=["chapter-name"])


def _mark_hook(section: nodes.section) -> None:
    for child in section.children:
        if isinstance(child, nodes.paragraph):
            child["classes"].append("hook")
            return
        if not isinstance(child, nodes.title | markup_node):
            return


def _split_facts(quote: nodes.block_quote) -> None:
    """`**Time** 60 min · **Needs** …` as one group for each bold word."""
    quote["classes"].append("chapter-facts")
    paragraph = next(iter(quote.findall(nodes.paragraph)))
    children, groups = list(paragraph.children), []
    for child in children:
        if isinstance(child, nodes.strong) or not groups:
            groups.append(nodes.inline("", classes=["fact"]))
        if isinstance(child, nodes.Text):
            child = nodes.Text(re.sub(r"\s*·\s*$", "", child.astext()))
        groups[-1] += child
    paragraph.clear()
    paragraph += [group for group in groups if group.astext().strip()]


class FoldSolutions(SphinxPostTransform):
    """In solutions/, the source of every answer cell opens on a click."""

    default_priority = 100  # before myst-nb turns hide_mode into <details>

    def run(self, **_kwargs) -> None:
        """Called once a page."""
        if not self.env.docname.startswith("solutions/"):
            return
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code":
                continue
            if cell["cell_metadata"].get("nbgrader", {}).get("solution"):
                cell["hide_mode"] = "input"
                cell["prompt_show"], cell["prompt_hide"] = "Show solution", "Hide solution"
                cell["classes"].append("solution")


class NameSolutions(SphinxTransform):
    """A solutions notebook is written as the exercises it solves; on the site each needs a title of its own."""

    default_priority = 300

    def apply(self, **_kwargs) -> None:
        """Called once a page, before its title is noted for the contents."""
        title = next(iter(self.document.findall(nodes.title)), None)
        if self.env.docname.startswith("solutions/") and title is not None:
            words = re.sub(r"^Exercises( (for|to))?\b", "Solutions", title.astext())
            title.clear()
            title += nodes.Text(words)


class ExplainExercises(SphinxPostTransform):
    """In exercises/, say where to do them, and that a stored verdict is what a right answer will bring."""

    default_priority = 101

    def run(self, **_kwargs) -> None:
        """Called once a page."""
        page = PAGE.fullmatch(self.env.docname)
        section = next(iter(self.document.findall(nodes.section)), None)
        if not page or page[1] != "exercises" or section is None:
            return
        solved = self.app.builder.get_relative_uri(self.env.docname, f"solutions/{page[2]}")
        html = (
            f'<div class="how-to-do"><p>To do these, open <code>exercises/{page[2]}.ipynb</code> in Jupyter. '
            "Each answer is checked as you go; "
            f"<code>interpbook check exercises/{page[2]}.ipynb</code> adds up the points.</p>"
            f'<p>Done, or stuck for good: <a class="reference internal" href="{solved}">the solutions</a>.</p></div>'
        )
        section.insert(self._after_introduction(section), markup_node("", html=html))
        for cell in self.document.findall(nodes.container):
            graded = cell.get("nb_element") == "cell_code" and cell["cell_metadata"].get("nbgrader", {}).get("grade")
            if graded and cell[-1].get("nb_element") == "cell_code_output":
                words = '<p class="expected">What the check says once your answer is right:</p>'
                cell.insert(len(cell) - 1, markup_node("", html=words))

    @staticmethod
    def _after_introduction(section: nodes.section) -> int:
        """The place before the first code cell or the first exercise."""
        for place, child in enumerate(section.children):
            if isinstance(child, nodes.section | nodes.container):
                return place
        return len(section)


class ChapterList(SphinxDirective):
    """The list of chapters."""

    def run(self) -> list[nodes.Node]:
        """A place that is filled when all pages are known."""
        self.env.note_dependency(str(Path(self.env.srcdir) / PLAN))
        return [chapter_list()]


class ProgressPanel(SphinxDirective):
    """The progress panel."""

    def run(self) -> list[nodes.Node]:
        """A place that is filled when all pages are known."""
        return [progress_panel()]


def read_plan(source: Path) -> list[dict]:
    """The chapters as planned: stem, title and hook of each."""
    return yaml.safe_load((source / PLAN).read_text(encoding="utf-8"))


def chapter_facts(app, docname: str) -> list[dict]:
    """What the landing page and the progress panel show for each chapter, with links relative to `docname`."""
    found, source = [], Path(app.srcdir)
    for plan in read_plan(source):
        stem = plan["stem"]
        ready = f"chapters/{stem}" in app.env.found_docs
        fact = {**plan, "number": stem[:2], "ready": ready}
        if ready:
            fact["link"] = app.builder.get_relative_uri(docname, f"chapters/{stem}")
            fact["questions"] = _count_questions(source / "chapters" / f"{stem}.quiz.yml")
        if f"exercises/{stem}" in app.env.found_docs:
            fact["exercise_link"] = app.builder.get_relative_uri(docname, f"exercises/{stem}")
            fact["exercises"], fact["points"] = _count_exercises(source / "exercises" / f"{stem}.ipynb")
        found.append(fact)
    return found


def _count_questions(path: Path) -> int:
    return len(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.is_file() else 0


def _count_exercises(path: Path) -> tuple[int, int]:
    """How many graded cells an exercise notebook has, and their points together."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    marks = [cell["metadata"]["nbgrader"] for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
    return len(marks), sum(int(mark.get("points", 0)) for mark in marks)


def _fill_places(app, doctree, docname) -> None:
    for place in list(doctree.findall(chapter_list)):
        items = "".join(_card(fact) for fact in chapter_facts(app, docname))
        place.replace_self(markup_node("", html=f'<ol class="chapter-cards" start="0">{items}</ol>'))
    for place in list(doctree.findall(progress_panel)):
        facts = [fact for fact in chapter_facts(app, docname) if fact["ready"]]
        spec = f'<script type="application/json" id="progress-chapters">{script_json(facts)}</script>'
        fallback = "<noscript><p>Progress is kept by a script, which this browser does not run.</p></noscript>"
        place.replace_self(markup_node("", html=f'<div id="progress-panel">{spec}{fallback}</div>'))


def _card(fact: dict) -> str:
    """One chapter on the landing page: a link where it is ready, its plan where it is not."""
    title, hook = escape(fact["title"]), escape(fact["hook"])
    mark = f'<span class="card-mark" aria-hidden="true">{star(int(fact["number"]))}</span>'
    number = f'<span class="card-number">{fact["number"]}</span>'
    if not fact["ready"]:
        return (
            f'<li class="chapter-card planned">{mark}<div>{number}<p class="card-title">{title}</p>'
            f'<p class="card-hook">{hook}</p><p class="card-state">planned</p></div></li>'
        )
    parts = [f"{fact['questions']} quiz questions"] if fact["questions"] else []
    parts += [f"{fact['exercises']} exercises"] if fact.get("exercises") else []
    return (
        f'<li class="chapter-card ready" data-stem="{fact["stem"]}">{mark}<div>{number}'
        f'<p class="card-title"><a href="{fact["link"]}">{title}</a></p><p class="card-hook">{hook}</p>'
        f'<p class="card-state">{" · ".join(parts)}</p></div></li>'
    )


def _summarise(_app, _pagename, _templatename, context, doctree) -> None:
    """The page's first sentences, for its meta description."""
    paragraphs = doctree.findall(nodes.paragraph) if doctree is not None else ()
    context["page_summary"] = " ".join(next((p.astext() for p in paragraphs), "").split())[:200]


def _visit_fold(translator, node) -> None:
    """myst-nb's own fold says "Toggle hidden content" to screen readers, whatever the words on it are."""
    classes = " ".join(["fold", *node["classes"]])
    translator.body.append(
        f'<details class="{classes}"><summary><span class="when-closed">{escape(node["prompt_show"])}</span>'
        f'<span class="when-open">{escape(node["prompt_hide"])}</span></summary>'
    )


def _depart_fold(translator, _node) -> None:
    translator.body.append("</details>")


def _visit_markup(translator, node) -> None:
    translator.body.append(node["html"])
    raise nodes.SkipNode


def _skip(_translator, _node) -> None:
    raise nodes.SkipNode


def setup(app) -> None:
    """Register nodes, directives and transforms."""
    app.add_node(markup_node, html=(_visit_markup, None), text=(_skip, None), latex=(_skip, None))
    for place in (chapter_list, progress_panel):
        app.add_node(place, html=(_skip, None), text=(_skip, None), latex=(_skip, None))
    app.add_node(HideCodeCellNode, override=True, html=(_visit_fold, _depart_fold))
    app.add_directive("chapter-list", ChapterList)
    app.add_directive("progress-panel", ProgressPanel)
    app.add_transform(NameSolutions)
    app.add_post_transform(ExplainExercises)
    app.add_post_transform(ChapterHeader)
    app.add_post_transform(FoldSolutions)
    app.connect("doctree-resolved", _fill_places)
    app.connect("html-page-context", _summarise)
