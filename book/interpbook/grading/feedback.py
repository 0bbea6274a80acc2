"""One page of feedback a student: points and hints. All is escaped, nothing is loaded, nothing hidden is told."""

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable

from interpbook.grading.marks import Entry, Marks, Row
from interpbook.grading.times import Times

_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1d2430}
body{background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top}
th,td{padding:.4rem .6rem;border-bottom:1px solid #d5dbe5}
td.n{text-align:right;white-space:nowrap}.warn{border:2px solid #b3261e;padding:.6rem 1rem}.dim{color:#5a6475}
@media(prefers-color-scheme:dark){body{color:#e6eaf2;background:#14181f}th,td{border-color:#3a4352}.dim{color:#a3adbd}}"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
SAID = {
    "passed": "passed", "partial": "partly right", "wrong": "not right yet", "error": "stopped with an error",
    "timeout": "took too long", "died": "process ended", "not_attempted": "not attempted", "missing": "missing",
    "not_run": "not graded yet",
}  # fmt: skip
TRUSTED = "Graded WITHOUT a sandbox (--trust-students): these marks could have been forged by the code that was graded."

WEAKER = {
    "none": TRUSTED,
    "other-user": "Graded without a container: the code ran as another user, apart from the bundle and the results, "
    "but with the network and the machine's public files in reach.",
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
    title = f"{marks.bundle.name}: {row.name or row.student}"
    late = "" if row.share_kept == 1 else f" (handed in late: {row.share_kept:.0%} of {row.raw:g} points count)"
    total = f"<p><strong>{row.score:g} of {marks.bundle.points:g} points</strong>{html.escape(late)}</p>"
    rows = "\n".join(map(_entry, row.entries))
    head = "<tr><th>Exercise</th><th>Points</th><th>Result</th><th>What to look at</th></tr>"
    note = (
        "<p class=dim>Your answers were run on inputs that are not in your notebook. A hint is a guess about the "
        "mistake, not a verdict on you.</p>"
    )
    return document(title, f"{total}<table>{head}{rows}</table>{note}", marks.sandbox)


def words(entry: Entry) -> str:
    """How an exercise ended, with its hint or the instructor's comment, as plain text."""
    if entry.adjusted is not None:
        return f"Set by your instructor. {entry.adjusted.comment}".strip()
    return f"{SAID.get(entry.found.status, entry.found.status)}. {entry.found.hint}".strip()


def _entry(entry: Entry) -> str:
    said = SAID.get(entry.found.status, entry.found.status)
    probes = entry.found.probes
    if len(probes) > 1:
        said += f" ({sum(probes)} of {len(probes)} hidden runs)"
    if entry.adjusted is not None:
        said += f"; {entry.automatic:g} points by machine, changed by your instructor"
    comment = "" if entry.adjusted is None else entry.adjusted.comment
    note = entry.note if entry.note != entry.found.hint else ""
    words = " ".join(filter(None, (comment, entry.found.hint, note)))
    cells = f"<td>{html.escape(entry.task.id)}</td><td class=n>{entry.points:g}/{entry.task.points:g}</td>"
    return f"<tr>{cells}<td>{html.escape(said)}</td><td>{html.escape(words)}</td></tr>"


def document(title: str, body: str, sandbox: str) -> str:
    """A whole page around `body`, with the warning if there was no whole sandbox."""
    warning = f"<p class=warn role=alert>{WEAKER[sandbox]}</p>" if sandbox in WEAKER else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{html.escape(title)}</h1>{warning}{body}</body></html>\n"
    )


def dashboard(marks: Marks, times: Times | None = None) -> str:
    """The class on one page: distribution, hardest exercises, commonest hints, and (not always alike) times."""
    full = marks.bundle.points or 1
    tens = Counter(min(9, int(10 * row.score / full)) for row in marks.rows)
    most = max(tens.values(), default=1)
    bars = "".join(_bar(f"{10 * i}–{10 * i + 10} %", tens[i], most) for i in range(10))
    mean = sum(row.score for row in marks.rows) / max(1, len(marks.rows))
    head = "<tr><th>Exercise</th><th>Mean share</th><th>Ended as</th><th>Commonest hint</th></tr>"
    body = f"<p>{len(marks.rows)} students, mean {mean:.2f} of {marks.bundle.points:g} points.</p>"
    body += f"<h2>Distribution</h2><table>{bars}</table>"
    body += f"<h2>Exercises, hardest first</h2><table>{head}{_hardest(marks)}</table>"
    body += _by_hand(marks)
    if marks.refused:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in marks.refused[:200])
        body += f"<h2>Files that were not graded</h2><ul>{items}</ul>"
    body += _times(times) if times is not None and times.slowest else ""
    return document(f"{marks.bundle.name}: the class", body, marks.sandbox)


def _times(times: Times) -> str:
    """Seconds and memory, slowest first. Only this part differs when the same class is graded again."""
    head = "<tr><th>Exercise</th><th>Different answers</th><th>Median s</th><th>95 % within</th><th>Longest</th>"
    rows = [
        (spread.exercise, f"{spread.answers}", f"{spread.median_seconds:.2f}", f"{spread.p95_seconds:.2f}",
         f"{spread.max_seconds:.2f}", f"{spread.max_memory_mib:.0f}")
        for spread in times.exercises
    ]  # fmt: skip
    slow = [
        (one.student, one.exercise, f"{one.seconds:.2f}", f"{one.memory_mib:.0f}", SAID.get(one.status, one.status))
        for one in times.slowest
    ]
    found = f"<h2>Time and memory of an answer</h2><table>{head}<th>Most MiB</th></tr>{_rows(rows)}</table>"
    head = "<tr><th>Student</th><th>Exercise</th><th>Seconds</th><th>MiB</th><th>Ended as</th></tr>"
    return f"{found}<h2>Slowest answers</h2><table>{head}{_rows(slow)}</table>"


def _rows(rows: Iterable[Iterable[str]]) -> str:
    return "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)


def _by_hand(marks: Marks) -> str:
    """Marks that an instructor set, with the reason."""
    rows = "".join(
        f"<tr><td>{html.escape(row.student)}</td><td>{html.escape(entry.task.id)}</td>"
        f"<td class=n>{entry.automatic:g} → {entry.points:g}</td><td>{html.escape(entry.adjusted.comment)}</td></tr>"
        for row in marks.rows
        for entry in row.entries
        if entry.adjusted is not None
    )
    head = "<tr><th>Student</th><th>Exercise</th><th>Points</th><th>Comment</th></tr>"
    return f"<h2>Set by an instructor</h2><table>{head}{rows}</table>" if rows else ""


def _bar(label: str, n: int, most: int) -> str:
    picture = f"<svg width=300 height=14 role=img aria-label='{n} students'>"
    picture += f"<rect width={300 * n // max(1, most)} height=14 fill=#3f6fb5 /></svg>"
    return f"<tr><td class=n>{label}</td><td class=n>{n}</td><td>{picture}</td></tr>"


def _hardest(marks: Marks) -> str:
    rows = [_of_class([row.entries[number] for row in marks.rows]) for number in range(len(marks.bundle.tasks))]
    return "".join(text for _, text in sorted(rows, key=lambda pair: pair[0])) if marks.rows else ""


def _of_class(entries: list[Entry]) -> tuple[float, str]:
    """(mean share, table row) of one exercise."""
    task = entries[0].task
    share = sum(entry.points for entry in entries) / max(1e-9, task.points * len(entries))
    ended = Counter(SAID.get(entry.found.status, entry.found.status) for entry in entries)
    hints = Counter(entry.found.hint for entry in entries if entry.found.hint)
    hint, n = min(hints.items(), key=_commonest, default=("", 0))
    said = ", ".join(f"{how}: {n}" for how, n in sorted(ended.items(), key=_commonest))
    cells = (html.escape(task.id), f"{share:.0%}", html.escape(said), f"{n} × {html.escape(hint)}" if n else "")
    return share, "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _commonest(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]
