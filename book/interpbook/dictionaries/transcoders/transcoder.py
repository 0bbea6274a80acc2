"""A transcoder: what a block's neurons do, said again with latents of which few are active.

1. A row x, what the neurons take (`mlp_in`), is compared with every encoder row: pre = W_enc x + b_enc.
2. The k largest are kept, if they are positive; the others are 0.
3. Each adds so much of its decoder row, a direction of length 1; with b_dec (and W_skip x, where there is a skip) that
   is the guess at what the neurons add to the stream (`mlp_out`).

A dictionary of the stream says again what *is* there. A transcoder says what is *done*, and puts something linear but
for k switches in the place of something that is not; that is why circuits can be traced through it. It is a
stand-in all the same, trained to give the same outputs, not to work in the same way. Dunefsky et al. 2024
(arXiv 2406.11944). Built in chapter 05.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.sae import decode, encode
from interpbook.models.sites import Site
from interpbook.models.tokens import Prompts, tokenize

Edit = Callable[[Tensor, int], Tensor]
"""Latents (batch, seq, latent) and their layer → latents."""


@dataclass(frozen=True, eq=False)
class Transcoder:
    """The stand-in for the neurons of one block. `encode`, `decode`, `pre_activations` and `encode_sparse` take it as
    they take an `Sae`; `transcode` is the whole way."""

    config: TopK
    """`d_in`, `n_latents`, `k`."""
    W_enc: Float[Tensor, "latent d_in"]
    """Row `i` is what latent `i` looks for in `mlp_in`."""
    b_enc: Float[Tensor, " latent"]
    W_dec: Float[Tensor, "latent d_out"]
    """Row `i` is what latent `i` adds to the stream: its direction, of length 1 (to a tenth, once packed)."""
    b_dec: Float[Tensor, " d_out"]
    """What is added whatever comes in."""
    W_skip: Float[Tensor, "d_out d_in"] | None = None
    """What goes straight from the input to the output, if anything does."""
    layer: int = 0
    """The block that it stands in for."""
    limit: float = math.inf
    """Rows whose `mlp_out` is longer are attention sinks and were left out of training; see `kept`."""
    extra: dict[str, Tensor] = field(default_factory=dict)
    """Nothing: here because dictionaries have it."""
    about: dict[str, str] = field(default_factory=dict)
    """How it was made, as text: corpus, steps, seed …"""

    @property
    def site(self) -> Site:
        """What it reads."""
        return Site("mlp_in", layer=self.layer)

    @property
    def out(self) -> Site:
        """What it writes."""
        return Site("mlp_out", layer=self.layer)

    @property
    def centre(self) -> Float[Tensor, ""]:
        """What is taken from a row before it is compared: nothing."""
        return self.b_enc.new_zeros(())

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by name."""
        own = {"W_enc": self.W_enc, "b_enc": self.b_enc, "W_dec": self.W_dec, "b_dec": self.b_dec}
        return own if self.W_skip is None else {**own, "W_skip": self.W_skip}

    def with_tensors(self, tensors: Mapping[str, Tensor]) -> "Transcoder":
        """The same transcoder with other numbers."""
        own: dict[str, Any] = {name: tensors[name] for name in self.tensors}
        return replace(self, **own)


def write_out(
    transcoder: Transcoder, latents: Float[Tensor, "... latent"], x: Float[Tensor, "... d_in"]
) -> Float[Tensor, "... d_out"]:
    """What these latents add to the stream, with what the skip takes straight from x."""
    y = decode(transcoder, latents)
    return y if transcoder.W_skip is None else y + x.to(y.dtype) @ transcoder.W_skip.T


def transcode(transcoder: Transcoder, x: Float[Tensor, "... d_in"]) -> Float[Tensor, "... d_out"]:
    """The guess at what the neurons make of x; the true output minus this is the error."""
    return write_out(transcoder, encode(transcoder, x), x)


def kept(
    transcoder: Transcoder, mlp_out: Float[Tensor, "batch seq d_out"], mask: Bool[Tensor, "batch seq"] | None = None
) -> Bool[Tensor, "batch seq"]:
    """Where the transcoder is used: not at a prompt's first token nor at another attention sink.

    There the neurons write vectors hundreds of times as long as elsewhere, which no transcoder here was trained on; the
    model's own output stays, and in a graph all of it is error. Give `mask` for prompts padded on the left.
    """
    if mask is None:
        mask = torch.ones(mlp_out.shape[:-1], dtype=torch.bool, device=mlp_out.device)
    return mask & (mask.cumsum(-1) > 1) & (mlp_out.float().norm(dim=-1) <= transcoder.limit)


class _Replacing:
    """One forward pass in which transcoders stand in: remembers each `mlp_in` until its `mlp_out` comes by."""

    def __init__(self, edit: Edit | None, keep_error: bool, mask: Tensor) -> None:
        self.edit, self.keep_error, self.mask = edit, keep_error, mask
        self.entered: dict[int, Tensor] = {}

    def take(self, x: Tensor, layer: int) -> Tensor:
        """What enters the neurons passes unchanged."""
        self.entered[layer] = x
        return x

    def give(self, y: Tensor, transcoder: Transcoder) -> Tensor:
        """What the transcoder makes of it instead of what the neurons did."""
        x = self.entered.pop(transcoder.layer).to(transcoder.W_enc.dtype)
        latents = encode(transcoder, x)
        changed = latents if self.edit is None else self.edit(latents.clone(), transcoder.layer)
        guess = write_out(transcoder, changed, x)
        if self.keep_error:
            guess = y + (changed - latents) @ transcoder.W_dec
        return torch.where(kept(transcoder, y, self.mask)[..., None], guess.to(y.dtype), y)


def replace_mlps(
    model: TransformersModel,
    transcoders: Mapping[int, Transcoder],
    prompts: Prompts,
    *,
    edit: Edit | None = None,
    keep_error: bool = False,
) -> dict[Site, Callable[[Tensor], Tensor]]:
    """The replacement model, for `models.logits(model, prompts, write=replace_mlps(model, transcoders, prompts))`.

    In every layer of `transcoders` the transcoder's guess takes the place of what the neurons add. `edit(latents,
    layer)` changes latents on the way. With `keep_error` the model's own output stays and only what `edit` changed is
    added, so that without an edit nothing changes. Attention sinks keep the model's own output; see `kept`.
    """
    passing = _Replacing(edit, keep_error, tokenize(model, prompts).mask)
    write: dict[Site, Callable[[Tensor], Tensor]] = {}
    for layer, transcoder in transcoders.items():
        if transcoder.layer != layer:
            raise DictionaryError(
                f"replace_mlps: under layer {layer} stands the transcoder of layer {transcoder.layer}. "
                "Give {transcoder.layer: transcoder, ...}."
            )
        if getattr(transcoder, "later", {}):
            raise DictionaryError(
                f"replace_mlps: the transcoder of layer {layer} writes into later layers, too; only per-layer ones can "
                "stand in for the neurons. Graphs take both: attribution.trace_graph."
            )
        write[transcoder.site] = lambda x, layer=layer: passing.take(x, layer)
        write[transcoder.out] = lambda y, transcoder=transcoder: passing.give(y, transcoder)
    return write
