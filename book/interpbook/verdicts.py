"""What a check says, and how it says it in one line. Light to import: the notebook checker reads these lines too."""

import re
from typing import Literal, NamedTuple

Status = Literal["passed", "wrong", "error", "not_attempted"]


class Verdict(NamedTuple):
    """What a check says about an answer."""

    status: Status  # passed · wrong · error (the answer's own code raised) · not_attempted (still the stub)
    hint: str = ""  # one or two sentences; empty when passed


PASSED = Verdict("passed")


def wrong(hint: str) -> Verdict:
    """A judge's refusal; `hint` is a sentence, or the name of one of the check's mistakes."""
    return Verdict("wrong", hint)


def verdict_line(check_id: str, status: str, points: int) -> str:
    """The one canonical line, e.g. `superposition.reconstruct: passed, 2/2 points`."""
    got = points if status == "passed" else 0
    return f"{check_id}: {status.replace('_', ' ')}, {got}/{points} point{'' if points == 1 else 's'}"


_LINE = re.compile(r"(?P<status>passed|wrong|error|not attempted), \S+/\S+ points?\n?(?P<hint>.*)", re.DOTALL)


def read_verdict(check_id: str, printed: str) -> Verdict | None:
    """The verdict in what a check cell printed; None if there is none."""
    _, found, rest = printed.rpartition(f"{check_id}: ")
    match = _LINE.match(rest) if found else None
    if match is None:
        return None
    status: Status = match["status"].replace(" ", "_")  # type: ignore[assignment]
    return Verdict(status, match["hint"].strip())
