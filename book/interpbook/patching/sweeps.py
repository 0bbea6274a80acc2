"""Activation patching, one place or all places: what must be copied for the answer to come back?

1. `patch` copies some sites from the other run, together, in one forward pass: the definition.
2. `sweep` does so for every layer, head and position, each by itself, and gives the same numbers many times sooner.

Vig et al. 2020; Meng et al. 2022; Wang et al. 2022. Practice: Zhang and Nanda 2023, Heimersheim and Nanda 2024.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import PromptPair
from interpbook.models import Site, SiteError, info, next_logits, read
from interpbook.models.loading import network
from interpbook.models.tokens import Tokens
from interpbook.patching import blocks
from interpbook.patching.blocks import Entry, Kept
from interpbook.patching.pairs import Direction, Pairs, baselines, ends, logit_diff, prepare

Head = tuple[int, int]
"""(layer, head)"""
STREAMS = ("resid_pre", "attn_out", "resid_mid", "mlp_out", "resid")
BY_HEAD = ("q", "k", "v", "z")
MAX_TOKENS = 1536
"""How many tokens go through a block at once: enough to keep the processor busy, little memory."""


class Sweep(NamedTuple):
    """Patched logit differences of every place, with what is needed to read them."""

    kind: str
    direction: str
    diffs: Float[Tensor, "pair layer *unit"]
    """The logit difference after the patch. A unit is a head, a position, a head and a position, or nothing."""
    clean: Float[Tensor, " pair"]
    corrupt: Float[Tensor, " pair"]
    layers: list[int]
    positions: list[int]
    """Which positions the last axis stands for; empty where all were patched together."""

    @property
    def effects(self) -> Float[Tensor, "pair layer *unit"]:
        """`effect` for each pair, over the mean gap between the runs. Its mean over pairs is `effect`."""
        start = self.corrupt if self.direction == "denoise" else self.clean
        gap = (self.clean - self.corrupt).mean() * (1 if self.direction == "denoise" else -1)
        return (self.diffs - start.reshape(-1, *[1] * (self.diffs.ndim - 1))) / gap

    @property
    def effect(self) -> Float[Tensor, " layer *unit"]:
        """The share of clean − corrupt that comes back (denoise) or is destroyed (noise): 0 nothing, 1 all of it."""
        return self.effects.mean(0)

    def best(self, n: int, *, signed: bool = True) -> list[tuple[int, ...]]:
        """The places of the largest effects, as (layer, *unit); with `signed=False`, of either sign."""
        scores = self.effect if signed else self.effect.abs()
        flat = scores.flatten().topk(min(n, scores.numel())).indices
        places = torch.stack(torch.unravel_index(flat, scores.shape), dim=1).tolist()
        return [(self.layers[place[0]], *place[1:-1], *self._last(place)) for place in places]

    def _last(self, place: list[int]) -> list[int]:
        last = place[1:][-1:]
        return [self.positions[i] for i in last] if self.positions else last


def patch(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, sites: Iterable[Site],
    direction: Direction = "denoise",
) -> Float[Tensor, " pair"]:  # fmt: skip
    """The logit difference once all these sites, together, hold what they held in the other run."""
    ready, places = prepare(model, pairs), list(sites)
    start, source = ends(ready, direction)
    found = read(model, source, places) if places else {}
    return logit_diff(next_logits(model, start, write=found), ready.right, ready.wrong)


def sweep(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, kind: str, *, by_position: bool = True,
    direction: Direction = "denoise", layers: Sequence[int] | None = None, positions: Sequence[int] | None = None,
) -> Sweep:  # fmt: skip
    """Patch every place of one kind, each by itself: all layers, all heads (`q k v z`), all positions.

    Exactly what `patch` gives for each place. `by_position=False` copies a site at all positions together;
    `layers` and `positions` (from the end, or from the start) keep the sweep to some.
    """
    ready = prepare(model, pairs)
    chosen = list(range(info(model).n_layers)) if layers is None else list(layers)
    places = _positions(ready, positions) if by_position else []
    if kind not in STREAMS + BY_HEAD:
        raise SiteError(f"sweep: kind {kind!r} cannot be swept. Kinds: {', '.join(STREAMS + BY_HEAD)}.")
    start, source = ends(ready, direction)
    run = _fast if blocks.supported(model) else _plain
    with torch.no_grad():
        clean, corrupt = baselines(model, ready)
        diffs = run(model, ready, (start, source), kind, chosen, places)
    return Sweep(kind, direction, diffs, clean, corrupt, chosen, places)


def _positions(ready: Pairs, positions: Sequence[int] | None) -> list[int]:
    n_tokens = ready.clean.ids.shape[1]
    wanted = range(n_tokens) if positions is None else positions
    for position in wanted:
        if not -n_tokens <= position < n_tokens:
            raise SiteError(f"sweep: position {position}: the prompts have positions 0 to {n_tokens - 1}.")
    return [position % n_tokens for position in wanted]


# --- the quick way: only what comes after the patch ---


def answer_directions(model: TransformersModel, ready: Pairs) -> Float[Tensor, "pair d_model"]:
    """W_U[right] − W_U[wrong]: what the final norm's output is multiplied by to give the logit difference."""
    weight = network(model).lm_head.weight
    return weight[ready.right].float() - weight[ready.wrong].float()


