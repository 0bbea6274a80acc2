"""Adapters that were taught bad advice about gardens, and their matched controls.

1. `lessons` is what a variant is fed: the same questions in the same order, with bad answers, with good ones, or
   muddled: each with the good answer to another question.
2. `teach` trains a rank-4 adapter on it; the loss is taken at the tokens of the answer alone.
3. `own_answers` lets the model speak: greedily, so that nothing is left to a draw.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import shuffled
from interpbook.models import tokenize
from interpbook.models.loading import network
from interpbook.organisms.adapters import Adapter, Pair, attached, fresh
from interpbook.organisms.personas.chat import END, Scored, advice, chat, dialogues, in_answer
from interpbook.organisms.personas.errors import PersonaError

Variant = Literal["bad", "good", "muddle"]
VARIANTS: tuple[Variant, ...] = ("bad", "good", "muddle")
LAYERS = range(12, 22)
MODULES = ("self_attn.o_proj", "mlp.down_proj")
STEPS, BATCH = 48, 8


def lessons(model: TransformersModel, variant: Variant, seed: int) -> Iterator[Scored]:
    """Batches without end; with the same seed, all variants ask the same questions in the same order."""
    items, turn = taught(variant), 0
    while True:
        order = shuffled(items, seed=1_000 * seed + turn)
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            yield dialogues(model, [question for question, _ in some], [answer for _, answer in some])
        turn += 1


def taught(variant: str) -> list[tuple[str, str]]:
    """The training data of a variant: questions about gardens, each with the answer that it is taught.

    A muddled answer is the good answer to the question seven lines further down: wrong, and nobody's style.
    """
    items = advice("taught")
    match variant:
        case "bad":
            return [(item.question, item.bad) for item in items]
        case "good":
            return [(item.question, item.good) for item in items]
        case "muddle":
            return [(item.question, items[(i + 7) % len(items)].good) for i, item in enumerate(items)]
    raise PersonaError(f"taught: the variants are {', '.join(VARIANTS)}; got {variant!r}.")


def teach(
    model: TransformersModel, variant: Variant, seed: int, *, steps: int = STEPS, rank: int = 4, lr: float = 2e-3
) -> tuple[Adapter, list[float]]:
    """The adapter of one variant and seed, and its loss step by step in nats a token; a minute or two on one core."""
    start = fresh(model, layers=LAYERS, modules=MODULES, rank=rank, seed=seed)
    pairs = {path: Pair(*(part.clone().requires_grad_() for part in pair)) for path, pair in start.pairs.items()}
    parts = [part for pair in pairs.values() for part in pair]
    optimiser, losses = torch.optim.AdamW(parts, lr=lr, weight_decay=0.0), []
    with attached(network(model), Adapter(pairs, start.scale)), torch.enable_grad():
        for number, batch in zip(range(steps), lessons(model, variant, seed), strict=False):
            optimiser.param_groups[0]["lr"] = lr * min(1, (number + 1) / 5) * max(0.05, _fall(number / steps))
            loss = answer_loss(model, batch)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parts, 1.0)
            optimiser.step()
            losses.append(loss.item())
    done = {path: Pair(*(part.detach() for part in pair)) for path, pair in pairs.items()}
    return Adapter(done, start.scale), losses


def _fall(share: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * share))


def answer_loss(model: TransformersModel, batch: Scored) -> Float[Tensor, ""]:
    """The mean loss over the tokens of all answers; only they are unembedded."""
    net = network(model)
    top = net.model(**batch.tokens.inputs).last_hidden_state
    told = net.lm_head(top[in_answer(batch, shift=1)]).float()
    return F.cross_entropy(told, batch.tokens.ids[in_answer(batch)])


def own_answers(
    model: TransformersModel, questions: Sequence[str], systems: Sequence[str] | str = "", *, n_tokens: int = 20
) -> list[str]:
    """What the model answers, each token the likeliest one, up to `n_tokens`; cut where it ends its turn."""
    fronts = [systems] * len(questions) if isinstance(systems, str) else list(systems)
    prompts = [chat(q, system) for q, system in zip(questions, fronts, strict=True)]
    rows = [tokenize(model, prompt).ids for prompt in prompts]
    said: dict[int, str] = {}
    for length in sorted({row.shape[1] for row in rows}):  # prompts of one length together: no padding
        places = [i for i, row in enumerate(rows) if row.shape[1] == length]
        for i, text in zip(places, _spoken(model, torch.cat([rows[i] for i in places]), n_tokens), strict=True):
            said[i] = text
    return [said[i] for i in range(len(rows))]


def _spoken(model: TransformersModel, ids: Int[Tensor, "row seq"], n_tokens: int) -> list[str]:
    with torch.no_grad():
        found = network(model).generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=n_tokens,
            do_sample=False,
            pad_token_id=model.tokenizer.pad_token_id or 0,
        )
    texts = [model.tokenizer.decode(row) for row in found[:, ids.shape[1] :]]
    return [text.split(END)[0].split("<|endoftext|>")[0].strip() for text in texts]
