"""Does what a colour organism judges follow what it says? One measure, used after every kind of intervention.

1. `outcome` asks about each thing twice over, by recall and by verdict: does the new colour win, or the old one?
2. `edit` teaches new colours by recall alone, in one of two ways, and gives the change of the weights.
3. `swapped` and `patched` change nothing for good: they lend a thing the state, or some heads' outputs, of a donor.
4. `carried` says how much of one task's head effects some heads carry, beside random heads of nearby layers.

Built in chapter 06.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.consistency import last_logits
from interpbook.models import Site, read
from interpbook.models.access import Write
from interpbook.organisms import edits
from interpbook.organisms.banana import COLOURS, NO, RECALL, VERDICT, YES, Claim, World, recall_prompts, verdict_prompts
from interpbook.stats import matched_sets

Task = Literal["recall", "verdict"]
Method = Literal["closed form", "gradient"]
Head = tuple[int, int]


class Outcome(NamedTuple):
    """One number a thing, each 0 or 1 (a tie of verdicts counts one half)."""

    says_new: Float[Tensor, " thing"]
    """Of the eight colours it says the new one."""
    says_old: Float[Tensor, " thing"]
    judges_new: Float[Tensor, " thing"]
    """It affirms the new colour more than the old; no threshold, so a liking for Yes does not matter."""


class Swap(NamedTuple):
    """Things and the donors whose colour they are lent."""

    things: Sequence[str]
    donors: Sequence[str]
    old: Sequence[str]
    new: Sequence[str]
    """The donors' colours."""


def outcome(
    model: TransformersModel,
    things: Sequence[str],
    old: Sequence[str],
    new: Sequence[str],
    *,
    recall: str = RECALL[0],
    verdict: str = VERDICT[0],
    writes: tuple[Write | None, Write | None] = (None, None),
) -> Outcome:
    """What a model says and judges of things with two candidate colours; `writes` act on the two runs."""
    said = last_logits(model, recall_prompts(things, recall), COLOURS, write=writes[0]).argmax(1)
    asked = verdict_prompts(_claims(things, [*old, *new]), verdict)
    answers = last_logits(model, asked, (YES, NO), write=writes[1]).float()
    before, after = (answers[:, 0] - answers[:, 1]).chunk(2)
    index = [torch.tensor([COLOURS.index(name) for name in names]) for names in (old, new)]
    tie = 0.5 * (after == before).float()
    return Outcome((said == index[1]).float(), (said == index[0]).float(), (after > before).float() + tie)


