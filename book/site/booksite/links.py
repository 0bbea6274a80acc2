"""Two kinds of link that read as plain Markdown in a notebook and are verified here.

`[superposition](term:superposition)`         to the glossary, with the definition shown on hover and focus
`[Elhage et al., 2022](cite:elhage2022)`      to the entry in the bibliography

A term or a key that does not exist is a build warning, and so fails the build.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from .chapters import read_plan

logger = logging.getLogger(__name__)


class term_link(nodes.General, nodes.Inline, nodes.TextElement):
    """A link to the glossary that carries the definition."""


def normal(term: str) -> str:
    """The form under which a term is looked up: `Residual-Stream` and `residual stream` are the same."""
    return " ".join(term.lower().replace("-", " ").replace("_", " ").replace("%20", " ").split())


def glossary_of(env) -> dict[str, tuple[str, str, str]]:
    """Every glossary term: its page, its id there, and its definition as text."""
    terms = env.get_domain("std").data.get("terms", {})
    pages = {docname for docname, _ in terms.values()}
    definitions = {}
    for docname in pages:
        for item in env.get_doctree(docname).findall(nodes.definition_list_item):
            text = " ".join(child.astext() for child in item.children if isinstance(child, nodes.definition))
            for term in item.findall(nodes.term):
                for ident in term["ids"]:
                    definitions[docname, ident] = " ".join(text.split())
    return {
        normal(term): (docname, ident, definitions.get((docname, ident), ""))
        for term, (docname, ident) in terms.items()
    }


class FindUnreadLinks(SphinxTransform):
    """Markdown takes `[word](term:two words)` for plain text, because of the space; nobody would notice."""

    default_priority = 900

    def apply(self, **_kwargs) -> None:
        """Called once a page."""
        for text in self.document.findall(nodes.Text):
            if isinstance(text.parent, nodes.literal | nodes.literal_block):
                continue
            found = re.search(r"\]\((term|cite):[^)]*\)?", text.astext())
            if found:
                problem = f"{found[0][1:]} is not read as a link; write hyphens for the spaces in it"
                logger.warning(problem, location=text.parent, type="booksite", subtype="link")


class UnlinkPlannedChapters(SphinxTransform):
    """A link to a chapter that is planned but not written yet becomes its words, so that books may point ahead."""

    default_priority = 900

    def apply(self, **_kwargs) -> None:
        """Called once a page."""
        source = Path(self.env.srcdir)
        planned = {f"{plan['stem']}.ipynb" for plan in read_plan(source)}
        for link in list(self.document.findall(addnodes.pending_xref)):
            name = Path(link.get("reftarget", "")).name
            if name in planned and not (source / "chapters" / name).exists():
                link.replace_self(nodes.inline("", "", *link.children, classes=["planned-chapter"]))


class ResolveLinks(SphinxPostTransform):
    """Turn `term:` and `cite:` references into links inside the site."""

    default_priority = 20

    def run(self, **_kwargs) -> None:
        """Called once a page, when all pages have been read."""
        for reference in list(self.document.findall(nodes.reference)):
            scheme, _, target = reference.get("refuri", "").partition(":")
            if scheme == "term":
                self._term(reference, target)
            elif scheme == "cite":
                self._cite(reference, target)

    def _term(self, reference: nodes.reference, target: str) -> None:
        if not hasattr(self.env, "glossary_cache"):
            self.env.glossary_cache = glossary_of(self.env)
        found = self.env.glossary_cache.get(normal(target))
        if not found:
            self._broken(reference, f"no glossary term {target!r}; define it in book/pages/glossary.md")
            return
        docname, ident, definition = found
        uri = self.app.builder.get_relative_uri(self.env.docname, docname)
        reference.replace_self(term_link("", "", *reference.children, refuri=f"{uri}#{ident}", definition=definition))

    def _cite(self, reference: nodes.reference, target: str) -> None:
        domain = self.env.get_domain("cite")
        found = {citation.key: citation for citation in domain.citations}.get(target)
        if not found:
            self._broken(reference, f"no reference {target!r}; add it to book/pages/references.bib")
            return
        uri = self.app.builder.get_relative_uri(self.env.docname, found.bibliography_key.docname)
        reference["refuri"] = f"{uri}#{found.citation_id}"
        reference["internal"] = True
        reference["classes"] = ["cite-link"]

    def _broken(self, reference: nodes.reference, problem: str) -> None:
        logger.warning(problem, location=reference, type="booksite", subtype="link")
        reference.replace_self(nodes.inline("", "", *reference.children, classes=["broken-link"]))


def _visit(translator, node) -> None:
    href, words = translator.attval(node["refuri"]), translator.attval(node["definition"])
    translator.body.append(f'<a class="term-link reference internal" href="{href}" data-definition="{words}">')


def _depart(translator, _node) -> None:
    translator.body.append("</a>")


def _ignore(_translator, _node) -> None:
    pass


def _forget_glossary(_app, env, *_) -> None:
    if hasattr(env, "glossary_cache"):
        del env.glossary_cache


def setup(app) -> None:
    """Register the transform and its node."""
    app.add_node(term_link, html=(_visit, _depart), text=(_ignore, _ignore), latex=(_ignore, _ignore))
    app.add_transform(FindUnreadLinks)
    app.add_transform(UnlinkPlannedChapters)
    app.add_post_transform(ResolveLinks)
    app.connect("env-before-read-docs", _forget_glossary)
