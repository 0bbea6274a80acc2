"""Transcoders of the planted organisms, trained as those of a real model are: from what passes at their neurons.

They know nothing of slots or variables. They are narrow on purpose: one with room for a latent a word describes the
neurons better and shows less, since it has no need of a latent for Texas. Rows at which a block's neurons hardly write
are mostly left out of training, as most tokens of these short prompts are words of grammar; an organism whose point is
that a block stays silent (`Blueprint.contrast`) keeps those at tokens where the block has something to say to others.
Files hold 16-bit numbers.
"""

from dataclasses import asdict, replace
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.training import Plan
from interpbook.dictionaries.transcoders import Transcoder, train_transcoder, transcode
from interpbook.dictionaries.transcoders.fitting import Fit, begin, finished, step
from interpbook.dictionaries.transcoders.starting import neurons_of
from interpbook.models import Site, read
from interpbook.organisms.tracing.shipped import Organism, cases, whole
from interpbook.organisms.tracing.wiring import Blueprint

QUIET = 0.2
"""Rows whose output is shorter than this share of the longest count as silent."""
PROMPTS = 2000
STEPS, BATCH = 600, 512


def rows_of(
    organism: Organism, split: str, layer: int, *, at_most: int = PROMPTS
) -> tuple[Float[Tensor, "row d_model"], Float[Tensor, "row d_model"]]:
    """What enters and what leaves a block's neurons, at every token where they write, over many prompts."""
    found = cases(organism.name, split, repeats=True)
    longest = max(len(case.text.split()) for case in found)
    texts = [case.text for case in found if len(case.text.split()) == longest]
    texts = texts[:: max(1, len(texts) // at_most)][:at_most]
    sites = [Site("mlp_in", layer=layer), Site("mlp_out", layer=layer)]
    passing = read(organism.model, texts, sites)
    loud = _loud(passing[sites[1]][:, 1:])
    if organism.blueprint.contrast:
        loud = loud.any(0).expand_as(loud)
    loud, (x, y) = loud.flatten(), (passing[site][:, 1:].flatten(0, 1) for site in sites)
    quiet, n_quiet = (~loud).nonzero()[:, 0], int(loud.sum()) // 2
    if organism.blueprint.contrast:
        quiet = quiet[torch.randperm(len(quiet), generator=torch.Generator().manual_seed(layer))]
    chosen = torch.cat([loud.nonzero()[:, 0], quiet[:n_quiet]])
    return x[chosen], y[chosen]


def _loud(y: Float[Tensor, "... d_model"]) -> Bool[Tensor, "..."]:
    """Where a block's neurons write."""
    sizes = y.norm(dim=-1)
    return sizes > QUIET * sizes.max()


def fit_transcoders(organism: Organism, *, seed: int = 0, steps: int = STEPS) -> dict[int, Transcoder]:
    """A transcoder for each block, trained on the prompts that the organism was taught."""
    found = {}
    for layer, (n_latents, k) in enumerate(zip(organism.blueprint.latents, organism.blueprint.k, strict=True)):
        x, y = rows_of(organism, "train", layer)
        if not len(x) or not n_latents:
            continue
        rate = organism.blueprint.rate
        plan = Plan(steps=steps, batch=min(BATCH, len(x)), lr=rate, seed=seed, dead_after=10 * BATCH)
        config = TopK(d_in=x.shape[1], n_latents=n_latents, k=k)
        by_hand = layer in organism.blueprint.from_neurons or not organism.blueprint.constant
        trained = (
            _trained(organism, x, y, config, plan, layer)
            if by_hand
            else train_transcoder(x, y, config, plan, layer=layer)
        )
        found[layer] = _half(replace(trained, limit=float("inf")))
    return found


def _trained(organism: Organism, x: Tensor, y: Tensor, config: TopK, plan: Plan, layer: int) -> Transcoder:
    """A transcoder whose latents may begin as the block's own neurons, as those of SmolLM2 do, or with no constant."""
    generator, blueprint = torch.Generator().manual_seed(plan.seed), organism.blueprint
    neurons = neurons_of(organism.model, layer) if layer in blueprint.from_neurons else None
    limit = float("inf") if blueprint.contrast else None  # where silence is the rule, a word is no attention sink
    fit = begin(x, y, config, plan, layer=layer, neurons=neurons, limit=limit)
    if not blueprint.constant:
        fit.scales = fit.scales._replace(y_mean=torch.zeros_like(fit.scales.y_mean))
    for _ in range(plan.steps):
        _hold(fit, blueprint)
        rows = torch.randint(len(x), (plan.batch,), generator=generator)
        step(fit, x[rows], y[rows], plan)
    _hold(fit, blueprint)
    return finished(fit)


def _hold(fit: Fit, blueprint: Blueprint) -> None:
    """No constant where there is to be none."""
    if not blueprint.constant:
        fit.transcoder.b_dec.detach().zero_()


def missed(organism: Organism, transcoders: dict[int, Transcoder], split: str = "test") -> dict[int, float]:
    """For each block, the share of what its neurons write (as variance) that the transcoder misses."""
    found = {}
    for layer, transcoder in transcoders.items():
        x, y = rows_of(organism, split, layer)
        wrong = (y - transcode(transcoder, x)).square().sum()
        found[layer] = float(wrong / (y - y.mean(0)).square().sum())
    return found


def open_transcoders(name: str, *, rival: bool = False, where: Path | None = None) -> dict[int, Transcoder]:
    """The transcoders of a planted organism that come with the book, by block.

    Raises:
        ArtifactError: their file is missing or damaged.
    """
    file = whole(f"{name}{'-rival' if rival else ''}-transcoders.safetensors", where)
    with safe_open(file, "pt") as inside:
        about = inside.metadata() or {}
        tensors = {name: inside.get_tensor(name).float() for name in inside.keys()}  # noqa: SIM118
    found = {}
    for layer in sorted({int(key.split(".")[0]) for key in tensors}):
        own = {part: tensors[f"{layer}.{part}"] for part in ("W_enc", "b_enc", "W_dec", "b_dec")}
        config = TopK(d_in=own["W_enc"].shape[1], n_latents=len(own["W_enc"]), k=int(about[f"{layer}.k"]))
        found[layer] = Transcoder(config, **own, layer=layer)
    return found


def save_transcoders(transcoders: dict[int, Transcoder], file: Path) -> None:
    """Write the transcoders of one organism into one file."""
    tensors = {f"{layer}.{name}": t.half() for layer, tc in transcoders.items() for name, t in tc.tensors.items()}
    save_file(tensors, file, metadata={f"{layer}.k": str(asdict(tc.config)["k"]) for layer, tc in transcoders.items()})


def _half(transcoder: Transcoder) -> Transcoder:
    """As it will lie on disk."""
    return transcoder.with_tensors({name: tensor.half().float() for name, tensor in transcoder.tensors.items()})
