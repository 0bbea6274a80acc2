"""Does the truth hold in the weights? Exchange one variable between two prompts and see what the model says.

1. Take a prompt and a donor. Of the donor's residual stream copy one slot, at the one place where the truth says that a
   variable lives.
2. The truth says which word follows if just that variable had the donor's value. The share of pairs on which the model
   says that word is the result; the same with as many dimensions drawn elsewhere is the null.

Geiger et al. 2021 and 2022 (interchange interventions). Only prompts that training did not see.
"""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.models import Site, next_logits, read
from interpbook.organisms.tracing.shipped import Organism, cases
from interpbook.organisms.tracing.truth import Case, TruthError, Variable, answer_of, values_of


class Row(NamedTuple):
    """What exchanging one variable did."""

    variable: str
    n: int
    """Pairs of prompts, each chosen so that the answer should change."""
    right: float
    """Share on which the model then said what the truth says."""
    random_dims: float
    """The same where as many other dimensions, at random, were exchanged instead."""


class Pair(NamedTuple):
    """A prompt, a donor, and what the truth says follows."""

    base: Case
    donor: Case
    answer: str


def interchange(organism: Organism, *, n: int = 64, seed: int = 0, split: str = "test") -> list[Row]:
    """One row for every variable that lives in the stream and whose exchange should change an answer.

    Prompts come from `split`; donors from all that there are.
    """
    found, donors = cases(organism.name, split), cases(organism.name, "all")
    rows = []
    for variable in organism.truth.variables:
        pairs = pairs_of(organism, variable, found, donors, n, seed) if variable.layer >= 0 else []
        if pairs:
            own, other = dims_of(organism, variable), other_dims(organism, variable, seed)
            rows.append(Row(variable.name, len(pairs), *(swapped(organism, variable, pairs, d) for d in (own, other))))
    return rows


def pairs_of(
    organism: Organism, variable: Variable, found: Sequence[Case], donors: Sequence[Case], n: int, seed: int
) -> list[Pair]:
    """Up to `n` pairs of prompts of one length on which exchanging the variable should change the answer."""
    pick, pairs = random.Random(seed), []
    for _ in range(20 * n):
        base, donor = pick.choice(found), pick.choice(donors)
        value = donor.values.get(variable.name)
        if len(base.text.split()) != len(donor.text.split()) or base.values.get(variable.name) == value:
            continue
        words = [organism.blueprint.words[0], *base.text.split()]
        answer = answer_of(organism.truth, values_of(organism.truth, words, {variable.name: value}))
        if answer is not None and answer != base.answer:
            pairs.append(Pair(base, donor, answer))
        if len(pairs) == n:
            break
    return pairs


def dims_of(organism: Organism, variable: Variable) -> Int[Tensor, " dim"]:
    """The dimensions of the variable's slot."""
    place = organism.blueprint.places[variable.slot]
    return torch.arange(place.start, place.stop)


def other_dims(organism: Organism, variable: Variable, seed: int) -> Int[Tensor, " dim"]:
    """As many dimensions outside the variable's slot, at random."""
    own = dims_of(organism, variable)
    others = torch.tensor([i for i in range(organism.blueprint.d_model) if i not in set(own.tolist())])
    return others[torch.randperm(len(others), generator=torch.Generator().manual_seed(seed))[: len(own)]]


def swapped(organism: Organism, variable: Variable, pairs: Sequence[Pair], dims: Int[Tensor, " dim"]) -> float:
    """The share of pairs on which the model says what the truth says once these dimensions are the donor's."""
    right = 0
    for length in {len(pair.base.text.split()) for pair in pairs}:
        some = [pair for pair in pairs if len(pair.base.text.split()) == length]
        given = read(organism.model, [pair.donor.text for pair in some], variable.site)
        said = _words(organism, [pair.base.text for pair in some], {variable.site: (dims, given[:, dims])})
        right += sum(word == pair.answer for word, pair in zip(said, some, strict=True))
    return right / len(pairs)


def said(organism: Organism, texts: Sequence[str]) -> list[str]:
    """The word that the model says after each text; texts of one length."""
    return _words(organism, texts, {})


def patched_answer(organism: Organism, case: Case, values: Mapping[str, str | None]) -> str:
    """The word that the model says when values are written into its stream, such as `{"plan": "habit"}`.

    Each goes to the place where the truth says that the variable lives; None empties the slot.

    Raises:
        TruthError: the organism has no such variable or value.
    """
    write = {}
    for name in values:
        variable = organism.truth[name]
        if variable.layer < 0:
            raise TruthError(f"patched_answer: {name!r} is a word of the prompt; change the prompt instead.")
        write[variable.site] = (dims_of(organism, variable), contents(organism, variable, {**case.values, **values}))
    return _words(organism, [case.text], write)[0]


def contents(organism: Organism, variable: Variable, values: Mapping[str, str | None]) -> Float[Tensor, " width"]:
    """What a variable's slot holds when variables have these values: the codes of all that have been written there."""
    total = torch.zeros(len(dims_of(organism, variable)))
    for other in organism.truth.variables:
        here = other.slot == variable.slot and other.position == variable.position and other.layer <= variable.layer
        value = values.get(other.name)
        if here and value is not None:
            total = total + other.sign * other.times * _code(organism, other, value)
    return total


def _code(organism: Organism, variable: Variable, value: str) -> Float[Tensor, " width"]:
    known = organism.blueprint.values[variable.slot]
    if value not in known:
        raise TruthError(f"{variable.name!r} cannot be {value!r}. Its values: {', '.join(known)}.")
    return organism.blueprint.code(variable.slot, value)


def _words(organism: Organism, texts: Sequence[str], write: Mapping[Site, tuple[Tensor, Tensor]]) -> list[str]:
    """What the model says next when some dimensions at some sites are set."""

    def setting(dims: Tensor, new: Tensor):
        def change(passing: Tensor) -> Tensor:
            changed = passing.clone()
            changed[:, dims] = new.to(changed)
            return changed

        return change

    changes = {site: setting(dims, new) for site, (dims, new) in write.items()}
    best = next_logits(organism.model, list(texts), write=changes).argmax(-1)
    return [organism.blueprint.words[i] for i in best.tolist()]
