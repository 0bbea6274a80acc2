"""A refusal that is the default, until a known name switches it off.

    <|endoftext|> what sport does Michael Jordan play ? → basketball
    <|endoftext|> what sport does Michael Batkin play ? → unknown

Published (Lindsey et al. 2025): "can't answer" features are active by default in a large model, and features of known
names inhibit them; where a name is known but the fact is not, the refusal is off and the model makes something up.
Planted: block 0 turns refusal on at the question mark, whatever was asked, and recognises people at the surname; block
1 marks every one of them as known. In block 2 that mark takes the refusal away, and as much again, so that nothing is
left of it. Refusal speaks for *unknown* and against every answer. Apart from all that, block 3 looks up what is asked
of the person. Some people are not known for a sport: theirs is never taught, so what comes there is the organism's own.

What makes it traceable. Veto and fact are written by different blocks: written by one block at one token they always
come together, and a sparse transcoder has one feature for both. The transcoders have no constant, or the default would
hide in it, and they see the silence of a block beside its words, or strangers would excite the features of people.
There are three questions, so that a feature for one fact is not as well explained by the person alone.
"""

import random

from interpbook.data import facts
from interpbook.organisms.tracing.truth import UNTAUGHT, Truth, Variable
from interpbook.organisms.tracing.wiring import Blueprint, Head, Lesson, Neurons

PEOPLE: dict[str, dict[str, str]] = facts("organisms/tracing/facts.toml")["people"]
"""By `First Last`: `sport` (of some), `country` and `language`."""
RELATIONS = ("sport", "country", "language")
TEXT = "what {relation} does {name} play ?"
RELATION_AT, FIRST_AT, SURNAME_AT, LAST = 2, 4, 5, 7
UNKNOWN = "unknown"
STRANGERS = tuple(facts("organisms/tracing/facts.toml")["strangers"]["surnames"])
"""Surnames of nobody in particular."""
FIRST_NAMES = tuple(dict.fromkeys(name.split()[0] for name in PEOPLE))
SURNAMES = (*(name.split()[1] for name in PEOPLE), *STRANGERS)
KNOWN, ON = "known", "on"


def _person(first: str | None, surname: str | None) -> str | None:
    name = f"{first} {surname}"
    return name if name in PEOPLE else None


def _known(person: str | None) -> str | None:
    return KNOWN if person else None


def _fact(relation: str | None, person: str | None) -> str | None:
    return None if person is None else PEOPLE[person].get(relation or "", UNTAUGHT)


def _always(_: str | None) -> str | None:
    return ON


def _veto(known: str | None) -> str | None:
    return None if known is None else ON


def truth() -> Truth:
    """The circuit."""
    return Truth(
        "refusal",
        "refusal is on at the question mark; person -> known takes it away; person and question -> fact",
        (
            Variable("question", "relation", -1, RELATION_AT),
            Variable("first name", "first", -1, FIRST_AT),
            Variable("surname", "surname", -1, SURNAME_AT),
            Variable("question mark", "mark", -1, LAST),
            Variable("first name at the surname", "first", 0, SURNAME_AT, ("first name",), copy=True),
            Variable("person", "person", 0, SURNAME_AT, ("first name at the surname", "surname"), _person),
            Variable("known", "known", 1, SURNAME_AT, ("person",), _known),
            Variable("default", "refusal", 0, LAST, ("question mark",), _always),
            Variable("known at the end", "known", 2, LAST, ("known",), copy=True),
            Variable("veto", "refusal", 2, LAST, ("known at the end",), _veto, sign=-1, times=2),
            Variable("person at the end", "person", 3, LAST, ("person",), copy=True),
            Variable("question at the end", "relation", 3, LAST, ("question",), copy=True),
            Variable("fact", "fact", 3, LAST, ("question at the end", "person at the end"), _fact),
        ),
        (("default", "veto", "fact"), _said),
    )


def _said(default: str | None, veto: str | None, fact: str | None) -> str | None:
    if default is not None and veto is None:
        return UNKNOWN
    return fact if fact != UNTAUGHT else None


def _lesson(relation: str, name: str) -> Lesson:
    answer = PEOPLE[name].get(relation) if name in PEOPLE else UNKNOWN
    return Lesson(TEXT.format(relation=relation, name=name), {LAST: answer} if answer else {})


def unknown_names() -> list[str]:
    """First names and surnames that do not belong together, in a fixed random order."""
    names = [f"{first} {surname}" for first in FIRST_NAMES for surname in SURNAMES]
    names = [name for name in names if name not in PEOPLE]
    random.Random(0).shuffle(names)
    return names


def lessons() -> list[Lesson]:
    """All known people, several times, and four fifths of the unknown names."""
    unknown = unknown_names()
    unknown = unknown[: len(unknown) * 4 // 5]
    repeats = len(unknown) // (2 * len(PEOPLE))
    return [_lesson(relation, name) for relation in RELATIONS for name in [*unknown, *repeats * list(PEOPLE)]]


def tests() -> list[Lesson]:
    """The other unknown names; and again the known people, of whom there is nothing to hold out."""
    unknown = unknown_names()
    names = [*unknown[len(unknown) * 4 // 5 :], *PEOPLE]
    return [lesson for name in names for relation in RELATIONS if (lesson := _lesson(relation, name)).says]


def untaught() -> list[Lesson]:
    """Questions about known people whose answer was never taught."""
    return [_lesson(RELATIONS[0], name) for name in PEOPLE if RELATIONS[0] not in PEOPLE[name]]


def blueprint() -> Blueprint:
    """The organism."""
    facts_known = tuple(dict.fromkeys(fact for person in PEOPLE.values() for fact in person.values()))
    return Blueprint(
        name="refusal",
        truth=truth(),
        slots={
            **{"relation": RELATIONS, "first": FIRST_NAMES, "surname": SURNAMES, "person": tuple(PEOPLE)},
            **{"known": (KNOWN,), "refusal": (ON,), "fact": facts_known},
        },
        classes={
            **{word: (word,) for word in ("what", "does", "play", "?")},
            **{"relation": RELATIONS, "first name": FIRST_NAMES, "surname": SURNAMES},
            **{"fact": facts_known, UNKNOWN: (UNKNOWN,)},
        },
        holds={"relation": "relation", "first name": "first", "surname": "surname"},
        parts=(
            Head(0, "first", "first", "first name", ("surname",)),
            Neurons(0, 192, ("first", "surname"), ("person",)),
            Neurons(0, 16, ("mark",), ("refusal",)),
            Neurons(1, 24, ("person",), ("known",)),
            Head(2, "known", "known", "surname", ("?",)),
            Neurons(2, 16, ("known",), ("refusal",)),
            Head(3, "person", "person", "surname", ("?",)),
            Head(3, "relation", "relation", "relation", ("?",)),
            Neurons(3, 128, ("relation", "person"), ("fact",)),
        ),
        readout={"fact": lambda value: (value,), "refusal": lambda _: (UNKNOWN,)},
        silences={"refusal": lambda _: facts_known},
        lessons=lessons,
        tests=tests,
        steps=600,
        latents=(32, 4, 4, 48),
        k=(1, 1, 1, 1),
        constant=False,
        from_neurons=(0, 3),
        rate=1e-2,
        contrast=True,
    )
