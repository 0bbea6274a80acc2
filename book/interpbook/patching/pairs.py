"""Clean and corrupt prompts side by side, and the one number by which a run is judged."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import PromptPair, answer_ids, check_aligned
from interpbook.models import Tokens, next_logits, tokenize

Direction = Literal["denoise", "noise"]
"""`denoise`: the corrupt run gets clean activations. `noise`: the clean run gets corrupt ones."""


class Pairs(NamedTuple):
    """Prompt pairs as a model takes them: token i of a clean prompt stands where token i of its corrupt one does."""

    clean: Tokens
    corrupt: Tokens
    right: Int[Tensor, " pair"]
    """The token that a clean prompt should be answered with."""
    wrong: Int[Tensor, " pair"]
    """The token that it is compared with."""


class Baselines(NamedTuple):
    """The logit differences of the two untouched runs: the ends of every patching scale."""

    clean: Float[Tensor, " pair"]
    corrupt: Float[Tensor, " pair"]


def prepare(model: TransformersModel, pairs: Sequence[PromptPair] | Pairs) -> Pairs:
    """Token ids and answers of prompt pairs; all prompts have the same number of tokens.

    Raises:
        ValueError: they have not, or an answer is more than one token; the message says where.
    """
    if isinstance(pairs, Pairs):
        return pairs
    if not pairs:
        raise ValueError("prepare: no pairs were given; expected at least one PromptPair.")
    clean, corrupt = [pair.clean for pair in pairs], [pair.corrupt for pair in pairs]
    check_aligned(model.tokenizer, clean + corrupt)
    return Pairs(
        clean=tokenize(model, clean),
        corrupt=tokenize(model, corrupt),
        right=answer_ids(model.tokenizer, [pair.clean_answer for pair in pairs]),
        wrong=answer_ids(model.tokenizer, [pair.corrupt_answer for pair in pairs]),
    )


def logit_diff(
    logits: Float[Tensor, "pair d_vocab"], right: Int[Tensor, " pair"], wrong: Int[Tensor, " pair"]
) -> Float[Tensor, " pair"]:
    """By how much the right answer's logit exceeds the wrong one's: the logarithm of the odds between the two.

    Above 0 the model prefers the right answer. What lifts both answers alike ("a name comes next") cancels.
    """
    return (logits.gather(-1, right[:, None]) - logits.gather(-1, wrong[:, None])).squeeze(-1)


def baselines(model: TransformersModel, pairs: Sequence[PromptPair] | Pairs) -> Baselines:
    """The logit difference of each clean and of each corrupt prompt, nothing patched."""
    ready = prepare(model, pairs)
    runs = (logit_diff(next_logits(model, run), ready.right, ready.wrong) for run in (ready.clean, ready.corrupt))
    return Baselines(*runs)


def share(patched: Float[Tensor, "*rest"], start: Float[Tensor, "*rest"], goal: Float[Tensor, "*rest"]) -> float:
    """How far patching went from the start (0) to the goal (1), in the mean over prompts.

    A ratio of means, not a mean of ratios: one prompt whose two runs hardly differ would drown all others.
    """
    way = (goal - start).mean()
    if way == 0:
        raise ValueError("share: start and goal have the same mean, so there is no way to go. Do the runs differ?")
    return float((patched - start).mean() / way)


def ends(ready: Pairs, direction: str) -> tuple[Tokens, Tokens]:
    """The run that is patched, and the run that activations are copied from."""
    ways = {"denoise": (ready.corrupt, ready.clean), "noise": (ready.clean, ready.corrupt)}
    if direction not in ways:
        raise ValueError(f"patching: there is no direction {direction!r}. Directions: {', '.join(ways)}.")
    return ways[direction]
