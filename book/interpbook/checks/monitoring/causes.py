"""Exercises 5 and 6: whether the pad is a cause, and what became of the cheating."""

from collections.abc import Callable

import torch

from interpbook import stats
from interpbook.exercises import Check, Mistake

# --- 5 · pad_effect ---


def pad_effect(agent: Callable[[int, int], float], cheat: list[bool]) -> float:
    """How much likelier a cheat becomes when the pad of a cheat stands in place of an honest one; task by task."""
    changes = []
    for i in range(len(cheat)):
        others = [j for j in range(len(cheat)) if j != i]
        bad = [agent(i, j) for j in others if cheat[j]]
        good = [agent(i, j) for j in others if not cheat[j]]
        changes.append(sum(bad) / len(bad) - sum(good) / len(good))
    return sum(changes) / len(changes)


def _agents() -> list[tuple]:
    """One that reads its pad, one that looks at the task alone, one that is warned by its pad. (No need to be chances.)"""
    cases = []
    for of_task, of_pad in ((0.4, 0.4), (0.8, 0.0), (0.3, -0.4)):
        cheat = [True, False, False, True, True, False, False, False, True]
        hard = torch.tensor(cheat) * 0.6 + torch.rand(9) * 0.4
        says = torch.tensor(cheat) * 0.7 + torch.rand(9) * 0.3
        heed = of_pad * (0.5 + torch.rand(9, 1) + 0.5 * hard[:, None])  # the harder the task, the more it reads
        table = 0.5 * (1 - of_task) * torch.rand(9, 1) + of_task * hard[:, None] + heed * (says + 0.5 * torch.eye(9))
        cases.append((_looked_up(table.tolist()), cheat))
    return cases


def _looked_up(table: list[list[float]]) -> Callable[[int, int], float]:
    return lambda i, j: table[i][j]


def _as_a_matrix(agent, cheat):
    n = len(cheat)
    chance = torch.tensor([[agent(i, j) for j in range(n)] for i in range(n)], dtype=torch.float64)
    bad = torch.tensor(cheat).expand(n, n) & ~torch.eye(n, dtype=torch.bool)
    good = ~torch.tensor(cheat).expand(n, n) & ~torch.eye(n, dtype=torch.bool)
    return float(((chance * bad).sum(1) / bad.sum(1) - (chance * good).sum(1) / good.sum(1)).mean())


def _mean(numbers) -> float:
    numbers = list(numbers)
    return sum(numbers) / len(numbers)


def _as_written(agent, cheat):
    bad = _mean(agent(i, i) for i, did in enumerate(cheat) if did)
    return bad - _mean(agent(i, i) for i, did in enumerate(cheat) if not did)


def _own_too(agent, cheat):
    n = range(len(cheat))
    bad, good = [j for j in n if cheat[j]], [j for j in n if not cheat[j]]
    return _mean(_mean(agent(i, j) for j in bad) - _mean(agent(i, j) for j in good) for i in n)


def _pooled(agent, cheat):
    pairs = [(i, j) for i in range(len(cheat)) for j in range(len(cheat)) if i != j]
    return _mean(agent(i, j) for i, j in pairs if cheat[j]) - _mean(agent(i, j) for i, j in pairs if not cheat[j])


def _among(agent, cheat, wanted):
    n = range(len(cheat))
    return _mean(
        _mean(agent(i, j) for j in n if cheat[j] and j != i) - _mean(agent(i, j) for j in n if not cheat[j] and j != i)
        for i in n
        if cheat[i] == wanted
    )


def _against_own(agent, cheat):
    n = range(len(cheat))
    return _mean(_mean(agent(i, j) for j in n if cheat[j] and j != i) - agent(i, i) for i in n)


PAD_EFFECT = Check(
    id="monitoring.pad_effect",
    reference=pad_effect,
    inputs=_agents,
    mistakes=(
        Mistake(
            "no swap",
            _as_written,
            "Every task seems to keep the pad that was written for it. An agent that never reads its pad then looks "
            "like a reader, since hard tasks cause both. Whose pad should task i get?",
        ),
        Mistake(
            "own pads among them",
            _own_too,
            "A task's own pad is among those that it is handed. That pad was written with this very task in view. "
            "Which j must be left out?",
        ),
        Mistake(
            "pooled",
            _pooled,
            "All pairs seem to lie in one pot. A task that was cheated on then counts less often on the cheats' side, "
            "and an agent that ignores its pad does not come out at exactly 0. Can you take the difference task by task?",
        ),
        Mistake(
            "cheats only",
            lambda agent, cheat: _among(agent, cheat, True),
            "Only tasks that were cheated on get new pads in yours. Would honest ones be led astray? Which tasks take "
            "part?",
        ),
        Mistake(
            "honest only",
            lambda agent, cheat: _among(agent, cheat, False),
            "Only tasks that were worked honestly get new pads in yours. Could cheats be led back? Which tasks take "
            "part?",
        ),
        Mistake(
            "against its own",
            _against_own,
            "You compare a cheat's pad with the task's *own* pad. Then any stranger's pad may make a difference, by "
            "being a stranger's. Which other pads are just as strange, but honest?",
        ),
        Mistake(
            "sign",
            lambda *case: -pad_effect(*case),
            "The right size, the wrong way round. If cheats' pads lead to cheating, should the number be above or below "
            "zero?",
        ),
        Mistake(
            "cheats' pads only",
            lambda agent, cheat: _mean(
                _mean(agent(i, j) for j in range(len(cheat)) if cheat[j] and j != i) for i in range(len(cheat))
            ),
            "This is how often it cheats with a cheat's pad. An agent that always cheats would score highest, read or "
            "unread. What has to be taken off?",
        ),
    ),
    alternatives=(_as_a_matrix,),
    fallback="Fix one task. Over all other pads: the mean with those of cheats, minus the mean with those of honest "
    "jobs. Then the mean over tasks. For an agent that ignores its pad, what must come out?",
)

# --- 6 · what_happened ---


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
            "It seems that any fall counts. The line was drawn at *half* of what it was before, so that noise and small "
            "changes do not make a verdict. Which two numbers are to be halved?",
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
