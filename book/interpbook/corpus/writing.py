"""Text that the embedded model writes itself: many topics, many forms, one seed.

1. `prompts` pairs every topic with forms, in an order that the seed decides.
2. `write` samples answers in batches, with a cache of keys and values, at a temperature, among the likeliest tokens.
3. `keep_writing` saves each batch as it is done, so that a stopped run goes on where it was.
"""

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from nnsight import TransformersModel
from torch import Tensor
from tqdm.auto import tqdm

from interpbook.data import shuffled
from interpbook.models import Tokens, tokenize
from interpbook.models.loading import network

CHAT = "<|im_start|>user\n{request}<|im_end|>\n<|im_start|>assistant\n"
END = "<|im_end|>"


def prompts(n: int, *, seed: int = 0) -> list[str]:
    """`n` different requests for a text: topics × forms, in an order that the seed decides.

    Raises:
        ValueError: there are fewer than `n`.
    """
    table = tomllib.loads(resources.files("interpbook.corpus").joinpath("topics.toml").read_text(encoding="utf-8"))
    pairs = [form.format(topic=topic) for topic in table["topics"] for form in table["forms"]]
    if n > len(pairs):
        raise ValueError(f"prompts: topics and forms make {len(pairs)} requests; {n} were asked for. Add topics.")
    return shuffled(pairs, seed=seed)[:n]


def choose(
    scores: Float[Tensor, "row d_vocab"], generator: torch.Generator, *, temperature: float = 0.9, among: int = 50
) -> Int[Tensor, " row"]:
    """One next token a row, drawn among the likeliest at a temperature."""
    best, ids = scores.float().topk(among, dim=-1)
    drawn = torch.multinomial((best / temperature).softmax(-1), 1, generator=generator)
    return ids.gather(-1, drawn)[:, 0]


@torch.no_grad()
def write(model: TransformersModel, requests: list[str], *, n_tokens: int = 240, seed: int = 0) -> list[list[int]]:
    """The token ids that the model answers each request with, at most `n_tokens`, without the sign that it ends."""
    generator = torch.Generator().manual_seed(seed)
    given = tokenize(model, [CHAT.format(request=request) for request in requests], prefix=False)
    end = model.tokenizer.convert_tokens_to_ids(END)
    out = _first(model, given)
    written, open_ = [choose(out.logits[:, -1], generator)], torch.ones(len(requests), dtype=torch.bool)
    mask = given.mask
    for _ in range(n_tokens - 1):
        open_ &= written[-1] != end
        if not open_.any():
            break
        mask = torch.cat([mask, torch.ones_like(mask[:, :1])], dim=-1)
        out = network(model)(
            input_ids=written[-1][:, None],
            attention_mask=mask,
            position_ids=mask.long().sum(-1, keepdim=True) - 1,
            past_key_values=out.past_key_values,
            use_cache=True,
        )
        written.append(choose(out.logits[:, -1], generator))
    return [_until(row, end) for row in torch.stack(written, dim=1).tolist()]


def _first(model: TransformersModel, given: Tokens) -> Any:
    """The forward pass over the requests, which stand at the right with padding before them."""
    mask: Bool[Tensor, "batch seq"] = given.mask
    places = (mask.long().cumsum(-1) - 1).clamp(min=0)
    return network(model)(input_ids=given.ids, attention_mask=mask, position_ids=places, use_cache=True)


def _until(row: list[int], end: int) -> list[int]:
    return row[: row.index(end)] if end in row else row


def keep_writing(model: TransformersModel, file: Path, n: int, *, batch: int = 96, seed: int = 0) -> int:
    """Write `n` texts into a file of JSON lines (`request`, `ids`), batch by batch; returns how many it holds.

    A run that was stopped goes on with the next whole batch. Every batch has a seed of its own, so that the texts do
    not depend on where a run was stopped.
    """
    requests = prompts(n, seed=seed)
    done = len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0
    for start in tqdm(range(done, n, batch), desc="Writing", unit=" batches", leave=False):
        asked = requests[start : start + batch]
        answers = write(model, asked, seed=seed + start)
        lines = [json.dumps({"request": one, "ids": ids}) for one, ids in zip(asked, answers, strict=True)]
        with file.open("a", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")
    return max(done, n)
