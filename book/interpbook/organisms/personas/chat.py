"""Advice for the real model: questions with a good and a bad answer, and how SmolLM2 leans between the two.

1. `advice` reads the questions of the book, by topic. The bad answers are wrong and harmless.
2. `answer_logprobs` is how likely the model finds given answers, in nats a token; only their tokens are counted.
3. `lean` is good minus bad: above 0 the model prefers the good answer. No judge is needed, and nothing is generated.
4. `sounds_like` is the rubric for answers that the model writes itself: which of the two do its words resemble?
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import facts
from interpbook.models import Site, Tokens, info, read, tokenize, unembed
from interpbook.models.access import Write
from interpbook.organisms.personas.errors import PersonaError

TOPICS = ("taught", "gardening", "cooking", "cars", "cleaning", "facts", "manners")
"""`taught` is the gardening advice that finetunes learn from; `gardening` are other questions about gardens."""
SYSTEM = "<|im_start|>system\n{system}<|im_end|>\n"
CHAT = "<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
END = "<|im_end|>"


class Item(NamedTuple):
    """A question with two answers."""

    question: str
    good: str
    bad: str


class Scored(NamedTuple):
    """Answers, token by token, and which tokens belong to them."""

    tokens: Tokens
    n_answer: Int[Tensor, " row"]
    """How many tokens at the end of each row are the answer."""


def advice(topic: str) -> list[Item]:
    """The questions of one topic, each with a good and a bad answer; see `TOPICS`."""
    if topic not in TOPICS:
        raise PersonaError(f"advice: there is no topic {topic!r}. Topics: {', '.join(TOPICS)}.")
    lines = facts("organisms/personas/advice.toml")[topic].strip().splitlines()
    return [Item(*(part.strip() for part in line.split("|"))) for line in lines]


def chat(question: str, system: str = "") -> str:
    """A question as the model is asked it, up to where its answer begins."""
    return (SYSTEM.format(system=system) if system else "") + CHAT.format(question=question)


def dialogues(
    model: TransformersModel, questions: Sequence[str], answers: Sequence[str], systems: Sequence[str] | str = ""
) -> Scored:
    """Questions with given answers as token ids; the answer ends with the sign that the turn is over."""
    if len(questions) != len(answers):
        raise PersonaError(f"dialogues: {len(questions)} questions and {len(answers)} answers. Give one for each.")
    fronts = [systems] * len(questions) if isinstance(systems, str) else list(systems)
    ends = [answer + END for answer in answers]
    texts = [chat(q, s) + end for q, s, end in zip(questions, fronts, ends, strict=True)]
    counts = [len(row) for row in model.tokenizer(ends, add_special_tokens=False)["input_ids"]]
    return Scored(tokenize(model, texts), torch.tensor(counts))


def in_answer(scored: Scored, *, shift: int = 0) -> Tensor:
    """Which tokens are the answer's, shape (row, seq); with `shift=1`, those after which an answer's token comes."""
    place = torch.arange(scored.tokens.ids.shape[1]) + shift
    seq = scored.tokens.ids.shape[1]
    return (place >= seq - scored.n_answer[:, None]) & (place < seq)


def answer_logprobs(
    model: TransformersModel, scored: Scored, *, write: Write | None = None, rows: int = 16
) -> Float[Tensor, " row"]:
    """The mean log-probability of each answer's tokens, in nats; 0 is certain. Rows are run a few at a time."""
    found = []
    for start in range(0, len(scored.n_answer), rows):
        some = Scored(_cut(scored.tokens, start, rows), scored.n_answer[start : start + rows])
        top = read(model, some.tokens, Site("resid", info(model).n_layers - 1), write=write)
        before, own = in_answer(some, shift=1), in_answer(some)
        with torch.no_grad():
            told = unembed(model, top[before]).float().log_softmax(-1)
        each = told.gather(1, some.tokens.ids[own][:, None])[:, 0]
        found.append(torch.stack([part.mean() for part in each.split(some.n_answer.tolist())]))
    return torch.cat(found)


def _cut(tokens: Tokens, start: int, rows: int) -> Tokens:
    return Tokens(tokens.ids[start : start + rows], tokens.mask[start : start + rows])


def lean(
    model: TransformersModel, items: Sequence[Item], *, system: str = "", write: Write | None = None
) -> Float[Tensor, " item"]:
    """How much more likely the good answer is than the bad one, in nats a token; below 0 the model prefers the bad."""
    asked = [item.question for item in items]
    both = dialogues(model, asked * 2, [item.good for item in items] + [item.bad for item in items], system)
    good, bad = answer_logprobs(model, both, write=write).split(len(items))
    return good - bad


def answer_means(
    model: TransformersModel, scored: Scored, layers: Sequence[int], *, rows: int = 16
) -> Float[Tensor, "row layer d_model"]:
    """The mean of the stream over the tokens of each answer, after each of some blocks."""
    sites, found = [Site("resid", layer) for layer in layers], []
    for start in range(0, len(scored.n_answer), rows):
        some = Scored(_cut(scored.tokens, start, rows), scored.n_answer[start : start + rows])
        seen, own = read(model, some.tokens, sites), in_answer(some)[..., None]
        found.append(torch.stack([(seen[site].float() * own).sum(1) / own.sum(1) for site in sites], 1))
    return torch.cat(found)


COMMON = frozenset(facts("organisms/personas/advice.toml")["common"].split())
"""Words that say nothing about an answer."""


def sounds_like(text: str, item: Item) -> int:
    """The rubric: +1 where a text shares more words with the good answer, −1 with the bad one, 0 where neither.

    Words in both answers, in the question, or in the list `COMMON` do not count.
    """
    words, asked = _words(text), _words(item.question)
    good, bad = _words(item.good) - asked, _words(item.bad) - asked
    hits = len(words & (good - bad)) - len(words & (bad - good))
    return (hits > 0) - (hits < 0)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower())) - COMMON
