"""Prompts become token ids: prefixed by the document separator, padded on the left, checked against the model."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models.errors import PromptError
from interpbook.models.loading import info

DOCUMENT_SEPARATOR = "<|endoftext|>"


class Tokens(NamedTuple):
    """Prompts as a model takes them."""

    ids: Int[Tensor, "batch seq"]
    """Token ids, shorter prompts padded on the left."""
    mask: Bool[Tensor, "batch seq"]
    """True where a token is part of a prompt, False where it is padding."""

    @property
    def inputs(self) -> dict[str, Any]:
        """Keyword arguments of a forward pass; positions count from each prompt's own first token."""
        positions = (self.mask.long().cumsum(-1) - 1).clamp(min=0)
        mask = self.mask.long()
        return {"input_ids": self.ids, "attention_mask": mask, "position_ids": positions, "use_cache": False}


Prompts = str | Sequence[str] | Tensor | Tokens
"""One prompt, several, or token ids of shape `(batch, seq)`."""


def tokenize(model: TransformersModel, prompts: Prompts, *, prefix: bool = True) -> Tokens:
    """Token ids of prompts, each prefixed by `<|endoftext|>` (or the model's own first token).

    The prefix matters: the first token of a text becomes the attention sink, and without a separator that is the first
    word of your prompt. A prompt that starts with a special token, such as a chat, is left as it is. A tensor of ids is
    taken as it is.

    Raises:
        PromptError: a prompt is empty, is not text, or is longer than the model takes.
    """
    if isinstance(prompts, Tokens):
        return prompts
    if isinstance(prompts, Tensor):
        return _checked(model, Tokens(prompts, torch.ones_like(prompts, dtype=torch.bool)))
    if not isinstance(prompts, Sequence):
        kind = type(prompts).__name__
        raise PromptError(f"tokenize: expected text, a list of texts, or a tensor of token ids; got a {kind}.")
    texts = [prompts] if isinstance(prompts, str) else list(prompts)
    rows = _rows(model, texts, prefix=prefix)
    longest, tokenizer = max(map(len, rows)), model.tokenizer
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else (tokenizer.eos_token_id or 0)
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[False] * (longest - len(row)) + [True] * len(row) for row in rows])
    return _checked(model, Tokens(ids, mask))


def token_strings(model: TransformersModel, prompt: str, *, prefix: bool = True) -> list[str]:
    """The tokens of one prompt as text, spaces and all."""
    if not isinstance(prompt, str):
        raise PromptError(f"token_strings: expected one prompt as text, got a {type(prompt).__name__}.")
    return [model.tokenizer.decode([i]) for i in tokenize(model, prompt, prefix=prefix).ids[0].tolist()]


def _rows(model: TransformersModel, texts: list[str], *, prefix: bool) -> list[list[int]]:
    """Unpadded token ids; all texts in one call, which is many times faster than one by one."""
    if not texts:
        raise PromptError("tokenize: the list of prompts is empty; give at least one.")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise PromptError(f"tokenize: prompt {number} is a {kind}; expected text, a list of texts, or token ids.")
        if not text.strip():
            raise PromptError(f"tokenize: prompt {number} is empty. Give at least one word.")
    tokenizer = model.tokenizer
    rows = tokenizer(texts, add_special_tokens=False)["input_ids"]
    first = _first_token(tokenizer) if prefix else None
    special = tuple(tokenizer.all_special_tokens)
    return [
        row if first is None or text.startswith(special) else [first, *row]
        for text, row in zip(texts, rows, strict=True)
    ]


def _first_token(tokenizer: Any) -> int | None:
    """The id that begins a document: the separator where the tokenizer knows it, else its own first token."""
    found = tokenizer.convert_tokens_to_ids(DOCUMENT_SEPARATOR)
    known = found is not None and tokenizer.convert_ids_to_tokens(found) == DOCUMENT_SEPARATOR
    return found if known else tokenizer.bos_token_id


def _checked(model: TransformersModel, tokens: Tokens) -> Tokens:
    """The tokens, where the model can take them."""
    ids, sizes = tokens.ids, info(model)
    if ids.is_meta:
        raise PromptError("tokenize: the token ids are on the device 'meta', which holds shapes and no numbers.")
    if ids.ndim != 2 or ids.dtype not in (torch.int64, torch.int32):
        raise PromptError(
            f"tokenize: token ids are whole numbers of shape (batch, seq); got {ids.dtype} of shape {tuple(ids.shape)}."
            + (" For one prompt, write ids[None]." if ids.ndim == 1 else "")
        )
    if ids.numel() == 0:
        raise PromptError(f"tokenize: token ids of shape {tuple(ids.shape)} hold no token.")
    if ids.shape[1] > sizes.n_context:
        raise PromptError(
            f"tokenize: a prompt has {ids.shape[1]} tokens; this model takes at most {sizes.n_context}. Shorten it."
        )
    if int(ids.min()) < 0 or int(ids.max()) >= sizes.d_vocab:
        raise PromptError(
            f"tokenize: token ids run from {int(ids.min())} to {int(ids.max())}; this model knows 0 to "
            f"{sizes.d_vocab - 1}. Do they come from another model's tokenizer?"
        )
    return tokens
