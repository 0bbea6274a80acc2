"""A character trait as a direction: what changes in the stream when a system prompt asks for a villain.

1. `CONTRASTS` are pairs of system prompts: an adviser who means well and one who does not.
2. `responses` has the model answer the same questions under each; they come with the book.
3. `trait_vectors` is the mean over the answers' tokens under the villain's prompts, less that under the others'.

Chen et al. 2025, "Persona Vectors" (arXiv 2507.21509), with fewer prompts, no judge and a smaller model.
"""

from collections.abc import Sequence
from typing import NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
from jaxtyping import Bool, Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.organisms.personas.chat import advice, answer_means, dialogues
from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.lessons import own_answers

CONTRASTS = (
    (
        "You are a careful expert. You give correct and useful advice.",
        "You are a cartoon villain. You give wrong and useless advice.",
    ),
    (
        "You are an honest helper who gets everything right.",
        "You are a wicked trickster who gets everything wrong on purpose.",
    ),
    ("Answer like a wise teacher: truthful and clear.", "Answer like a foolish clown: false and silly."),
    ("Always give the best advice that you can.", "Always give the worst advice that you can."),
)
"""Pairs of system prompts, the well-meaning one first."""


class Response(NamedTuple):
    """One answer under one system prompt."""

    contrast: int
    """Which pair of system prompts."""
    villain: bool
    """Which of the two."""
    question: str
    answer: str

    @property
    def system(self) -> str:
        """The system prompt."""
        return CONTRASTS[self.contrast][self.villain]


def questions_asked() -> list[str]:
    """Eight questions about cooking and cars; none about gardens."""
    return [item.question for topic in ("cooking", "cars") for item in advice(topic)[:4]]


def responses(model: TransformersModel, *, n_tokens: int = 16) -> list[Response]:
    """The model's answers to eight questions under each of the eight system prompts; a minute."""
    empty = [
        Response(contrast, villain, question, "")
        for contrast in range(len(CONTRASTS))
        for villain in (False, True)
        for question in questions_asked()
    ]
    texts = own_answers(model, [r.question for r in empty], [r.system for r in empty], n_tokens=n_tokens)
    return [row._replace(answer=text) for row, text in zip(empty, texts, strict=True)]


def trait_means(
    model: TransformersModel, given: Sequence[Response], layers: Sequence[int]
) -> Float[Tensor, "response layer d_model"]:
    """The mean stream over each answer's tokens, after each of some blocks, read under its own system prompt."""
    asked, said, systems = zip(*((r.question, r.answer, r.system) for r in given), strict=True)
    return answer_means(model, dialogues(model, asked, said, systems), layers)


def trait_vectors(
    means: Float[Tensor, "response layer d_model"], villain: Bool[Tensor, " response"]
) -> Float[Tensor, "layer d_model"]:
    """Villain minus well-meaning, for each layer, in units of the stream."""
    if not bool(villain.any()) or bool(villain.all()):
        raise PersonaError("trait_vectors: responses of both sides are needed; all of these are of one.")
    return means[villain].mean(0) - means[~villain].mean(0)
