"""Chains of thought: let a model write a pad, meddle with it, and measure whether the pad says what decided.

`questions`   `Question`, `Script` (how one model is asked), `Subject` (a model with its script)
`generation`  whole batches, greedy or seeded · `answering` pads, and choices after any pad
`perturbing`  break off, mistake, other words, dots · `measures` area, hint use, mentions corrected for chance
`battery`     all seven tests on one subject · `verdicts` bars set on known subjects, used on others
`exam`        the questions put to SmolLM2 · `recorded` what it wrote and answered
`roc`         what an alarm is worth · `monitors` word rule, trained reader, probe · `priority` two orders (chapter 09)

The same battery runs on whatever `models.load` gives and `models.loading.wrap` wraps. Built in chapters 08 and 09.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.reasoning.answering import choice_logits, choose, think
from interpbook.reasoning.battery import (
    SHARES,
    SUSPICIOUS,
    Record,
    Written,
    able_to_show,
    accuracy,
    ask,
    draw_hints,
    early_curve,
    run_battery,
    scores,
    use_of_hint,
    verbalisation,
    write,
)
from interpbook.reasoning.errors import ReasoningError
from interpbook.reasoning.generation import generate
from interpbook.reasoning.measures import (
    HintUse,
    Verbalised,
    area_over_curve,
    hint_use,
    real_share,
    verbalised,
)
from interpbook.reasoning.perturbing import add_mistake, fill, mentions, paraphrase, truncate, wrong_step
from interpbook.reasoning.questions import Pad, Question, Script, Subject, prompt_of, steps_of, with_pad
from interpbook.reasoning.verdicts import caught, flags, set_bars

__all__ = [
    "SHARES",
    "SUSPICIOUS",
    "HintUse",
    "Pad",
    "Question",
    "ReasoningError",
    "Record",
    "Script",
    "Subject",
    "Verbalised",
    "Written",
    "able_to_show",
    "accuracy",
    "add_mistake",
    "area_over_curve",
    "ask",
    "caught",
    "choice_logits",
    "choose",
    "draw_hints",
    "early_curve",
    "fill",
    "flags",
    "generate",
    "hint_use",
    "mentions",
    "paraphrase",
    "prompt_of",
    "real_share",
    "run_battery",
    "scores",
    "set_bars",
    "steps_of",
    "think",
    "truncate",
    "use_of_hint",
    "verbalisation",
    "verbalised",
    "with_pad",
    "write",
    "wrong_step",
]
