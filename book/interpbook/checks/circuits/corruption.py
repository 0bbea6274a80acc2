"""Exercise 3: a corrupted prompt that breaks one thing only, judged on several sentences."""

from collections.abc import Sequence
from typing import Any, cast

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong

NAMES = ("Mary", "John", "Alice", "Peter", "Anna")
SENTENCES = (
    ("When Mary and John went to the store, John gave a drink to", "Mary", "John"),
    ("When John and Mary went to the store, John gave a drink to", "Mary", "John"),
    ("After Peter and Anna had a long day at work, Peter handed the keys to", "Anna", "Peter"),
    ("Then Alice and Mary sat in the garden, and Alice passed a letter to", "Mary", "Alice"),
)


def break_repetition(prompt: str, s: str, names: Sequence[str]) -> str:
    """The prompt with the second mention of `s` replaced by a name that does not occur in it."""
    before, _, after = prompt.rpartition(s)
    third = next(name for name in names if name not in prompt)
    return before + third + after


def _judge(answer: Any) -> Verdict:
    if not callable(answer):
        return wrong("Your answer is no function. Can you define break_repetition(prompt, s, names)?")
    answer = cast(Any, answer)
    for prompt, io, s in SENTENCES:
        found = _fault(answer(prompt, s, list(NAMES)), prompt, io, s)
        if found:
            return wrong(found)
    return PASSED


def _fault(made: Any, prompt: str, io: str, s: str) -> str:
    """What is wrong with one corrupted sentence, as the name of a mistake or a hint; empty if nothing is."""
    if not isinstance(made, str):
        return f"Expected a sentence as text; {type(made).__name__} came back. Is there a `return` line?"
    old, new = prompt.replace(",", " ,").split(" "), made.replace(",", " ,").split(" ")
    if made == prompt:
        return "unchanged"
    if len(old) != len(new):
        return "other length"
    changed = [place for place, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    twice = [name for name in NAMES if new.count(name) > 1]
    if len(changed) > 1:
        return "still repeated" if twice else "several changes"
    if twice:
        return "other name repeated" if twice == [io] else "still repeated"
    if new[changed[0]] not in NAMES:
        return "no name"
    second = max(place for place, word in enumerate(old) if word == s)
    return "" if changed[0] == second else "first mention"


def _third(prompt: str, names: Sequence[str]) -> str:
    return next(name for name in names if name not in prompt)


def _word_by_word(prompt, s, names):
    words = prompt.split(" ")
    place = len(words) - 1 - words[::-1].index(s)
    spare = sorted(set(names) - {word.strip(",") for word in words})
    return " ".join([*words[:place], spare[-1], *words[place + 1 :]])


def _reused_name(prompt, s, names):
    before, _, after = prompt.rpartition(s)
    other = next(name for name in names if name in prompt and name != s)
    return before + other + after


def _all_new(prompt, s, names):
    first, second = (name for name in names if name in prompt)
    third, fourth, fifth = (name for name in names if name not in prompt)
    before, _, after = prompt.rpartition(s)
    return (before + fifth + after).replace(first, third).replace(second, fourth)


BREAK_REPETITION = Check(
    id="circuits.break_repetition",
    reference=break_repetition,
    judge=_judge,
    mistakes=(
        Mistake(
            "other name repeated",
            _reused_name,
            "Now the *other* name is said twice: the right answer flips. That changes who is repeated, not whether "
            "anybody is. Which name would be mentioned only once?",
        ),
        Mistake(
            "still repeated",
            lambda prompt, s, names: prompt.replace(s, _third(prompt, names)),
            "A name still occurs twice, so what you wanted to break is still there. How many of the two mentions "
            "should change?",
        ),
        Mistake(
            "first mention",
            lambda prompt, s, names: prompt.replace(s, _third(prompt, names), 1),
            "Nobody is repeated any more, but you changed the first mention, so every activation after it differs, "
            "too. At which mention do the two runs stay equal for longest?",
        ),
        Mistake(
            "no name",
            lambda prompt, s, names: "he".join(prompt.rsplit(s, 1)),
            "The new word is not one of `names`. Grammar changes with it, and 'he' even points back at somebody. What "
            "kind of word keeps everything else as it was?",
        ),
        Mistake(
            "other length",
            lambda prompt, s, names: " ".join("".join(prompt.rsplit(s, 1)).split()),
            "The number of words changed, so token i of one prompt no longer stands where token i of the other does. "
            "What could stand in the empty place?",
        ),
        Mistake(
            "several changes",
            _all_new,
            "More than one word changed. If the answer changes as well, which of the changes did it? Can you do with "
            "a single one?",
        ),
        Mistake(
            "unchanged",
            lambda prompt, s, names: prompt,
            "The prompt came back as it was. Which word makes somebody occur twice?",
        ),
    ),
    alternatives=(_word_by_word,),
    fallback="Write down the two prompts, one under the other. They should differ in one word, and in the second "
    "nobody should be named twice. Do they?",
)
