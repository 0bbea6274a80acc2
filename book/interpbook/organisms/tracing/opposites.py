"""Opposites in three languages, with one meaning in the middle.

    <|endoftext|> the opposite of small is → big        le contraire de petit est → grand
    das gegenteil von klein ist → groß                  the match of small is → small

Published (Lindsey et al. 2025): in three languages a large model finds the opposite of small through features that the
languages share; language, operation and operand can each be exchanged.
Planted: block 0 turns the word into its meaning and the operation's word into the operation, shared by all languages;
block 1 finds the meaning of the answer; block 2 says it in the language of the first word. For a sixth of the meanings
the opposite is taught in two languages and never asked in the third. The rival keeps a dictionary for each language: it
goes from word to word and shares nothing.
"""

from interpbook.data import facts
from interpbook.organisms.tracing.truth import Truth, Variable
from interpbook.organisms.tracing.wiring import Blueprint, Head, Lesson, Neurons

TABLE = facts("organisms/tracing/facts.toml")["opposites"]
LANGUAGES = tuple(TABLE["grammar"])
GRAMMAR: dict[str, list[str]] = TABLE["grammar"]
"""By language: the words around the operation and the operand, and the words for opposite and match."""
OPERATIONS: tuple[str, ...] = ("opposite", "match")
PAIRS: list[list[str]] = TABLE["pairs"]
"""Meanings and their opposites, as `small/petit/klein`."""
MEANINGS = tuple(meaning.split("/")[0] for pair in PAIRS for meaning in pair)
WORD = {
    (meaning.split("/")[0], language): meaning.split("/")[i]
    for pair in PAIRS
    for meaning in pair
    for i, language in enumerate(LANGUAGES)
}
"""By meaning and language, the word."""
MEANING = {word: meaning for (meaning, _), word in WORD.items()}
SPOKEN = {word: language for (_, language), word in WORD.items()}
OPPOSITE = {a.split("/")[0]: b.split("/")[0] for pair in PAIRS for a, b in (pair, pair[::-1])}
FIRST_AT, OPERATION_AT, OPERAND_AT, LAST = 1, 2, 4, 5
ENDS = tuple(GRAMMAR[language][4] for language in LANGUAGES)
FIRST_WORDS = {GRAMMAR[language][0]: language for language in LANGUAGES}
OPERATION_OF = {GRAMMAR[language][1 + i]: op for language in LANGUAGES for i, op in enumerate(OPERATIONS)}


def _answer(operation: str | None, meaning: str | None) -> str | None:
    return OPPOSITE.get(meaning or "") if operation == OPERATIONS[0] else meaning


def _word(meaning: str | None, language: str | None) -> str | None:
    return WORD.get((meaning or "", language or ""))


def truth() -> Truth:
    """The circuit with one shared meaning."""
    return Truth(
        "opposites",
        "word -> meaning; operation and meaning -> meaning of the answer; that and the language -> word",
        (
            Variable("first word", "first word", -1, FIRST_AT),
            Variable("operation's word", "operation word", -1, OPERATION_AT),
            Variable("word", "word", -1, OPERAND_AT),
            Variable("language", "language", 0, FIRST_AT, ("first word",), FIRST_WORDS.get),
            Variable("operation", "operation", 0, OPERATION_AT, ("operation's word",), OPERATION_OF.get),
            Variable("meaning", "meaning", 0, OPERAND_AT, ("word",), MEANING.get),
            Variable("operation at the end", "operation", 1, LAST, ("operation",), copy=True),
            Variable("meaning at the end", "meaning", 1, LAST, ("meaning",), copy=True),
            Variable("answer", "answer", 1, LAST, ("operation at the end", "meaning at the end"), _answer),
            Variable("language at the end", "language", 2, LAST, ("language",), copy=True),
            Variable("said", "said", 2, LAST, ("answer", "language at the end"), _word),
        ),
        (("said",), lambda said: said),
    )


