"""The class on one page, for the instructor: class.html. All is escaped, nothing is loaded."""

import html
from collections import Counter
from collections.abc import Iterable

from interpbook.grading.alike import Alike
from interpbook.grading.feedback import SAID, document, safe_name
from interpbook.grading.marks import Entry, Marks
from interpbook.grading.times import Times

WIDTH, HEIGHT, LEFT, BELOW = 640, 220, 40, 36  # of the picture of the distribution


def dashboard(marks: Marks, times: Times | None = None) -> str:
    """Distribution, hardest exercises, commonest hints, what is alike, (not always alike) times, students."""
    scores = [row.score for row in marks.rows]
    mean, most = sum(scores) / max(1, len(scores)), marks.bundle.points
    body = f"<p>{len(scores)} students, mean {mean:.2f} of {most:g} points{_median(scores)}.</p>"
    body += f"<h2>Distribution</h2>{_distribution(scores, most)}"
    body += f"<h2>Exercises, hardest first</h2>{_table(_EXERCISES, _hardest(marks), 'stack')}"
    body += _by_hand(marks) + _alike(marks.alike)
    if marks.refused:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in marks.refused[:200])
        body += f"<h2>Files that were not graded</h2><ul>{items}</ul>"
    body += _times(times) if times is not None and times.slowest else ""
    body += f"<h2>Students</h2>{_table(('Student', 'Name', 'Points', 'Passed', 'Late'), _students(marks))}"
    return document(f"{marks.bundle.name}: the class", body, marks.sandbox)


# --- parts ---

_EXERCISES = ("Exercise", "Mean", "Ended as", "Commonest hint")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "scroll") -> str:
    """A table of cells that are HTML already; where the page is narrow it scrolls, or its cells stack up."""
    names = "".join(f"<th>{name}</th>" for name in head)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class={kind} tabindex=0><table><tr>{names}</tr>{lines}</table></div>"


def _median(scores: list[float]) -> str:
    ordered = sorted(scores)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2 if ordered else None
    return "" if middle is None else f", median {middle:g}"


def _distribution(scores: list[float], most: float) -> str:
    """Students by tenths of the points: a picture with axes, and a sentence for those who cannot see it."""
    tens = Counter(min(9, int(10 * score / (most or 1))) for score in scores)
    top = max([*tens.values(), 1])
    step = (WIDTH - LEFT) / 10
    parts = []
    for i in range(10):
        height = (HEIGHT - BELOW - 18) * tens[i] / top
        x, y = LEFT + i * step, HEIGHT - BELOW - height
        parts.append(f"<rect class=got x={x + 3:.1f} y={y:.1f} width={step - 6:.1f} height={height:.1f} />")
        if tens[i]:
            parts.append(f"<text x={x + step / 2:.1f} y={y - 4:.1f} text-anchor=middle>{tens[i]}</text>")
    for i in range(0, 11, 2):
        x = LEFT + i * step
        parts.append(f"<text x={x:.1f} y={HEIGHT - BELOW + 16} text-anchor=middle>{10 * i} %</text>")
    base = HEIGHT - BELOW
    parts.append(f"<line x1={LEFT} x2={WIDTH} y1={base} y2={base} /><line x1={LEFT} x2={LEFT} y1=0 y2={base} />")
    parts.append(f"<text x={(WIDTH + LEFT) / 2} y={HEIGHT - 3} text-anchor=middle>share of the points</text>")
    parts.append(f"<text transform='translate(12 {base / 2}) rotate(-90)' text-anchor=middle>students</text>")
    said = ", ".join(f"{10 * i} to {10 * i + 10} per cent: {tens[i]}" for i in range(10) if tens[i])
    box = f'viewBox="0 -4 {WIDTH + 20} {HEIGHT + 6}" width="100%" style="max-width:{WIDTH}px"'
    return f'<svg {box} role=img aria-label="Students by share of the points. {said}">{"".join(parts)}</svg>'


def _hardest(marks: Marks) -> list[tuple[str, ...]]:
    found = [_of_class([row.entries[n] for row in marks.rows], marks) for n in range(len(marks.bundle.tasks))]
    return [cells for _, cells in sorted(found, key=lambda pair: pair[0])] if marks.rows else []


