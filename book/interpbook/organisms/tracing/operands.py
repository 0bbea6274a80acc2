"""What a feature of the adder answers to: its activation on every pair of numbers.

A feature for last digits draws a lattice, one for rough sizes a diagonal band, one for a number a line. Lindsey et al.
2025 read the features of a large model's arithmetic in this way.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.dictionaries.sae import encode
from interpbook.dictionaries.transcoders import Transcoder
from interpbook.models import Site, read
from interpbook.organisms.tracing.addition import ADD, LAST
from interpbook.organisms.tracing.shipped import Organism


def operand_plots(
    organism: Organism,
    transcoders: Mapping[int, Transcoder],
    layer: int,
    latents: Sequence[int],
    *,
    step: int = 1,
    position: int = LAST,
    asked: str = ADD,
) -> Float[Tensor, "latent a b"]:
    """Each latent's activation for all a and b from 0 to 99, every `step`-th; rows are a, columns b."""
    numbers = range(0, 100, step)
    texts = [f"{a} + {b} {asked}" for a in numbers for b in numbers]
    x = read(organism.model, texts, Site("mlp_in", layer=layer, position=position))
    fired = encode(transcoders[layer], x)[:, torch.tensor(list(latents))]
    return fired.T.reshape(len(latents), len(numbers), len(numbers))
