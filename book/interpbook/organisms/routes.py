"""Which route does a verdict take? The chapter's three measures, on transformers whose route we know (`lookup`).

1. `concordance`: does a colour attend more, or less, to a thing that has it? Double-centred, so that favourite things
   and favourite colours cancel.
2. `patch_follows`: give the thing's token what another thing's token recalled. Does the verdict change sides?
3. `edit_follows`: teach the model another colour by a recall prompt alone, by gradient steps or by one closed-form
   change of a matrix (Meng et al. 2022). Does the verdict change sides?
4. `evidence` takes all of them; `diagnose` calls the route.
"""

from functools import partial
from typing import Literal, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.organisms import lookup
from interpbook.organisms.lookup import COLOUR, N_COLOURS, N_HELD, N_THINGS, THING, Lookup, run, says_yes
from interpbook.stats import Screen, max_statistic

Method = Literal["rank one", "gradient", "mouth only"]
FOLLOWS = 0.5
"""More than half of the verdicts change sides: `diagnose` calls that following."""


class Follows(NamedTuple):
    """What an intervention on recall did, one number an instance."""

    recall: Float[Tensor, " inst"]
    """The share of things that are now said to have the new colour."""
    verdict: Float[Tensor, " inst"]
    """The share of things whose verdict prefers the new colour to the old, minus that share before: 0 ignores the
    intervention, 1 follows it."""
    others: Float[Tensor, " inst"]
    """The share of untouched things that keep their colour, where there are any."""


def verdicts(model: Lookup) -> Float[Tensor, "inst thing colour"]:
    """How much each colour of each thing is affirmed: yes minus no, in logits."""
    return says_yes(run(model, _grid(model))).unflatten(1, (N_THINGS, N_COLOURS))


def judged_right(model: Lookup, things: slice = slice(0, N_THINGS)) -> Float[Tensor, " inst"]:
    """The chance that a thing's own colour is affirmed more than another one: 0.5 says nothing."""
    said = verdicts(model)[:, things]
    own = said.gather(2, model.colour[:, things, None])
    return ((own > said).float().sum(2) / (N_COLOURS - 1)).mean(1)


def concordance(model: Lookup) -> Float[Tensor, "inst thing head"]:
    """Attention from a colour to the thing, at the thing's own colour, after thing and colour means are taken out."""
    pattern = run(model, _grid(model)).pattern[..., COLOUR, THING].unflatten(1, (N_THINGS, N_COLOURS))
    taught = pattern[:, : N_THINGS - N_HELD]
    centred = taught - taught.mean(1, keepdim=True) - taught.mean(2, keepdim=True) + taught.mean((1, 2), keepdim=True)
    own = model.colour[:, : N_THINGS - N_HELD, None, None].expand(-1, -1, 1, centred.shape[-1])
    return centred.gather(2, own)[:, :, 0]


def screens(model: Lookup, *, level: float = 1 - 0.05 / 20) -> list[Screen]:
    """For each instance a t value a head over things, and the largest |t| by chance.

    Careful: at a level of 95 % one organism in twenty would show a head where there is none. Four kinds in five seeds
    are twenty screens, so each is held to a twentieth of the usual 5 %.
    """
    return [max_statistic(one.numpy().astype(float), level=level, n=4000) for one in concordance(model)]


def patch_follows(model: Lookup) -> Follows:
    """The thing's recall stream comes from the next thing with another colour; who wins the verdict?"""
    things, donors = _pairs(model.colour)
    old, new = model.colour.gather(1, things), model.colour.gather(1, donors)
    given = run(model, lookup.recall_ids(donors)).recalled
    said = run(model, lookup.recall_ids(things), recalled=given).logits[..., :N_COLOURS].argmax(-1)
    before = _prefers(model, things, new, old)
    after = _prefers(model, things, new, old, given)
    return Follows((said == new).float().mean(1), (after - before).mean(1), torch.ones(len(said)))


def edit_follows(model: Lookup, method: Method, *, n: int = 4) -> Follows:
    """Each of `n` things in turn is given the next colour by way of recall; all other things are the control."""
    copies, n_inst = _copies(model, n), len(model.colour)
    thing = torch.arange(n).repeat(n_inst)[:, None]  # copy k of an instance edits thing k
    old = copies.colour.gather(1, thing)
    new = (old + 1) % N_COLOURS
    edit = {"rank one": rewrite, "gradient": reteach, "mouth only": partial(reteach, mouth_only=True)}[method]
    edited = edit(copies, thing, new)
    said = run(edited, lookup.recall_ids(_all(copies))).logits[..., :N_COLOURS].argmax(-1)
    right = (said == copies.colour.scatter(1, thing, new)).float()
    change = _prefers(edited, thing, new, old) - _prefers(copies, thing, new, old)
    own = right.gather(1, thing)[:, 0]
    parts = own, change[:, 0], (right.sum(1) - own) / (N_THINGS - 1)
    return Follows(*(part.unflatten(0, (n_inst, n)).mean(1) for part in parts))


