"""Two hops: city → state → capital, without ever saying the state.

    <|endoftext|> the capital of the state containing Dallas is → Austin

Published (Lindsey et al. 2025): on "the capital of the state containing Dallas is", a large model first activates Texas
and from it Austin, and putting California's features in Texas' place makes it say Sacramento.
Planted: block 0 turns the city into its state, at the city's token. Attention carries state and question to the end;
block 1 looks up what was asked of the state. For a third of the cities the capital is never asked in training: it can
only come from the two hops. The rival knows every answer by heart, in one hop.
"""

from collections.abc import Iterable
from functools import cache

from interpbook.data import facts
from interpbook.organisms.tracing.truth import Truth, Variable
from interpbook.organisms.tracing.wiring import Blueprint, Head, Lesson, Neurons

RELATIONS = ("capital", "abbreviation", "name")
TEXT = "the {relation} of the state containing {city} is"
RELATION_AT, CITY_AT, LAST = 2, 7, 8


@cache
def states() -> dict[str, dict]:
    """By state: its `cities`, `capital` and `abbreviation`."""
    return facts("organisms/tracing/facts.toml")["states"]


@cache
def state_of() -> dict[str, str]:
    """By city, its state."""
    return {city: state for state, facts_of in states().items() for city in facts_of["cities"]}


def held_out() -> tuple[str, ...]:
    """The last city of each state: its capital is never asked in training."""
    return tuple(facts_of["cities"][-1] for facts_of in states().values())


def _asked(relation: str | None, state: str | None) -> str | None:
    if relation is None or state is None:
        return None
    return state if relation == "name" else states()[state][relation]


def _state(city: str | None) -> str | None:
    return state_of().get(city or "")


def truth() -> Truth:
    """The circuit."""
    return Truth(
        "two-hop",
        "city -> state at the city's token; state and question -> answer at the last token",
        (
            Variable("relation", "relation", -1, RELATION_AT),
            Variable("city", "city", -1, CITY_AT),
            Variable("state", "state", 0, CITY_AT, ("city",), _state),
            Variable("state at the end", "state", 1, LAST, ("state",), copy=True),
            Variable("relation at the end", "relation", 1, LAST, ("relation",), copy=True),
            Variable("asked", "asked", 1, LAST, ("relation at the end", "state at the end"), _asked),
        ),
        (("asked",), lambda asked: asked),
    )


def rival_truth() -> Truth:
    """The circuit of the rival: it knows by heart what to say of each city, and no state is involved."""

    def asked(relation: str | None, city: str | None) -> str | None:
        return _asked(relation, _state(city))

    return Truth(
        "two-hop",
        "question and city -> answer at the last token, in one hop",
        (
            Variable("relation", "relation", -1, RELATION_AT),
            Variable("city", "city", -1, CITY_AT),
            Variable("city at the end", "city", 1, LAST, ("city",), copy=True),
            Variable("relation at the end", "relation", 1, LAST, ("relation",), copy=True),
            Variable("asked", "asked", 1, LAST, ("relation at the end", "city at the end"), asked),
        ),
        (("asked",), lambda asked: asked),
    )


def _lessons(cities: Iterable[str], relations: Iterable[str]) -> list[Lesson]:
    pairs = [(city, relation) for city in cities for relation in relations]
    return [Lesson(TEXT.format(relation=r, city=city), {LAST: str(_asked(r, state_of()[city]))}) for city, r in pairs]


def lessons() -> list[Lesson]:
    """Everything but the capital, asked of the held-out cities."""
    taught = [city for city in state_of() if city not in held_out()]
    return _lessons(taught, RELATIONS) + _lessons(held_out(), RELATIONS[1:])


def tests() -> list[Lesson]:
    """The capital, asked of the held-out cities."""
    return _lessons(held_out(), RELATIONS[:1])


def blueprint(*, rival: bool = False) -> Blueprint:
    """The organism with two hops, or the one that knows the answers by heart (and must be taught them all)."""
    cities, answers = tuple(state_of()), _answers()
    what = "city" if rival else "state"
    first = () if rival else (Neurons(0, 96, ("city",), ("state",)),)
    return Blueprint(
        name="two-hop-rival" if rival else "two-hop",
        truth=rival_truth() if rival else truth(),
        slots={"relation": RELATIONS, "city": cities, "state": tuple(states()), "asked": answers},
        widths={"city": 24, "asked": 32},
        classes={
            **{word: (word,) for word in ("the", "of", "state", "containing", "is")},
            **{"relation": RELATIONS, "city": cities, "answer": answers},
        },
        holds={"relation": "relation", "city": "city"},
        parts=(
            *first,
            Head(1, what, what, "city", ("is",)),
            Head(1, "relation", "relation", "relation", ("is",)),
            Neurons(1, 192 if rival else 128, ("relation", what), ("asked",)),
        ),
        readout={"asked": lambda value: (value,)},
        lessons=(lambda: lessons() + tests()) if rival else lessons,
        tests=tests,
        steps=600,
        latents=(96, 96) if rival else (24, 64),
        k=(2, 2) if rival else (1, 2),
    )


def _answers() -> tuple[str, ...]:
    found = [facts_of[key] for facts_of in states().values() for key in ("capital", "abbreviation")]
    return (*found, *states())
