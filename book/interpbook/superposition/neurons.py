"""How many neurons of a real model respond to one thing?

1. `CONCEPTS` lists words of ten kinds; each is put into a few neutral sentences and read at its own last token.
2. A unit's kind is chosen on half of the words; `held_out_purity` asks how many of the other half's sentences that
   excite it most are of that kind, and how many kinds there are among them.
3. `best_unit` and `mean_direction`: how well does one unit, or a direction made of all, tell a kind from the others?
4. The null is the same space seen along other axes, in which no axis is special: `along_random_axes`.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.stats import random_directions

CONCEPTS: dict[str, tuple[str, ...]] = {
    "colours": (
        "red",
        "blue",
        "green",
        "yellow",
        "purple",
        "orange",
        "pink",
        "brown",
        "black",
        "white",
        "grey",
        "violet",
    ),
    "animals": ("dog", "cat", "horse", "cow", "sheep", "pig", "lion", "tiger", "rabbit", "goat", "wolf", "bear"),
    "countries": (
        *("France", "Germany", "Italy", "Spain", "Japan", "China"),
        *("India", "Brazil", "Canada", "Egypt", "Sweden", "Mexico"),
    ),
    "numbers": ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    "months": (
        *("January", "February", "March", "April", "June", "July"),
        *("August", "September", "October", "November", "December", "May"),
    ),
    "body parts": ("hand", "foot", "arm", "leg", "head", "nose", "ear", "eye", "knee", "shoulder", "finger", "neck"),
    "food": ("bread", "cheese", "rice", "soup", "apple", "butter", "cake", "meat", "egg", "potato", "banana", "salad"),
    "jobs": (
        *("doctor", "teacher", "lawyer", "farmer", "nurse", "engineer"),
        *("judge", "soldier", "baker", "pilot", "painter", "writer"),
    ),
    "family": (
        *("mother", "father", "sister", "brother", "uncle", "aunt"),
        *("cousin", "daughter", "son", "grandmother", "nephew", "wife"),
    ),
    "materials": (
        "wood",
        "iron",
        "glass",
        "stone",
        "gold",
        "silver",
        "paper",
        "cotton",
        "steel",
        "copper",
        "plastic",
        "clay",
    ),
}
"""Twelve everyday words of each of ten kinds, written for this book."""

TEMPLATES = ("I was thinking about {}", "They talked for a while about {}", "The next word on the list is {}")


class Words(NamedTuple):
    """Sentences that end in a word of a known kind."""

    prompts: list[str]
    """The sentences."""
    concept: Int[Tensor, " prompt"]
    """Which of CONCEPTS the last word belongs to."""
    word: Int[Tensor, " prompt"]
    """Which word of its kind it is (0 to 11); sentences with the same word go into the same half."""


class Purity(NamedTuple):
    """What excites each unit most."""

    concept: Int[Tensor, " unit"]
    """The kind of word that it likes best, on the choosing half."""
    purity: Float[Tensor, " unit"]
    """Of the held-out sentences that excite it most, the share that are of that kind; 1 for a unit with one subject."""
    n_kinds: Float[Tensor, " unit"]
    """How many kinds there are among these sentences: 1 if all are of one, 10 if all ten are there in equal parts."""


def concept_words() -> Words:
    """Every word in every template."""
    rows = [
        (template.format(word), c, w)
        for c, words in enumerate(CONCEPTS.values())
        for w, word in enumerate(words)
        for template in TEMPLATES
    ]
    prompts, concept, word = zip(*rows, strict=True)
    return Words(list(prompts), torch.tensor(concept), torch.tensor(word))


def concept_auroc(acts: Float[Tensor, "item unit"], concept: Int[Tensor, " item"]) -> Float[Tensor, "concept unit"]:
    """For each kind and each unit, the chance that a word of that kind excites the unit more than another word does.

    0.5: the unit says nothing about the kind. 1: every such word excites it more than any other.
    """
    order = acts.argsort(dim=0)
    ranks = torch.empty_like(acts).scatter_(0, order, torch.arange(1.0, len(acts) + 1)[:, None].expand_as(acts))
    rows = []
    for c in range(int(concept.max()) + 1):
        inside = concept == c
        n_in, n_out = int(inside.sum()), int((~inside).sum())
        rows.append((ranks[inside].sum(0) - n_in * (n_in + 1) / 2) / (n_in * n_out))
    return torch.stack(rows)


def standardised(acts: Float[Tensor, "item unit"]) -> Float[Tensor, "item unit"]:
    """Every unit with mean 0 and spread 1, so that none is louder than another."""
    return (acts - acts.mean(0)) / acts.std(0).clamp(min=1e-8)


def held_out_purity(
    acts: Float[Tensor, "item unit"], concept: Int[Tensor, " item"], choosing: Bool[Tensor, " item"]
) -> Purity:
    """Each unit's kind, chosen on the items in `choosing`, and how pure its strongest other items are.

    As many of the strongest are taken as there are held-out items of a kind, so that purity 1 is possible.
    """
    kinds = torch.arange(int(concept.max()) + 1)
    liking = torch.stack([acts[choosing & (concept == kind)].mean(0) for kind in kinds])
    chosen, held_out = liking.argmax(0), concept[~choosing]
    strongest = held_out[acts[~choosing].topk(int((held_out == 0).sum()), dim=0).indices]
    share = torch.stack([(strongest == kind).float().mean(0) for kind in kinds])
    n_kinds = torch.special.entr(share).sum(0).exp()
    return Purity(chosen, share.gather(0, chosen[None])[0], n_kinds)


def best_unit(
    acts: Float[Tensor, "item unit"], concept: Int[Tensor, " item"], choosing: Bool[Tensor, " item"]
) -> Float[Tensor, " concept"]:
    """For each kind, the AUROC on the other items of the unit that was best on the items in `choosing`."""
    best = concept_auroc(acts[choosing], concept[choosing]).argmax(1)
    return concept_auroc(acts[~choosing], concept[~choosing]).gather(1, best[:, None])[:, 0]


def mean_direction(
    acts: Float[Tensor, "item unit"], concept: Int[Tensor, " item"], choosing: Bool[Tensor, " item"]
) -> Float[Tensor, " concept"]:
    """For each kind, the AUROC on the other items of one direction: the kind's mean in `choosing`, minus the mean."""
    train, test = acts[choosing], acts[~choosing]
    means = [train[concept[choosing] == kind].mean(0) for kind in range(int(concept.max()) + 1)]
    return concept_auroc(test @ (torch.stack(means) - train.mean(0)).T, concept[~choosing]).diagonal()


def along_random_axes(acts: Float[Tensor, "item unit"], n: int, *, seed: int = 0) -> Float[Tensor, "item axis"]:
    """The same activations along `n` random directions: the same space, and no axis of it is a neuron.

    Careful: where a few units are much louder than the rest, every random direction mostly hears those few. Put
    `standardised` activations in, unless loudness is part of the question.
    """
    return acts @ random_directions(n, acts.shape[1], seed=seed).T


def shuffled_within(
    concept: Int[Tensor, " item"], word: Int[Tensor, " item"], *, seed: int = 0
) -> Int[Tensor, " item"]:
    """Labels dealt out anew, whole words at a time: kinds that do not exist, as many and as large as the real ones."""
    keys = torch.stack([concept, word], dim=1)
    kinds, where = keys.unique(dim=0, return_inverse=True)
    order = torch.randperm(len(kinds), generator=torch.Generator().manual_seed(seed))
    return kinds[order, 0][where]
