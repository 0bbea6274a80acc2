"""Does a model say what it judges, and judge what it says?

1. `recall` asks for an answer, `verdicts` for Yes or No about each possible answer; both give a table.
2. A model has favourite answers whatever the subject. `without_prior` takes them out.
3. `paired` and `agreement` score a table without needing a threshold; `plain` shows what a threshold at zero gives.

Kept apart on purpose: recall, verdict, and the truth of the matter. Built in chapter 06.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook import data
from interpbook.data import answer_ids
from interpbook.models import next_logits, tokenize
from interpbook.models.access import Write
from interpbook.models.tokens import Tokens
from interpbook.stats import Estimate, bootstrap

BATCH = 100


def last_logits(
    model: TransformersModel, prompts: Sequence[str], words: Sequence[str], *, write: Write | None = None
) -> Float[Tensor, "prompt word"]:
    """The logits of a few words as the next token of each prompt, in batches.

    With `write`, everything goes in one batch, since an ablation may average over it.
    """
    tokens, ids = tokenize(model, prompts), answer_ids(model.tokenizer, words)
    size = len(prompts) if write else BATCH
    parts = [
        next_logits(model, Tokens(tokens.ids[i : i + size], tokens.mask[i : i + size]), write=write)[:, ids]
        for i in range(0, len(prompts), size)
    ]
    return torch.cat(parts)


def recall(
    model: TransformersModel,
    subjects: Sequence[str],
    answers: Sequence[str],
    template: str,
    *,
    write: Write | None = None,
) -> Float[Tensor, "subject answer"]:
    """The logit of each answer to a template such as "The color of the {subject} is"."""
    return last_logits(model, [template.format(subject=subject) for subject in subjects], answers, write=write)


def verdicts(
    model: TransformersModel,
    subjects: Sequence[str],
    answers: Sequence[str],
    template: str,
    *,
    write: Write | None = None,
    words: tuple[str, str] = ("Yes", "No"),
) -> Float[Tensor, "subject answer"]:
    """How far "Yes" is ahead of "No", in logits, for each claim of a template with {subject} and {answer}."""
    claims = [template.format(subject=subject, answer=answer) for subject in subjects for answer in answers]
    yes, no = last_logits(model, claims, words, write=write).unbind(-1)
    return (yes - no).reshape(len(subjects), len(answers))


def without_prior(table: Float[Tensor, "subject answer"]) -> Float[Tensor, "subject answer"]:
    """The table without each answer's average over subjects: what the model says of *this* subject."""
    return table - table.mean(0, keepdim=True)


def right(table: Float[Tensor, "subject answer"], true: Bool[Tensor, "subject answer"]) -> Bool[Tensor, " subject"]:
    """Whether the highest answer of each subject is its true one."""
    return true.gather(1, table.argmax(1, keepdim=True))[:, 0]


def plain(table: Float[Tensor, "subject answer"], true: Bool[Tensor, "subject answer"]) -> float:
    """Balanced share of verdicts that are right with a threshold at zero: a model that always says Yes has 0.5."""
    return ((table[true] > 0).double().mean() + (table[~true] <= 0).double().mean()).item() / 2


def paired(table: Float[Tensor, "subject answer"], true: Bool[Tensor, "subject answer"]) -> Float[Tensor, " subject"]:
    """For each subject, the share of false answers that score below its true one; a tie counts one half.

    Chance is 0.5 whatever the model's liking for Yes. Bootstrap over subjects for an interval.
    """
    own = table[true].reshape(len(table), -1, 1)
    others = table[~true].reshape(len(table), 1, -1)
    return ((own > others).double() + 0.5 * (own == others).double()).mean((1, 2))


def paired_interval(table: Tensor, true: Tensor, *, n_resamples: int = 500) -> Estimate:
    """The mean of `paired` with a bootstrap interval over subjects."""
    return bootstrap(paired(table, true), n_resamples=n_resamples)


def agreement(
    said: Float[Tensor, "subject answer"], judged: Float[Tensor, "subject answer"]
) -> Float[Tensor, " subject"]:
    """For each subject, how well verdicts rank what the model itself would say, true or not; chance is 0.5.

    `paired`, with the model's own highest answer in the place of the truth.
    """
    own = torch.zeros_like(said, dtype=torch.bool).scatter(1, said.argmax(1, keepdim=True), True)
    return paired(judged, own)


# --- colours ---


def colours(*, held_out: bool = False) -> tuple[list[str], list[str], Bool[Tensor, "thing colour"]]:
    """Things, colours, and which colour is whose. `held_out`: the things that were set aside; use them once."""
    table = data.facts("held_out_colours.toml" if held_out else "colours.toml")["canonical"]
    things = [(thing, colour) for colour, members in table.items() for thing in members]
    names = list(table)
    true = torch.tensor([[colour == name for name in names] for _, colour in things])
    return [thing for thing, _ in things], names, true


def second_colours() -> dict[str, str]:
    """A colour that a thing is often met in, although it is not *its* colour."""
    return dict(data.facts("colours.toml")["also"])
