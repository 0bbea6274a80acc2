"""Attribution patching: guess a whole sweep from two runs and one backward pass.

A patch moves an activation from what it was to what it is in the other run. To first order the answer moves by that
step times the slope. The slope is taken where the patch begins ("gradient"), averaged on the way from one prompt's
embeddings to the other's ("integrated"), or replaced by the coefficients of relevance propagation ("relp").

Nanda 2023 (attribution patching); Sundararajan et al. 2017 and Hanna et al. 2024 (integrated gradients); Jafari et al.
2025 (RelP). For Llama and its relatives.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import PromptPair
from interpbook.models import ModelError, SiteError, info
from interpbook.models.loading import network
from interpbook.patching import blocks
from interpbook.patching.blocks import Kept
from interpbook.patching.pairs import Direction, Pairs, baselines, ends, prepare
from interpbook.patching.sweeps import BY_HEAD, STREAMS, Sweep, answer_directions

Method = Literal["gradient", "integrated", "relp"]


def gradient_patch(
    start: Float[Tensor, "*place d"], source: Float[Tensor, "*place d"], slope: Float[Tensor, "*place d"]
) -> Float[Tensor, "*place"]:
    """The step that a patch would make, times the slope of the answer there: the first-order guess of its effect.

    `start` is the activation in the run that is patched, `source` the one copied in, `slope` the answer's gradient with
    respect to the activation, in the run that is patched.
    """
    return ((source - start) * slope).sum(-1)


def attribution_sweep(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, kind: str = "z", *, by_position: bool = True,
    direction: Direction = "denoise", method: Method = "gradient", steps: int = 8,
) -> Sweep:  # fmt: skip
    """A guess of `sweep`'s whole table for the price of a few runs; the same axes, so the two can be laid side by side.

    "gradient": the slope where the patch begins. "integrated": its mean over `steps` points between the two prompts'
    embeddings. "relp": norms divide by a constant, patterns are constants (so `q` and `k` get 0), a gate and what it
    gates share the credit.
    """
    if not blocks.supported(model):
        raise ModelError(f"attribution_sweep: {info(model).name!r} models are not written out here; {blocks.FAMILIES}.")
    if kind not in STREAMS + BY_HEAD:
        raise SiteError(f"attribution_sweep: kind {kind!r} is not known. Kinds: {', '.join(STREAMS + BY_HEAD)}.")
    ready = prepare(model, pairs)
    clean, corrupt = baselines(model, ready)
    start, source = ends(ready, direction)
    with torch.no_grad():
        here, there = (blocks.record(model, blocks.embed(model, run.ids)) for run in (start, source))
    points = _points(method, blocks.embed(model, start.ids), blocks.embed(model, source.ids), steps)
    slopes = [_slopes(model, ready, point, kind, linear=method == "relp") for point in points]
    slope = torch.stack(slopes).mean(0)
    step = torch.stack(
        [getattr(after, kind) - getattr(before, kind) for before, after in zip(here, there, strict=True)]
    )
    guess = gradient_patch(torch.zeros_like(step), step, slope).float().transpose(0, 1)  # (pair, layer, seq, *head)
    guess = guess.movedim(2, -1) if by_position else guess.sum(2)
    base = (corrupt if direction == "denoise" else clean).reshape(-1, *[1] * (guess.ndim - 1))
    places = list(range(start.ids.shape[1])) if by_position else []
    return Sweep(kind, direction, base + guess, clean, corrupt, list(range(len(here))), places)


def _points(method: str, start: Tensor, source: Tensor, steps: int) -> list[Tensor]:
    """The embeddings at which slopes are taken."""
    if method not in ("gradient", "integrated", "relp"):
        raise ValueError(f"attribution_sweep: no method {method!r}. Methods: gradient, integrated, relp.")
    if method != "integrated":
        return [start]
    return [start + (k + 0.5) / steps * (source - start) for k in range(steps)]


def _slopes(
    model: TransformersModel, ready: Pairs, embedded: Tensor, kind: str, *, linear: bool
) -> Float[Tensor, "layer pair seq *head_d"]:
    """How the logit difference changes with every activation of one kind, in one backward pass."""
    directions = answer_directions(model, ready)
    with torch.enable_grad():
        kept: list[Kept] = blocks.record(model, embedded.detach().requires_grad_(), linear=linear)
        norm, last = network(model).model.norm, kept[-1].resid[:, -1:]
        normed = blocks.linear_norm(norm, last) if linear else norm(last)
        places = [getattr(layer, kind) for layer in kept]
        found = torch.autograd.grad((normed[:, 0] * directions).sum(), places, allow_unused=True)
    return torch.stack([torch.zeros_like(p) if g is None else g for p, g in zip(places, found, strict=True)])


class Agreement(NamedTuple):
    """How well a guessed table matches the exact one, and where it fails."""

    r: float
    """Pearson correlation over all places."""
    rank_r: float
    """Spearman correlation: of the order only."""
    sign_errors: float
    """Of the places that matter (exact effect of at least `floor`), the share whose guess has the wrong sign."""
    n_matter: int
    n: int
    worst: list[tuple[tuple[int, ...], float, float]]
    """The largest misses: place as (layer, *unit), exact effect, guess."""


def agreement(exact: Sweep, guess: Sweep, *, floor: float = 0.02, n_worst: int = 5) -> Agreement:
    """Compare two sweeps of the same places, in shares of the gap between clean and corrupt."""
    if exact.effect.shape != guess.effect.shape or exact.kind != guess.kind:
        raise ValueError(
            f"agreement: the sweeps are of {exact.kind} {tuple(exact.effect.shape)} and {guess.kind} "
            f"{tuple(guess.effect.shape)}; expected the same places. The same layers and positions?"
        )
    true, said = exact.effect.flatten(), guess.effect.flatten()
    matter = true.abs() >= floor
    wrong = (true[matter].sign() != said[matter].sign()).float()
    miss = (true - said).abs().topk(min(n_worst, len(true))).indices
    places = torch.stack(torch.unravel_index(miss, exact.effect.shape), dim=1).tolist()
    worst = [
        ((exact.layers[place[0]], *place[1:]), float(true[i]), float(said[i]))
        for place, i in zip(places, miss.tolist(), strict=True)
    ]
    return Agreement(
        r=_correlation(true, said),
        rank_r=_correlation(*(x.argsort().argsort().float() for x in (true, said))),
        sign_errors=float(wrong.mean()) if len(wrong) else 0.0,
        n_matter=len(wrong),
        n=len(true),
        worst=worst,
    )


def _correlation(x: Tensor, y: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([x.double(), y.double()]))[0, 1])
