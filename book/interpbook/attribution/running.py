"""The model with some features or neurons set to given values: many such runs of one prompt side by side.

`run` with `frozen=False` is the model itself; with `frozen=True` its attention patterns and norm denominators are those
of the untouched run, and only its MLPs answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attribution.frozen import applied, attention_forward, freeze
from interpbook.attribution.writers import rows_to
from interpbook.dictionaries import encode
from interpbook.models import Site, info, read, unembed
from interpbook.models.loading import network
from interpbook.models.sites import at, family


class Setting(NamedTuple):
    """One feature or neuron at one token, and the value to give it."""

    layer: int
    position: int
    latent: int
    value: float


class Found(NamedTuple):
    """What was seen in each run."""

    logits: Float[Tensor, "run d_vocab"]
    """After the last token."""
    activations: Float[Tensor, "run watched"]
    """Of the features or neurons that were watched."""


Watched = Sequence[tuple[int, int, int]]
"""(layer, position, latent) of each."""


def run(
    model: TransformersModel,
    transcoders: Mapping[int, Any] | None,
    ids: Int[Tensor, "one seq"],
    settings: Sequence[Sequence[Setting]],
    watched: Watched = (),
    *,
    frozen: bool = False,
) -> Found:
    """One run for each list of settings. `transcoders=None`: latents are neurons."""
    changing = _Changing(transcoders, settings)
    layers = sorted({layer for layer, _, _ in watched})
    go = _run_frozen if frozen else _run_free
    logits, seen = go(model, ids, changing, layers)
    activations = torch.zeros(len(settings), len(watched))
    for layer in layers:
        mine = [(i, position, latent) for i, (at_layer, position, latent) in enumerate(watched) if at_layer == layer]
        index, position, latent = torch.tensor(mine).unbind(1)
        now = seen[layer] if transcoders is None else encode(transcoders[layer], seen[layer])
        activations[:, index] = now[:, position, latent]
    return Found(logits, activations)


class _Changing:
    """Puts the settings into what passes: at neurons themselves, or at what an MLP writes."""

    def __init__(self, transcoders: Mapping[int, Any] | None, settings: Sequence[Sequence[Setting]]) -> None:
        self.transcoders, self.n_runs = transcoders, len(settings)
        self.by_layer: dict[int, list[tuple[int, Setting]]] = {}
        for number, some in enumerate(settings):
            for setting in some:
                for layer in self.reached(setting.layer):
                    self.by_layer.setdefault(layer, []).append((number, setting))
        self.entered: dict[int, Tensor] = {}

    def reached(self, layer: int) -> list[int]:
        """The layers into which latents of this one write: this one, and later ones if they are cross-layer."""
        return [layer, *getattr((self.transcoders or {}).get(layer), "later", {})]

    def neurons(self, acts: Tensor, layer: int) -> Tensor:
        """Neurons with those that are set at their values."""
        acts = acts.clone()
        for number, (_, position, latent, value) in self.by_layer.get(layer, []):
            acts[number, position, latent] = value
        return acts

    def take(self, x: Tensor, layer: int) -> Tensor:
        """Remember what enters the MLP, to know how active a feature is by now."""
        self.entered[layer] = x
        return x

    def give(self, y: Tensor, layer: int) -> Tensor:
        """What the MLP writes, with the difference between each set value and what it was on its decoder row."""
        y = y.clone()
        for number, (own, position, latent, value) in self.by_layer.get(layer, []):
            transcoder = (self.transcoders or {})[own]
            rows, now = rows_to(transcoder, own, layer), encode(transcoder, self.entered[own][number, position])[latent]
            if rows is not None:
                y[number, position] += (value - now) * rows[latent]
        return y


def _run_free(
    model: TransformersModel, ids: Tensor, changing: _Changing, layers: Sequence[int]
) -> tuple[Tensor, dict[int, Tensor]]:
    """The model itself."""
    write: dict[Site, Callable[[Tensor], Tensor]] = {}
    neurons = changing.transcoders is None
    for layer in changing.by_layer:
        if neurons:
            write[Site("mlp_act", layer)] = lambda acts, layer=layer: changing.neurons(acts, layer)
        else:
            write[Site("mlp_in", layer)] = lambda x, layer=layer: changing.take(x, layer)
            write[Site("mlp_out", layer)] = lambda y, layer=layer: changing.give(y, layer)
    watching = {layer: Site("mlp_act" if neurons else "mlp_in", layer) for layer in layers}
    last = Site("resid", info(model).n_layers - 1, position=-1)
    found = read(model, ids.expand(changing.n_runs, -1), [*watching.values(), last], write=write)
    with torch.no_grad():
        return unembed(model, found[last]), {layer: found[site] for layer, site in watching.items()}


@torch.no_grad()
def _run_frozen(
    model: TransformersModel, ids: Tensor, changing: _Changing, layers: Sequence[int]
) -> tuple[Tensor, dict[int, Tensor]]:
    """Patterns and denominators held; MLPs run."""
    held, tree = freeze(model, ids), family(info(model).name)
    blocks, seen = at(network(model), tree.blocks), {}
    x = held.embed.expand(changing.n_runs, -1, -1)
    for layer, block in enumerate(held.blocks):
        x = x + attention_forward(block, x)
        entering = applied(block.norm2, x)
        if changing.transcoders is None:
            parts = at(blocks[layer], tree.mlp_act), at(blocks[layer], tree.mlp)
            acts, y = _through_neurons(*parts, entering, changing, layer)
        else:
            acts, y = entering, at(blocks[layer], tree.mlp)(entering)
            changing.take(entering, layer)
            y = changing.give(y, layer) if layer in changing.by_layer else y
        if layer in layers:
            seen[layer] = acts
        x = x + y
    return applied(held.last, x)[:, -1] @ held.unembedding.T, seen


def _through_neurons(down: Any, mlp: Any, x: Tensor, changing: _Changing, layer: int) -> tuple[Tensor, Tensor]:
    """An MLP whose neurons are set on the way to its last matrix."""
    kept: list[Tensor] = []

    def put(_: Any, args: tuple[Tensor, ...]) -> tuple[Tensor]:
        kept.append(changing.neurons(args[0], layer))
        return (kept[-1],)

    hook = down.register_forward_pre_hook(put)
    try:
        y = mlp(x)
    finally:
        hook.remove()
    return kept[0], y
