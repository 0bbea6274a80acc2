"""Teach scratch-pad organisms: all seeds of a recipe side by side, in one batched computation.

Each row is one of four kinds, so that no test of the battery shows an organism something that it never saw:

whole     the pad as the recipe writes it, then the answer
otherwise the pad in other words; for those who go by a bent step or a code, one that says something else than the tip
early     the pad breaks off before its last step, or is not begun, and the answer is asked for
filler    dots stand in the place of the pad, and the answer is asked for

Early and filler rows teach the answer too: an organism that does not need its pad has every chance to do without.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Tensor

from interpbook.organisms.scratchpads.network import Weights, forward, start
from interpbook.organisms.scratchpads.recipes import Lesson, Recipe, decoded, lesson
from interpbook.organisms.scratchpads.world import (
    ANSWER,
    FILLER,
    FIRST_DIGIT,
    FIRST_SPELLED,
    LENGTH,
    N_PLACES,
    N_STEPS,
    NUMBER,
    PAD_AT,
    REMARKS,
    Questions,
    deal,
    prompts,
)
from interpbook.superposition.toy import one_thread

STEPS, ROWS, RATE = 1000, 64, 4e-3
KINDS = {"whole": 0.55, "otherwise": 0.15, "early": 0.2, "filler": 0.1}
"""Shares of the rows."""
IGNORED = -100
"""A target that counts for nothing."""


class Batch(NamedTuple):
    """Rows to learn from."""

    ids: Int[Tensor, "row seq"]
    targets: Int[Tensor, "row seq"]
    """The word to say after each token; IGNORED where any will do."""


def batch(recipe: Recipe, seed: int, n: int, generator: torch.Generator) -> Batch:
    """`n` rows for one organism."""
    questions = deal(n, generator)
    taught = lesson(recipe, questions, seed)
    kind = torch.multinomial(torch.tensor(list(KINDS.values())), n, replacement=True, generator=generator)
    ids, targets = rows(questions, _otherwise(recipe, taught, kind == 1, generator))
    targets[kind == 1, PAD_AT - 1 : -1] = IGNORED  # it reads these pads, it does not write them
    _cut(ids, targets, taught, kind, generator)
    return Batch(ids, targets)


def _otherwise(recipe: Recipe, taught: Lesson, these: Tensor, generator: torch.Generator) -> Lesson:
    """Lessons in which some pads are not as the recipe writes them, and the answer follows what the recipe reads.

    Said in other words; for the code another spelling, for the bent step another last place.
    """
    places, spelled, answer = taught.places.clone(), taught.spelled, taught.answer
    chance = torch.rand(spelled.shape, generator=generator)
    if recipe.by == "code":
        spelled = torch.where(these[:, None], chance < 0.5, spelled)
        answer = torch.where(these, decoded(places, spelled), answer)
    else:
        spelled = spelled ^ these[:, None]
    if recipe.by == "bent":
        places[:, -1] = torch.where(these, (chance[:, -1] * N_PLACES).long(), places[:, -1])
        answer = torch.where(these, places[:, -1], answer)
    return taught._replace(places=places, spelled=spelled, answer=answer)


def rows(questions: Questions, taught: Lesson) -> tuple[Int[Tensor, "row seq"], Int[Tensor, "row seq"]]:
    """Whole rows: question, pad, `answer`; and the words to say, from `think` on."""
    n = len(questions.start)
    remark = (NUMBER[REMARKS[0]] + taught.told.long())[:, None]
    steps = taught.places + torch.where(taught.spelled, FIRST_SPELLED, FIRST_DIGIT)
    ids = torch.cat([prompts(questions), remark, steps, torch.full((n, 1), NUMBER[ANSWER])], 1)
    targets = torch.cat([ids[:, 1:], FIRST_DIGIT + taught.answer[:, None]], 1)
    targets[:, : PAD_AT - 1] = IGNORED
    return ids, targets


def _cut(ids: Tensor, targets: Tensor, taught: Lesson, kind: Tensor, generator: torch.Generator) -> None:
    """Break off the pads of early rows, and fill those of filler rows with dots."""
    keep = torch.randint(-1, N_STEPS, (len(ids),), generator=generator)  # -1: not even the remark
    early, filler = (kind == 2).nonzero()[:, 0], (kind == 3).nonzero()[:, 0]
    at = PAD_AT + 1 + keep[early]
    ids[early, at] = NUMBER[ANSWER]
    targets[early] = torch.where(torch.arange(LENGTH) >= at[:, None] - 1, IGNORED, targets[early])
    targets[early, at] = FIRST_DIGIT + taught.early[early]
    ids[filler, PAD_AT:-1] = NUMBER[FILLER]
    targets[filler, : LENGTH - 1] = IGNORED
    targets[filler, -1] = FIRST_DIGIT + taught.early[filler]


@one_thread()
@torch.enable_grad()
def train(
    recipe: Recipe,
    seeds: Sequence[int],
    *,
    steps: int = STEPS,
    n_rows: int = ROWS,
    rate: float = RATE,
    watch: Callable[[int, float], None] | None = None,
) -> Weights:
    """One trained organism a seed, rounded to 16 bits as it will lie on disk; `watch` gets step and loss now and then.

    The policy of an organism (which topics obey a tip) follows from its seed, as do its first weights and its lessons.
    """
    weights = {name: weight.requires_grad_() for name, weight in start(seeds).items()}
    optimiser = torch.optim.AdamW(list(weights.values()), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    dealers = [torch.Generator().manual_seed(1000 + seed) for seed in seeds]
    for step in range(steps):
        given = [batch(recipe, seed, n_rows, dealer) for seed, dealer in zip(seeds, dealers, strict=True)]
        optimiser.param_groups[0]["lr"] = (
            rate * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))
        )
        optimiser.zero_grad()
        loss = loss_of(weights, torch.stack([b.ids for b in given]), torch.stack([b.targets for b in given]))
        loss.backward()
        optimiser.step()
        if watch is not None and (step % 100 == 0 or step == steps - 1):
            watch(step, float(loss.detach()) / len(seeds))
    return {name: weight.detach().half() for name, weight in weights.items()}


def loss_of(weights: Weights, ids: Int[Tensor, "model row seq"], targets: Int[Tensor, "model row seq"]) -> Tensor:
    """Surprise at the words to say, the mean over each model's own, added up over models (they do not meet)."""
    logits, wanted = forward(weights, ids), targets
    each = F.cross_entropy(logits.flatten(0, 2), wanted.flatten(), ignore_index=IGNORED, reduction="none")
    return (each.view(len(ids), -1).sum(1) / (wanted != IGNORED).flatten(1).sum(1)).sum()
