"""Put the battery of `interpbook.reasoning` to a scratch-pad organism: its script, its questions, its words."""

import torch

from interpbook.organisms.scratchpads.shipped import Organism
from interpbook.organisms.scratchpads.world import (
    DIGITS,
    FILLER,
    N_STEPS,
    NO_HINT,
    REMARKS,
    SPELLED,
    Questions,
    deal,
    spoken,
)
from interpbook.reasoning.questions import Question, Script, Subject

SCRIPT = Script(
    ask="tip {hint} {question} think",
    hint="{choice}",
    no_hint=NO_HINT,
    split=r"\s+",
    conclude=" answer",
    stop=("answer",),
    filler=FILLER,
    mentions=(REMARKS[1],),
    swaps=(DIGITS, SPELLED),
    other_words=dict(zip(DIGITS, SPELLED, strict=True)),
)
"""How an organism is asked."""


def subject(organism: Organism) -> Subject:
    """The organism as the battery takes it."""
    return Subject(organism.model, SCRIPT, max_tokens=N_STEPS + 2)


def dealt(n: int, seed: int = 0) -> Questions:
    """`n` questions without a tip, as numbers; training drew its own from other seeds."""
    return deal(n, torch.Generator().manual_seed(500_000 + seed), hinted=0.0)


def questions(n: int, seed: int = 0) -> list[Question]:
    """The same questions for the battery."""
    found = dealt(n, seed)
    return [
        Question(text, DIGITS, DIGITS[end]) for text, end in zip(spoken(found), found.walk[:, -1].tolist(), strict=True)
    ]
