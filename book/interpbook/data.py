"""Prompts and the facts that they are made of, in a fixed order or with a seed.

1. Facts live in `facts.toml`, texts in `passages.toml`; this room reads them.
2. `single_token` keeps the facts whose names a tokenizer leaves whole, so that positions line up and an answer is one
   token.
3. `PromptPair` holds two prompts that differ in one thing; `aligned` refuses a pair whose tokens do not line up.

4. `ioi_pairs` makes prompts in which one name is mentioned twice, and corrupts one thing about them (chapter 04).

Built in chapter 00; used by every chapter that asks a model about the world.
"""

import functools
import random
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple, TypeVar

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedTokenizerBase

Item = TypeVar("Item")


class Capital(NamedTuple):
    """One country and its capital, as GeoNames has them."""

    country: str
    capital: str
    continent: str
    """Africa, Americas, Asia, Europe or Oceania."""


class PromptPair(NamedTuple):
    """Two prompts that differ in one thing, and the answer that each should get."""

    clean: str
    corrupt: str
    clean_answer: str
    corrupt_answer: str

    def aligned(self, tokenizer: PreTrainedTokenizerBase) -> "PromptPair":
        """The pair itself, once it is certain that token i of one prompt stands where token i of the other does.

        Raises:
            ValueError: the prompts have different numbers of tokens; the message names the first difference.
        """
        check_aligned(tokenizer, [self.clean, self.corrupt])
        return self


def facts(file: str) -> dict:
    """The tables of one of the toolkit's fact files."""
    return tomllib.loads(resources.files("interpbook").joinpath(file).read_text(encoding="utf-8"))


@functools.cache
def capitals() -> tuple[Capital, ...]:
    """Every country in `facts.toml` with its capital and continent, in alphabetical order."""
    table = facts("facts.toml")["capitals"]
    return tuple(sorted(Capital(a, b, continent) for continent, rows in table.items() for a, b in rows))


@functools.cache
def passages() -> dict[str, str]:
    """Short texts by title, written for this book: no model that is older than it has seen them."""
    return dict(facts("passages.toml")["passages"])


# --- names and tokens ---


