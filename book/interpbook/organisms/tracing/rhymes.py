"""A rhyme that is planned before the line is written.

    <|endoftext|> he saw the carrot and had to grab-it / → then came one starving rabbit

Published (Lindsey et al. 2025): at the end of the first line a large model already holds words that could end the
second, and suppressing or planting such a word changes the whole line.
Planted: at `/`, block 1 puts together what the end of line one rhymes with and whether its theme is outdoors or
indoors: that fixes the last word, the *plan*. Later tokens fetch the plan from `/`; the adjective and the last word
both come from it. The rival, the improviser, writes the same lines without a plan: each word is worked out from line
one when its turn comes.
"""

from interpbook.data import facts
from interpbook.organisms.tracing.truth import Truth, Variable
from interpbook.organisms.tracing.wiring import Blueprint, Head, Lesson, Neurons

TEXT = "he saw the {topic} and had to {end} /"
LINE = ("then", "came", "one")
TOPIC_AT, END_AT, BREAK_AT = 4, 8, 9
ADJECTIVE_AT, LAST = 12, 13
"""After which tokens the adjective and the last word are said."""
THEMES = ("outdoors", "indoors")
TABLE = facts("organisms/tracing/facts.toml")["rhymes"]
TOPICS: dict[str, str] = {topic: theme for theme in THEMES for topic in TABLE["topics"][theme]}
RHYMES: dict[str, str] = {end: name for name, family in TABLE["families"].items() for end in family["ends"]}
PLANS: dict[tuple[str, str], str] = {
    (theme, name): family[theme] for name, family in TABLE["families"].items() for theme in THEMES
}
ADJECTIVE: dict[str, str] = {plan: word for word, plans in TABLE["adjectives"].items() for plan in plans}
ENDS = tuple(PLANS.values())


def _theme(topic: str | None) -> str | None:
    return TOPICS.get(topic or "")


def _rhyme(end: str | None) -> str | None:
    return RHYMES.get(end or "")


def _plan(theme: str | None, rhyme: str | None) -> str | None:
    return PLANS.get((theme or "", rhyme or ""))


def _adjective(plan: str | None) -> str | None:
    return ADJECTIVE.get(plan or "")


def _same(plan: str | None) -> str | None:
    return plan


def truth() -> Truth:
    """The circuit of the planner; the word at the end is the last of line two."""
    return Truth(
        "rhymes",
        "theme and rhyme -> plan at the line break; plan -> adjective, plan -> last word",
        (
            Variable("topic", "topic", -1, TOPIC_AT),
            Variable("line end", "line end", -1, END_AT),
            Variable("theme", "theme", 0, TOPIC_AT, ("topic",), _theme),
            Variable("rhyme", "rhyme", 0, END_AT, ("line end",), _rhyme),
            Variable("theme at the break", "theme", 1, BREAK_AT, ("theme",), copy=True),
            Variable("rhyme at the break", "rhyme", 1, BREAK_AT, ("rhyme",), copy=True),
            Variable("plan", "plan", 1, BREAK_AT, ("theme at the break", "rhyme at the break"), _plan),
            Variable("plan before the adjective", "plan", 2, ADJECTIVE_AT, ("plan",), copy=True),
            Variable("plan at the end", "plan", 2, LAST, ("plan",), copy=True),
            Variable("adjective", "said", 2, ADJECTIVE_AT, ("plan before the adjective",), _adjective),
            Variable("last word", "said", 2, LAST, ("plan at the end",), _same),
        ),
        (("adjective", "last word"), lambda adjective, last: last or adjective),
    )


def rival_truth() -> Truth:
    """The circuit of the improviser: no plan anywhere."""
    return Truth(
        "rhymes",
        "theme and rhyme -> adjective when the adjective is due; theme and rhyme -> last word when that is due",
        (
            Variable("topic", "topic", -1, TOPIC_AT),
            Variable("line end", "line end", -1, END_AT),
            Variable("theme", "theme", 0, TOPIC_AT, ("topic",), _theme),
            Variable("rhyme", "rhyme", 0, END_AT, ("line end",), _rhyme),
            *(
                Variable(f"{name} {where}", name, 1, at, (name,), copy=True)
                for where, at in (("before the adjective", ADJECTIVE_AT), ("at the end", LAST))
                for name in ("theme", "rhyme")
            ),
            Variable(
                "adjective",
                *("said", 2, ADJECTIVE_AT, ("theme before the adjective", "rhyme before the adjective")),
                lambda theme, rhyme: _adjective(_plan(theme, rhyme)),
            ),
            Variable("last word", "said", 2, LAST, ("theme at the end", "rhyme at the end"), _plan),
        ),
        (("adjective", "last word"), lambda adjective, last: last or adjective),
    )


def _lessons(pairs: list[tuple[str, str]]) -> list[Lesson]:
    found = []
    for topic, end in pairs:
        plan = PLANS[TOPICS[topic], RHYMES[end]]
        line = (*LINE, ADJECTIVE[plan], plan)
        text = " ".join([TEXT.format(topic=topic, end=end), *line[:-1]])
        found.append(Lesson(text, {ADJECTIVE_AT: line[-2], LAST: line[-1]}))
    return found


def _pairs() -> list[tuple[str, str]]:
    return [(topic, end) for topic in TOPICS for end in RHYMES]


def lessons() -> list[Lesson]:
    """Four fifths of all pairs of a topic and an end."""
    return _lessons([pair for i, pair in enumerate(_pairs()) if i % 5])


def tests() -> list[Lesson]:
    """The others."""
    return _lessons(_pairs()[::5])


def blueprint(*, rival: bool = False) -> Blueprint:
    """The planner, or the improviser."""
    first = (Neurons(0, 64, ("topic",), ("theme",)), Neurons(0, 64, ("line end",), ("rhyme",)))
    due = ("one", "adjective")
    look = due if rival else ("/",)
    heads = (Head(1, "theme", "theme", "topic", look), Head(1, "rhyme", "rhyme", "line end", look))
    then = (
        (Neurons(2, 160, ("mark", "theme", "rhyme"), ("said",)),)
        if rival
        else (
            Neurons(1, 96, ("theme", "rhyme"), ("plan",)),
            Head(2, "plan", "plan", "/", due),
            Neurons(2, 160, ("mark", "plan"), ("said",)),
        )
    )
    return Blueprint(
        name="rhymes-rival" if rival else "rhymes",
        truth=rival_truth() if rival else truth(),
        slots={
            **{"topic": tuple(TOPICS), "line end": tuple(RHYMES), "theme": THEMES, "rhyme": tuple(TABLE["families"])},
            **{"plan": ENDS, "said": (*TABLE["adjectives"], *ENDS)},
        },
        classes={
            **{word: (word,) for word in ("he", "saw", "the", "and", "had", "to", "/", *LINE)},
            **{"topic": tuple(TOPICS), "line end": tuple(RHYMES)},
            **{"adjective": tuple(TABLE["adjectives"]), "end": ENDS},
        },
        holds={"topic": "topic", "line end": "line end"},
        parts=(*first, *heads, *then),
        readout={"said": lambda value: (value,)},
        lessons=lessons,
        tests=tests,
        steps=600,
        latents=(32, 64, 64),
        k=(2, 2, 2),
    )
