"""Exercise 5: whether the pad is a cause."""

from collections.abc import Callable

import torch

from interpbook.exercises import Check, Mistake


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
    """One that reads its pad, one that looks at the task alone, one that is warned by its pad."""
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
            "and an agent that ignores its pad does not come out at exactly 0. Can you take the difference task "
            "by task?",
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
            "The right size, the wrong way round. If cheats' pads lead to cheating, should the number be above "
            "or below zero?",
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
