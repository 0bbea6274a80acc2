"""Which hidden seed an exercise with a judge is judged under, and a name for what the answer then hears."""

import hashlib
from typing import Any

from interpbook.exercises import Check, verdict
from interpbook.grading.hidden.disguises import disguised
from interpbook.grading.hidden.draws import TRIES, NoDrawError, seed_of, told


def judged_seed(check: Check, key: bytes, student: str = "") -> int:
    """The first seed under whose disguise every right answer passes, and for a class no known mistake does.

    A seed for each student is only tried on right answers: nobody waits for twenty judges. Raises NoDrawError.
    """
    wrong = () if student else check.mistakes
    for number in range(TRIES):
        seed = seed_of(key, check.id, number, student)
        right = all(_passes(check, answer, seed) for answer in (check.reference, *check.alternatives))
        if right and not any(_passes(check, mistake.answer, seed) for mistake in wrong):
            return seed
    raise NoDrawError(f"{check.id}: no hidden seed was found under which its judge tells right answers from mistakes.")


def heard_sha256(check: Check, seed: int) -> str:
    """Names all that the reference is asked under this seed; another name means that judge or disguise changed."""
    calls: list[Any] = []

    def listening(*arguments: Any) -> Any:
        calls.append(arguments)
        return check.reference(*arguments)

    verdict(check, disguised(check.id, listening, seed))
    return hashlib.sha256(told(calls).encode()).hexdigest()


def _passes(check: Check, answer: Any, seed: int) -> bool:
    return verdict(check, disguised(check.id, answer, seed)).status == "passed"
