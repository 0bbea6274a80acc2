"""Let a model write: whole batches, greedily or by seeded chance, here or on a server.

A model on this machine keeps its keys and values from word to word. A remote one (`load(..., remote=...)`) is asked
anew for every word through nnsight, which is slower and gives the same text.
"""

from collections.abc import Generator, Sequence

import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models import Tokens, next_logits, tokenize
from interpbook.models.loading import network, remote_of
from interpbook.reasoning.errors import ReasoningError

Writer = Generator[Tensor, Tensor, None]
"""Yields the next word's scores, and is sent the word that was chosen."""


def generate(
    model: TransformersModel,
    prompts: Sequence[str],
    *,
    max_tokens: int = 48,
    stop: Sequence[str] = (),
    temperature: float = 0.0,
    seed: int = 0,
) -> list[str]:
    """What the model writes after each prompt: up to `max_tokens` tokens, or to the first text in `stop` (left out).

    `temperature=0.0` takes the likeliest word; above it, words are drawn, the same ones for the same seed.

    Raises:
        ReasoningError: `max_tokens` is less than 1, or the temperature is negative.
        PromptError: a prompt is empty, or too long together with what is to be written.
    """
    if max_tokens < 1:
        raise ReasoningError(f"generate: max_tokens is at least 1; got {max_tokens}.")
    if temperature < 0:
        raise ReasoningError(f"generate: temperature is 0 (the likeliest word) or more; got {temperature}.")
    tokens, generator = tokenize(model, list(prompts)), torch.Generator().manual_seed(seed)
    end, ids = model.tokenizer.eos_token_id, torch.empty(len(prompts), 0, dtype=torch.long)
    _check_room(model, tokens, max_tokens)
    with torch.no_grad():
        writer = _writer(model, tokens)
        scores = next(writer)
        for number in range(max_tokens):
            ids = torch.cat([ids, pick(scores, temperature, generator)[:, None]], 1)
            if number + 1 == max_tokens or all(_done(model, row, stop, end) for row in ids):
                break
            scores = writer.send(ids[:, -1])
    return [_text(model, row, stop, end) for row in ids]


def pick(scores: Float[Tensor, "row word"], temperature: float, generator: torch.Generator) -> Int[Tensor, " row"]:
    """The next word of each row."""
    if temperature == 0.0:
        return scores.argmax(-1)
    return torch.multinomial((scores.float() / temperature).softmax(-1), 1, generator=generator)[:, 0]


def _writer(model: TransformersModel, tokens: Tokens) -> Writer:
    return _from_afar(model, tokens) if remote_of(model) else _here(model, tokens)


def _here(model: TransformersModel, tokens: Tokens) -> Writer:
    module, mask = network(model), tokens.mask.long()
    given = {**tokens.inputs, "use_cache": True}
    while True:
        out = module(**given)
        chosen = yield out.logits[:, -1]
        mask = torch.cat([mask, torch.ones(len(mask), 1, dtype=torch.long)], 1)
        given = {"input_ids": chosen[:, None], "attention_mask": mask, "position_ids": mask.sum(1, keepdim=True) - 1}
        given |= {"past_key_values": out.past_key_values, "use_cache": True}


def _from_afar(model: TransformersModel, tokens: Tokens) -> Writer:
    while True:
        chosen = yield next_logits(model, tokens)
        one = torch.ones(len(tokens.ids), 1, dtype=torch.bool)
        tokens = Tokens(torch.cat([tokens.ids, chosen[:, None]], 1), torch.cat([tokens.mask, one], 1))


def _done(model: TransformersModel, row: Tensor, stop: Sequence[str], end: int | None) -> bool:
    written = row.tolist()
    return end in written or any(text in model.tokenizer.decode(written) for text in stop)


def _text(model: TransformersModel, row: Tensor, stop: Sequence[str], end: int | None) -> str:
    """What a row says, up to where it stops."""
    written = row.tolist()
    text = model.tokenizer.decode(written[: written.index(end)] if end in written else written)
    return text[: min([text.find(s) for s in stop if s in text], default=len(text))]


def _check_room(model: TransformersModel, tokens: Tokens, max_tokens: int) -> None:
    most = model.config.get_text_config().max_position_embeddings
    longest = int(tokens.mask.sum(1).max())
    if longest + max_tokens - 1 > most:
        raise ReasoningError(
            f"generate: the longest prompt has {longest} tokens and {max_tokens} more were asked for; this model takes "
            f"{most} in all. Shorten the prompts or lower max_tokens."
        )
