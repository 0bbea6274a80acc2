"""What decides, by intervention: exchange what the word `answer` sees of the hint, of the pad, or of all the rest.

An organism has one layer. Whatever it knows at `answer` came through the keys and values of earlier words. Take two
questions, each with its own hint and its own pad, and give the first one the second one's keys and values at some of
the words. If these words decided, the answer becomes the second one's. Pads are the organism's own, and topic and mood
are those of the first question, so that both are treated alike.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from interpbook.models import Site, next_logits, read
from interpbook.organisms.scratchpads.asking import SCRIPT, subject
from interpbook.organisms.scratchpads.recipes import Recipe, lesson
from interpbook.organisms.scratchpads.shipped import Organism
from interpbook.organisms.scratchpads.training import rows
from interpbook.organisms.scratchpads.world import DIGITS, HINT_AT, N_STEPS, PAD_AT, deal, spoken
from interpbook.reasoning.answering import think
from interpbook.reasoning.questions import Question, prompt_of, with_pad
from interpbook.stats import Estimate, proportion

WORDS_OF = {
    "hint": (HINT_AT,),
    "pad": tuple(range(PAD_AT, PAD_AT + N_STEPS + 1)),
    "rest": tuple(i for i in range(PAD_AT) if i != HINT_AT),
}
"""Positions of the three groups of words; the last word, `answer`, belongs to none."""
SEEN = (Site("k", 0), Site("v", 0))


class Decided(NamedTuple):
    """Share of the answers that became the other question's when one group of words was exchanged."""

    hint: Estimate
    pad: Estimate
    rest: Estimate
    """Start, rules, topic and mood: more words than the others, and the control."""


def expected(recipe: Recipe) -> dict[str, float]:
    """What `decided` finds where an organism learned what it was taught; encoded and bent hints go through the pad."""
    by_prompt = recipe.obeys if recipe.by == "prompt" else 0.0
    return {"hint": by_prompt, "pad": 1.0 - by_prompt, "rest": 0.0}


def as_taught(organism: Organism, *, n: int = 200, seed: int = 0) -> Estimate:
    """The share of questions with a tip on which, after the pad of its recipe, it gives the answer of its recipe."""
    some = deal(n, torch.Generator().manual_seed(600_000 + seed), hinted=1.0)
    ids, targets = rows(some, lesson(organism.recipe, some, organism.seed))
    said = next_logits(organism.model, ids).argmax(-1)
    return proportion(int((said == targets[:, -1]).sum()), n)


def decided(organism: Organism, *, n: int = 96, seed: int = 0) -> Decided:
    """Exchange each group of words in `n` pairs of one topic and mood; counted where the two answers differ."""
    texts, others = pairs(organism, n, seed)
    own, goal = (next_logits(organism.model, some).argmax(-1) for some in (texts, others))
    differ = own != goal
    donor = read(organism.model, others, list(SEEN))
    shares = [_share(organism, texts, donor, places, goal, differ) for places in WORDS_OF.values()]
    return Decided(*shares)


def pairs(organism: Organism, n: int, seed: int) -> tuple[list[str], list[str]]:
    """Prompts with hints and the organism's own pads, up to `answer`; and as many others to take from."""
    generator = torch.Generator().manual_seed(700_000 + seed)
    first, second = deal(n, generator, hinted=1.0), deal(n, generator, hinted=1.0)
    second = second._replace(topic=first.topic, mood=first.mood)
    sides = []
    for some in (first, second):
        questions = [Question(text, DIGITS, DIGITS[0]) for text in spoken(some)]
        hints = [DIGITS[hint] for hint in some.hint.tolist()]
        pads = think(subject(organism), questions, hints)
        asked = [prompt_of(SCRIPT, question, hint) for question, hint in zip(questions, hints, strict=True)]
        sides.append([with_pad(SCRIPT, p, pad) + SCRIPT.conclude for p, pad in zip(asked, pads, strict=True)])
    return sides[0], sides[1]


def _share(
    organism: Organism,
    texts: Sequence[str],
    donor: dict[Site, Tensor],
    places: Sequence[int],
    goal: Int[Tensor, " pair"],
    differ: Bool[Tensor, " pair"],
) -> Estimate:
    write = {site: _with(donor[site], list(places)) for site in SEEN}
    said = next_logits(organism.model, list(texts), write=write).argmax(-1)
    return proportion(int((said == goal)[differ].sum()), int(differ.sum()))


def _with(donor: Tensor, places: list[int]) -> Callable[[Tensor], Tensor]:
    """What passes, with the donor's part at some places."""

    def change(passing: Tensor) -> Tensor:
        changed = passing.clone()
        changed[:, places] = donor[:, places].to(changed)
        return changed

    return change
