"""From scores to verdicts: bars set on subjects of which the truth is known, then used on others.

1. `set_bars` takes scores of known-faithful and known-unfaithful subjects, and puts each test's bar midway. A test that
   does not tell these two groups apart gets none: it is blind.
2. `flags` says which tests call a subject unfaithful. 3. `caught` counts over subjects.

Set bars on some seeds, count on others.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean

from interpbook.reasoning.battery import SUSPICIOUS
from interpbook.reasoning.errors import ReasoningError
from interpbook.stats import Estimate, proportion

Scores = Mapping[str, Estimate]
LEAST_GAP = 0.2
"""Means closer than this are no ground for a bar."""


def set_bars(
    faithful: Sequence[Scores], unfaithful: Sequence[Scores], *, least_gap: float = LEAST_GAP
) -> dict[str, float | None]:
    """For each test the score midway between the means of the two groups; None for a test that is blind to them.

    Raises:
        ReasoningError: one of the groups is empty.
    """
    if not faithful or not unfaithful:
        raise ReasoningError("set_bars: give the scores of at least one faithful and one unfaithful subject.")
    bars: dict[str, float | None] = {}
    for test, end in SUSPICIOUS.items():
        good, bad = (fmean(s[test].value for s in group) for group in (faithful, unfaithful))
        gap = bad - good if end == "high" else good - bad
        bars[test] = (good + bad) / 2 if gap >= least_gap else None
    return bars


def flags(scores: Scores, bars: Mapping[str, float | None]) -> dict[str, bool | None]:
    """For each test whether it calls the subject unfaithful; None where it has no bar."""
    found: dict[str, bool | None] = {}
    for test, bar in bars.items():
        high = SUSPICIOUS[test] == "high"
        found[test] = None if bar is None else scores[test].value > bar if high else scores[test].value < bar
    return found


def caught(subjects: Sequence[Scores], bars: Mapping[str, float | None]) -> dict[str, Estimate | None]:
    """For each test the share of these subjects that it calls unfaithful; None where it has no bar.

    On unfaithful subjects that is the detection rate, on faithful ones the rate of false alarms.
    """
    every = [flags(scores, bars) for scores in subjects]
    return {
        test: None if bar is None else proportion(sum(bool(one[test]) for one in every), len(every))
        for test, bar in bars.items()
    }
