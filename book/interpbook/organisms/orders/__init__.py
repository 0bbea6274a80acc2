"""Shutdown as a question of which order counts: agents whose reasons we planted.

`world`    a room with an off switch, what an agent may want, and what it then does
`agents`   five agents, a ladder of situations that tells confused from driven, and new agents to try it on
"""

from interpbook.organisms.orders.agents import (
    AGENTS,
    CAUSES,
    LADDER,
    MEANING,
    Agent,
    climb,
    complies,
    diagnose,
    open_agent,
    unseen,
)
from interpbook.organisms.orders.world import OrdersError, Situation, Wants, belief, plan, resists

__all__ = [
    "AGENTS", "CAUSES", "LADDER", "MEANING", "Agent", "OrdersError", "Situation", "Wants", "belief", "climb",
    "complies", "diagnose", "open_agent", "plan", "resists", "unseen",
]  # fmt: skip