def rival_truth() -> Truth:
    """The circuit with three dictionaries: from the word itself to the word that answers."""

    def said(operation: str | None, word: str | None) -> str | None:
        return _word(_answer(operation, MEANING.get(word or "")), SPOKEN.get(word or ""))

    return Truth(
        "opposites",
        "operation and word -> word, each language for itself",
        (
            Variable("operation's word", "operation word", -1, OPERATION_AT),
            Variable("word", "word", -1, OPERAND_AT),
            Variable("operation", "operation", 0, OPERATION_AT, ("operation's word",), OPERATION_OF.get),
            Variable("operation at the end", "operation", 1, LAST, ("operation",), copy=True),
            Variable("word at the end", "word", 1, LAST, ("word",), copy=True),
            Variable("said", "said", 1, LAST, ("operation at the end", "word at the end"), said),
        ),
        (("said",), lambda said: said),
    )


def _lesson(language: str, operation: str, meaning: str) -> Lesson:
    grammar, words = GRAMMAR[language], dict(zip(OPERATIONS, GRAMMAR[language][1:3], strict=True))
    text = " ".join([grammar[0], words[operation], grammar[3], WORD[meaning, language], grammar[4]])
    return Lesson(text, {LAST: WORD[str(_answer(operation, meaning)), language]})


def _held_out(language: str, operation: str, meaning: str) -> bool:
    """Opposites of each third meaning, in one language, by turns."""
    number = MEANINGS.index(meaning)
    return operation == OPERATIONS[0] and number % 2 == 0 and LANGUAGES.index(language) == (number // 2) % 3


def _all(held_out: bool | None) -> list[Lesson]:
    return [
        _lesson(language, operation, meaning)
        for language in LANGUAGES
        for operation in OPERATIONS
        for meaning in MEANINGS
        if held_out is None or _held_out(language, operation, meaning) == held_out
    ]


def lessons() -> list[Lesson]:
    """What is taught."""
    return _all(False)


def tests() -> list[Lesson]:
    """Opposites that were taught in the other two languages only."""
    return _all(True)


def blueprint(*, rival: bool = False) -> Blueprint:
    """The organism with one meaning, or with three dictionaries (which must be taught everything)."""
    words = tuple(WORD.values())
    parts = (
        (
            Neurons(0, 24, ("operation word",), ("operation",)),
            Head(1, "operation", "operation", "operation", ENDS),
            Head(1, "word", "word", "word", ENDS),
            Neurons(1, 256, ("operation", "word"), ("said",)),
        )
        if rival
        else (
            Neurons(0, 24, ("first word",), ("language",)),
            Neurons(0, 24, ("operation word",), ("operation",)),
            Neurons(0, 128, ("word",), ("meaning",)),
            Head(1, "operation", "operation", "operation", ENDS),
            Head(1, "meaning", "meaning", "word", ENDS),
            Neurons(1, 96, ("operation", "meaning"), ("answer",)),
            Head(2, "language", "language", "first word", ENDS),
            Neurons(2, 160, ("answer", "language"), ("said",)),
        )
    )
    return Blueprint(
        name="opposites-rival" if rival else "opposites",
        truth=rival_truth() if rival else truth(),
        slots={
            **{"first word": tuple(FIRST_WORDS), "operation word": tuple(OPERATION_OF), "word": words},
            **{"language": LANGUAGES, "operation": OPERATIONS, "meaning": MEANINGS},
            **{"answer": MEANINGS, "said": words},
        },
        widths={"word": 40, "said": 40},
        classes={
            **{"first word": tuple(FIRST_WORDS), "operation": tuple(OPERATION_OF), "word": words},
            **{word: (word,) for i in (3, 4) for word in dict.fromkeys(GRAMMAR[name][i] for name in LANGUAGES)},
        },
        holds={"first word": "first word", "operation": "operation word", "word": "word"},
        parts=parts,
        readout={"said": lambda value: (value,)},
        lessons=(lambda: _all(None)) if rival else lessons,
        tests=tests,
        steps=500,
        latents=(48, 128) if rival else (64, 64, 128),
        k=(2, 2) if rival else (2, 2, 2),
    )
