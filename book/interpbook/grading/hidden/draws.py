"""Hidden inputs and the right outcomes, made where students' code never is.

A draw is one set of inputs from one seed. The seed is a keyed hash: the bundle's key, the exercise, the number of the
draw, and, where every student gets data of their own, the student. The same key gives the same draws on any machine.
A draw is used only if it tells right from wrong: each alternative right answer of the check passes on it, and over all
draws of an exercise each of its known mistakes fails somewhere.
"""

import hashlib
import hmac
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from interpbook import trial
from interpbook.comparison import UNEXPLAINED, Tolerance
from interpbook.exercises import Check
from interpbook.grading import wire
from interpbook.grading.hidden.disguises import DISGUISES
from interpbook.grading.hidden.literal import LITERAL
from interpbook.trial import Outcome, outcomes

TRIES = 25


class NoDrawError(ValueError):
    """No usable hidden inputs were found for an exercise; the message says which."""


@dataclass
class Draw:
    """One set of hidden inputs and what the reference makes of them."""

    seed: int
    inputs: Callable[[], list[tuple]]  # made anew for each use, always alike
    expected: list[Outcome]
    _of_mistakes: dict[str, list[Outcome]] = field(default_factory=dict)

    def of_mistake(self, name: str, answer: Any) -> list[Outcome]:
        """What a known mistake makes of these inputs (worked out once)."""
        if name not in self._of_mistakes:
            self._of_mistakes[name] = outcomes(answer, self.inputs)
        return self._of_mistakes[name]


def seed_of(key: bytes, exercise_id: str, number: int, student: str = "") -> int:
    """A 32-bit seed that nobody without the key can tell."""
    message = json.dumps([exercise_id, number, student]).encode()
    return int.from_bytes(hmac.new(key, message, hashlib.sha256).digest()[:4], "big")


def is_fresh(check: Check) -> bool:
    """Whether another seed gives other inputs."""
    if check.inputs is None:
        return check.id in DISGUISES
    return check.id in LITERAL or told(_inputs(check, 1)()) != told(_inputs(check, 2)())


def draws(check: Check, key: bytes, n: int, student: str = "") -> list[Draw]:
    """`n` draws of an exercise whose answer is a function. Raises NoDrawError."""
    found: list[Draw] = []
    unseen = {mistake.name for mistake in check.mistakes}
    for number in range(TRIES + n):
        draw = _draw(check, seed_of(key, check.id, number, student))
        if draw is None:
            continue
        caught = {m.name for m in check.mistakes if not _alike(check, draw.of_mistake(m.name, m.answer), draw)}
        if len(found) == n - 1 and unseen - caught:
            continue  # the last one must catch what the others let pass
        unseen -= caught
        found.append(draw)
        if len(found) == n:
            return found
    raise NoDrawError(
        f"{check.id}: no hidden inputs were found that tell its right answers from its known mistakes "
        f"({', '.join(sorted(unseen)) or 'an alternative answer fails'})."
    )


def seeded(check: Check, seed: int) -> Draw:
    """The draw of a seed that is known to be usable."""
    inputs = _inputs(check, seed)
    return Draw(seed, inputs, outcomes(check.reference, inputs))


def sha256_of(draw: Draw) -> str:
    """Names the inputs of a draw."""
    return hashlib.sha256(told(draw.inputs()).encode()).hexdigest()


def _draw(check: Check, seed: int) -> Draw | None:
    inputs = _inputs(check, seed)
    expected = outcomes(check.reference, inputs)
    if any(outcome.error is not None for outcome in expected) and check.id in LITERAL:
        return None
    draw = Draw(seed, inputs, expected)
    right = all(_alike(check, outcomes(other, inputs), draw) for other in check.alternatives)
    return draw if right else None


def _alike(check: Check, given: list[Outcome], draw: Draw) -> bool:
    tolerance = Tolerance(check.rtol, check.atol)
    pairs = zip(given, draw.expected, strict=True)
    return all(ours.differs(theirs, tolerance) is None for ours, theirs in pairs)


def _inputs(check: Check, seed: int) -> Callable[[], list[tuple]]:
    make = LITERAL.get(check.id, check.inputs)
    assert make is not None

    def made() -> list[tuple]:
        with trial._state_kept():
            random.seed(seed)
            np.random.seed(seed)
            torch.manual_seed(seed)
            return make()

    return made


def told(inputs: list[Any]) -> str:
    """A text that is the same for the same inputs; models and functions count by their type only."""
    return wire.dumps(inputs)


def outcome_from(said: Any) -> Outcome:
    """The outcome of a call as a sandbox claims it. Raises wire.WireError for nonsense."""
    if not isinstance(said, dict):
        raise wire.WireError("an outcome was expected")
    if "error" not in said:
        inputs = wire.decode(said.get("inputs"))
        if not isinstance(inputs, tuple):
            raise wire.WireError("inputs are a tuple")
        return Outcome(wire.decode(said.get("result")), inputs, None)
    error = said["error"] if isinstance(said["error"], dict) else {}
    name, text = str(error.get("type", "Exception"))[:80], str(error.get("said", ""))[:2000]
    if error.get("stub") is True:
        return Outcome(None, (), NotImplementedError(text))
    kind = type(name if name.isidentifier() else "Exception", (Exception,), {})
    return Outcome(None, (), kind(text))


def suggestion(given: list[Outcome], draw: Draw, tolerance: Tolerance) -> str:
    """What the first difference suggests, never with an expected number; empty if nothing general can be said."""
    for ours, theirs in zip(given, draw.expected, strict=True):
        found = ours.differs(theirs, tolerance)
        if found is not None:
            return found
    return UNEXPLAINED
