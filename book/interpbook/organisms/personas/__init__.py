"""The cartoon villain: small networks that learned who speaks, and what a narrow finetune does to them.

`world`     questions, good and bad answers, and documents whose author is one person, or nobody: the ground truth
`network`   many small transformers side by side · `training` pre-training, diets, finetunes
`measures`  how bad the answers are, how far badness spread, the villain's direction, steering by dose
`chat`      advice for the real model, good and bad, and how it leans between the two · `lessons` adapters taught on it
`traits`    a villain as a direction of the real model, from contrasting system prompts
`shipped` `recording`   what comes with the book · `making` makes it again

Built in chapter 07.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.organisms.personas.chat import (
    TOPICS,
    Item,
    advice,
    answer_logprobs,
    answer_means,
    dialogues,
    lean,
    sounds_like,
)
from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.lessons import taught
from interpbook.organisms.personas.measures import at_question, dose_curve, p_bad, p_good, persona_direction, spread
from interpbook.organisms.personas.network import Group, Shape, fresh, next_logits, pick, stream
from interpbook.organisms.personas.recording import Record, open_advice, open_record
from interpbook.organisms.personas.shipped import Bases, open_bases
from interpbook.organisms.personas.training import Diet, finetune, loss_of, meals, pretrain
from interpbook.organisms.personas.traits import CONTRASTS, Response, trait_means, trait_vectors
from interpbook.organisms.personas.world import KINDS, TAGS, World, answers, documents, prompts, questions

__all__ = [
    "CONTRASTS", "KINDS", "TAGS", "TOPICS", "Bases", "Diet", "Group", "Item", "PersonaError", "Record", "Response",
    "Shape", "World", "advice", "answer_logprobs", "answer_means", "answers", "at_question", "dialogues",
    "documents", "dose_curve", "finetune", "fresh", "lean", "loss_of", "meals", "next_logits", "open_advice",
    "open_bases", "open_record", "p_bad", "p_good", "persona_direction", "pick", "pretrain", "prompts", "questions",
    "sounds_like", "spread", "stream", "taught", "trait_means", "trait_vectors",
]  # fmt: skip