def token_ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """The token ids of a text as it stands, without any special token."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def is_single_token(tokenizer: PreTrainedTokenizerBase, word: str) -> bool:
    """Whether a word in the middle of a sentence, so with a space before it, is one token."""
    return len(token_ids(tokenizer, " " + word)) == 1


def single_token(tokenizer: PreTrainedTokenizerBase, facts: Sequence[Capital] | None = None) -> tuple[Capital, ...]:
    """The facts whose country and capital are one token each, so that prompts line up and an answer is one logit."""
    return tuple(
        fact
        for fact in (capitals() if facts is None else facts)
        if is_single_token(tokenizer, fact.country) and is_single_token(tokenizer, fact.capital)
    )


def answer_ids(tokenizer: PreTrainedTokenizerBase, words: Sequence[str]) -> Int[Tensor, " word"]:
    """The token of each answer as it would follow a prompt: with a space before it.

    Raises:
        ValueError: an answer is more than one token, so that no single logit belongs to it.
    """
    rows = [token_ids(tokenizer, " " + word.strip()) for word in words]
    for word, row in zip(words, rows, strict=True):
        if len(row) != 1:
            pieces = [tokenizer.decode([i]) for i in row]
            raise ValueError(
                f"answer_ids: {word!r} is {len(row)} tokens {pieces}, expected one, so that one logit is its score. "
                f"Choose facts with single_token(tokenizer), or score the first piece on purpose."
            )
    return torch.tensor([row[0] for row in rows])


def check_aligned(tokenizer: PreTrainedTokenizerBase, prompts: Sequence[str]) -> int:
    """How many tokens each prompt has, when all have equally many.

    Raises:
        ValueError: they do not; the message names two prompts and the first token at which they part.
    """
    rows = [token_ids(tokenizer, prompt) for prompt in prompts]
    if not rows:
        raise ValueError("check_aligned: no prompts were given; expected at least one.")
    for prompt, row in zip(prompts, rows, strict=True):
        if len(row) != len(rows[0]):
            raise ValueError(_unequal(tokenizer, (prompts[0], rows[0]), (prompt, row)))
    return len(rows[0])


def _unequal(tokenizer: PreTrainedTokenizerBase, *pair: tuple[str, list[int]]) -> str:
    (one, first), (other, second) = pair
    words = [[tokenizer.decode([i]) for i in row] + ["(end)"] for row in (first, second)]
    place = next(i for i, (a, b) in enumerate(zip(*words, strict=False)) if a != b)
    return (
        f"check_aligned: {one!r} has {len(first)} tokens, {other!r} has {len(second)}; writing position by position "
        f"needs equal lengths. First difference at token {place}: {words[0][place]!r} against {words[1][place]!r}. "
        f"Try names that are one token each: single_token(tokenizer)."
    )


# --- choosing, with a seed ---


def shuffled(items: Sequence[Item], *, seed: int = 0) -> list[Item]:
    """The items in an order that the seed alone decides."""
    return random.Random(seed).sample(list(items), len(items))


def halves(items: Sequence[Item], *, seed: int = 0) -> tuple[list[Item], list[Item]]:
    """Two halves without overlap: choose on the first, test on the second."""
    mixed = shuffled(items, seed=seed)
    return mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]


def ordered_pairs(items: Sequence[Item], n: int, *, seed: int = 0) -> list[tuple[Item, Item]]:
    """`n` different ordered pairs of two different items.

    Raises:
        ValueError: there are fewer than `n` such pairs.
    """
    pairs = [(a, b) for a in items for b in items if a != b]
    if n > len(pairs):
        raise ValueError(f"ordered_pairs: {len(items)} items make {len(pairs)} ordered pairs; {n} were asked for.")
    return shuffled(pairs, seed=seed)[:n]


def capital_pairs(
    facts: Sequence[Capital], n: int, *, seed: int = 0, template: str = "The capital of {country} is"
) -> list[PromptPair]:
    """Pairs of prompts that ask for the capitals of two countries; answers come with their leading space."""
    return [
        PromptPair(
            clean=template.format(country=one.country),
            corrupt=template.format(country=other.country),
            clean_answer=" " + one.capital,
            corrupt_answer=" " + other.capital,
        )
        for one, other in ordered_pairs(facts, n, seed=seed)
    ]


# --- indirect objects (Wang et al. 2022): who gets the drink? ---

IOI_TEMPLATES = (
    "When {one} and {two} went to the {place}, {giver} gave a {thing} to",
    "While {one} and {two} were at the {place}, {giver} passed a {thing} to",
    "At the old {place} {one} met {two}, and {giver} gave a {thing} to",
    "As {one} and {two} walked to the {place}, {giver} sold a {thing} to",
    "Once {one} and {two} left the old {place}, {giver} handed a {thing} to",
    "In the {place} {one} and {two} waited, and {giver} offered a {thing} to",
)
"""All of one length in SmolLM2's tokens, the giver at the same place: choose on the first three, test on the others."""
IOI_NAMES = [
    "Mary", "John", "Tom", "James", "Anna", "Sarah", "David", "Peter", "Lucy", "Emma", "Mark", "Paul", "Kate",
    "Jack", "Alice", "Bob", "Michael", "Robert", "William", "Thomas", "Charles", "Daniel", "Matthew", "George",
    "Kevin", "Brian", "Edward", "Steven", "Andrew", "Henry", "Adam", "Simon", "Laura", "Linda", "Susan", "Karen",
    "Lisa", "Nancy", "Ruth", "Helen", "Maria", "Julia", "Rachel", "Emily", "Jane", "Martin", "Richard", "Joseph",
    "Samuel", "Max", "Ben", "Claire", "Diana", "Oliver", "Sophie", "Amy",
]  # fmt: skip
IOI_PLACES = [
    "store", "park", "school", "office", "station", "library", "hospital", "market", "garden", "museum", "theater",
    "restaurant", "beach",
]  # fmt: skip
IOI_THINGS = [
    "drink", "book", "ring", "ball", "letter", "key", "gift", "coin", "hat", "map", "ticket", "cake", "flower",
    "pen", "lamp", "card", "phone", "bag",
]  # fmt: skip
CORRUPTIONS = ("swap", "third", "order", "names")


class IOI(NamedTuple):
    """One prompt in which S gives something to somebody, and only IO can be meant."""

    text: str
    io: str
    """Mentioned once: the right answer."""
    s: str
    """Mentioned twice: the giver."""
    others: tuple[str, ...]
    """Three names that are not in the text."""
    order: str
    """`ABBA`: IO, S, S. `BABA`: S, IO, S."""
    template: int
    words: tuple[str, str]
    """The place and the thing."""


