"""Cross-layer transcoders: a latent reads at one block and may write into that block and into later ones.

Given to `attribution.trace_graph` as {layer: CrossLayer}, like per-layer ones. Ameisen et al. 2025. None is trained
here on SmolLM2: chapter 05 trains a Boolean toy's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.transcoders.transcoder import Transcoder


@dataclass(frozen=True, eq=False)
class CrossLayer(Transcoder):
    """The part of a cross-layer transcoder that reads at one block; `W_dec` is what it writes there.

    Raises:
        DictionaryError: `later` names this block or an earlier one, or its rows are not one for each latent.
    """

    later: Mapping[int, Float[Tensor, "latent d_out"]] = field(default_factory=dict)
    """By later block: what each latent adds to that block's `mlp_out`."""

    def __post_init__(self) -> None:
        for layer, rows in self.later.items():
            if layer <= self.layer or rows.shape != self.W_dec.shape:
                raise DictionaryError(
                    f"CrossLayer: decoder rows of shape {tuple(rows.shape)} for block {layer}, of a transcoder that "
                    f"reads at block {self.layer} and has rows of shape {tuple(self.W_dec.shape)}. `later` holds as "
                    "many rows for each later block; what is written at its own block is W_dec."
                )
