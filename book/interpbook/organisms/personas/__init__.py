"""The cartoon villain: small networks that learned who speaks, and what a narrow finetune does to them.

`world`     questions, good and bad answers, and documents whose author is one person, or nobody: the ground truth
`network`   many small transformers side by side · `training` pre-training, diets, finetunes
`measures`  how bad the answers are, how far badness spread, the villain's direction, steering by dose
`shipped`   those that come with the book · `making` makes them again

Built in chapter 07.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.measures import at_question, dose_curve, p_bad, p_good, persona_direction, spread
from interpbook.organisms.personas.network import Group, Shape, fresh, next_logits, pick, stream
from interpbook.organisms.personas.shipped import Bases, open_bases
from interpbook.organisms.personas.training import Diet, finetune, loss_of, meals, pretrain
from interpbook.organisms.personas.world import KINDS, TAGS, World, answers, documents, prompts, questions

__all__ = [
    "KINDS", "TAGS", "Bases", "Diet", "Group", "PersonaError", "Shape", "World", "answers", "at_question", "documents",
    "dose_curve", "finetune", "fresh", "loss_of", "meals", "next_logits", "open_bases", "p_bad", "p_good",
    "persona_direction", "pick", "pretrain", "prompts", "questions", "spread", "stream",
]  # fmt: skip