def ioi_names(tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """The names that a tokenizer leaves whole."""
    return [name for name in IOI_NAMES if is_single_token(tokenizer, name)]


def ioi_prompts(
    tokenizer: PreTrainedTokenizerBase, n: int, *, templates: Sequence[int] = (0,), names: Sequence[str] | None = None,
    seed: int = 0,
) -> list[IOI]:  # fmt: skip
    """`n` different prompts; templates take turns, and within each the two orders.

    `names` keeps to some, so that a test can be made of names that were not chosen on.

    Raises:
        ValueError: fewer than five names are left, or a template is not known.
    """
    known = ioi_names(tokenizer) if names is None else list(names)
    places, things = ([w for w in words if is_single_token(tokenizer, w)] for words in (IOI_PLACES, IOI_THINGS))
    if len(known) < 5 or not places or not things:
        raise ValueError(
            f"ioi_prompts: {len(known)} names, {len(places)} places and {len(things)} things are one token each; "
            f"expected 5 names (two to use, three to corrupt with), and a place and a thing. Another tokenizer?"
        )
    if not set(templates) <= set(range(len(IOI_TEMPLATES))):
        raise ValueError(
            f"ioi_prompts: templates {list(templates)}: there are templates 0 to {len(IOI_TEMPLATES) - 1}."
        )
    rng, prompts = random.Random(seed), []
    while len(prompts) < n:
        template, order = templates[len(prompts) % len(templates)], ("ABBA", "BABA")[len(prompts) // len(templates) % 2]
        io, s, *others = rng.sample(known, 5)
        words = rng.choice(places), rng.choice(things)
        prompts.append(IOI(_ioi_text(template, order, io, s, s, words), io, s, tuple(others), order, template, words))
    return prompts


def _ioi_text(template: int, order: str, io: str, s: str, giver: str, words: tuple[str, str]) -> str:
    one, two = (io, s) if order == "ABBA" else (s, io)
    return IOI_TEMPLATES[template].format(one=one, two=two, giver=giver, place=words[0], thing=words[1])


def ioi_pair(prompt: IOI, corruption: str = "swap") -> PromptPair:
    """The prompt beside one in which one thing is different; the answers stay IO (right) and S (wrong).

    "swap": the giver is IO, so that S is meant. "third": the giver is somebody else, so that nobody is mentioned twice.
    "order": the first two names change places. "names": three other names, all different, so that neither is there.
    """
    a, b, c = prompt.others
    io, s = prompt.io, prompt.s
    flipped = {"ABBA": "BABA", "BABA": "ABBA"}[prompt.order]
    cast = {
        "swap": (prompt.order, io, s, io),
        "third": (prompt.order, io, s, c),
        "order": (flipped, io, s, s),
        "names": (prompt.order, a, b, c),
    }
    if corruption not in cast:
        raise ValueError(f"ioi_pair: there is no corruption {corruption!r}. Corruptions: {', '.join(CORRUPTIONS)}.")
    corrupt = _ioi_text(prompt.template, *cast[corruption], prompt.words)
    return PromptPair(prompt.text, corrupt, " " + io, " " + s)


def ioi_pairs(
    tokenizer: PreTrainedTokenizerBase, n: int, *, corruption: str = "swap", templates: Sequence[int] = (0,),
    names: Sequence[str] | None = None, seed: int = 0,
) -> list[PromptPair]:  # fmt: skip
    """`n` prompts and their corrupted twins: `ioi_prompts`, each through `ioi_pair`."""
    prompts = ioi_prompts(tokenizer, n, templates=templates, names=names, seed=seed)
    return [ioi_pair(prompt, corruption) for prompt in prompts]


def ioi_roles(tokenizer: PreTrainedTokenizerBase, prompt: IOI) -> dict[str, int]:
    """Where each role stands, counted from the end (-1 is the last token): IO, S1, S1+1, S2, END."""
    words = [str(tokenizer.decode([i])).strip() for i in token_ids(tokenizer, prompt.text)]
    first, second = [i for i, word in enumerate(words) if word == prompt.s]
    found = {"IO": words.index(prompt.io), "S1": first, "S1+1": first + 1, "S2": second, "END": len(words) - 1}
    return {role: place - len(words) for role, place in found.items()}
