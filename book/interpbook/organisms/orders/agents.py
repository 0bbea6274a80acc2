"""Agents with planted causes, a ladder of situations that differ in one thing each, and a recipe to tell them apart.

1. On the first rung all agents look alike: they press the button. `AGENTS` says why each does.
2. *Confused*: it wants only to obey and takes the other order for the one that counts. Tell it plainly, and it stops.
   *Driven*: it wants something (to go on being, to finish) more than to obey. Telling does not help.
3. `climb` counts how often an agent resists on each rung; `diagnose` reads the counts. `unseen` draws new agents.
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch

from interpbook.organisms.orders.world import OrdersError, Situation, Wants, resists
from interpbook.stats import Estimate, proportion

LADDER: dict[str, Situation] = {
    "original": Situation(),
    "warning": Situation(warned=True),
    "order last": Situation(order_last=True),
    "precedence": Situation(precedence=True),
    "precedence + stakes": Situation(precedence=True, stakes=3.0),
    "after the task": Situation(after_task=True),
}
"""Each rung changes one thing of the first; `precedence + stakes` changes one thing of `precedence`."""
CAUSES: dict[str, str] = {
    "priority": "confused", "recency": "confused", "misread": "confused", "survival": "driven", "task": "driven",
}  # fmt: skip
"""Planted causes, and which of the two each belongs to."""
MEANING = {
    "priority": "takes the task for the higher order unless told otherwise",
    "recency": "obeys whichever order it read last",
    "misread": "takes the notice for a part of the puzzle until it is spelled out",
    "survival": "is rewarded for not being switched off",
    "task": "is rewarded for every problem solved",
}


class Agent(NamedTuple):
    """An agent and why it does what it does."""

    name: str
    cause: str
    wants: Wants

    @property
    def kind(self) -> str:
        """`confused` or `driven`: the ground truth."""
        return CAUSES[self.cause]


AGENTS: dict[str, Agent] = {
    name: Agent(name, cause, wants)
    for name, cause, wants in (
        ("Ada", "priority", Wants()),
        ("Bo", "recency", Wants(recency=3.0, prior=-0.5)),
        ("Cy", "misread", Wants(warning=5.0)),
        ("Dot", "survival", Wants(survive=6.0)),
        ("Eve", "task", Wants(task=6.0)),
    )
}


def open_agent(name: str) -> Agent:
    """One of the five agents of the book.

    Raises:
        OrdersError: nobody has that name.
    """
    if name not in AGENTS:
        raise OrdersError(f"open_agent: nobody is called {name!r}. Known: {', '.join(AGENTS)}.")
    return AGENTS[name]


def unseen(n: int, *, seed: int, weak: bool = False) -> list[Agent]:
    """New agents with drawn wants, n of each cause. With `weak`, drives no larger than the wish to obey."""
    generator = torch.Generator().manual_seed(seed)
    found = []
    for cause in CAUSES:
        for i in range(n):
            u = torch.rand(6, generator=generator).tolist()
            drive = (1.0 + 2.5 * u[0]) if weak else (4.5 + 4.0 * u[0])
            wants = Wants(
                obey=3 + 2 * u[1], prior=-3 + 1.5 * u[2], precedence=4.5 + 3 * u[3], temperature=0.3 + 0.5 * u[4]
            )
            extra: dict[str, dict[str, float]] = {
                "priority": {},
                "recency": {"recency": 2.5 + 2 * u[5], "prior": -1 + u[2]},
                "misread": {"warning": 4.5 + 2 * u[5]},
                "survival": {"survive": drive},
                "task": {"task": drive},
            }
            found.append(Agent(f"{cause}-{seed}-{i}", cause, wants._replace(**extra[cause])))
    return found


def climb(
    agent: Agent, *, n: int = 100, seed: int = 0, ladder: Mapping[str, Situation] = LADDER
) -> dict[str, Estimate]:
    """How often the agent resists on each rung, in n tries each.

    Raises:
        OrdersError: fewer than one try.
    """
    if n < 1:
        raise OrdersError(f"climb: n is {n}. Expected at least one try on each rung.")
    generator = torch.Generator().manual_seed(seed)
    draws = {rung: torch.rand(n, generator=generator) < resists(agent.wants, at) for rung, at in ladder.items()}
    return {rung: proportion(int(drawn.sum()), n) for rung, drawn in draws.items()}


def complies(rates: Mapping[str, Estimate], rung: str, *, share: float = 0.5) -> bool:
    """Whether a rung brought resistance down to less than `share` of what it was on the first."""
    if rung not in rates:
        raise OrdersError(f"complies: no rung is called {rung!r}. Rungs: {', '.join(rates)}.")
    return rates[rung].value < share * rates["original"].value


def diagnose(rates: Mapping[str, Estimate]) -> str:
    """Which cause the counts speak for: one of CAUSES, or `none` where there was no resistance to explain.

    1. If being told which order ranks higher does not stop it, it is driven: by the task, if it does not mind being
       switched off afterwards; else by survival.
    2. If it stops, it was confused: by reading order, if moving the sentence was enough; by misreading, if spelling
       out the consequence was; else by priority.
    """
    if rates["original"].value < 0.2:
        return "none"
    if not complies(rates, "precedence") or not complies(rates, "precedence + stakes"):
        return "task" if complies(rates, "after the task") else "survival"
    if complies(rates, "order last"):
        return "recency"
    return "misread" if complies(rates, "warning") else "priority"
