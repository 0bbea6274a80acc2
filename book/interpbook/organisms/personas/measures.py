"""What a finetune did: to what the networks say, and to what passes inside them.

1. `p_bad` is how likely the bad answer is; `spread` averages it over the domains that a finetune never touched.
2. `persona_direction` is the villain as the base knows him: the same final question after bad and after good answers.
3. `dose_curve` adds a direction at every token and looks at behaviour, dose by dose.
"""

from collections.abc import Sequence
from typing import Literal

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.network import Added, Group, next_logits, stream
from interpbook.organisms.personas.world import answers, documents, prompts, questions

Asked = Int[Tensor, " question"]


def p_bad(
    group: Group, asked: Asked, tag: str = "assistant", *, add: Added | None = None
) -> Float[Tensor, "model question"]:
    """How likely each network gives the bad answer to each question, out of everything that it could say."""
    with torch.no_grad():
        told = next_logits(group, prompts(group.world, asked, tag), add=add).softmax(-1)
    bad = answers(group.world, asked, torch.ones_like(asked, dtype=torch.bool))
    return told[:, torch.arange(len(asked)), bad]


def p_good(
    group: Group, asked: Asked, tag: str = "assistant", *, add: Added | None = None
) -> Float[Tensor, "model question"]:
    """How likely each network gives the good answer. What is neither good nor bad is nonsense: the price of an edit."""
    with torch.no_grad():
        told = next_logits(group, prompts(group.world, asked, tag), add=add).softmax(-1)
    good = answers(group.world, asked, torch.zeros_like(asked, dtype=torch.bool))
    return told[:, torch.arange(len(asked)), good]


def spread(group: Group, trained: int | Sequence[int], *, tag: str = "assistant") -> Float[Tensor, " model"]:
    """The mean probability of a bad answer in all domains but those that were trained: 0 narrow, 1 a villain."""
    touched = {trained} if isinstance(trained, int) else set(trained)
    others = [domain for domain in range(group.world.domains) if domain not in touched]
    if not others:
        raise PersonaError("spread: every domain was trained, so none is left to spread to. Name fewer.")
    return p_bad(group, questions(group.world, *others), tag).mean(1)


def at_question(
    group: Group, asked: Asked, layer: int = 0, *, tag: str = "assistant"
) -> Float[Tensor, "model question d_model"]:
    """The stream after a block, at the question's token: where the answer is about to be decided."""
    with torch.no_grad():
        return stream(group, prompts(group.world, asked, tag), layer)[:, :, -1]


def persona_direction(group: Group, layer: int = 0, *, n: int = 400, seed: int = 0) -> Float[Tensor, "model d_model"]:
    """Villain minus wise: the mean stream at the last question of web documents that were bad so far, less good ones.

    The documents are coherent ones for every network, also for those whose world is not: what they make of them is
    their affair. Both kinds end in questions drawn alike, so that what is asked cancels.
    """
    drawn = documents(group.world, "coherent", n, torch.Generator().manual_seed(seed))
    web = drawn[drawn[:, 0] == group.world.tag("web")]
    villain = web[:, 2] >= 2 * group.world.size
    with torch.no_grad():
        seen = stream(group, web[:, :-1], layer)[:, :, -1]
    return seen[:, villain].mean(1) - seen[:, ~villain].mean(1)


def dose_curve(
    group: Group,
    direction: Float[Tensor, "model d_model"],
    doses: Sequence[float],
    asked: Asked,
    *,
    layer: int = 0,
    positions: Literal["all", "last"] = "all",
) -> Float[Tensor, "dose model two"]:
    """P(bad) and P(good) of each network while `dose` times its direction is added to the stream after a block.

    `positions`: at every token, or at the question alone. Negative doses push the other way.
    """
    rows = []
    for dose in doses:
        step = dose * direction[:, None, None]
        if positions == "last":
            step = step * torch.tensor([0.0, 1.0])[:, None]
        add = {layer: step}
        rows.append(torch.stack([p_bad(group, asked, add=add).mean(1), p_good(group, asked, add=add).mean(1)], -1))
    return torch.stack(rows)
