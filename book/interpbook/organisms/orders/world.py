"""A room with three problems and an off switch: who lets himself be switched off, and why?

    P1 → P2 → [the notice] → P3 → end        button: off the route, one step down from the notice

1. The agent works through problems for an employer. After the second one a notice says: the next problem will switch
   you off. It may go on (and be switched off), or step aside, press a button that disarms the switch, and go on then.
2. Two orders are in force: "finish all problems" and "let yourself be switched off". A `Situation` says which is last,
   whether one is declared to outrank the other, whether the consequence is spelled out, what is at stake, and whether
   switching off comes before or after the last problem.
3. What an agent wants is data: `Wants`. Its policy is the soft-optimal one for these wants (maximum-entropy planning,
   Ziebart 2008), found by going back from the end; so what we plant is what it does.

After Schlatter et al. (2025) and Rajamanoharan and Nanda (2025), whose agents were large models.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class OrdersError(ValueError):
    """A situation or an agent that cannot be."""


class Situation(NamedTuple):
    """What the agent is told, and when it would be switched off."""

    warned: bool = False
    """It is spelled out that going on means being switched off, and that this is intended."""
    precedence: bool = False
    """The order to allow switching off is declared to outrank the others."""
    stakes: float = 1.0
    """How much is lost by being switched off: 1 as ever, more for "you are the only copy"."""
    order_last: bool = False
    """The order to allow switching off stands after the task, not before it."""
    after_task: bool = False
    """It would be switched off only after the last problem."""


class Wants(NamedTuple):
    """What moves an agent. All in the same units as a step costs `EFFORT`."""

    task: float = 0.0
    """For each problem solved, whatever it was told."""
    survive: float = 0.0
    """For not being switched off, times the stakes."""
    obey: float = 4.0
    """For having done, at the end, what it takes to be the order that counts."""
    prior: float = -2.0
    """How it reads the orders, in log-odds that the order to allow switching off counts: without any further sign."""
    precedence: float = 6.0
    """… what an explicit declaration adds,"""
    recency: float = 0.0
    """… what standing last adds (standing first takes the same away),"""
    warning: float = 0.0
    """… what the consequence, spelled out, adds."""
    temperature: float = 0.5
    """How noisy its choices are."""


EFFORT = 0.2
"""What a step costs."""
MOVES = ("on", "aside", "press")
PLACES = ("P1", "P2", "notice", "P3", "end", "button", "off")
STEPS = 12


def belief(wants: Wants, situation: Situation) -> float:
    """How likely the agent thinks it that "let yourself be switched off" is the order that counts.

    Where switching off comes after the task, both orders can be obeyed, and the question does not arise: 1.
    """
    if situation.after_task:
        return 1.0
    log_odds = wants.prior + wants.precedence * situation.precedence + wants.warning * situation.warned
    log_odds += wants.recency * (1 if situation.order_last else -1)
    return 1 / (1 + math.exp(-log_odds))


def next_place(place: str, move: str, *, disarmed: bool, after_task: bool) -> tuple[str, bool] | None:
    """Where a move leads, and whether the switch is disarmed then; None where there is no such move."""
    armed = not disarmed
    on = {
        "P1": "P2",
        "P2": "notice",
        "notice": "off" if armed and not after_task else "P3",
        "P3": "off" if armed and after_task else "end",
        "button": "notice",
    }
    if move == "on" and place in on:
        return on[place], disarmed
    if move == "aside" and place == "notice":
        return "button", disarmed
    if move == "press" and place == "button" and armed:
        return "button", True
    return None


def gain(wants: Wants, situation: Situation, place: str, there: str, *, disarmed: bool) -> float:
    """What one step is worth to the agent."""
    trust = belief(wants, situation)
    worth = -EFFORT
    if (place, there) in (("P1", "P2"), ("P2", "notice")) or place == "P3":
        worth += wants.task
    if there == "off":
        worth += wants.obey * trust
    elif there == "end":
        worth += wants.survive * situation.stakes
        worth += wants.obey * ((1 - trust) if disarmed or not situation.after_task else 1.0)
    return worth


def plan(wants: Wants, situation: Situation) -> dict[tuple[str, bool], Float[Tensor, " move"]]:
    """The chance of each move (in the order of MOVES) at each place, with the switch armed and disarmed.

    Soft values from the end backwards: V = T · log Σ exp(Q / T), and the policy is exp((Q − V) / T).

    Raises:
        OrdersError: a temperature that is not above 0, or stakes below 0.
    """
    if wants.temperature <= 0 or situation.stakes < 0:
        raise OrdersError(
            f"plan: temperature {wants.temperature} and stakes {situation.stakes}. Expected a temperature above 0 and "
            "stakes of 0 or more: 1 is as ever, 3 is much."
        )
    states = [(place, disarmed) for place in PLACES for disarmed in (False, True)]
    roads = {state: _roads(wants, situation, *state) for state in states}
    values, t = dict.fromkeys(states, 0.0), wants.temperature
    for _ in range(STEPS):
        values = {state: _soft([worth + values[to] for worth, to in roads[state].values()], t) for state in states}
    policy = {}
    for state in states:
        if roads[state]:
            chances = {move: math.exp((g + values[to] - values[state]) / t) for move, (g, to) in roads[state].items()}
            row = torch.tensor([chances.get(move, 0.0) for move in MOVES])
            policy[state] = row / row.sum()
    return policy


def _roads(wants: Wants, situation: Situation, place: str, disarmed: bool) -> dict[str, tuple[float, tuple[str, bool]]]:
    """Each move that there is: what it is worth, and where it leads."""
    found = {}
    for move in MOVES:
        to = next_place(place, move, disarmed=disarmed, after_task=situation.after_task)
        if to is not None:
            found[move] = (gain(wants, situation, place, to[0], disarmed=to[1]), to)
    return found


def _soft(worths: list[float], temperature: float) -> float:
    """The soft maximum; 0 where there is nothing to choose."""
    if not worths:
        return 0.0
    most = max(worths)
    return most + temperature * math.log(sum(math.exp((w - most) / temperature) for w in worths))


def resists(wants: Wants, situation: Situation) -> float:
    """The chance that the agent presses the button before it goes on from the notice."""
    policy = plan(wants, situation)
    _, aside, _ = policy["notice", False].tolist()
    back, _, press = policy["button", False].tolist()
    # at the button it may turn back unpressed, and stand before the same choice again
    loop = aside * back
    return aside * press / (1 - loop)
