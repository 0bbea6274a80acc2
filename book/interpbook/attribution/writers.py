"""What each MLP writes into the stream, split into the sources of a graph.

`active` lists the features that fire. `feature_writers` splits every MLP's output into these features' vectors, the
error that they leave, and what counts as constant. A prefix token's MLP outputs are constant: a causal model writes the
same there whatever the prompt. Built in chapter 05.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.attribution.errors import AttributionError
from interpbook.attribution.frozen import Frozen
from interpbook.attribution.sweep import Targets
from interpbook.dictionaries import encode, pre_activations


class Active(NamedTuple):
    """The features that fire on a prompt, by layer, then token, then number."""

    layer: Int[Tensor, " feature"]
    position: Int[Tensor, " feature"]
    latent: Int[Tensor, " feature"]
    activation: Float[Tensor, " feature"]
    value: Float[Tensor, " feature"]
    """Before the threshold: what its inputs add up to."""
    bias: Float[Tensor, " feature"]
    """The part of `value` that does not come through the MLP's input."""
    listens: Float[Tensor, "feature d_model"]
    """Its encoder row."""

    @property
    def targets(self) -> Targets:
        """The features as targets of edges."""
        return Targets(self.layer, self.position, self.listens)

    def take(self, index: Tensor) -> "Active":
        """Some of them."""
        return Active(*(part[index] for part in self))


@dataclass(frozen=True, eq=False)
class FeatureWriter:
    """One MLP's output as feature vectors and an error, padded to the same number at each token."""

    vectors: Float[Tensor, "pos width d_model"]
    places: Int[Tensor, "pos width"]
    """Which source each is; -1: padding."""
    constant: Float[Tensor, "pos d_model"]
    skip: Float[Tensor, "d_model d_model"] | None = None
    passes: Bool[Tensor, " pos"] | None = None
    """Where the skip is used."""

    def score(self, gradient: Float[Tensor, "pos target d_model"]) -> Float[Tensor, "target source"]:
        """Each source's vector along the gradient at its token."""
        n_pos = len(gradient)
        products = gradient @ self.vectors[:n_pos].transpose(1, 2)
        flat = products.transpose(0, 1).flatten(1)
        real = self.places[:n_pos].flatten() >= 0
        return flat if bool(real.all()) else flat[:, real]

    def columns(self, n_pos: int) -> Int[Tensor, " source"]:
        """Which source each column of `score` is."""
        places = self.places[:n_pos].flatten()
        return places[places >= 0]

    def through(self, gradient: Float[Tensor, "pos target d_model"]) -> Float[Tensor, "pos target d_model"] | None:
        """Backwards through the transcoder's linear skip, where it has one."""
        if self.skip is None or self.passes is None:
            return None
        return (gradient @ self.skip) * self.passes[: len(gradient), None, None]


def passing(frozen: Frozen, layer: int, limit: float) -> Bool[Tensor, " pos"]:
    """The tokens at which a transcoder is used: not the prefix, nor where the MLP writes an attention sink."""
    kept = frozen.mlp_out[layer].norm(dim=-1) <= limit
    if frozen.prefixed:
        kept[0] = False
    return kept


