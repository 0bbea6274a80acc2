"""A sparse autoencoder: a wide, mostly silent description of a vector, and the vector rebuilt from it.

1. A row x is compared with every encoder row: `pre_activations` = W_enc (x - b_dec) + b_enc.
2. A rule keeps few of the results and sets the rest to zero. The rule is what tells the kinds apart (`topk`, `relu` …).
3. What is kept are the latents; each adds that much of its decoder row, a direction of length 1.

An `Sae` takes activations as they are in the model: whatever scaling training used has been folded into its numbers, so
a latent of 3 means 3 units of length along its direction. Bricken et al. 2023. Built in chapter 03.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.models.sites import Site


@dataclass(frozen=True)
class Config:
    """What every kind of dictionary is told."""

    d_in: int
    """Width of the activations."""
    n_latents: int
    """How many directions."""
    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for name in ("d_in", "n_latents"):
            if getattr(self, name) < 1:
                raise DictionaryError(
                    f"{type(self).__name__}: {name} is a whole number from 1; got {getattr(self, name)}."
                )
        k = getattr(self, "k", 1)
        if not 1 <= k <= self.n_latents:
            raise DictionaryError(
                f"{type(self).__name__}: k is how many of the {self.n_latents} latents may be active, so it lies "
                f"between 1 and {self.n_latents}; got k={k}. Take a smaller k or more latents."
            )


@runtime_checkable
class Coder(Protocol):
    """What `encode` and `decode` need: an `Sae`, or a `Transcoder`, whose input and output are different places."""

    @property
    def config(self) -> Any: ...
    @property
    def W_enc(self) -> Tensor: ...
    @property
    def b_enc(self) -> Tensor: ...
    @property
    def W_dec(self) -> Tensor: ...
    @property
    def b_dec(self) -> Tensor: ...
    @property
    def centre(self) -> Tensor: ...
    @property
    def site(self) -> Site | None: ...


@dataclass(frozen=True, eq=False)
class Sae:
    """A dictionary. Its functions are free: `encode`, `decode`, `reconstruct`, `splice`."""

    config: Config
    W_enc: Float[Tensor, "latent d_in"]
    """Row `i` is what latent `i` looks for."""
    b_enc: Float[Tensor, " latent"]
    W_dec: Float[Tensor, "latent d_in"]
    """Row `i` is what latent `i` adds: its direction, of length 1."""
    b_dec: Float[Tensor, " d_in"]
    """Where reconstruction starts: about the mean activation."""
    extra: dict[str, Tensor] = field(default_factory=dict)
    """What only some kinds have: `threshold` (jumprelu, batchtopk, matryoshka), `r_mag` and `b_mag` (gated)."""
    site: Site | None = None
    """Where in the model its activations come from, if it is known."""
    limit: float = math.inf
    """Rows longer than this are attention sinks, hundreds of times as long as others, and were left out of training."""
    about: dict[str, str] = field(default_factory=dict)
    """How it was made, as text: corpus, steps, seed …"""

    @property
    def centre(self) -> Float[Tensor, " d_in"]:
        """What is taken from a row before it is compared."""
        return self.b_dec

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by name."""
        return {"W_enc": self.W_enc, "b_enc": self.b_enc, "W_dec": self.W_dec, "b_dec": self.b_dec, **self.extra}

    def with_tensors(self, tensors: dict[str, Tensor]) -> "Sae":
        """The same dictionary with other numbers."""
        own = {name: tensors[name] for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
        return replace(self, **own, extra={name: tensors[name] for name in self.extra})


class Sparse(NamedTuple):
    """The active latents of each row; unused places hold the value 0."""

    values: Float[Tensor, "row k"]
    """How strongly each is active, in the activation's own units; strongest first."""
    ids: Int[Tensor, "row k"]
    """Which latent."""


def pre_activations(sae: Coder, x: Float[Tensor, "... d_in"]) -> Float[Tensor, "... latent"]:
    """How well each row matches each encoder row, before the kind's rule decides what stays."""
    _check_width(sae, x)
    return torch.nn.functional.linear(x - sae.centre, sae.W_enc, sae.b_enc)


def encode(sae: Coder, x: Float[Tensor, "... d_in"]) -> Float[Tensor, "... latent"]:
    """The latents of each row: mostly 0, otherwise a length along the latent's direction, never negative."""
    from interpbook.dictionaries.kinds import rule_of

    x = x.to(sae.W_enc.dtype)
    return rule_of(sae.config).activate(sae, pre_activations(sae, x))


def decode(sae: Coder, latents: Float[Tensor, "... latent"]) -> Float[Tensor, "... d_in"]:
    """The activation that these latents stand for: the offset b_dec plus so much of each direction."""
    return latents @ sae.W_dec + sae.b_dec


def reconstruct(sae: Sae, x: Float[Tensor, "... d_in"]) -> Float[Tensor, "... d_in"]:
    """What is left of x after the passage through the latents; x minus this is the error."""
    return decode(sae, encode(sae, x))


def encode_sparse(sae: Coder, x: Float[Tensor, "row d_in"], k: int | None = None) -> Sparse:
    """The `k` strongest latents of each row (as many as the dictionary has at most, where it has a fixed number).

    A kind without a fixed number (relu, gated, jumprelu, batchtopk) needs `k`, or gives as many places as the fullest
    row of `x` needs.
    """
    latents = encode(sae, x)
    fixed = getattr(sae.config, "k", None) if sae.config.kind == "topk" else None
    most = k or fixed or max(int((latents > 0).sum(-1).max()), 1)
    return Sparse(*latents.topk(most, dim=-1))


def latent(sae: Coder, x: Float[Tensor, "... d_in"], i: int) -> Float[Tensor, "..."]:
    """One latent's activation on each row."""
    if not 0 <= i < sae.config.n_latents:
        raise DictionaryError(f"latent: this dictionary has latents 0 to {sae.config.n_latents - 1}; asked for {i}.")
    return encode(sae, x)[..., i]


def splice(
    sae: Sae,
    *,
    edit: Callable[[Tensor], Tensor] | None = None,
    keep_error: bool = False,
    mask: Tensor | None = None,
) -> Callable[[Tensor], Tensor]:
    """For `models.logits(write={sae.site: splice(sae)})`: the stream as the dictionary rebuilds it.

    `edit` changes the latents on the way, shape (batch, seq, latent). With `keep_error` what the dictionary misses is
    added back, so that without an edit nothing changes at all. Each prompt's first token and other attention sinks (see
    `ordinary`) pass untouched; for prompts padded on the left give `mask` (`tokenize(...).mask`).
    """

    def through(stream: Tensor) -> Tensor:
        x = stream.to(sae.W_enc.dtype)
        latents = encode(sae, x)
        rebuilt = decode(sae, latents if edit is None else edit(latents.clone()))
        if keep_error:
            rebuilt = rebuilt + (x - decode(sae, latents))
        changed = _later(stream, mask) & ordinary(sae, x)
        return torch.where(changed[..., None], rebuilt.to(stream.dtype), stream)

    return through


def ordinary(sae: Sae, x: Float[Tensor, "... d_in"]) -> Bool[Tensor, "..."]:
    """Which rows are of ordinary length, not attention sinks.

    A model parks attention that it has no use for on a token or two, mostly at the beginning, whose stream is then
    hundreds of times as long as any other's. A few such rows would be nearly all of the variance.
    """
    return x.float().norm(dim=-1) <= sae.limit


def _later(stream: Tensor, mask: Tensor | None) -> Tensor:
    """True at every token of a prompt but its first."""
    if mask is None:
        mask = torch.ones(stream.shape[:-1], dtype=torch.bool, device=stream.device)
    return mask & (mask.cumsum(-1) > 1)


def rescaled(sae: Sae, scale: float) -> Sae:
    """The dictionary for activations `scale` times as large: same latents fire, as many times as strongly."""
    larger = {"b_enc", "b_dec", "threshold", "b_mag"}
    scaled = sae.with_tensors({name: t * scale if name in larger else t for name, t in sae.tensors.items()})
    return replace(scaled, limit=sae.limit * scale)


def _check_width(sae: Coder, x: Any) -> None:
    if x.shape[-1] != sae.config.d_in:
        where = "" if sae.site is None else f" (made for {sae.site})"
        raise DictionaryError(
            f"encode: this dictionary takes activations of {sae.config.d_in} numbers{where}; these have {x.shape[-1]}. "
            "Were they read at another site, or from another model?"
        )
