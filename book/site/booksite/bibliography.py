"""How a reference reads: **authors (year).** title, which is the link, and where it appeared."""

from pybtex.plugin import register_plugin
from pybtex.richtext import HRef, Tag, Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting.plain import Style as PlainStyle
from sphinx.util import logging

logger = logging.getLogger(__name__)

MOST_AUTHORS = 6
VENUES = ("journal", "booktitle", "howpublished", "publisher", "school", "institution")


def authors(entry) -> str:
    """The names, at most six of them."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [
        " ".join((*p.first_names, *p.middle_names, *p.prelast_names, *p.last_names, *p.lineage_names)) for p in people
    ]
    if names and names[-1] == "others":
        return ", ".join(names[:-1][:MOST_AUTHORS]) + " and others"
    if len(names) > MOST_AUTHORS:
        return ", ".join(names[: MOST_AUTHORS - 1]) + f" and {len(names) - MOST_AUTHORS + 1} others"
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def reference(entry) -> Text:
    """One entry as text with a link."""
    fields = entry.fields
    title = Text.from_latex(fields["title"])
    where = next((fields[field] for field in VENUES if field in fields), "")
    volume = fields.get("volume", "") + (f"({fields['number']})" if "number" in fields else "")
    pages = fields.get("pages", "").replace("--", "–")
    place = ", ".join(part for part in (f"{where} {volume}".strip(), pages) if part)
    return Text(
        Tag("strong", Text.from_latex(authors(entry)), f" ({fields['year']})."),
        " ",
        HRef(fields["url"], title) if "url" in fields else title,
        ". ",
        Tag("em", Text.from_latex(place), ".") if place else "",
    )


class BookStyle(PlainStyle):
    """Sorted by author and year; every kind of entry is formatted alike."""

    def format_entry(self, label, entry, bib_data=None):  # noqa: ARG002  (pybtex names the arguments)
        """The formatted entry that sphinxcontrib-bibtex asks for; an incomplete one is a warning."""
        missing = [field for field in ("title", "year", "url") if field not in entry.fields]
        if missing or not authors(entry):
            logger.warning("reference %r in references.bib lacks: %s", entry.key, ", ".join(missing) or "author")
            return FormattedEntry(entry.key, Text(entry.key), label)
        return FormattedEntry(entry.key, reference(entry), label)


def setup(_app) -> None:
    """Make the style known under the name that `bibtex_default_style` gives."""
    register_plugin("pybtex.style.formatting", "book", BookStyle)
