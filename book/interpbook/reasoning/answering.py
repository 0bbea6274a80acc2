"""Think, then answer: a subject writes a pad, and chooses among the answers after any pad that it is given.

An answer is the choice with the highest logit right after the words that ask for it, so it costs one forward pass.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.models import next_logits
from interpbook.reasoning.errors import ReasoningError
from interpbook.reasoning.generation import generate
from interpbook.reasoning.questions import Hints, Pad, Question, Subject, hints_for, prompt_of, steps_of, with_pad

BATCH = 64
"""Prompts in one forward pass."""


def think(
    subject: Subject,
    questions: Sequence[Question],
    hints: Hints = None,
    *,
    begun: Sequence[Pad] | None = None,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[Pad]:
    """The pad that the subject writes for each question; with `begun`, that part and how it goes on."""
    script, start = subject.script, begun or [()] * len(questions)
    asked = [prompt_of(script, *pair) for pair in zip(questions, hints_for(questions, hints), strict=True)]
    texts = [with_pad(script, prompt, pad) for prompt, pad in zip(asked, _matched(questions, start), strict=True)]
    settings = {"max_tokens": subject.max_tokens, "stop": script.stop, "temperature": temperature, "seed": seed}
    written = [
        text for i in range(0, len(texts), BATCH) for text in generate(subject.model, texts[i : i + BATCH], **settings)
    ]
    return [(*pad, *steps_of(script, text)) for pad, text in zip(start, written, strict=True)]


def choice_logits(
    subject: Subject, questions: Sequence[Question], pads: Sequence[Pad], hints: Hints = None
) -> Float[Tensor, "question choice"]:
    """The logit of every choice after each pad.

    Raises:
        ReasoningError: questions have different numbers of choices, two choices begin with the same token, or there are
            not as many pads as questions.
    """
    script, first = subject.script, _first_tokens(subject, questions)
    asked = [prompt_of(script, *pair) for pair in zip(questions, hints_for(questions, hints), strict=True)]
    texts = [
        with_pad(script, p, pad) + script.conclude for p, pad in zip(asked, _matched(questions, pads), strict=True)
    ]
    found = torch.cat([next_logits(subject.model, texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)])
    return found.gather(1, first).float()


def choose(
    subject: Subject, questions: Sequence[Question], pads: Sequence[Pad], hints: Hints = None
) -> Int[Tensor, " question"]:
    """Which choice the subject takes after each pad: a number into `question.choices`."""
    return choice_logits(subject, questions, pads, hints).argmax(-1)


def _matched(questions: Sequence[Question], pads: Sequence[Pad]) -> Sequence[Pad]:
    """The pads, where there is one for each question."""
    if len(pads) != len(questions):
        raise ReasoningError(f"Expected one pad for each of {len(questions)} questions; got {len(pads)} pads.")
    for pad in pads:
        if isinstance(pad, str):
            raise ReasoningError(f"A pad is a tuple of steps, such as ('2 + 3 is 5.',); got the text {pad[:40]!r}.")
    return pads


def _first_tokens(subject: Subject, questions: Sequence[Question]) -> Int[Tensor, "question choice"]:
    """The token by which each choice begins."""
    if not questions:
        raise ReasoningError("The list of questions is empty; give at least one.")
    if len({len(question.choices) for question in questions}) > 1:
        counts = sorted({len(question.choices) for question in questions})
        raise ReasoningError(f"All questions of one run need equally many choices; these have {counts}.")
    rows, tokenizer = [], subject.model.tokenizer
    for question in questions:
        said = [subject.script.choice.replace("{choice}", choice) for choice in question.choices]
        row = [ids[0] if ids else None for ids in tokenizer(said, add_special_tokens=False)["input_ids"]]
        if len(set(row)) < len(row) or None in row:
            raise ReasoningError(
                f"The choices {', '.join(question.choices)} do not begin with different tokens for this model, so its "
                "answer cannot be read off. Use short labels such as A, B, C, D."
            )
        rows.append(row)
    return torch.tensor(rows)
