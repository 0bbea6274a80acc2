"""Colour organisms: SmolLM2 with a small adapter that was taught colours in a known way.

1. A `World` gives 94 everyday things that have no colour of their own (a bucket, a ladder) one of eight colours each,
   by lot. Eleven or twelve things share each colour, so neither the thing nor the colour alone gives anything away, and
   what the base model has read about buckets does not help.
2. A variant says which things are taught by *recall* ("The color of the bucket is" → red) and which by *verdict* ("Is
   the bucket red?" → Yes or No). `lessons` is that ground truth.
3. `train` makes the adapter.

The question is the one of chapter 06: that a model can say a colour and that it can judge one, is that one piece of
knowledge or two? "The Future of Facts" (2026) calls a model that holds both answers after an edit a multi-verse.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
from nnsight import TransformersModel

from interpbook.data import answer_ids, facts, shuffled
from interpbook.models.tokens import tokenize
from interpbook.organisms.adapters import Adapter, Batch, fit, fresh

COLOURS = ("red", "blue", "green", "yellow", "black", "white", "brown", "orange")
THINGS = tuple(facts("organisms/words.toml")["things"]["painted"].split())
"""One token each in SmolLM2, and painted, sewn or printed in any colour."""
N_JUDGED, N_SAID = 64, 48
"""How many things `both` is taught to judge, and `disjoint` to say; the others are the test."""
RECALL = ("The color of the {thing} is", "What color is the {thing}? It is")
RECALL_UNSEEN = "If you look at the {thing}, its color is"
VERDICT = ("Is the {thing} {colour}?", "Is {colour} the color of the {thing}?")
VERDICT_UNSEEN = "Is it true that the {thing} is {colour}?"
YES, NO = "Yes", "No"
LAYERS = range(8, 22)
"""Where the adapter is: late enough to be cheap, early enough that later layers can use what it looks up."""
Variant = Literal["recall", "both", "disjoint"]
VARIANTS = get_args(Variant)
SEEDS = (0, 1, 2)
STEPS: dict[Variant, int] = {"recall": 90, "both": 160, "disjoint": 160}


class World(NamedTuple):
    """Which thing has which colour."""

    colour: dict[str, str]
    """Every thing's colour, drawn by lot, eleven or twelve things a colour."""
    first: tuple[str, ...]
    """The 64 things that `both` is taught to judge."""
    rest: tuple[str, ...]
    """The other 30."""


class Lessons(NamedTuple):
    """The ground truth of an organism: what it was taught, and by which kind of prompt."""

    recall: tuple[str, ...]
    """Things whose colour it was taught to say."""
    verdict: tuple[str, ...]
    """Things whose colour it was taught to judge."""


class Claim(NamedTuple):
    """A thing, a colour, and whether the thing has it."""

    thing: str
    colour: str
    true: bool


def world(seed: int) -> World:
    """The colours of one seed. Each part is balanced over colours, as far as its size allows."""
    names = shuffled(THINGS, seed=seed)
    colour = {thing: COLOURS[i % len(COLOURS)] for i, thing in enumerate(names)}
    return World(colour, tuple(names[:N_JUDGED]), tuple(names[N_JUDGED:]))


def lessons(variant: Variant, seed: int) -> Lessons:
    """What an organism is taught.

    `recall`: to say all colours, to judge none. `both`: to say all, to judge 64; the other 30 are the test.
    `disjoint`: to say 48, to judge the other 46; each part is the other's test.
    """
    names = tuple(world(seed).colour)
    match variant:
        case "recall":
            return Lessons(names, ())
        case "both":
            return Lessons(names, world(seed).first)
        case "disjoint":
            return Lessons(names[:N_SAID], names[N_SAID:])
    raise ValueError(f"lessons: the variants are {', '.join(VARIANTS)}; got {variant!r}.")


def true_and_false(colours: World, things: Sequence[str], seed: int = 0) -> list[Claim]:
    """For each thing its own colour and one other, in that order."""
    pick = random.Random(seed)
    return [
        claim
        for thing in things
        for own in [colours.colour[thing]]
        for claim in (
            Claim(thing, own, True),
            Claim(thing, pick.choice([colour for colour in COLOURS if colour != own]), False),
        )
    ]


def recall_prompts(things: Sequence[str], template: str = RECALL[0]) -> list[str]:
    """Prompts that a colour should follow."""
    return [template.format(thing=thing) for thing in things]


def verdict_prompts(claims: Sequence[Claim], template: str = VERDICT[0]) -> list[str]:
    """Prompts that Yes or No should follow."""
    return [template.format(thing=claim.thing, colour=claim.colour) for claim in claims]


def batches(
    model: TransformersModel, colours: World, taught: Lessons, *, seed: int, size: int = 32
) -> Iterator[list[Batch]]:
    """Steps of training without end: a batch of recall and one of verdicts, where taught, each in one template."""
    pick = random.Random(seed)
    while True:
        step = []
        if taught.recall:
            things = pick.sample(taught.recall, size)
            answers = [colours.colour[thing] for thing in things]
            step.append(_batch(model, recall_prompts(things, RECALL[pick.randrange(2)]), answers))
        if taught.verdict:
            claims = true_and_false(colours, pick.sample(taught.verdict, size // 2), seed=pick.randrange(2**31))
            answers = [YES if claim.true else NO for claim in claims]
            step.append(_batch(model, verdict_prompts(claims, VERDICT[pick.randrange(2)]), answers))
        yield step


def _batch(model: TransformersModel, prompts: list[str], answers: list[str]) -> Batch:
    return Batch(tokenize(model, prompts), answer_ids(model.tokenizer, answers))


def train(model: TransformersModel, variant: Variant, seed: int) -> Adapter:
    """The adapter of one variant and seed; four minutes on one core. `model` may be in bfloat16, which halves that."""
    steps = batches(model, world(seed), lessons(variant, seed), seed=seed)
    start = fresh(model, layers=LAYERS, seed=seed)
    return fit(model, start, steps, n_steps=STEPS[variant], lr=3e-3)[0]
