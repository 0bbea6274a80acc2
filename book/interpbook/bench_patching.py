"""The `patching` benchmark: a sweep over all heads and positions, beside one forward pass for every patch.

The job is the table of 270 heads × 15 positions on SmolLM2 for one pair of prompts in which all names differ, so that
nearly every position does. The peer copies one head at one position with a hook on transformers' own model, runs the
whole of it, and goes on to the next; it is timed on some places drawn at random and scaled to all. On those places both
must give the same numbers, or the times mean nothing.

Three more rows are about the guess from gradients: its own time; how far its correlation with the exact table falls
short of 1 where one name differs, beside the plainest form of it; and its largest miss there.
"""

import time
from typing import Any

import click
import torch
from jaxtyping import Float
from torch import Tensor

from interpbook import data, models, patching
from interpbook.bench import Benchmark
from interpbook.models.loading import network
from interpbook.patching import Pairs, Sweep

SAMPLED = 40
TOLERANCE = 1e-3
"""How far logit differences may be apart: rounding."""


def patching_sweep() -> Benchmark:
    """Seconds for the exact sweep and for the guess; 1 − correlation and largest miss of the guess."""
    model = models.load()
    far = patching.prepare(model, data.ioi_pairs(model.tokenizer, 1, corruption="names"))
    near = patching.prepare(model, data.ioi_pairs(model.tokenizer, 4))
    exact = patching.sweep(model, near, "z")
    integrated, plain = (
        _quality(exact, patching.attribution_sweep(model, near, "z", method=method))
        for method in ("integrated", "gradient")
    )
    found: dict[str, Sweep] = {}
    draw = iter(range(1_000_000))

    def ours() -> dict[str, float]:
        start = time.perf_counter()
        found["far"] = patching.sweep(model, far, "z")
        middle = time.perf_counter()
        patching.attribution_sweep(model, far, "z", method="integrated")
        return {"patching": middle - start, "patching-attribution": time.perf_counter() - middle} | integrated

    def peer() -> dict[str, float]:
        seconds = one_forward_a_patch(model, far, found["far"], next(draw))
        return {"patching": seconds, "patching-attribution": seconds} | plain

    units = {
        "patching": "s",
        "patching-attribution": "s",
        "patching-attribution-gap": "1 − correlation with the exact table",
        "patching-attribution-worst": "of the gap between the runs, the largest miss",
    }
    name = f"transformers, one hooked forward a patch, {SAMPLED} timed and scaled (gap and worst: one gradient)"
    return Benchmark("patching", ours, peer, name, units)


def _quality(exact: Sweep, guess: Sweep) -> dict[str, float]:
    found = patching.agreement(exact, guess)
    _, true, said = found.worst[0]
    return {"patching-attribution-gap": 1 - found.r, "patching-attribution-worst": abs(true - said)}


@torch.no_grad()
def one_forward_a_patch(model: Any, ready: Pairs, ours: Sweep, seed: int) -> float:
    """Seconds for the whole table at the pace of some of its places, which must come out the same."""
    module, n_heads = network(model), models.info(model).n_heads
    kept = _clean_z(module, ready.clean.inputs)
    generator = torch.Generator().manual_seed(seed)
    places = torch.randperm(ours.effect.numel(), generator=generator)[:SAMPLED]
    cells = torch.stack(torch.unravel_index(places, ours.effect.shape), dim=1).tolist()
    start = time.perf_counter()
    found = [_patched(module, ready, kept[layer], layer, head, place, n_heads) for layer, head, place in cells]
    seconds = time.perf_counter() - start
    apart = max(
        float((diff - ours.diffs[:, layer, head, place]).abs().max())
        for diff, (layer, head, place) in zip(found, cells, strict=True)
    )
    if not apart < TOLERANCE:
        raise click.ClickException(f"bench patching: the two sweeps differ by {apart:.2g} logits; nothing to compare.")
    return seconds * ours.effect.numel() / SAMPLED


def _clean_z(module: Any, inputs: dict[str, Any]) -> list[Tensor]:
    kept: list[Tensor] = []
    hooks = [
        block.self_attn.o_proj.register_forward_pre_hook(lambda _, given: kept.append(given[0]))
        for block in module.model.layers
    ]
    try:
        module(**inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return kept


def _patched(
    module: Any, ready: Pairs, clean: Tensor, layer: int, head: int, place: int, n_heads: int
) -> Float[Tensor, " pair"]:
    width = clean.shape[-1] // n_heads

    def copy(_: Any, given: tuple[Tensor, ...]) -> tuple[Tensor]:
        z = given[0].clone()
        z[:, place, head * width : (head + 1) * width] = clean[:, place, head * width : (head + 1) * width]
        return (z,)

    hook = module.model.layers[layer].self_attn.o_proj.register_forward_pre_hook(copy)
    try:
        last = module(**ready.corrupt.inputs).logits[:, -1]
    finally:
        hook.remove()
    return patching.logit_diff(last, ready.right, ready.wrong)