def _of_class(entries: list[Entry], marks: Marks) -> tuple[float, tuple[str, ...]]:
    """(mean share, cells) of one exercise."""
    if not entries:
        return 0.0, ()
    task = entries[0].task
    share = sum(entry.points for entry in entries) / max(1e-9, task.points * len(entries))
    ended = Counter(SAID.get(entry.found.status, entry.found.status) for entry in entries)
    hints = Counter(entry.found.hint for entry in entries if entry.found.hint)
    hint, n = min(hints.items(), key=_commonest, default=("", 0))
    said = ", ".join(f"{how}: {n}" for how, n in sorted(ended.items(), key=_commonest))
    title = marks.bundle.titles.get(task.id, ("", ""))[0]
    named = f"{html.escape(title)}<br><span class=dim>{html.escape(task.id)}</span>" if title else html.escape(task.id)
    return share, (named, f"{share:.0%}", html.escape(said), f"{n} × {html.escape(hint)}" if n else "")


def _commonest(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _students(marks: Marks) -> Iterable[tuple[str, ...]]:
    for row in marks.rows:
        link = f'<a href="feedback/{html.escape(safe_name(row.student))}.html">{html.escape(row.student)}</a>'
        passed = f"{sum(entry.passed for entry in row.entries)} of {len(row.entries)}"
        late = "" if row.share_kept == 1 else f"{row.share_kept:.0%} of {row.raw:g} count"
        yield link, html.escape(row.name if row.name != row.student else ""), f"{row.score:g}", passed, late


def _by_hand(marks: Marks) -> str:
    """Marks that an instructor set, with the reason."""
    rows = [
        (html.escape(row.student), html.escape(entry.task.id), f"{entry.automatic:g} → {entry.points:g}",
         html.escape(entry.adjusted.comment))
        for row in marks.rows
        for entry in row.entries
        if entry.adjusted is not None
    ]  # fmt: skip
    return f"<h2>Set by an instructor</h2>{_table(('Student', 'Exercise', 'Points', 'Comment'), rows)}" if rows else ""


def _alike(found: tuple[Alike, ...]) -> str:
    """Who shares an answer; information, and said to be no more."""
    if not found:
        return ""
    note = (
        "<p>Answers of some length that are the same but for names, comments and spaces. This is information, and by "
        "itself not a sign of anything wrong: the book's solutions are public, and people who work together arrive "
        "together. It is in no mark and in no feedback. To learn more, ask the students to explain their answer.</p>"
    )
    rows = [
        (html.escape(one.exercise), f"{one.answers}", _groups(one.groups),
         html.escape(f"{len(one.public)}: {', '.join(one.public)}" if one.public else "none"))
        for one in found
    ]  # fmt: skip
    head = ("Exercise", "Long answers", "Share one answer", "Equal to the public solution")
    return f"<h2>Answers alike</h2>{note}{_table(head, rows)}"


def _groups(groups: tuple[tuple[str, ...], ...]) -> str:
    return "<br>".join(html.escape(f"{len(who)}: {', '.join(who)}") for who in groups) or "none"


def _times(times: Times) -> str:
    """Seconds and memory, slowest first. Only this part differs when the same class is graded again."""
    rows = [
        (html.escape(spread.exercise), f"{spread.answers}", f"{spread.median_seconds:.2f}", f"{spread.p95_seconds:.2f}",
         f"{spread.max_seconds:.2f}", f"{spread.max_memory_mib:.0f}")
        for spread in times.exercises
    ]  # fmt: skip
    slow = [
        (html.escape(one.student), html.escape(one.exercise), f"{one.seconds:.2f}", f"{one.memory_mib:.0f}",
         html.escape(SAID.get(one.status, one.status)))
        for one in times.slowest
    ]  # fmt: skip
    head = ("Exercise", "Different answers", "Median s", "95 % within", "Longest", "Most MiB")
    found = f"<h2>Time and memory of an answer</h2>{_table(head, rows)}"
    return f"{found}<h2>Slowest answers</h2>{_table(('Student', 'Exercise', 'Seconds', 'MiB', 'Ended as'), slow)}"
