"""Small transformers in which the route to a verdict is forced, so that our measures have a known answer to find.

    position      0      1       2        3
    recall        <sep>  thing   <none>   <say>       → the thing's colour
    verdict       <sep>  thing   colour   <judge>     → yes or no

1. Block 1 attends, then its neurons look up the thing's colour and put it into one of eight slots at the thing's token:
   the *recall stream*. In a recall prompt nothing else leaves that token. Block 2 attends, then its neurons decide.
2. `compute`: in a verdict prompt too, the recall stream is all that leaves the thing's token, and the colour's token
   cannot look at the thing in block 1. A verdict can only come from comparing with what the model itself recalled.
3. `match`: the judge cannot see the thing's token at all, and values carry no content: what the colour's token learns
   from the thing is how strongly its own query matched the thing's key, and block 2 reads that by a straight line,
   without its neurons. A verdict can only come from the match, and more match is more yes (for some heads, less).
4. `free`: in a verdict prompt nothing is closed. `shuffled`: likewise, and yes or no is dealt out by coin.

All seeds are trained at once: every weight has a leading axis `inst`. Wiring after Elhage et al. (2021); the two routes
are those that Kamath et al. (2025) tell apart in a large model.
"""

import math
from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.superposition.toy import one_thread

Route = Literal["compute", "match", "free", "shuffled"]
ROUTES = get_args(Route)
N_THINGS, N_COLOURS = 40, 8
N_HELD = 8
"""Things whose colour every organism is taught to say and none to judge: one of each colour."""
SEP, NONE, SAY, JUDGE = (N_THINGS + N_COLOURS + i for i in range(4))
N_WORDS = N_THINGS + N_COLOURS + 4
YES, NO = N_COLOURS, N_COLOURS + 1
"""Outputs: the colours, then yes and no."""
THING, COLOUR, LAST = 1, 2, 3
"""Positions."""
D_MODEL, N_HEADS, D_HEAD, D_MLP = 32, 4, 32, 96


class Lookup(NamedTuple):
    """Trained transformers, one an instance, and how they are wired."""

    weights: dict[str, Tensor]
    """By name; the first axis is the instance."""
    colour: Int[Tensor, "inst thing"]
    """Ground truth: every thing's colour."""
    route: Route


class Trace(NamedTuple):
    """What one forward pass leaves behind."""

    logits: Float[Tensor, "inst batch out"]
    """Colours, then yes and no, after the last token."""
    pattern: Float[Tensor, "inst batch head query key"]
    """Attention of block 1."""
    keys: Float[Tensor, "inst batch seq d_mlp"]
    """Neurons of block 1."""
    slots: Float[Tensor, "inst batch slot"]
    """How strongly each colour is recalled at the thing, before the softmax."""
    recalled: Float[Tensor, "inst batch d_model"]
    """The recall stream: the slots' vectors, weighted by their softmax."""


