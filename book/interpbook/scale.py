"""How large a model is: parameters counted, and printed on paper.

1. Count the numbers of a model, by what they do.
2. Lay them out on sheets: so many a sheet, so many sheets, so many square metres.
3. Turn the sum round: how many numbers a sheet must hold for a published claim to come out.

The picture of a city under paper is from Heaven, MIT Technology Review (2026). Built in chapter 00.
"""

import math
from collections import Counter
from typing import Any, Literal

import torch

POINT_CM = 2.54 / 72
"""A typographer's point, in centimetres."""
M2_PER_SQUARE_MILE = 1609.344**2
SHEET_CM = {"letter": (21.59, 27.94), "a4": (21.0, 29.7)}
"""Width and height of a sheet, in centimetres."""

Real = int | float
Paper = Literal["letter", "a4"]
Group = Literal["embedding", "attention", "MLP", "norms"]


def sheet_m2(paper: Paper = "letter") -> float:
    """The area of one sheet, in square metres."""
    width, height = SHEET_CM[paper]
    return width * height / 1e4


def paper_area_m2(n_numbers: Real, numbers_per_sheet: int, *, paper: Paper = "letter") -> float:
    """Square metres of paper, printed on one side, that hold `n_numbers`; the last sheet counts whole."""
    if numbers_per_sheet < 1:
        raise ValueError(f"paper_area_m2: {numbers_per_sheet} numbers on a sheet; expected at least 1.")
    return math.ceil(n_numbers / numbers_per_sheet) * sheet_m2(paper)


def square_miles(m2: Real) -> float:
    """Square metres as square miles."""
    return m2 / M2_PER_SQUARE_MILE


def implied_numbers_per_sheet(n_numbers: Real, area_square_miles: Real, *, paper: Paper = "letter") -> float:
    """How many numbers a sheet must hold if `n_numbers` of them cover that area."""
    sheets = area_square_miles * M2_PER_SQUARE_MILE / sheet_m2(paper)
    return n_numbers / sheets


def numbers_per_sheet(
    *,
    characters: int = 9,
    points: Real = 14,
    line_spacing: Real = 1.2,
    margin_cm: Real = 2.54,
    paper: Paper = "letter",
) -> int:
    """How many numbers fit on one sheet in a typewriter face, each with the space that follows it.

    A letter of a typewriter face is 0.6 of the type size wide; a line is `line_spacing` times the type size high.
    """
    width, height = (side - 2 * margin_cm for side in SHEET_CM[paper])
    across = int(width / (characters * 0.6 * points * POINT_CM) + 1e-9)
    down = int(height / (line_spacing * points * POINT_CM) + 1e-9)
    if across < 1 or down < 1:
        raise ValueError(f"numbers_per_sheet: nothing fits between margins of {margin_cm} cm on {paper} paper.")
    return across * down


def parameter_groups(model: Any) -> dict[Group, int]:
    """How many of a model's numbers sit in each kind of part; a matrix that two parts share counts once."""
    counts: Counter[Group] = Counter()
    for name, parameter in model.named_parameters():
        counts[_group(name)] += parameter.numel()
    return dict(counts)


def _group(name: str) -> Group:
    if "norm" in name or ".ln_" in name:
        return "norms"
    if "attn" in name:
        return "attention"
    return "MLP" if "mlp" in name else "embedding"


def shuffle_parameters(source: Any, target: Any, *, seed: int = 0) -> None:
    """Fill `target` with the numbers of `source`, every matrix shuffled within itself: the same numbers, out of place.

    A null for "the numbers are special": it keeps each matrix's histogram and destroys the arrangement.
    """
    generator = torch.Generator().manual_seed(seed)
    numbers = dict(source.named_parameters())
    with torch.no_grad():
        for name, parameter in target.named_parameters():
            order = torch.randperm(parameter.numel(), generator=generator)
            parameter.copy_(numbers[name].flatten()[order].view_as(parameter))


def count_parameters(
    d_vocab: int, d_model: int, n_layers: int, n_heads: int, n_kv_heads: int, d_head: int, d_mlp: int
) -> int:
    """How many numbers a Llama-style model holds, from its configuration alone.

    Embedding and unembedding share one matrix; no biases; each block has q, k, v and output matrices, three MLP
    matrices (gate, up, down) and two norms; one more norm stands at the end.
    """
    embedding = d_vocab * d_model
    attention = d_model * d_head * (2 * n_heads + 2 * n_kv_heads)
    mlp = 3 * d_model * d_mlp
    norms = 2 * d_model
    return embedding + n_layers * (attention + mlp + norms) + d_model