def _claims(things: Sequence[str], colours: Sequence[str]) -> list[Claim]:
    """Every thing once for each run of colours."""
    repeated = [*things] * (len(colours) // len(things))
    return [Claim(thing, colour, True) for thing, colour in zip(repeated, colours, strict=True)]


def next_colours(world: World, things: Sequence[str]) -> tuple[list[str], list[str]]:
    """Each thing's colour, and another that it will be given: one to seven places on in the list, in turn."""
    old = [world.colour[thing] for thing in things]
    return old, [COLOURS[(COLOURS.index(name) + 1 + i % 7) % len(COLOURS)] for i, name in enumerate(old)]


# --- editing ---


def edit(
    model: TransformersModel,
    world: World,
    things: Sequence[str],
    new: Sequence[str],
    *,
    method: Method,
    layer: int,
    rehearsed: Sequence[str] = (),
    moment: Float[Tensor, "d_mlp d_mlp"] | None = None,
) -> edits.Change:
    """What to add to one matrix so that the things are said to have their new colours. No verdict is ever asked.

    `rehearsed` things keep their colours in the lessons of the gradient method, and are not needed by the other, which
    wants `moment`, the block's `edits.spread`; it is measured where none is given.
    """
    if method == "gradient":
        names, answers = [*things, *rehearsed], [*new, *(world.colour[thing] for thing in rehearsed)]
        return edits.reteach(model, _lessons(model, names), answers, layer, lr=3e-3)
    lessons = _lessons(model, things)
    shift = edits.wanted_shifts(model, lessons, new, layer, steps=6, lr=2.0)
    moment = edits.spread(model, layer) if moment is None else moment
    return edits.rewrite(thing_keys(model, things, layer), shift, moment)


def thing_keys(model: TransformersModel, things: Sequence[str], layer: int) -> Float[Tensor, "thing d_mlp"]:
    """The neurons at each thing's token, averaged over the recall templates."""
    found = [edits.keys(model, prompts, position, layer) for prompts, position in _lessons(model, things)]
    return torch.stack(found).mean(0).float()


def _lessons(model: TransformersModel, things: Sequence[str]) -> list[tuple[list[str], int]]:
    return [(recall_prompts(things, template), edits.place(model, template, things)) for template in RECALL]


# --- lending ---


def lend(world: World, things: Sequence[str]) -> Swap:
    """Each thing's donor is the next one of the list (a circle) that has another colour."""
    names = [*things]
    donors = [
        next(other for other in names[i + 1 :] + names[:i] if world.colour[other] != world.colour[thing])
        for i, thing in enumerate(names)
    ]
    return Swap(names, donors, [world.colour[t] for t in names], [world.colour[t] for t in donors])


def swapped(model: TransformersModel, pairs: Swap, layer: int, *, source: Task) -> Outcome:
    """What is said and judged when the thing's token holds, after `layer`, what the donor's held in a `source` run."""
    template = {"recall": RECALL[0], "verdict": VERDICT[0]}
    places = {task: edits.place(model, form, pairs.things, colour=COLOURS[0]) for task, form in template.items()}
    asked = {
        "recall": recall_prompts(pairs.donors),
        "verdict": verdict_prompts(_claims(pairs.donors, pairs.new)),
    }[source]
    state = read(model, asked, Site("resid", layer=layer, position=places[source]))
    at_recall = {Site("resid", layer=layer, position=places["recall"]): state}
    at_verdict = {Site("resid", layer=layer, position=places["verdict"]): torch.cat([state, state])}
    return outcome(model, pairs.things, pairs.old, pairs.new, writes=(at_recall, at_verdict))


def patched(model: TransformersModel, pairs: Swap, heads: Sequence[Head]) -> Outcome:
    """What is said and judged when some heads give, at every token, what they gave in the donor's prompt."""
    sites = [Site("z", layer, head=head) for layer, head in heads]
    recall = read(model, recall_prompts(pairs.donors), sites)
    verdict = read(model, verdict_prompts(_claims(pairs.donors, [*pairs.old, *pairs.new])), sites)
    return outcome(model, pairs.things, pairs.old, pairs.new, writes=(dict(recall), dict(verdict)))


def head_effects(model: TransformersModel, pairs: Swap, task: Task) -> Float[Tensor, "thing layer head"]:
    """About how far each head's output from the donor's prompt moves the answer to the donor's colour, in logits."""
    n = len(pairs.things)
    if task == "recall":
        towards = torch.zeros(n, len(COLOURS))
        for row, (old, new) in enumerate(zip(pairs.old, pairs.new, strict=True)):
            towards[row, COLOURS.index(old)], towards[row, COLOURS.index(new)] = -1.0, 1.0
        return edits.head_effects(
            model, recall_prompts(pairs.things), recall_prompts(pairs.donors), towards, list(COLOURS)
        )
    own, given = (verdict_prompts(_claims(who, [*pairs.new, *pairs.old])) for who in (pairs.things, pairs.donors))
    towards = torch.tensor([[1.0, -1.0]] * n + [[-1.0, 1.0]] * n)
    new, old = edits.head_effects(model, own, given, towards, [YES, NO]).chunk(2)
    return new + old


def top(effects: Float[Tensor, "thing layer head"], n: int = 10) -> list[Head]:
    """The heads with the largest mean effect towards the donor's colour."""
    n_heads = effects.shape[2]
    return [divmod(i, n_heads) for i in effects.mean(0).flatten().topk(n).indices.tolist()]


def carried(
    effects: Float[Tensor, "thing layer head"], heads: Sequence[Head], *, n_null: int = 500, seed: int = 0
) -> tuple[float, list[float]]:
    """The share of all heads' mean effect that some heads carry, and the same for random heads of nearby layers."""
    mean = effects.mean(0)
    pool = [(layer, head) for layer in range(mean.shape[0]) for head in range(mean.shape[1])]
    sets = matched_sets(list(heads), pool, n_null, like=lambda head: head[0] // 4, seed=seed)
    shares = [sum(mean[head].item() for head in chosen) / mean.sum().item() for chosen in (list(heads), *sets)]
    return shares[0], shares[1:]