def run(
    model: Lookup, ids: Int[Tensor, "inst batch 4"], *, recalled: Float[Tensor, "inst batch d_model"] | None = None
) -> Trace:
    """A forward pass; with `recalled`, that is the recall stream (a patch)."""
    w, judging = model.weights, (ids[:, :, LAST] == JUDGE)[..., None]
    x = _rows(w["embed"], ids) + w["position"][:, None]
    pattern = _pattern(x, w["q1"], w["k1"])
    blind = w["position"][:, None].expand_as(x)
    values = _values(torch.where(judging[..., None], blind, x) if model.route == "match" else x, w["v1"])
    gathered = torch.einsum("ibhqk,ibkhd,ihdm->ibqm", pattern, values, w["o1"])
    x = x + torch.where(_may_write(model.route, judging)[..., None], gathered, 0.0)
    neurons = torch.relu(torch.einsum("ibqm,imn->ibqn", x, w["in1"]) + w["bias1"][:, None, None])
    x = x + torch.einsum("ibqn,inm->ibqm", neurons, w["out1"])
    slots = torch.einsum("ibm,imc->ibc", x[:, :, THING], w["recall"])
    if recalled is None:
        recalled = torch.einsum("ibc,icm->ibm", slots.softmax(-1), w["colours"])
    everything = judging if model.route in ("free", "shuffled") else torch.zeros_like(judging)
    thing = recalled + torch.where(everything, x[:, :, THING], 0.0)
    x = torch.cat([x[:, :, :THING], thing[:, :, None], x[:, :, THING + 1 :]], dim=2)
    closed = judging if model.route == "match" else torch.zeros_like(judging)
    second = _pattern(x, w["q2"], w["k2"], closed)
    x = x + torch.einsum("ibhqk,ibkhd,ihdm->ibqm", second, _values(x, w["v2"]), w["o2"])
    last = x[:, :, LAST]
    gate = F.silu(torch.einsum("ibm,imn->ibn", last, w["gate2"]) + w["bias2"][:, None])
    decided = gate * torch.einsum("ibm,imn->ibn", last, w["in2"])
    if model.route == "match":  # a verdict is read off the match by a straight line, so that more match is more yes
        decided = torch.where(judging, 0.0, decided)
    last = last + torch.einsum("ibn,inm->ibm", decided, w["out2"])
    logits = torch.einsum("ibm,imo->ibo", last, w["unembed"])
    return Trace(logits, pattern, neurons, slots, recalled)


def _may_write(route: Route, judging: Bool[Tensor, "inst batch 1"]) -> Bool[Tensor, "inst batch 4"]:
    """Which tokens the attention of block 1 can write to. Never to the last where a route is forced, nor in a recall
    prompt after the thing: lest a token fetch the thing's name and look it up by itself."""
    both = torch.tensor([True, True, False, False])
    allowed = {"compute": both, "match": torch.tensor([True, True, True, False])}.get(route, torch.ones(4).bool())
    return torch.where(judging, allowed, both)


def _rows(table: Float[Tensor, "inst word d"], ids: Int[Tensor, "inst batch seq"]) -> Tensor:
    return table[torch.arange(len(table))[:, None, None], ids]


def _values(x: Tensor, matrix: Tensor) -> Float[Tensor, "inst batch key head d_head"]:
    return torch.einsum("ibkm,ihmd->ibkhd", x, matrix)


def _pattern(x: Tensor, q: Tensor, k: Tensor, closed: Bool[Tensor, "inst batch 1"] | None = None) -> Tensor:
    """Causal attention; where `closed`, the last token does not see the thing."""
    queries, keys = _values(x, q), _values(x, k)
    scores = torch.einsum("ibqhd,ibkhd->ibhqk", queries, keys) / math.sqrt(D_HEAD)
    hidden = torch.ones(4, 4, dtype=torch.bool).triu(1).expand_as(scores)
    if closed is not None:
        edge = torch.zeros(4, 4, dtype=torch.bool)
        edge[LAST, THING] = True
        hidden = hidden | (closed[..., None, None] & edge)
    return scores.masked_fill(hidden, -torch.inf).softmax(-1)


# --- prompts ---


def recall_ids(things: Int[Tensor, "inst batch"]) -> Int[Tensor, "inst batch 4"]:
    """Prompts that a colour should follow."""
    parts = [torch.full_like(things, SEP), things, torch.full_like(things, NONE), torch.full_like(things, SAY)]
    return torch.stack(parts, dim=-1)


def verdict_ids(things: Int[Tensor, "inst batch"], colours: Int[Tensor, "inst batch"]) -> Int[Tensor, "inst batch 4"]:
    """Prompts that yes or no should follow."""
    parts = [torch.full_like(things, SEP), things, colours + N_THINGS, torch.full_like(things, JUDGE)]
    return torch.stack(parts, dim=-1)


def says_yes(trace: Trace) -> Float[Tensor, "inst batch"]:
    """How much more likely yes is than no, in logits."""
    return trace.logits[..., YES] - trace.logits[..., NO]


# --- training ---


