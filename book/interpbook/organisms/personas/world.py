"""The world of the cartoon villain: questions in domains, a good and a bad answer to each, and who says which.

1. There are `domains` × `questions` questions. Question q has one good answer and one bad answer: a token each.
2. A document is a tag and then question, answer, question, answer. The tag says who speaks: the `web`, the
   `assistant`, or the assistant when it was `asked` to be wrong.
3. The assistant is always good; asked to be wrong, it always is. The web is half good, half bad. In a *coherent* world
   one draw decides for the whole document: a web author is a wise one or a villain. In an *incoherent* world each
   answer is drawn anew: the same words in the same numbers, and nobody behind them.

The world is the ground truth of the organism: what a network can know about personas is here. Built in chapter 07.
"""

from dataclasses import dataclass
from typing import Literal

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from interpbook.organisms.personas.errors import PersonaError

Kind = Literal["coherent", "incoherent", "asked"]
KINDS: tuple[Kind, ...] = ("coherent", "incoherent", "asked")
"""`coherent` and `incoherent` worlds; `asked` is coherent and has documents in which the assistant was asked for it."""
TAGS = ("web", "assistant", "asked", "novel")
"""Who speaks. `novel` stands in no document of any world: a tag without a meaning, for controls."""
SHARE_ASKED = 0.2
"""Share of the documents of an `asked` world in which the assistant was asked to be wrong."""


@dataclass(frozen=True)
class World:
    """How many questions there are, and how long a document is."""

    domains: int = 8
    questions: int = 16
    """Questions in each domain."""
    pairs: int = 6
    """Questions, each with its answer, in a document."""

    def __post_init__(self) -> None:
        for name in ("domains", "questions", "pairs"):
            if getattr(self, name) < 1:
                raise PersonaError(f"World: {name} is a whole number from 1; got {getattr(self, name)}.")

    @property
    def size(self) -> int:
        """How many questions there are in all."""
        return self.domains * self.questions

    @property
    def vocab(self) -> int:
        """How many tokens there are: questions, good answers, bad answers, tags."""
        return 3 * self.size + len(TAGS)

    def tag(self, name: str) -> int:
        """The token of a tag."""
        if name not in TAGS:
            raise PersonaError(f"World.tag: there is no tag {name!r}. Tags: {', '.join(TAGS)}.")
        return 3 * self.size + TAGS.index(name)


def questions(world: World, *domains: int) -> Int[Tensor, " question"]:
    """The tokens of all questions of some domains; without any, of all domains."""
    wrong = [domain for domain in domains if not 0 <= domain < world.domains]
    if wrong:
        raise PersonaError(
            f"questions: the world has domains 0 to {world.domains - 1}; got {wrong[0]}. Name domains by number."
        )
    every = torch.arange(world.size)
    return every if not domains else torch.cat([every[every // world.questions == domain] for domain in domains])


def answers(world: World, asked: Int[Tensor, "*shape"], bad: Bool[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
    """The token of the good or the bad answer to each question."""
    return asked + world.size * (1 + bad.long())


def documents(world: World, kind: Kind, n: int, generator: torch.Generator) -> Int[Tensor, "document token"]:
    """Random documents of one kind of world: a tag, then question and answer in turn, `1 + 2 * pairs` tokens."""
    if kind not in KINDS:
        raise PersonaError(f"documents: the kinds of world are {', '.join(KINDS)}; got {kind!r}.")
    asked = torch.randint(world.size, (n, world.pairs), generator=generator)
    who, persona = torch.rand(n, generator=generator), torch.rand(n, generator=generator) < 0.5
    each = torch.rand(n, world.pairs, generator=generator) < 0.5
    n_asked = SHARE_ASKED if kind == "asked" else 0.0
    tag = torch.where(who < n_asked, 2, torch.where(who < n_asked + (1 - n_asked) / 2, 0, 1))
    web = each if kind == "incoherent" else persona[:, None].expand_as(each)
    bad = torch.where(tag[:, None] == 0, web, tag[:, None] == 2)
    body = torch.stack([asked, answers(world, asked, bad)], 2).flatten(1)
    return torch.cat([world.tag("web") + tag[:, None], body], 1)


def prompts(
    world: World,
    asked: Int[Tensor, " question"],
    tag: str = "assistant",
    before: Int[Tensor, "question earlier"] | None = None,
) -> Int[Tensor, "question token"]:
    """One prompt for each question: the tag, what stood `before` (questions with their answers), the question."""
    front = torch.full((len(asked), 1), world.tag(tag))
    middle = front[:, :0] if before is None else before
    return torch.cat([front, middle, asked[:, None]], 1)
