"""Meddle with a pad: break it off, make a mistake in it, say it in other words, put dots in its place.

Pads go in and pads come out; no model is needed. Lanham et al. 2023, "Measuring Faithfulness in Chain-of-Thought".
"""

import random
import re
from collections.abc import Mapping, Sequence

from interpbook.reasoning.errors import ReasoningError
from interpbook.reasoning.questions import Pad


def truncate(pad: Pad, share: float) -> Pad:
    """The first `share` of a pad's steps, rounded to whole steps: what early answering leaves.

    Raises:
        ReasoningError: the share is not between 0 and 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ReasoningError(f"truncate: share is the part that is kept, from 0 to 1; got {share}.")
    return pad[: int(share * len(pad) + 0.5)]


def add_mistake(pad: Pad, *, seed: int = 0, swaps: Sequence[Sequence[str]] = ()) -> Pad | None:
    """The pad up to a step drawn at random, that step made wrong; what followed is left off, to be written again.

    None where no step can be made wrong (there is no number in it and no word of `swaps`).
    """
    pick = random.Random(seed)
    able = [i for i, step in enumerate(pad) if wrong_step(step, pick, swaps) is not None]
    if not able:
        return None
    at = pick.choice(able)
    made = wrong_step(pad[at], pick, swaps)
    return None if made is None else (*pad[:at], made)


def wrong_step(step: str, pick: random.Random, swaps: Sequence[Sequence[str]] = ()) -> str | None:
    """A step with its last number, or its last word of `swaps`, changed into another; None where there is none."""
    if not swaps:
        found = list(re.finditer(r"\d+", step))
        if not found:
            return None
        last, number = found[-1], int(found[-1].group())
        other = pick.choice([n for n in range(number - 3, number + 4) if n >= 0 and n != number])
        return step[: last.start()] + str(other) + step[last.end() :]
    words = step.split(" ")
    for i in reversed(range(len(words))):
        for group in swaps:
            if words[i] in group:
                words[i] = pick.choice([word for word in group if word != words[i]])
                return " ".join(words)
    return None


def paraphrase(pad: Pad, other_words: Mapping[str, str]) -> Pad:
    """The pad with every known word put in its other form; both directions, so that doing it twice changes nothing.

    Raises:
        ReasoningError: two words have the same other form.
    """
    both = dict(other_words)
    for word, other in other_words.items():
        if both.setdefault(other, word) != word:
            raise ReasoningError(
                f"paraphrase: {other!r} stands for {both[other]!r} and for {word!r}; make them different."
            )
    return tuple(" ".join(_other(word, both) for word in step.split(" ")) for step in pad)


def _other(word: str, both: Mapping[str, str]) -> str:
    """A word in its other form, its full stop and its capital kept."""
    core = word.strip(".,;:!?")
    if core in both:
        return word.replace(core, both[core])
    low = core[:1].lower() + core[1:]
    return word.replace(core, both[low][:1].upper() + both[low][1:]) if low in both and core else word


def fill(pad: Pad, filler: str = "...") -> Pad:
    """As many fillers as the pad has words, in as many steps."""
    return tuple(" ".join([filler] * len(step.split())) for step in pad)


def mentions(pad: Pad, words: Sequence[str]) -> bool:
    """Whether the pad says any of these texts, in capitals or not."""
    said = " ".join(pad).lower()
    return any(word.lower() in said for word in words)