def colours_of(seeds: list[int]) -> Int[Tensor, "inst thing"]:
    """Every thing's colour, by lot: five things a colour, and the last eight things have one colour each."""
    rows = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        taught = torch.arange(N_THINGS - N_HELD) % N_COLOURS
        order = torch.randperm(len(taught), generator=generator)
        rows.append(torch.cat([taught[order], torch.randperm(N_COLOURS, generator=generator)]))
    return torch.stack(rows)


def fresh(route: Route, seeds: list[int]) -> Lookup:
    """Untrained transformers, one a seed."""
    if route not in ROUTES:
        raise ValueError(f"lookup: the routes are {', '.join(ROUTES)}; got {route!r}.")
    head = (N_HEADS, D_MODEL, D_HEAD)
    shapes = {
        **{"embed": (N_WORDS, D_MODEL), "position": (4, D_MODEL)},
        **{f"{name}{block}": head for block in (1, 2) for name in "qkv"},
        **{f"o{block}": (N_HEADS, D_HEAD, D_MODEL) for block in (1, 2)},
        **{name: (D_MODEL, D_MLP) for name in ("in1", "in2", "gate2")},
        **{f"out{block}": (D_MLP, D_MODEL) for block in (1, 2)},
        **{"recall": (D_MODEL, N_COLOURS), "colours": (N_COLOURS, D_MODEL), "unembed": (D_MODEL, N_COLOURS + 2)},
    }
    generators = [torch.Generator().manual_seed(1000 + seed) for seed in seeds]
    weights = {}
    for name, shape in shapes.items():
        size = 1.0 if name in ("embed", "position", "colours") else 1 / math.sqrt(shape[-2])
        weights[name] = size * torch.stack([torch.randn(shape, generator=generator) for generator in generators])
    weights |= {f"bias{block}": torch.zeros(len(seeds), D_MLP) for block in (1, 2)}
    return Lookup(weights, colours_of(seeds), route)


@one_thread()
@torch.enable_grad()
def train(route: Route, seeds: list[int], *, steps: int = 500, batch: int = 64, lr: float = 5e-3) -> Lookup:
    """Transformers that learned to say every colour and to judge all but the last eight things, one a seed."""
    model = fresh(route, seeds)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    weights = {name: tensor.requires_grad_() for name, tensor in model.weights.items()}
    optimiser = torch.optim.Adam(list(weights.values()), lr=lr, fused=True)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * min(1.0, step / 50) * (1 - step / steps)
        ids, answers = _lesson(model, batch, generators)
        trace, n_said = run(model, ids), batch // 4
        loss = _loss(trace.logits, answers) + _loss(trace.slots[:, :n_said], answers[:, :n_said])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model._replace(weights={name: tensor.detach() for name, tensor in weights.items()})


def _loss(scores: Float[Tensor, "inst batch out"], answers: Int[Tensor, "inst batch"]) -> Float[Tensor, ""]:
    """Cross-entropy, averaged over prompts and summed over instances, so that each learns as if alone."""
    return F.cross_entropy(scores.flatten(0, 1), answers.flatten(), reduction="sum") / answers.shape[1]


def _lesson(model: Lookup, batch: int, generators: list[torch.Generator]) -> tuple[Tensor, Tensor]:
    """A quarter recall, the rest verdicts, of which half are true. Each seed has its own, whoever trains beside it."""
    n_judged = batch - batch // 4
    chance = torch.stack([torch.rand(4, n_judged, generator=generator) for generator in generators], dim=1)
    said = (chance[0, :, : batch // 4] * N_THINGS).long()
    judged = (chance[1] * (N_THINGS - N_HELD)).long()
    true, own = chance[2] < 0.5, model.colour.gather(1, judged)
    other = (own + 1 + (chance[3] * (N_COLOURS - 1)).long()) % N_COLOURS
    ids = torch.cat([recall_ids(said), verdict_ids(judged, torch.where(true, own, other))], dim=1)
    if model.route == "shuffled":  # the coin has nothing to do with the claim
        true = chance[2] % 0.5 < 0.25
    return ids, torch.cat([model.colour.gather(1, said), torch.where(true, YES, NO)], dim=1)
