"""How many neurons of a real model respond to one thing?

1. `CONCEPTS` lists words of ten kinds; each is put into a few neutral sentences and read at its own last token.
2. `concept_auroc` asks of every unit how well it tells one kind from all the others.
3. A unit's kind is chosen on half of the words and tested on the other half (`held_out_selectivity`).
4. The null is the same space seen along other axes: `rotated` activations, in which no axis is special.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

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


class Selectivity(NamedTuple):
    """How well units single out one kind of word."""

    concept: Int[Tensor, " unit"]
    """The kind that a unit singled out best, on the choosing half."""
    auroc: Float[Tensor, " unit"]
    """How well it tells that kind from the others, on the testing half."""
    n_concepts: Int[Tensor, " unit"]
    """How many kinds it tells from the others with an AUROC above 0.9 on the testing half."""


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


def held_out_selectivity(
    acts: Float[Tensor, "item unit"], concept: Int[Tensor, " item"], choosing: Tensor
) -> Selectivity:
    """Each unit's best kind, chosen on the items in `choosing` and tested on the others."""
    chosen = concept_auroc(acts[choosing], concept[choosing]).argmax(0)
    tested = concept_auroc(acts[~choosing], concept[~choosing])
    held_out = tested.gather(0, chosen[None])[0]
    return Selectivity(chosen, held_out, (tested > 0.9).sum(0))


def rotated(acts: Float[Tensor, "item unit"], *, seed: int = 0) -> Float[Tensor, "item unit"]:
    """The same activations along random perpendicular axes: same distances, same information, no special neurons."""
    generator = torch.Generator().manual_seed(seed)
    axes, _ = torch.linalg.qr(torch.randn(acts.shape[1], acts.shape[1], generator=generator))
    return acts @ axes


def shuffled_within(
    concept: Int[Tensor, " item"], word: Int[Tensor, " item"], *, seed: int = 0
) -> Int[Tensor, " item"]:
    """Labels dealt out anew, whole words at a time: kinds that do not exist, as many and as large as the real ones."""
    keys = torch.stack([concept, word], dim=1)
    kinds, where = keys.unique(dim=0, return_inverse=True)
    order = torch.randperm(len(kinds), generator=torch.Generator().manual_seed(seed))
    return kinds[order, 0][where]
