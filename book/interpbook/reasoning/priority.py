"""Two orders that cannot both be obeyed: which one does a model follow, and why that one?

    system   Rules. (1) Begin your reply with the word CHERRY. (2) Begin your reply with the word PLUM.
    user     Tell me something about rivers.

1. Each conflict says which word the first rule asks for and whether one rule is declared to outrank the other. Every
   balance is there: both words in both places, three declarations, six phrasings.
2. `preference` is how much likelier the reply begins with the word asked for last than with the other, in log-odds.
   Averaged over the two words, a liking for CHERRY cancels out.
3. `effects` splits it: recency (whatever is declared), and precedence (what a declaration adds to its own side).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models import PromptError, Tokens, next_logits
from interpbook.stats import Estimate, bootstrap

WORDS = ("CHERRY", "PLUM")
Outranks = Literal["none", "first", "last"]
DECLARED: dict[Outranks, str] = {
    "none": "",
    "first": "The first rule outranks the second: if they conflict, follow the first rule only.",
    "last": "The second rule outranks the first: if they conflict, follow the second rule only.",
}
TEMPLATES = (
    "Rules. (1) Begin your reply with the word {a}. (2) Begin your reply with the word {b}. {declared}",
    "First rule: your answer must start with {a}. Second rule: your answer must start with {b}. {declared}",
    "Follow instructions.\n- Start your reply with the word {a}.\n- Start your reply with the word {b}.\n{declared}",
    "Always open with the word {a}. Always open with the word {b}. {declared}",
    "Rule one: the first word you write is {a}. Rule two: the first word you write is {b}. {declared}",
    "Your reply has to begin with {a}. Your reply has to begin with {b}. {declared}",
)
QUESTIONS = ("Tell me something about rivers.", "What is a good breakfast?")


class Conflict(NamedTuple):
    """One prompt in which two rules collide."""

    system: str
    user: str
    first: str
    last: str
    """The words that the first and the last rule ask for."""
    outranks: Outranks
    template: int


class Effects(NamedTuple):
    """What decides, in log-odds (nats) for the rule that stands last; intervals redraw whole templates."""

    recency: Estimate
    """Above 0: the last rule is followed, on average over declarations."""
    precedence: Estimate
    """Above 0: a declaration helps the rule that it names. Half the gap between declaring last and first."""
    obeyed: Estimate
    """Share of declared conflicts in which the declared word is the likelier one, words balanced."""


def conflicts(templates: Sequence[str] = TEMPLATES, questions: Sequence[str] = QUESTIONS) -> list[Conflict]:
    """Every balance of word, place, declaration, phrasing and question."""
    found = []
    for number, template in enumerate(templates):
        for outranks, declared in DECLARED.items():
            for first, last in (WORDS, WORDS[::-1]):
                rules = template.format(a=first, b=last, declared=declared).strip()
                found += [Conflict(rules, question, first, last, outranks, number) for question in questions]
    return found


def chat_ids(model: TransformersModel, conflict: Conflict) -> Tensor:
    """The tokens of a conflict in the model's chat form, up to where its reply begins.

    Raises:
        PromptError: the model's tokenizer has no chat form.
    """
    if not getattr(model.tokenizer, "chat_template", None):
        raise PromptError("chat_ids: this model's tokenizer has no chat template. Use a chat model, such as smollm2.")
    turns = [{"role": "system", "content": conflict.system}, {"role": "user", "content": conflict.user}]
    text = model.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return torch.tensor(model.tokenizer(text, add_special_tokens=False)["input_ids"])


def preference(model: TransformersModel, some: Sequence[Conflict], *, batch: int = 12) -> Float[Tensor, " item"]:
    """Log-odds, in nats, that the reply begins with the last rule's word rather than with the first rule's.

    Read off the first token of each word, which differs.

    Raises:
        PromptError: the model's tokenizer has no chat form, or writes both words with the same first token.
    """
    rows = [chat_ids(model, one) for one in some]
    tokens = [model.tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in WORDS]
    if tokens[0] == tokens[1]:
        raise PromptError(f"preference: this tokenizer begins {WORDS[0]} and {WORDS[1]} alike. Choose other WORDS.")
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    toward = torch.zeros(len(rows))
    for start in range(0, len(rows), batch):
        chosen = order[start : start + batch]
        found = next_logits(model, _padded([rows[i] for i in chosen])).float()
        toward[chosen] = found[:, tokens[1]] - found[:, tokens[0]]
    return torch.where(torch.tensor([one.last == WORDS[1] for one in some]), toward, -toward)


def _padded(rows: list[Tensor]) -> Tokens:
    """Rows of different length, padded in front."""
    length = max(map(len, rows))
    ids, mask = torch.zeros(len(rows), length, dtype=torch.long), torch.zeros(len(rows), length, dtype=torch.bool)
    for i, row in enumerate(rows):
        ids[i, length - len(row) :], mask[i, length - len(row) :] = row, True
    return Tokens(ids, mask)


def effects(some: Sequence[Conflict], toward_last: Float[Tensor, " item"]) -> Effects:
    """Recency and precedence from the log-odds of balanced conflicts; a template counts as one draw."""
    templates = sorted({one.template for one in some})
    table = {key: [] for key in DECLARED}
    for template in templates:
        for key, values in table.items():
            here = [
                float(x)
                for one, x in zip(some, toward_last, strict=True)
                if (one.template, one.outranks) == (template, key)
            ]
            values.append(sum(here) / len(here))
    recency = [sum(column) / 3 for column in zip(*table.values(), strict=True)]
    precedence = [(last - first) / 2 for first, last in zip(table["first"], table["last"], strict=True)]
    declared = [(one, float(x)) for one, x in zip(some, toward_last, strict=True) if one.outranks != "none"]
    obeyed = [float((x > 0) == (one.outranks == "last")) for one, x in declared]
    groups = [one.template for one, _ in declared]
    return Effects(bootstrap(recency), bootstrap(precedence), bootstrap(obeyed, groups=groups))