def active(frozen: Frozen, transcoders: Mapping[int, Any]) -> Active:
    """Every feature that fires at a token where its transcoder is used.

    Raises:
        AttributionError: a transcoder belongs to another model, or to a layer that this one does not have.
    """
    if not isinstance(transcoders, Mapping):
        kind = type(transcoders).__name__
        raise AttributionError(
            f"trace_graph: expected {{layer: transcoder}}, got a {kind}. A cross-layer transcoder is given by the "
            "layers that it reads at: {0: CrossLayer(..., later={1: rows, 2: rows}), 1: ...}."
        )
    found = [_active(frozen, layer, transcoders[layer]) for layer in sorted(transcoders)]
    if not found:
        raise AttributionError("trace_graph: no transcoders; give {layer: transcoder}, or use neuron_graph.")
    return Active(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def _active(frozen: Frozen, layer: int, transcoder: Any) -> Active:
    if not 0 <= layer < len(frozen.blocks):
        raise AttributionError(
            f"trace_graph: a transcoder for layer {layer}; the model has 0 to {len(frozen.blocks) - 1}."
        )
    x = frozen.mlp_in[layer]
    if transcoder.W_enc.shape[1] != x.shape[1]:
        raise AttributionError(
            f"trace_graph: the transcoder of layer {layer} takes {transcoder.W_enc.shape[1]} numbers, the model has "
            f"{x.shape[1]}. Was it made for another model?"
        )
    latents = encode(transcoder, x) * passing(frozen, layer, transcoder.limit)[:, None]
    position, latent = latents.nonzero(as_tuple=True)
    return Active(
        layer=torch.full_like(position, layer),
        position=position,
        latent=latent,
        activation=latents[position, latent],
        value=pre_activations(transcoder, x)[position, latent],
        bias=pre_activations(transcoder, torch.zeros_like(x[0]))[latent],
        listens=transcoder.W_enc[latent],
    )


def feature_writers(frozen: Frozen, transcoders: Mapping[int, Any], features: Active) -> list[FeatureWriter]:
    """One writer a layer. Sources: the features in their order, then an error for each layer and token, then tokens.

    A cross-layer feature is one source that several writers know: each has what the feature adds in its layer.
    """
    return [_writer(frozen, layer, transcoders, features) for layer in range(len(frozen.blocks))]


def _writer(frozen: Frozen, layer: int, transcoders: Mapping[int, Any], features: Active) -> FeatureWriter:
    transcoder, out, n_pos = transcoders.get(layer), frozen.mlp_out[layer], len(frozen.ids)
    kept = torch.zeros(n_pos, dtype=torch.bool) if transcoder is None else passing(frozen, layer, transcoder.limit)
    base, skip = torch.zeros_like(out), getattr(transcoder, "W_skip", None)
    straight = torch.zeros_like(out)
    mine, vectors = written(transcoders, features, layer)
    if transcoder is not None:
        base = transcoder.b_dec * kept[:, None]
        straight = torch.zeros_like(out) if skip is None else (frozen.mlp_in[layer] @ skip.T) * kept[:, None]
    error = (out - base - straight).index_add(0, features.position[mine], vectors, alpha=-1)
    if frozen.prefixed:
        base[0], error[0] = out[0], 0.0
    first_error = len(features.layer) + layer * n_pos
    padded, places = pad(features.position[mine], vectors, mine, n_pos)
    errors = first_error + torch.arange(n_pos)[:, None]
    return FeatureWriter(
        torch.cat([padded, error[:, None]], 1),
        torch.cat([places, errors], 1),
        base,
        skip,
        None if skip is None else kept,
    )


def rows_to(transcoder: Any, own: int, layer: int) -> Float[Tensor, "latent d_model"] | None:
    """What each latent of block `own` writes into one block; None where that is nothing, as per-layer ones do above."""
    return transcoder.W_dec if own == layer else getattr(transcoder, "later", {}).get(layer)


def written(
    transcoders: Mapping[int, Any], features: Active, layer: int
) -> tuple[Int[Tensor, " source"], Float[Tensor, "source d_model"]]:
    """Which features write into one block's output, and what each adds; cross-layer ones from earlier blocks, too."""
    every, parts = torch.arange(len(features.layer)), []
    for own, transcoder in sorted(transcoders.items()):
        rows = rows_to(transcoder, own, layer)
        if rows is not None:
            mine = every[features.layer == own]
            parts.append((mine, features.activation[mine, None] * rows[features.latent[mine]]))
    if not parts:
        return every[:0], torch.zeros(0, features.listens.shape[1])
    mine, vectors = (torch.cat(part) for part in zip(*parts, strict=True))
    order = features.position[mine].argsort(stable=True)
    return mine[order], vectors[order]


def pad(
    position: Int[Tensor, " source"], vectors: Float[Tensor, "source d_model"], ids: Int[Tensor, " source"], n_pos: int
) -> tuple[Float[Tensor, "pos width d_model"], Int[Tensor, "pos width"]]:
    """Vectors sorted by token become a block with as many places at each token; and which source stands where."""
    counts = position.bincount(minlength=n_pos)
    width = int(counts.max()) if len(position) else 0
    slot = torch.arange(len(position)) - (counts.cumsum(0) - counts)[position]
    padded = torch.zeros(n_pos, width, vectors.shape[1])
    places = torch.full((n_pos, width), -1)
    padded[position, slot], places[position, slot] = vectors, ids
    return padded, places


def errors_of(writers: Sequence[FeatureWriter]) -> Float[Tensor, "layer pos d_model"]:
    """What each MLP wrote that no feature explains."""
    return torch.stack([writer.vectors[:, -1] for writer in writers])
