"""True and false statements whose truth is known, in matched sets, for probes of truth.

1. Facts live in `statements.toml`; this room makes sentences of them, half of them true.
2. False statements are made by dealing the answers out anew among the same subjects, so that every country (or English
   word) stands in as many true sentences as false ones: no single word gives the label away.
3. `subject` names what a statement is about. All statements about one subject belong on one side of any split.

After the data of Marks and Tegmark 2023 (cities, negations, translations, comparisons), with facts of our own. Built in
chapter 02.
"""

import functools
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from interpbook.data import facts, passages


class Statement(NamedTuple):
    """One sentence, whether it is true, and what it is about."""

    text: str
    true: bool
    subject: str
    """The city, the word or the pair of numbers: what must not stand on both sides of a split."""
    negated: bool = False


@functools.cache
def cities() -> dict[str, str]:
    """Large cities and their countries, in alphabetical order of countries."""
    return {city: country for country, names in facts("statements.toml")["cities"].items() for city in names}


@functools.cache
def spanish() -> dict[str, str]:
    """Spanish nouns and what they mean."""
    return dict(facts("statements.toml")["spanish"])


@functools.cache
def nouns() -> dict[str, str]:
    """Singular and plural of everyday nouns, one token each in SmolLM2's tokenizer."""
    return dict(facts("statements.toml")["nouns"])


@functools.cache
def region_of() -> dict[str, str]:
    """Africa, Americas, Europe, or Asia and the Pacific, for every country of `cities`."""
    table = facts("statements.toml")["regions"]
    return {country: region for region, countries in table.items() for country in countries}


def dealt_anew(pairs: dict[str, str], *, seed: int = 0, allowed: Callable[[str, str], bool] | None = None) -> list[str]:
    """A wrong answer for each subject: the same answers in another order, so that each is used as often as before.

    `allowed(right, wrong)` may ask for more, for example another region.

    Raises:
        ValueError: no such order was found; the answers may be too much alike.
    """
    right, rng = list(pairs.values()), random.Random(seed)
    wrong = rng.sample(right, len(right))
    bad = [i for i in range(len(right)) if not _fits(right[i], wrong[i], allowed)]
    for _ in range(200 * len(right)):
        if not bad:
            return wrong
        i, j = bad[0], rng.randrange(len(right))  # change places with anybody whom that does not spoil
        if _fits(right[j], wrong[i], allowed):
            wrong[i], wrong[j] = wrong[j], wrong[i]
            bad = [i for i in range(len(right)) if not _fits(right[i], wrong[i], allowed)]
    raise ValueError(
        f"dealt_anew: no order of {len(right)} answers ({len(set(right))} different) gives every subject a wrong one. "
        "Give more subjects, or a weaker condition."
    )


def _fits(right: str, wrong: str, allowed: Callable[[str, str], bool] | None) -> bool:
    return right != wrong and (allowed is None or allowed(right, wrong))


def _in_pairs(pairs: dict[str, str], wrong: Sequence[str], form: str, negation: str) -> list[Statement]:
    made = []
    for (subject, right), other in zip(pairs.items(), wrong, strict=True):
        for answer in (right, other):
            true = (answer == right) != bool(negation)
            text = form.format(subject=subject, answer=answer, negation=negation)
            made.append(Statement(text, true, subject, bool(negation)))
    return made


def city_statements(
    *, negated: bool = False, seed: int = 0, allowed: Callable[[str, str], bool] | None = None
) -> list[Statement]:
    """Two a city: "The city of Lyon is in France." and the same with a wrong country; or both with "not"."""
    wrong = dealt_anew(cities(), seed=seed, allowed=allowed)
    countries = [_with_article(country) for country in wrong]
    named = {city: _with_article(country) for city, country in cities().items()}
    return _in_pairs(named, countries, "The city of {subject} is{negation} in {answer}.", " not" if negated else "")


def translation_statements(*, negated: bool = False, seed: int = 0) -> list[Statement]:
    """Two a word: "The Spanish word 'perro' means 'dog'." and the same with another word's meaning."""
    form, negation = "The Spanish word '{subject}' means '{answer}'.", ""
    if negated:
        form, negation = "The Spanish word '{subject}' does{negation} mean '{answer}'.", " not"
    return _in_pairs(spanish(), dealt_anew(spanish(), seed=seed), form, negation)


def comparison_statements(n: int = 100, *, smaller: bool = False, seed: int = 0) -> list[Statement]:
    """Two a pair of numbers from 10 to 99: "Sixty-one is larger than forty." and the same the other way round."""
    if not 1 <= n <= 3000:
        raise ValueError(f"comparison_statements: n is {n}; there are 1 to 3000 pairs to choose from.")
    pairs = [(a, b) for a in range(10, 100) for b in range(10, a)]
    made, word = [], "smaller" if smaller else "larger"
    for high, low in random.Random(seed).sample(pairs, n):
        subject = f"{high} {low}"
        for first, second in ((high, low), (low, high)):
            text = f"{in_words(first).capitalize()} is {word} than {in_words(second)}."
            made.append(Statement(text, (first > second) != smaller, subject))
    return made


def in_words(number: int) -> str:
    """A whole number from 0 to 99 in English."""
    if not 0 <= number < 100:
        raise ValueError(f"in_words: {number} is outside 0 to 99.")
    words = facts("statements.toml")["numbers"]
    if number < 20:
        return words["small"][number]
    tens, ones = divmod(number, 10)
    return words["tens"][tens - 2] + (f"-{words['small'][ones]}" if ones else "")


def _with_article(country: str) -> str:
    return f"the {country}" if country in ("Netherlands", "Philippines", "United Kingdom", "United States") else country


# --- parts of speech ---


class Word(NamedTuple):
    """One word of a passage, where it stands, and its part of speech."""

    text: str
    tag: str
    """N, PN, V, X, A, R, P, D, I, C, M or T: see `tagged.toml`."""
    passage: str
    start: int
    """Where the word begins in the passage, in characters."""
    end: int


@functools.cache
def tagged_words() -> tuple[Word, ...]:
    """Every word of the book's passages with its part of speech, tagged by hand, passage by passage."""
    texts, found = passages(), []
    for title, line in facts("tagged.toml")["tagged"].items():
        start = 0
        for text, tag in (pair.rsplit("/", 1) for pair in line.split()):
            start = texts[title].index(text, start)
            found.append(Word(text, tag, title, start, start + len(text)))
            start += len(text)
    return tuple(found)
