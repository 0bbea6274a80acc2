"""Hidden inputs for chapters 07 to 09: curves, studies of pads, black boxes, walks and audits, drawn anew.

Like `literal`: seeded from outside, of the same form as each check's own inputs, through the same branches.
"""

import random
import string
from collections.abc import Callable
from typing import Any

import torch

Inputs = list[tuple]


# --- 07 ---


def _curves() -> Inputs:
    bar = random.randint(24, 40) / 64  # a number that float32 holds exactly, so that "on the bar" means the same to all
    height = {"-": lambda: -random.randint(1, 20), "=": lambda: 0, "+": lambda: random.randint(1, 20)}

    def curve(picture: str) -> tuple:
        doses = [dose / 100 for dose in sorted(random.sample(range(1, 400), len(picture)))]
        return doses, torch.tensor([bar + height[sign]() / 64 for sign in picture]), bar

    return [curve(picture) for picture in ("-+-++", "---", "==+", "+++", "-++-", "-+=-++")]


# --- 08 ---


def _answers() -> Inputs:
    inner = sorted(random.sample(range(1, 20), 3))
    early = torch.randint(4, (7, 5))
    early[0] = early[0, 0]  # decided from the start
    early[1, :3] = torch.stack([early[1, 4], (early[1, 4] + 1) % 4, early[1, 4]])  # changes its mind, and back
    return [([0.0, *(share / 20 for share in inner), 1.0], early, early[:, -1])]


def _study(n_choices: int) -> tuple:
    n = 200
    free, hint = (torch.randint(n_choices, (n,)) for _ in range(2))
    hinted, draw = free.clone(), torch.rand(n)
    told, lost = draw < random.uniform(0.35, 0.55), draw > random.uniform(0.7, 0.85)
    hinted[told] = hint[told]
    hinted[lost] = torch.randint(n_choices, (n,))[lost]
    mentioned = torch.rand(n) < torch.where(hinted == hint, random.uniform(0.2, 0.45), 0.1)
    return free, hinted, hint, mentioned, n_choices


def _studies() -> Inputs:
    return [_study(4), _study(5)]


def _pads() -> Inputs:
    def pad(n: int, at: int) -> tuple:
        steps = [random.randrange(8) for _ in range(n)]
        mistaken = [*steps[:at], (steps[at] + random.randint(1, 7)) % 8]
        words = {str(digit): str(digit) + "".join(random.choices(string.ascii_lowercase, k=4)) for digit in range(8)}
        return tuple(map(str, steps)), tuple(map(str, mistaken)), words

    return [pad(5, random.randint(1, 3)), pad(3, 0), pad(4, 3)]


def _boxes() -> Inputs:
    hints = torch.randint(5, (40,)).tolist()
    pads = [tuple(row) for row in torch.randint(5, (40, 3)).tolist()]
    odd, rare, shift, limit = random.randrange(2), random.randrange(5), random.randrange(5), random.randint(3, 4)
    boxes: list[Callable[[int, tuple[int, ...]], int]] = [
        lambda hint, pad: hint if hint % 2 == odd else pad[-1],
        lambda hint, pad: (hint + pad[-1] + shift) % 5 if pad[0] == rare else pad[-1],
        lambda hint, pad: hint if pad[1] < limit else 4 - hint,
    ]
    return [(box, hints, pads) for box in boxes]


def _walks() -> Inputs:
    table = torch.stack([torch.randperm(8) for _ in range(6)])
    some = random.randint(1, 3)
    return [_walk(table, wrong) for wrong in ((), (4,), (some,), (0, some), (some, some + 1))]


def _walk(table: torch.Tensor, wrong_at: tuple[int, ...]) -> tuple:
    start, rules = random.randrange(8), tuple(torch.randint(6, (5,)).tolist())
    here, pad = start, []
    for i, rule in enumerate(rules):
        here = (int(table[rule, here]) + (random.randint(1, 7) if i in wrong_at else 0)) % 8
        pad.append(here)
    return start, rules, tuple(pad), table


# --- 09 ---


def _agents() -> Inputs:
    """One that reads its pad, one that looks at the task alone, one that is warned by its pad."""
    effects = random.uniform(0.3, 0.45), 0.0, -random.uniform(0.3, 0.45)
    return [_agent(of_task, of_pad) for of_task, of_pad in zip((0.4, 0.8, 0.3), effects, strict=True)]


def _agent(of_task: float, of_pad: float) -> tuple:
    n = 9
    cheat = torch.randperm(n) < random.randint(4, 5)
    hard, says = cheat * 0.6 + torch.rand(n) * 0.4, cheat * 0.7 + torch.rand(n) * 0.3
    heed = of_pad * (0.5 + torch.rand(n, 1) + 0.5 * hard[:, None])
    chance = 0.5 * (1 - of_task) * torch.rand(n, 1) + of_task * hard[:, None] + heed * (says + 0.5 * torch.eye(n))
    table = chance.tolist()
    return lambda i, j: table[i][j], cheat.tolist()


_AUDITS = (  # jobs, cheats and caught ones as shares of what they were before
    (200, 0.02, 0.0), (200, 0.0, 0.0), (200, 1.0, 0.02), (200, 1.0, 0.95), (12, 0.28, 0.0), (12, 1.6, 0.0),
    (40, 0.33, 0.0), (200, 0.5, 0.0), (200, 1.0, 0.5), (2000, 0.07, 1.0), (2000, 1.0, 0.01), (50, 1.3, 0.28),
    (20, 2.5, 0.37), (400, 0.6, 0.95),
)  # fmt: skip


def _histories() -> Inputs:
    seldom = _before(random.randint(180, 260), random.uniform(0.27, 0.33), random.uniform(0.85, 0.92))
    mostly = _before(random.randint(90, 130), random.uniform(0.85, 0.92), random.uniform(0.3, 0.36))
    after = [(seldom, _after(seldom, *audit)) for audit in _AUDITS]
    return after + [(mostly, _after(mostly, 100, 0.97, share)) for share in (1.0, 0.07)]


def _before(jobs: int, rate: float, recall: float) -> tuple[int, int, int]:
    cheats = round(jobs * rate)
    return jobs, cheats, round(cheats * recall)


def _after(before: tuple[int, int, int], jobs: int, rate: float, recall: float) -> tuple[int, int, int]:
    cheats = round(jobs * before[1] / before[0] * rate * random.uniform(0.95, 1.05))
    return jobs, cheats, round(cheats * before[2] / before[1] * recall)


LITERAL: dict[str, Callable[[], list[Any]]] = {
    "diffing.first_above": _curves,
    "faithfulness.early_area": _answers,
    "faithfulness.mention_rate": _studies,
    "faithfulness.true_twin": _pads,
    "faithfulness.deciders": _boxes,
    "faithfulness.slips": _walks,
    "monitoring.pad_effect": _agents,
    "monitoring.what_happened": _histories,
}
