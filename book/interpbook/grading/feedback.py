"""One page of feedback a student: points and hints. All is escaped, nothing is loaded, nothing hidden is told."""

import hashlib
import html
import re
from functools import cache
from pathlib import Path

from interpbook.grading.marks import Entry, Marks, Row

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
SAID = {
    "passed": "passed", "partial": "partly right", "wrong": "not right yet", "error": "stopped with an error",
    "timeout": "took too long", "died": "process ended", "not_attempted": "not attempted", "missing": "missing",
    "not_run": "not graded yet",
}  # fmt: skip
_SIGNS = {"passed": "✓", "partial": "◐", "wrong": "✗", "error": "✗", "timeout": "✗", "died": "✗"}
TRUSTED = "Graded WITHOUT a sandbox (--trust-students): these marks could have been forged by the code that was graded."

WEAKER = {
    "none": TRUSTED,
    "other-user": "Graded without a container: the code ran as another user, apart from the bundle and the results, "
    "but with the machine's public files in reach.",
}
"""What every report says of a sandbox that is none, or only half of one."""


def safe_name(student: str) -> str:
    """A file name for any student id; different ids never share one."""
    plain = re.sub(r"[^A-Za-z0-9@._-]", "_", student)[:80].lstrip(".") or "_"
    return (
        plain if plain == student else f"{plain}-{hashlib.sha256(student.encode('utf-8', 'replace')).hexdigest()[:8]}"
    )


def page(row: Row, marks: Marks) -> str:
    """The feedback of one student as HTML."""
    kept = "" if row.share_kept == 1 else f"Handed in late: {row.share_kept:.0%} of {row.raw:g} points count."
    passed = sum(entry.passed for entry in row.entries)
    most = marks.bundle.points
    head = (
        f"<p class=dim>{html.escape(row.name or row.student)}</p>"
        f"<div class=total><b>{row.score:g} of {most:g} points</b>{meter(row.score, most)}"
        f"<span class=dim>{passed} of {len(row.entries)} exercises passed</span></div>"
    )
    late = f"<p><strong>{html.escape(kept)}</strong></p>" if kept else ""
    cards = "".join(_card(entry, marks) for entry in row.entries)
    note = (
        "<p class=dim>Your answers were run on inputs that are not in your notebook. A hint is a guess about the "
        "mistake, not a verdict on you. If you think that a mark is wrong, say so: a person can change it.</p>"
    )
    return document(marks.bundle.name, f"{head}{late}{cards}{note}", marks.sandbox)


def meter(points: float, most: float) -> str:
    """A bar, as wide as its surroundings allow; its text says the same."""
    share = 100 * min(1.0, points / most) if most else 0
    return (
        f'<svg viewBox="0 0 100 6" preserveAspectRatio="none" role=img aria-label="{share:.0f} per cent">'
        f"<rect class=all width=100 height=6 /><rect class=got width={share:.1f} height=6 /></svg>"
    )


def words(entry: Entry) -> str:
    """How an exercise ended, with its hint or the instructor's comment, as plain text."""
    if entry.adjusted is not None:
        return f"Set by your instructor. {entry.adjusted.comment}".strip()
    return f"{SAID.get(entry.found.status, entry.found.status)}. {entry.found.hint}".strip()


def _card(entry: Entry, marks: Marks) -> str:
    """One exercise: its question, how it ended, what to look at."""
    title, of_set = marks.bundle.titles.get(entry.task.id, (entry.task.id, ""))
    where = " · ".join(filter(None, (of_set and f"Chapter {of_set}", entry.task.id if title != entry.task.id else "")))
    status = "passed" if entry.passed else entry.found.status
    said = f"{_SIGNS.get(status, '–')} {SAID.get(status, status)}"
    runs = (
        f", {sum(entry.found.probes)} of {len(entry.found.probes)} hidden runs" if len(entry.found.probes) > 1 else ""
    )
    by_hand = ""
    if entry.adjusted is not None:
        said, runs = "Set by your instructor", f" ({entry.automatic:g} points by machine)"
        by_hand = entry.adjusted.comment
    note = entry.note if entry.note != entry.found.hint else ""
    texts = "".join(f"<p class=hint>{html.escape(text)}</p>" for text in (by_hand, entry.found.hint, note) if text)
    return (
        f"<section class='card {html.escape(status)}'><h2>{html.escape(title)}"
        f"<span>{entry.points:g} / {entry.task.points:g}</span></h2>"
        f"<p><span class=state>{html.escape(said)}</span><span class=dim>{html.escape(runs)}</span></p>{texts}"
        f"<p class=dim>{html.escape(where)}</p></section>"
    )


@cache
def _style() -> str:
    return Path(__file__).with_suffix(".css").read_text(encoding="utf-8")


def document(title: str, body: str, sandbox: str) -> str:
    """A whole page around `body`, with the warning if there was no whole sandbox."""
    warning = f"<p class=warn role=alert>{WEAKER[sandbox]}</p>" if sandbox in WEAKER else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{html.escape(title)}</title><style>{_style()}</style></head>"
        f"<body><h1>{html.escape(title)}</h1>{warning}{body}</body></html>\n"
    )
