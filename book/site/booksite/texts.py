"""What each page says, as one script for the search page: a page opened from a folder may not read the other pages.

Sphinx would fetch every result's page to quote it. Here the search page carries the words itself, prose only.
"""

import json
from pathlib import Path

from docutils import nodes

MOST = 12_000  # characters kept of a page: its prose, not its code and outputs


def prose(doctree: nodes.document) -> str:
    """The paragraphs and headings of a page as one line of text."""
    parts = []
    for node in doctree.findall(lambda n: isinstance(n, nodes.paragraph | nodes.term)):
        words = "".join("…" if isinstance(child, nodes.math) else child.astext() for child in node.children)
        parts.append(" ".join(words.split()))
    return " ".join(parts)[:MOST]


def _collect(app, pagename, templatename, context, doctree) -> None:  # noqa: ARG001
    if doctree is not None:
        app.book_texts = {**getattr(app, "book_texts", {}), pagename: prose(doctree)}
    if pagename == "search":
        app.add_js_file("search_texts.js")
        app.add_js_file("search.js", loading_method="defer")


def _write(app, exception) -> None:
    if exception is None and app.builder.format == "html":
        texts = json.dumps(getattr(app, "book_texts", {}), ensure_ascii=False, sort_keys=True, indent=0)
        path = Path(app.outdir) / "_static" / "search_texts.js"
        path.write_text(f"window.BOOK_TEXTS = {texts};\n", encoding="utf-8")


def setup(app) -> None:
    """Collect while pages are written, write when all are."""
    app.connect("html-page-context", _collect)
    app.connect("build-finished", _write)
