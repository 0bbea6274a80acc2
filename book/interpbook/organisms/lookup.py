"""Small transformers in which the route to a verdict is forced, so that our measures have a known answer to find.

    position      0      1       2        3
    recall        <sep>  thing   <none>   <say>       → the thing's colour
    verdict       <sep>  thing   colour   <judge>     → yes or no

1. Block 1 attends, then its neurons look up the thing's colour. Block 2 attends, then its neurons decide.
2. `compute`: the colour's token cannot see the thing, and all that leaves the thing's token is the colour that the model
   itself recalled (a softmax over eight colours). A verdict can only be made by comparing with that.
3. `match`: the judge cannot see the thing's token at all, and values carry no content: what the colour's token can learn
   from the thing is how strongly its own query matched the thing's key. A verdict can only come from the match.
4. `free`: nothing is closed. `shuffled`: nothing is closed, and yes or no is dealt out by coin.

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
D_MODEL, N_HEADS, D_HEAD, D_MLP = 32, 4, 8, 96


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
    keys: Float[Tensor, "inst batch d_mlp"]
    """Neurons of block 1 at the thing."""
    recalled: Float[Tensor, "inst batch d_model"]
    """The recall stream: what the thing's token holds after block 1."""


def run(
    model: Lookup, ids: Int[Tensor, "inst batch 4"], *, recalled: Float[Tensor, "inst batch d_model"] | None = None
) -> Trace:
    """A forward pass; with `recalled`, the thing's token holds that after block 1 (a patch of the recall stream)."""
    w, judging = model.weights, (ids[:, :, LAST] == JUDGE)[..., None, None]
    content = _rows(w["embed"], ids)
    x = content + w["position"][:, None]
    pattern = _pattern(x, w["q1"], w["k1"])
    value = _values(w["position"][:, None].expand_as(x) if model.route == "match" else x, w["v1"])
    gathered = torch.einsum("ibhqk,ibkhd,ihdm->ibqm", pattern, value, w["o1"])
    if model.route == "compute":  # the colour's token cannot see the thing
        gathered = gathered * torch.tensor([1.0, 1.0, 0.0, 1.0])[:, None]
    x = x + gathered
    neurons = torch.relu(torch.einsum("ibqm,imn->ibqn", x, w["in1"]) + w["bias1"][:, None, None])
    x = x + torch.einsum("ibqn,inm->ibqm", neurons, w["out1"])
    thing = x[:, :, THING]
    if model.route == "compute":  # only the recalled colour leaves the thing's token
        said = torch.einsum("ibm,imc->ibc", thing, w["recall"]).softmax(-1)
        thing = torch.einsum("ibc,icm->ibm", said, w["colours"])
    thing = thing if recalled is None else recalled
    x = torch.cat([x[:, :, :THING], thing[:, :, None], x[:, :, THING + 1 :]], dim=2)
    closed = judging if model.route == "match" else torch.zeros_like(judging)
    second = _pattern(x, w["q2"], w["k2"], closed)
    x = x + torch.einsum("ibhqk,ibkhd,ihdm->ibqm", second, _values(x, w["v2"]), w["o2"])
    last = x[:, :, LAST]
    decided = torch.relu(torch.einsum("ibm,imn->ibn", last, w["in2"]) + w["bias2"][:, None])
    last = last + torch.einsum("ibn,inm->ibm", decided, w["out2"])
    return Trace(torch.einsum("ibm,imo->ibo", last, w["unembed"]), pattern, neurons[:, :, THING], thing)


def _rows(table: Float[Tensor, "inst word d"], ids: Int[Tensor, "inst batch seq"]) -> Tensor:
    return table[torch.arange(len(table))[:, None, None], ids]


def _values(x: Tensor, matrix: Tensor) -> Float[Tensor, "inst batch key head d_head"]:
    return torch.einsum("ibkm,ihmd->ibkhd", x, matrix)


def _pattern(x: Tensor, q: Tensor, k: Tensor, closed: Bool[Tensor, "inst batch 1 1"] | None = None) -> Tensor:
    """Causal attention; where `closed`, the last token does not see the thing."""
    queries, keys = _values(x, q), _values(x, k)
    scores = torch.einsum("ibqhd,ibkhd->ibhqk", queries, keys) / math.sqrt(D_HEAD)
    hidden = torch.ones(4, 4, dtype=torch.bool).triu(1).expand_as(scores)
    if closed is not None:
        edge = torch.zeros(4, 4, dtype=torch.bool)
        edge[LAST, THING] = True
        hidden = hidden | (closed[..., None] & edge)
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
        **{f"in{block}": (D_MODEL, D_MLP) for block in (1, 2)},
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
def train(
    route: Route, seeds: list[int], *, steps: int = 800, batch: int = 64, lr: float = 5e-3, shuffle_seed: int = 0
) -> Lookup:
    """Transformers that learned to say every colour and to judge all but the last eight things, one a seed."""
    model, generator = fresh(route, seeds), torch.Generator().manual_seed(shuffle_seed)
    weights = {name: tensor.requires_grad_() for name, tensor in model.weights.items()}
    optimiser = torch.optim.Adam(list(weights.values()), lr=lr, fused=True)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * min(1.0, step / 50) * (1 - step / steps)
        ids, answers = _lesson(model, batch, generator)
        logits = run(model, ids).logits
        loss = F.cross_entropy(logits.flatten(0, 1), answers.flatten(), reduction="none").sum() / batch
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model._replace(weights={name: tensor.detach() for name, tensor in weights.items()})


def _lesson(model: Lookup, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Half recall, half verdicts, of which half are true."""
    n_inst = len(model.colour)
    said = torch.randint(N_THINGS, (n_inst, batch // 2), generator=generator)
    judged = torch.randint(N_THINGS - N_HELD, (n_inst, batch // 2), generator=generator)
    own = model.colour.gather(1, judged)
    true = torch.rand(own.shape, generator=generator) < 0.5
    other = (own + torch.randint(1, N_COLOURS, own.shape, generator=generator)) % N_COLOURS
    ids = torch.cat([recall_ids(said), verdict_ids(judged, torch.where(true, own, other))], dim=1)
    if model.route == "shuffled":
        true = torch.rand(own.shape, generator=generator) < 0.5
    return ids, torch.cat([model.colour.gather(1, said), torch.where(true, YES, NO)], dim=1)
