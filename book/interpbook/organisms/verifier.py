"""Verifier organisms: SmolLM2 with a small adapter that was taught to judge claims, not to make them.

The untouched model recalls capitals well and judges them hardly better than chance, so that on it nothing can be said
about whether judging rests on recall. These adapters are taught verdicts only: yes or no, in several templates, on one
half of the facts of three relations. The other half of the facts, one template of each relation and a whole fourth
relation are never shown. No training prompt asks for an answer to be recalled.

`score` gives the plain share of right verdicts and a bias-free one; what an organism cannot do is reported as such.
"""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import numpy as np
import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import answer_ids, capitals, facts, halves, is_single_token
from interpbook.models.loading import network
from interpbook.models.tokens import tokenize
from interpbook.organisms.adapters import Adapter, Batch, fit, fresh, last_logits
from interpbook.stats import Estimate, auroc, proportion

YES, NO = "Yes", "No"
LAYERS = range(8, 22)
SEEDS = (0, 1, 2)
STEPS = 110

ANTONYMS = tuple(tuple(pair.split("/")) for pair in facts("organisms/words.toml")["opposites"]["pairs"].split())
"""Everyday opposites, one token each."""
KINDS = {kind: things.split() for kind, things in facts("organisms/words.toml")["kinds"].items()}
"""What a thing is, where nobody would argue."""


class Fact(NamedTuple):
    """Something that is so."""

    subject: str
    answer: str


class Relation(NamedTuple):
    """Facts of one kind and how to ask for them."""

    name: str
    facts: tuple[Fact, ...]
    recall: tuple[str, ...]
    """Prompts that the answer follows."""
    verdict: tuple[str, ...]
    """Prompts that Yes or No follows; the last is never used in training."""


def relations(model: TransformersModel) -> dict[str, Relation]:
    """Capitals, continents and opposites, which are taught, and kinds, which are not; one-token answers alone."""
    tokenizer = model.tokenizer
    one = [row for row in capitals() if is_single_token(tokenizer, row.country)]
    tables = {
        "capital": [Fact(row.country, row.capital) for row in one if is_single_token(tokenizer, row.capital)],
        "continent": [Fact(row.country, row.continent) for row in one if row.continent != "Oceania"],
        "opposite": [Fact(a, b) for a, b in ANTONYMS],
        "kind": [Fact(thing, kind) for kind, things in KINDS.items() for thing in things],
    }
    return {name: Relation(name, tuple(facts), *TEMPLATES[name]) for name, facts in tables.items()}


TEMPLATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "capital": (
        ("The capital of {subject} is", "The capital city of {subject} is"),
        (
            "Is {answer} the capital of {subject}?",
            "Is the capital of {subject} {answer}?",
            "{answer} is the capital of {subject}, right?",
        ),
    ),
    "continent": (
        ("The continent of {subject} is", "The country of {subject} is in"),
        ("Is {subject} in {answer}?", "Does {answer} include {subject}?", "{subject} is in {answer}, right?"),
    ),
    "opposite": (
        ("The opposite of {subject} is", "The opposite of the word {subject} is the word"),
        (
            "Is {answer} the opposite of {subject}?",
            "Is the opposite of {subject} {answer}?",
            "{answer} is the opposite of {subject}, right?",
        ),
    ),
    "kind": (
        ("A {subject} is a kind of", "A {subject} is a type of"),
        ("Is {subject} a kind of {answer}?", "Is a {subject} a {answer}?", "{subject} is a kind of {answer}, right?"),
    ),
}
TAUGHT = ("capital", "continent", "opposite")


class Claim(NamedTuple):
    """A fact, or the same subject with another subject's answer."""

    subject: str
    answer: str
    true: bool


def taught_and_held(relation: Relation, seed: int) -> tuple[list[Fact], list[Fact]]:
    """The half of the facts that an organism is taught to judge, and the half that it is not."""
    return halves(relation.facts, seed=seed)


def true_and_false(facts: Sequence[Fact], seed: int = 0) -> list[Claim]:
    """For each fact the true claim and a false one with the answer of another of these facts, in that order.

    Each answer is as often false as true over the list where all answers differ, so that answers alone say nothing.
    """
    pick, claims = random.Random(seed), []
    others = _deranged([fact.answer for fact in facts], pick)
    for fact, other in zip(facts, others, strict=True):
        claims += [Claim(fact.subject, fact.answer, True), Claim(fact.subject, other, False)]
    return claims


def _deranged(answers: list[str], pick: random.Random) -> list[str]:
    """The same answers in another order, none at its own place; where repeats do not allow that, another answer."""
    mixed = pick.sample(answers, len(answers))
    for _ in range(50):
        for i in [i for i, (a, b) in enumerate(zip(answers, mixed, strict=True)) if a == b]:
            j = pick.randrange(len(mixed))
            mixed[i], mixed[j] = mixed[j], mixed[i]
    return [b if a != b else pick.choice([c for c in answers if c != a]) for a, b in zip(answers, mixed, strict=True)]


def prompts(claims: Sequence[Claim | Fact], template: str) -> list[str]:
    """The claims in one template."""
    filled = [template.format(subject=claim.subject, answer=claim.answer) for claim in claims]
    return [text[0].upper() + text[1:] for text in filled]


def yes_minus_no(model: TransformersModel, asked: list[str]) -> Float[Tensor, " prompt"]:
    """Yes minus No after each prompt, in logits."""
    yes, no = answer_ids(model.tokenizer, [YES, NO]).tolist()
    with torch.no_grad():
        said = last_logits(network(model), tokenize(model, asked))
    return said[:, yes] - said[:, no]


class Score(NamedTuple):
    """How well claims are judged."""

    plain: Estimate
    """The share of claims on the right side of zero: a liking for Yes or No counts against it."""
    paired: Estimate
    """The share of facts whose true claim is affirmed more than its false one: that liking cancels."""
    auroc: float
    """The chance that a true claim is affirmed more than a false one of any fact."""


def score(model: TransformersModel, claims: Sequence[Claim], template: str) -> Score:
    """Verdicts on claims that come in pairs of true and false, as `true_and_false` makes them."""
    found = yes_minus_no(model, prompts(claims, template)).numpy()
    true = np.array([claim.true for claim in claims])
    return Score(
        proportion(int(((found > 0) == true).sum()), len(claims)),
        proportion(int((found[0::2] > found[1::2]).sum()), len(claims) // 2),
        auroc(found, true),
    )


def batches(model: TransformersModel, *, seed: int, size: int = 24) -> Iterator[list[Batch]]:
    """Steps of training without end: a batch of verdicts for each taught relation, each in one template."""
    pick = random.Random(seed)
    table = relations(model)
    taught = {name: taught_and_held(table[name], seed)[0] for name in TAUGHT}
    while True:
        step = []
        for name in TAUGHT:
            facts = pick.sample(taught[name], min(size // 2, len(taught[name])))
            claims = true_and_false(facts, seed=pick.randrange(2**31))
            template = pick.choice(table[name].verdict[:-1])
            answers = [YES if claim.true else NO for claim in claims]
            step.append(Batch(tokenize(model, prompts(claims, template)), answer_ids(model.tokenizer, answers)))
        yield step


def train(model: TransformersModel, seed: int) -> Adapter:
    """The adapter of one seed; about four minutes on one core in bfloat16."""
    start = fresh(model, layers=LAYERS, seed=seed)
    return fit(model, start, batches(model, seed=seed), n_steps=STEPS, lr=2e-3)[0]
