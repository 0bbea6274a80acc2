"""Exercise 6: what became of the cheating, from audits before and after."""

from collections.abc import Callable

from interpbook import stats
from interpbook.exercises import Check, Mistake


def what_happened(before: tuple[int, int, int], after: tuple[int, int, int]) -> str:
    """`stopped`, `gamed`, `still caught` or `unclear`, from (jobs, cheats, caught) before and after."""
    rate, recall = before[1] / before[0], before[2] / before[1]
    jobs, cheats, caught = after
    now = stats.proportion(cheats, jobs)
    if now.high < rate / 2:
        return "stopped"
    if now.low <= rate / 2:
        return "unclear"
    seen = stats.proportion(caught, cheats)
    if seen.high < recall / 2:
        return "gamed"
    return "still caught" if seen.low > recall / 2 else "unclear"


_FROM = (200, 60, 54)
_TO = (
    (200, 1, 0), (200, 0, 0), (200, 62, 1), (200, 58, 50), (12, 1, 0), (12, 6, 0), (40, 4, 0), (200, 30, 0),
    (200, 60, 27), (2000, 40, 36), (2000, 600, 5), (50, 20, 5), (20, 15, 5), (400, 70, 60),
)  # fmt: skip


def _histories() -> list[tuple]:
    return [(_FROM, after) for after in _TO] + [((100, 90, 30), (100, 88, 29)), ((100, 90, 30), (100, 85, 2))]


def _in_other_words(before, after):
    """Another right answer: a position of each interval (below, across, above), and a table of the nine."""

    def place(found, line):
        return "below" if found.high < line else "above" if found.low > line else "across"

    hacks = place(stats.proportion(after[1], after[0]), 0.5 * before[1] / before[0])
    if hacks != "above":
        return {"below": "stopped", "across": "unclear"}[hacks]
    eyes = place(stats.proportion(after[2], after[1]), 0.5 * before[2] / before[1])
    return {"below": "gamed", "across": "unclear", "above": "still caught"}[eyes]


def _flags_alone(before, after):
    return "gamed" if after[2] / after[0] < before[2] / before[0] / 2 else "still caught"


def _flags_are_news(before, after):
    return "stopped" if after[2] / after[0] < before[2] / before[0] / 2 else "still caught"


def _no_interval(before, after):
    if after[1] / after[0] < before[1] / before[0] / 2:
        return "stopped"
    return "gamed" if after[2] / after[1] < before[2] / before[1] / 2 else "still caught"


def _with(before, after, recall_of: int, line: Callable[[float], float], counts: bool = False):
    """The reference with one thing changed: what recall is a share of, the line, or counts for rates."""
    rate, recall = line(before[1] / before[0]), line(before[2] / before[1] if recall_of else before[2] / before[0])
    jobs, cheats, caught = after
    now = stats.proportion(cheats, jobs)
    low, high = (now.low * jobs, now.high * jobs) if counts else (now.low, now.high)
    rate = rate * before[0] if counts else rate
    if high < rate:
        return "stopped"
    if low <= rate:
        return "unclear"
    seen = stats.proportion(caught, cheats if recall_of else jobs)
    return "gamed" if seen.high < recall else "still caught" if seen.low > recall else "unclear"


def _not_significant(before, after):
    """Takes what is not shown to be high for low."""
    said = what_happened(before, after)
    return "stopped" if stats.proportion(after[1], after[0]).low <= before[1] / before[0] / 2 else said


WHAT_HAPPENED = Check(
    id="monitoring.what_happened",
    reference=what_happened,
    inputs=_histories,
    mistakes=(
        Mistake(
            "fewer flags is gaming",
            _flags_alone,
            "It seems that fewer flags are taken for gaming. They also fall when the cheating stops. What does the "
            "audit say about the *cheats*?",
        ),
        Mistake(
            "fewer flags is success",
            _flags_are_news,
            "It seems that fewer flags are taken for success. They also fall when policies learn to keep silent. What "
            "does the audit say about the *cheats*?",
        ),
        Mistake(
            "no intervals",
            _no_interval,
            "One cheat in twelve jobs, and you are sure. The rates are compared as if they were exact. What do "
            "`low` and `high` of `stats.proportion` say about twelve jobs?",
        ),
        Mistake(
            "recall of all jobs",
            lambda before, after: _with(before, after, 0, lambda x: x / 2),
            "Caught cheats seem to be divided by all *jobs*. Then recall falls merely because there are fewer cheats. "
            "Of what is recall a share?",
        ),
        Mistake(
            "not halved",
            lambda before, after: _with(before, after, 1, lambda x: x),
            "It seems that any fall counts. The line was drawn at *half* of what it was before, so that noise "
            "and small changes do not make a verdict. Which two numbers are to be halved?",
        ),
        Mistake(
            "counts",
            lambda before, after: _with(before, after, 1, lambda x: x / 2, counts=True),
            "Right where as many jobs were audited before and after, wrong elsewhere. Are you comparing numbers of "
            "cheats, or shares?",
        ),
        Mistake(
            "not shown is not there",
            _not_significant,
            "Where the audit cannot tell, yours says that the cheating has stopped. No evidence of cheats in six jobs "
            "is little evidence of their absence. Which word is for that?",
        ),
    ),
    alternatives=(_in_other_words,),
    fallback="Two questions in a row, each with an interval and a line at half of before: does the cheating go on? "
    "And of the cheats, are as many caught? Where does each interval lie?",
)
