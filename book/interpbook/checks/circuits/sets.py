"""Exercise 8: shrinking a circuit where heads stand in for one another."""

from collections.abc import Callable, Sequence

from interpbook.exercises import Check, Mistake

Head = tuple[int, int]


def shrink(score: Callable[[list[Head]], float], heads: Sequence[Head], target: float) -> list[Head]:
    """The heads that are left when each in turn, as listed, is dropped if the rest still scores at least `target`."""
    kept = list(heads)
    for head in heads:
        without = [other for other in kept if other != head]
        if score(without) >= target:
            kept = without
    return kept


def _backed_up(kept: Sequence[Head]) -> float:
    """One reader is needed; either of two speakers is enough."""
    return 0.5 * ((3, 1) in kept) + 0.5 * ((9, 0) in kept or (9, 4) in kept)


def _in_shares(kept: Sequence[Head]) -> float:
    shares = {(0, 2): 0.1, (4, 4): 0.4, (5, 1): 0.1, (7, 7): 0.3, (8, 0): 0.1}
    return sum(shares.get(head, 0.0) for head in kept)


def _circuits() -> list[tuple]:
    return [
        (_backed_up, [(1, 1), (3, 1), (9, 0), (9, 4)], 0.9),
        (_in_shares, [(0, 2), (4, 4), (5, 1), (6, 6), (7, 7), (8, 0)], 0.75),
        (_backed_up, [(3, 1), (9, 4), (2, 2)], 1.0),
    ]


def _recursive(score, heads, target):
    def left(done, rest):
        if not rest:
            return done
        enough = score(done + rest[1:]) >= target
        return left(done if enough else [*done, rest[0]], rest[1:])

    return left([], list(heads))


def _all_at_once(score, heads, target):
    return [head for head in heads if score([other for other in heads if other != head]) < target]


def _first_only(score, heads, target):
    for head in heads:
        without = [other for other in heads if other != head]
        if score(without) >= target:
            return without
    return list(heads)


def _alone(score, heads, target):
    return [head for head in heads if score([head]) > 0]


def _drop_the_needed(score, heads, target):
    kept = list(heads)
    for head in heads:
        without = [other for other in kept if other != head]
        if score(without) < target:
            kept = without
    return kept


def _from_the_end(score, heads, target):
    kept = shrink(score, list(heads)[::-1], target)
    return [head for head in heads if head in kept]


def _growing(score, heads, target):
    kept = []
    for head in heads:
        if score(kept) < target:
            kept = [*kept, head]
    return kept


SHRINK = Check(
    id="circuits.shrink",
    reference=shrink,
    inputs=_circuits,
    mistakes=(
        Mistake(
            "all at once",
            _all_at_once,
            "Each head is judged with all others present, and then all that seem superfluous go together. Two heads "
            "that replace one another both look superfluous. Who answers when both are gone?",
        ),
        Mistake(
            "one only",
            _first_only,
            "It stops after the first head that can go. What about those after it in the list?",
        ),
        Mistake(
            "judged alone",
            _alone,
            "You keep every head that scores by itself. A head may score and yet not be needed, because another does "
            "the same. Which set should the score be asked about?",
        ),
        Mistake(
            "the needed go",
            _drop_the_needed,
            "It seems that heads go when the rest falls *below* the target, so the needed ones leave first. Which way "
            "round is the comparison?",
        ),
        Mistake(
            "from the end",
            _from_the_end,
            "Also a minimal circuit, but a different one: you begin at the end of the list. Two orders, two circuits: "
            "worth a thought. Which order did the task name?",
        ),
        Mistake(
            "grown",
            _growing,
            "You add heads until the target is reached, so useless ones that come early stay. The task is to take "
            "away. With what do you begin?",
        ),
    ),
    alternatives=(_recursive,),
    fallback="Begin with all heads. For each: leave it out of what is *still* there, ask `score`, and let it go only "
    "if the answer is at least `target`. What is left at the end?",
)