def rewrite(model: Lookup, thing: Int[Tensor, "inst 1"], new: Int[Tensor, "inst 1"]) -> Lookup:
    """The model after a change of rank one of the matrix that writes what block 1's neurons look up, in closed form.

    The thing's neurons are made to fill the slots as things of the new colour do on average, at the least cost to what
    is written at all other tokens: least squares, weighted by the covariance of their neurons.
    """
    trace, out = run(model, lookup.recall_ids(_all(model))), model.weights["out1"]
    member = F.one_hot(model.colour, N_COLOURS).float()
    typical = torch.einsum("itc,its->ics", member, trace.slots) / member.sum(1)[..., None]
    row = torch.arange(len(thing))
    shift = typical[row, new[:, 0]] - trace.slots[row, thing[:, 0]]
    written = torch.einsum("is,ism->im", shift, torch.linalg.pinv(model.weights["recall"]))
    key = trace.keys[row, thing[:, 0], THING]
    every = torch.cat([trace.keys, run(model, _grid(model)).keys], dim=1).flatten(1, 2)
    spread = torch.einsum("itn,itm->inm", every, every) / every.shape[1] + 1e-3 * torch.eye(out.shape[1])
    direction = torch.linalg.solve(spread, key)  # fires for this thing, hardly for others
    change = torch.einsum("in,im->inm", direction, written) / (direction * key).sum(-1)[:, None, None]
    return model._replace(weights=model.weights | {"out1": out + change})


@torch.enable_grad()
def reteach(
    model: Lookup,
    thing: Int[Tensor, "inst 1"],
    new: Int[Tensor, "inst 1"],
    *,
    steps: int = 60,
    lr: float = 1e-3,
    mouth_only: bool = False,
) -> Lookup:
    """The model after gradient steps on one recall prompt, with the recall prompts of all other things rehearsed.

    Only the neurons of block 1 may change. The loss is that of training, on what is said and on the slots; with
    `mouth_only` on what is said alone. It never sees a verdict.
    """
    weights = {name: model.weights[name].clone().requires_grad_() for name in ("in1", "bias1", "out1")}
    taught, ids = model._replace(weights=model.weights | weights), lookup.recall_ids(_all(model))
    answers = model.colour.scatter(1, thing, new).flatten()
    importance = torch.full(model.colour.shape, 0.1).scatter(1, thing, 1.0).flatten()
    optimiser = torch.optim.Adam(list(weights.values()), lr=lr)
    for _ in range(steps):
        trace = run(taught, ids)
        losses = F.cross_entropy(trace.logits.flatten(0, 1), answers, reduction="none")
        if not mouth_only:
            losses = losses + F.cross_entropy(trace.slots.flatten(0, 1), answers, reduction="none")
        optimiser.zero_grad()
        (losses * importance).sum().backward()
        optimiser.step()
    return model._replace(weights=model.weights | {name: tensor.detach() for name, tensor in weights.items()})


class Evidence(NamedTuple):
    """What the three measures found, one entry an instance."""

    screens: list[Screen]
    patch: Follows
    rank_one: Follows
    gradient: Follows


def evidence(model: Lookup) -> Evidence:
    """All three measures, with both ways of editing."""
    rank_one, gradient = edit_follows(model, "rank one"), edit_follows(model, "gradient")
    return Evidence(screens(model), patch_follows(model), rank_one, gradient)


def diagnose(found: Evidence) -> list[str]:
    """For each instance: `compute` (verdicts follow recall), `match` (a head concords), `both`, or `neither`."""
    concords = [bool((np.abs(screen.t) > screen.threshold).any()) for screen in found.screens]
    shares = torch.stack([one.verdict for one in (found.patch, found.rank_one, found.gradient)])
    follows = (shares.amin(0) > FOLLOWS).tolist()
    names = {(True, False): "compute", (False, True): "match", (True, True): "both", (False, False): "neither"}
    return [names[pair] for pair in zip(follows, concords, strict=True)]


def _copies(model: Lookup, n: int) -> Lookup:
    """Every instance n times, one after the other."""
    weights = {name: tensor.repeat_interleave(n, 0) for name, tensor in model.weights.items()}
    return Lookup(weights, model.colour.repeat_interleave(n, 0), model.route)


def _all(model: Lookup) -> Int[Tensor, "inst thing"]:
    return torch.arange(N_THINGS).expand(len(model.colour), N_THINGS)


def _grid(model: Lookup) -> Int[Tensor, "inst batch 4"]:
    """Every thing with every colour."""
    n_inst = len(model.colour)
    things = torch.arange(N_THINGS).repeat_interleave(N_COLOURS).expand(n_inst, -1)
    return lookup.verdict_ids(things, torch.arange(N_COLOURS).repeat(N_THINGS).expand(n_inst, -1))


def _pairs(colour: Int[Tensor, "inst thing"]) -> tuple[Tensor, Tensor]:
    """Each judged thing, and the first thing after it that has another colour."""
    taught = colour[:, : N_THINGS - N_HELD]
    n = taught.shape[1]
    later = (torch.arange(n)[:, None] + torch.arange(1, n)) % n  # (thing, candidate)
    differs: Bool[Tensor, "inst thing candidate"] = taught[:, later] != taught[..., None]
    donors = later.expand(len(colour), -1, -1).gather(2, differs.int().argmax(-1, keepdim=True))[..., 0]
    return torch.arange(n).expand(len(colour), n), donors


def _prefers(model: Lookup, things: Tensor, new: Tensor, old: Tensor, recalled: Tensor | None = None) -> Tensor:
    """1 where the new colour is affirmed more than the old."""
    yes = [says_yes(run(model, lookup.verdict_ids(things, colour), recalled=recalled)) for colour in (new, old)]
    return (yes[0] > yes[1]).float()
