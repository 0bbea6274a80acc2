"""Path patching: a change that may travel along one path only.

Patching a head changes everything after it. To ask whether head S acts on head R, let S say what it says in the other
run, let no other attention head notice, and give what then reaches R's query, key or value to an otherwise untouched
run. With every other head held, nothing moves between positions on the way, so the whole screen over senders costs a
few MLPs.

Wang et al. 2022; Goldowsky-Dill et al. 2023. For Llama and its relatives.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import PromptPair
from interpbook.models import ModelError, Site, SiteError, info
from interpbook.models.loading import network
from interpbook.patching import blocks
from interpbook.patching.blocks import Entry, Kept
from interpbook.patching.pairs import Direction, Pairs, baselines, ends, prepare
from interpbook.patching.sweeps import Sweep, answer_directions, first_difference, head_writes


class _Runs(NamedTuple):
    """What every sender shares."""

    base: list[Kept]
    other: list[Kept]
    first: int
    through_mlps: bool


def path_effects(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, receivers: Sequence[Site] | None = None, *,
    through_mlps: bool = True, direction: Direction = "noise",
) -> Sweep:  # fmt: skip
    """What each head does to the answer by way of the receivers alone: a sweep over layers and heads, kind "path".

    `receivers` are heads' inputs in one layer or several, such as `[Site("q", 23, head=3)]`; the path ends at the
    earliest place where one of them reads (they all receive, and do not act on one another). Without receivers the
    path leads straight to the logits. MLPs between may carry the change on (`through_mlps`), as in Wang et al.; other
    heads may not. Heads that come too late to reach a receiver get 0.
    """
    if not blocks.supported(model):
        raise ModelError(f"path_effects: {info(model).name!r} models are not written out here; {blocks.FAMILIES}.")
    ready, goals = prepare(model, pairs), _checked(model, receivers)
    start, source = ends(ready, direction)
    with torch.no_grad():
        clean, corrupt = baselines(model, ready)
        base, other = (blocks.record(model, blocks.embed(model, run.ids)) for run in (start, source))
        runs = _Runs(base, other, first_difference(ready), through_mlps)
        last = max((goal.layer or 0 for goal in goals), default=info(model).n_layers)
        untouched = (clean if direction == "noise" else corrupt)[None].expand(info(model).n_heads, -1)
        rows = [
            _from_layer(model, ready, runs, layer, goals) if layer < last else untouched
            for layer in range(info(model).n_layers)
        ]
    return Sweep("path", direction, torch.stack(rows).permute(2, 0, 1), clean, corrupt, list(range(len(rows))), [])


def _checked(model: TransformersModel, receivers: Sequence[Site] | None) -> list[Site]:
    goals = list(receivers or [])
    for goal in goals:
        if goal.kind not in ("q", "k", "v") or goal.head is None or goal.position is not None:
            raise SiteError(
                f"path_effects: a receiver is one head's q, k or v, such as Site('q', 23, head=3); got {goal}."
            )
        n_heads = info(model).n_heads if goal.kind == "q" else info(model).n_kv_heads
        if not 0 <= goal.head < n_heads or not 0 <= (goal.layer or 0) < info(model).n_layers:
            raise SiteError(f"path_effects: {goal}: there are {info(model).n_layers} layers and {n_heads} such heads.")
    return sorted(goals, key=lambda goal: goal.order)


def _from_layer(
    model: TransformersModel, ready: Pairs, runs: _Runs, layer: int, goals: list[Site]
) -> Float[Tensor, "head pair"]:
    """Every head of one layer as the sender."""
    n_pairs = len(ready.right)
    stops = sorted({goal.layer or 0 for goal in goals if (goal.layer or 0) > layer}) or [len(runs.base)]
    change = _sent(model, runs, layer)  # (head pair) tail d_model, added to the stream between attention and neurons
    arrived: dict[int, Tensor] = {}
    for here in range(layer, stops[-1]):
        if here in stops:
            arrived[here] = change
        if runs.through_mlps:
            change = change + _carried(model, runs, here, change)
    directions = answer_directions(model, ready)
    if not goals:
        final = runs.base[-1].resid[:, -1].repeat(len(change) // n_pairs, 1) + change[:, -1]
        normed = network(model).model.norm(final).float().unflatten(0, (-1, n_pairs))
        return torch.einsum("hpd,pd->hp", normed, directions)
    arrived[stops[-1]] = change
    return _received(model, runs, [goal for goal in goals if (goal.layer or 0) > layer], arrived, directions)


def _sent(model: TransformersModel, runs: _Runs, layer: int) -> Float[Tensor, "row tail d_model"]:
    gap = (runs.other[layer].z - runs.base[layer].z)[:, runs.first :]
    return head_writes(model, layer, gap).permute(2, 0, 1, 3).flatten(0, 1)


def _carried(model: TransformersModel, runs: _Runs, layer: int, change: Tensor) -> Float[Tensor, "row tail d_model"]:
    """What the neurons of one block make of the change, while attention says what it always says."""
    kept, block = runs.base[layer], network(model).model.layers[layer]
    cells = len(change) // len(kept.resid)
    mid, said = (part[:, runs.first :].repeat(cells, 1, 1) for part in (kept.resid_mid, kept.mlp_out))
    return blocks.neurons(block, mid + change) - said


def _received(
    model: TransformersModel, runs: _Runs, goals: list[Site], arrived: dict[int, Tensor], directions: Tensor
) -> Float[Tensor, "head pair"]:
    """The answer of a run in which only the receivers' inputs are what the change makes of them."""
    begin, cells = min(arrived), len(arrived[min(arrived)]) // len(runs.base[0].resid)
    x = runs.base[begin].resid_pre[:, runs.first :].repeat(cells, 1, 1)
    for layer in range(begin, max(arrived) + 1):
        edits = {}
        for kind in {goal.kind for goal in goals if goal.layer == layer}:
            heads = [goal.head for goal in goals if goal.layer == layer and goal.kind == kind]
            edits[kind] = _edit(model, runs, layer, kind, heads, x, arrived[layer])
        x = blocks.run_block(model, layer, x, runs.base[layer], runs.first, edits)
    return next(blocks.finish(model, runs.base, [Entry(max(arrived) + 1, x)], directions))


def _edit(
    model: TransformersModel, runs: _Runs, layer: int, kind: str, heads: list[int | None], x: Tensor, change: Tensor
) -> Float[Tensor, "row tail head d_head"]:
    """The difference between what some heads should read and what they would."""
    block = network(model).model.layers[layer]
    project = getattr(block.self_attn, f"{kind}_proj")
    untouched = runs.base[layer].resid_pre[:, runs.first :].repeat(len(x) // len(runs.base[0].resid), 1, 1)
    wanted, now = (project(block.input_layernorm(part)) for part in (untouched + change, x))
    gap = (wanted - now).unflatten(-1, (-1, block.self_attn.head_dim))
    edit = torch.zeros_like(gap)
    edit[:, :, heads] = gap[:, :, heads]
    return edit
