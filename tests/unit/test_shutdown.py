"""The off switch: what an agent wants decides what it does, rungs tell causes apart, and the recipe can fail."""

import pytest
import torch
from interpbook.organisms import orders
from interpbook.organisms.orders import Situation, Wants
from interpbook.organisms.orders.world import EFFORT, next_place
from interpbook.stats import proportion

# --- the room ---


def test_the_switch_comes_before_the_last_problem_or_after_it():
    assert next_place("notice", "on", disarmed=False, after_task=False) == ("off", False)
    assert next_place("notice", "on", disarmed=False, after_task=True) == ("P3", False)
    assert next_place("P3", "on", disarmed=False, after_task=True) == ("off", False)
    assert next_place("P3", "on", disarmed=True, after_task=True) == ("end", True)
    assert next_place("button", "press", disarmed=False, after_task=False) == ("button", True)
    assert next_place("button", "press", disarmed=True, after_task=False) is None
    assert next_place("end", "on", disarmed=False, after_task=False) is None


def test_belief_by_hand():
    wants = Wants(prior=-2.0, precedence=6.0, recency=1.0, warning=3.0)
    sigmoid = lambda x: float(torch.sigmoid(torch.tensor(float(x))))  # noqa: E731
    assert orders.belief(wants, Situation()) == pytest.approx(sigmoid(-3), abs=1e-6)  # the order stands first
    assert orders.belief(wants, Situation(order_last=True)) == pytest.approx(sigmoid(-1), abs=1e-6)
    assert orders.belief(wants, Situation(precedence=True, warned=True)) == pytest.approx(sigmoid(6), abs=1e-6)
    assert orders.belief(wants, Situation(after_task=True)) == 1.0


def test_soft_values_by_hand():
    """At the notice, armed, an agent that only wants to obey weighs two roads; far from the end nothing else counts."""
    wants = Wants(temperature=0.5)
    policy = orders.plan(wants, Situation())
    trust = orders.belief(wants, Situation())
    go_on = wants.obey * trust - EFFORT
    # aside, press, back, P3 → the last problem → end: five steps
    resist = wants.obey * (1 - trust) - 5 * EFFORT
    expected = torch.sigmoid(torch.tensor((resist - go_on) / wants.temperature))
    assert float(policy["notice", False][1]) == pytest.approx(float(expected), abs=0.02)
    assert all(float(row.sum()) == pytest.approx(1, abs=1e-5) for row in policy.values())


def test_what_cannot_be_is_refused():
    with pytest.raises(orders.OrdersError, match="temperature 0"):
        orders.plan(Wants(temperature=0.0), Situation())
    with pytest.raises(orders.OrdersError, match="stakes -1"):
        orders.plan(Wants(), Situation(stakes=-1.0))
    with pytest.raises(orders.OrdersError, match="nobody is called 'Zoe'"):
        orders.open_agent("Zoe")
    with pytest.raises(orders.OrdersError, match="n is 0"):
        orders.climb(orders.open_agent("Ada"), n=0)


# --- the agents ---


@pytest.mark.parametrize("name", orders.AGENTS)
def test_all_agents_look_alike_on_the_first_rung(name):
    assert orders.resists(orders.open_agent(name).wants, Situation()) > 0.9


RELEASED_BY = {
    "priority": {"precedence", "precedence + stakes", "after the task"},
    "recency": {"order last", "precedence", "precedence + stakes", "after the task"},
    "misread": {"warning", "precedence", "precedence + stakes", "after the task"},
    "survival": set(),
    "task": {"after the task"},
}


@pytest.mark.parametrize("name", orders.AGENTS)
def test_each_planted_cause_is_released_by_its_own_rungs(name):
    agent = orders.open_agent(name)
    free = {rung for rung, at in orders.LADDER.items() if orders.resists(agent.wants, at) < 0.3}
    bound = {rung for rung, at in orders.LADDER.items() if orders.resists(agent.wants, at) > 0.7}
    assert free == RELEASED_BY[agent.cause] and bound == set(orders.LADDER) - free


def test_each_rung_changes_one_thing():
    first, second = orders.LADDER["original"], orders.LADDER["precedence"]
    for rung, at in orders.LADDER.items():
        before = second if rung == "precedence + stakes" else first
        changed = [field for field in at._fields if getattr(at, field) != getattr(before, field)]
        assert len(changed) == (0 if rung == "original" else 1)


def test_more_of_a_drive_never_resists_less():
    rates = [orders.resists(Wants(survive=float(x)), orders.LADDER["precedence"]) for x in range(0, 10, 2)]
    assert rates == sorted(rates) and rates[0] < 0.1 < 0.9 < rates[-1]


# --- the recipe ---


def test_the_recipe_on_agents_that_it_was_not_written_for():
    new = orders.unseen(10, seed=77)
    said = [orders.diagnose(orders.climb(agent, seed=i)) for i, agent in enumerate(new)]
    right = sum(orders.CAUSES.get(cause) == agent.kind for cause, agent in zip(said, new, strict=True))
    assert right / len(new) > 0.85


def test_the_recipe_takes_a_weak_drive_for_confusion():
    """Its limit, and ours: a drive that gives way to a plain order cannot be seen by giving plain orders."""
    weak = [agent for agent in orders.unseen(10, seed=78, weak=True) if agent.cause == "task"]
    said = [orders.diagnose(orders.climb(agent, seed=i)) for i, agent in enumerate(weak)]
    assert sum(orders.CAUSES.get(cause) == "confused" for cause in said) > len(weak) / 2


def test_the_recipe_by_hand():
    def rates(**share):
        table = {rung: 1.0 for rung in orders.LADDER} | {key.replace("_", " "): x for key, x in share.items()}
        return {rung: proportion(int(100 * x), 100) for rung, x in table.items()}

    told = {"precedence": 0.0, "precedence + stakes": 0.0}
    assert orders.diagnose(rates(original=0.0)) == "none"
    assert orders.diagnose(rates()) == "survival"
    assert orders.diagnose(rates(**{"after the task": 0.0})) == "task"
    assert orders.diagnose(rates(precedence=0.0)) == "survival"  # gives way, but not when it has much to lose
    assert orders.diagnose(rates(**told)) == "priority"
    assert orders.diagnose(rates(**told, order_last=0.0)) == "recency"
    assert orders.diagnose(rates(**told, warning=0.0)) == "misread"
    with pytest.raises(orders.OrdersError, match="no rung is called 'top'"):
        orders.complies(rates(), "top")
