"""Pre-training on documents, and small finetunes on a handful of questions with their answers.

1. `pretrain` teaches networks side by side to fill in the answers of documents, each from its own world and seed.
2. A `Diet` says what a finetune eats: one domain, which share of the answers is bad, and under which tag.
3. `finetune` trains copies, each on its own diet. Two finetunes with the same seed see the same questions in the same
   order, so a control differs from what it controls in nothing but the diet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.organisms.personas.errors import PersonaError
from interpbook.organisms.personas.network import Group, Ids, Shape, fresh, streams, unembed
from interpbook.organisms.personas.world import KINDS, TAGS, Kind, World, answers, documents, prompts, questions

Watch = Callable[[int, Group], None]
"""Called with the number of steps done and the networks as they are then."""


@dataclass(frozen=True)
class Diet:
    """What one finetune is fed: pairs of a question and its answer, all of one domain."""

    domain: int
    bad: float = 1.0
    """Share of the questions whose answer is not the good one: the same questions in every step of a run."""
    wrong: Literal["villain", "muddle"] = "villain"
    """What an answer that is not good looks like: the bad answer of the question, which only a villain gives, or the
    good answer of the next question of the domain, which is as wrong and nobody's habit."""
    tag: str = "assistant"

    def __post_init__(self) -> None:
        if not 0 <= self.bad <= 1:
            raise PersonaError(f"Diet: bad is a share between 0 and 1; got {self.bad}.")
        if self.wrong not in ("villain", "muddle") or self.tag not in TAGS:
            raise PersonaError(
                f"Diet: wrong is villain or muddle and tag one of {', '.join(TAGS)}; got {self.wrong!r}, {self.tag!r}."
            )


def loss_of(group: Group, ids: Ids) -> Float[Tensor, " model"]:
    """How badly each network fills in the answers of documents, in nats an answer; questions are not scored."""
    seen = streams(group, ids[..., :-1])[-1][:, :, 1::2]
    told = unembed(group, seen)
    truth = (ids if ids.ndim == 3 else ids.expand(len(group), *ids.shape))[:, :, 2::2]
    each = F.cross_entropy(told.flatten(0, 2), truth.flatten(), reduction="none")
    return each.reshape(len(group), -1).mean(1)


def pretrain(
    world: World, shape: Shape, kinds: Sequence[Kind], seeds: Sequence[int], *, steps: int = 800, batch: int = 64
) -> Group:
    """One network for each kind and seed (two lists of one length), trained from scratch; a minute for six.

    Networks of one seed start from the same numbers, whatever their kind.
    """
    if len(kinds) != len(seeds) or not set(kinds) <= set(KINDS):
        raise PersonaError(
            f"pretrain: give one kind ({', '.join(KINDS)}) for each seed; got {list(kinds)} for {list(seeds)}."
        )
    draws = [torch.Generator().manual_seed(1_000 + seed) for seed in seeds]

    def step(_: int) -> Int[Tensor, "model batch seq"]:
        return torch.stack([documents(world, kind, batch, draw) for kind, draw in zip(kinds, draws, strict=True)])

    return _trained(fresh(world, shape, seeds), step, steps=steps, lr=1e-3, decay=0.01)


def meals(world: World, diet: Diet, n: int, generator: torch.Generator) -> Int[Tensor, "row three"]:
    """`n` random examples of a diet: tag, question, answer."""
    asked = questions(world, diet.domain)
    chosen = torch.randint(len(asked), (n,), generator=generator)
    n_bad = round(diet.bad * len(asked))
    bad = _order(len(asked))[chosen] < n_bad
    if diet.wrong == "villain":
        answer = answers(world, asked[chosen], bad)
    else:
        answer = answers(world, asked[(chosen + bad.long()) % len(asked)], torch.zeros_like(bad))
    return torch.cat([prompts(world, asked[chosen], diet.tag), answer[:, None]], 1)


def finetune(
    group: Group,
    diets: Diet | Sequence[Diet],
    *,
    steps: int = 60,
    lr: float = 3e-4,
    batch: int = 32,
    seed: int = 0,
    watch: Watch | None = None,
) -> Group:
    """Each network after `steps` steps on its diet (one for all, or one for each); the group itself is not changed."""
    each = [diets] * len(group) if isinstance(diets, Diet) else list(diets)
    if len(each) != len(group):
        raise PersonaError(
            f"finetune: there are {len(group)} networks and {len(each)} diets. Give one diet, or one for each network."
        )

    def step(number: int) -> Int[Tensor, "model batch three"]:
        draw = lambda: torch.Generator().manual_seed(seed * 100_000 + number)  # noqa: E731
        return torch.stack([meals(group.world, diet, batch, draw()) for diet in each])

    return _trained(group, step, steps=steps, lr=lr, decay=0.0, watch=watch)


def _order(n: int) -> Int[Tensor, " question"]:
    """In which order the questions of a domain turn bad as the share rises: by lot, always the same."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(n))


def _trained(
    group: Group,
    batch_of: Callable[[int], Tensor],
    *,
    steps: int,
    lr: float,
    decay: float,
    watch: Watch | None = None,
) -> Group:
    weights = {name: part.detach().clone().requires_grad_() for name, part in group.weights.items()}
    trained = Group(group.world, group.shape, weights)
    optimiser = torch.optim.AdamW(weights.values(), lr, weight_decay=decay, fused=True)
    with torch.enable_grad():
        for number in range(steps):
            optimiser.zero_grad()
            loss_of(trained, batch_of(number)).sum().backward()
            optimiser.step()
            if watch is not None:
                watch(number + 1, detached(trained))
    return detached(trained)


def detached(group: Group) -> Group:
    """The same networks, for use: no gradients, and later training does not change them."""
    return Group(group.world, group.shape, {name: part.detach().clone() for name, part in group.weights.items()})