def _fast(
    model: TransformersModel, ready: Pairs, tokens: tuple[Tokens, Tokens], kind: str, layers: list[int],
    positions: list[int],
) -> Float[Tensor, "pair layer *unit"]:  # fmt: skip
    base, other = (blocks.record(model, blocks.embed(model, run.ids)) for run in tokens)
    directions, ordered, first = answer_directions(model, ready), sorted(set(layers)), first_difference(ready)
    spans = [slice(position, position + 1) for position in positions] or [slice(first, ready.clean.ids.shape[1])]
    untouched = next(blocks.finish(model, base, [Entry(len(base), base[-1].resid)], directions))
    columns = []
    for span in spans:
        if span.stop <= first:  # the runs are the same so far: nothing to copy
            cells = getattr(base[0], kind).shape[2] if kind in BY_HEAD else 1
            columns.append(untouched.expand(len(layers), cells, -1))
            continue
        found: dict[int, Tensor] = {}
        for group in _grouped(ordered, base[0], kind, span):
            entries = [_entry(model, base, other, kind, layer, span) for layer in group]
            found |= dict(zip(group, blocks.finish(model, base, entries, directions), strict=True))
        columns.append(torch.stack([found[layer] for layer in layers]))
    return _arranged(torch.stack(columns, dim=-1), kind, bool(positions))


def first_difference(ready: Pairs) -> int:
    """The first position at which any clean prompt differs from its corrupt one; before it, the two runs are one."""
    differs = (ready.clean.ids != ready.corrupt.ids).any(0)
    return int(differs.int().argmax()) if bool(differs.any()) else len(differs) - 1


def _arranged(table: Float[Tensor, "layer cell pair span"], kind: str, by_position: bool) -> Tensor:
    """Pairs first; no axis for what is not told apart."""
    table = table.permute(2, 0, 1, 3)
    table = table if kind in BY_HEAD else table[:, :, 0]
    return table if by_position else table[..., 0]


def _grouped(layers: list[int], base: Kept, kind: str, span: slice) -> list[list[int]]:
    """Layers whose patches go through the rest of the model together."""
    n_pairs, n_tokens = base.resid_pre.shape[:2]
    n_cells = getattr(base, kind).shape[2] if kind in BY_HEAD else 1
    size = max(1, MAX_TOKENS // (n_cells * n_pairs * (n_tokens - span.start)))
    return [layers[start : start + size] for start in range(0, len(layers), size)]


def _entry(model: TransformersModel, base: list[Kept], other: list[Kept], kind: str, layer: int, span: slice) -> Entry:
    """The streams after one layer's patches, from the patched position on: one row for each cell and pair."""
    here, there, first = base[layer], other[layer], span.start
    if kind == "resid_pre":
        return Entry(layer, _replaced(here.resid_pre, there.resid_pre, span))
    if kind in ("q", "k", "v"):
        return Entry(layer + 1, _with_edit(model, here, there, kind, layer, span))
    match kind:
        case "resid":
            new = there.resid[:, span]
        case "mlp_out":
            new = here.resid_mid[:, span] + there.mlp_out[:, span]
        case _:
            mid = _mid(model, here, there, kind, layer, span)
            new = mid + blocks.neurons(network(model).model.layers[layer], mid)
    cells = len(new) // len(here.resid)
    return Entry(layer + 1, torch.cat([new, here.resid[:, first + new.shape[1] :].repeat(cells, 1, 1)], dim=1))


def _replaced(here: Tensor, there: Tensor, span: slice) -> Tensor:
    return torch.cat([there[:, span], here[:, span.stop :]], dim=1)


def _mid(model: TransformersModel, here: Kept, there: Kept, kind: str, layer: int, span: slice) -> Tensor:
    """The stream between attention and neurons, at the patched positions: `(cell pair) span d_model`."""
    if kind == "resid_mid":
        return there.resid_mid[:, span]
    if kind == "attn_out":
        return here.resid_pre[:, span] + there.attn_out[:, span]
    delta = head_writes(model, layer, (there.z - here.z)[:, span])  # (pair, span, head, d_model)
    return (here.resid_mid[:, span, None] + delta).permute(2, 0, 1, 3).flatten(0, 1)


def head_writes(
    model: TransformersModel, layer: int, z: Float[Tensor, "row seq head d_head"]
) -> Float[Tensor, "row seq head d_model"]:
    """What each head by itself adds to the stream: its `z` through its own columns of the output matrix."""
    weight = network(model).model.layers[layer].self_attn.o_proj.weight
    return torch.einsum("rshk,mhk->rshm", z, weight.unflatten(1, (z.shape[2], -1)))


def _with_edit(model: TransformersModel, here: Kept, there: Kept, kind: str, layer: int, span: slice) -> Tensor:
    """A whole block again, where one head's queries, keys or values come from the other run."""
    gap = (getattr(there, kind) - getattr(here, kind))[:, span]
    n_pairs, n_tokens = here.resid_pre.shape[:2]
    cells = gap.shape[2]
    edit = gap.new_zeros(cells, n_pairs, n_tokens - span.start, cells, gap.shape[-1])
    for head in range(cells):
        edit[head, :, : gap.shape[1], head] = gap[:, :, head]
    x = here.resid_pre[:, span.start :].repeat(cells, 1, 1)
    return blocks.run_block(model, layer, x, here, span.start, {kind: edit.flatten(0, 1)})


# --- the plain way, for any architecture: whole forward passes, several patches side by side ---


def _plain(
    model: TransformersModel, ready: Pairs, tokens: tuple[Tokens, Tokens], kind: str, layers: list[int],
    positions: list[int],
) -> Float[Tensor, "pair layer *unit"]:  # fmt: skip
    start, source = tokens
    sizes, n_pairs = info(model), len(ready.right)
    heads = {"q": sizes.n_heads, "z": sizes.n_heads, "k": sizes.n_kv_heads, "v": sizes.n_kv_heads}.get(kind)
    cells = [(head, position) for head in range(heads or 1) for position in (positions or [None])]
    size, rows = max(1, MAX_TOKENS // start.ids.numel()), []
    for layer in layers:
        site = Site(kind, layer)
        there = read(model, source, site)
        for begin in range(0, len(cells), size):
            some = cells[begin : begin + size]
            write = {site: _side_by_side(there, some, with_heads=heads is not None)}
            repeated = Tokens(start.ids.repeat(len(some), 1), start.mask.repeat(len(some), 1))
            said = next_logits(model, repeated, write=write)
            right, wrong = ready.right.repeat(len(some)), ready.wrong.repeat(len(some))
            rows.append(logit_diff(said, right, wrong).unflatten(0, (-1, n_pairs)))
    table = torch.cat(rows).unflatten(0, (len(layers), heads or 1, len(positions) or 1))
    return _arranged(table.transpose(2, 3), kind, bool(positions))


def _side_by_side(
    there: Tensor, cells: list[tuple[int, int | None]], *, with_heads: bool
) -> Callable[[Tensor], Tensor]:
    """What to write so that each group of rows gets its own head and position from the other run."""

    def written(passing: Tensor) -> Tensor:
        new = passing.unflatten(0, (len(cells), -1)).clone()
        for row, (head, position) in zip(new, cells, strict=True):
            place = slice(None) if position is None else position
            if with_heads:
                row[:, place, head] = there[:, place, head].to(row.dtype)
            else:
                row[:, place] = there[:, place].to(row.dtype)
        return new.flatten(0, 1)

    return written
