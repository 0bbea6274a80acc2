"""How much room a feature has: from the columns of `W` to fractions of a dimension (Elhage et al. 2022)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def feature_dimensionality(W: Float[Tensor, "d_hidden n_features"]) -> Float[Tensor, " n_features"]:
    """The share of a dimension that each feature has for itself: ‖W_i‖² / Σ_j (Ŵ_i·W_j)².

    1: a dimension of its own. 1/2: shared with an opposite (digon). 2/3, 2/5: corners of a triangle, a pentagon.
    0: not represented.
    """
    norm = W.norm(dim=0)
    unit = W / norm.clamp(min=1e-6)
    crowd = ((unit.T @ W) ** 2).sum(dim=1)
    return norm**2 / crowd.clamp(min=1e-9)


def dimensions_per_feature(W: Float[Tensor, "... d_hidden n_features"]) -> Float[Tensor, "..."]:
    """D* = d_hidden / ‖W‖²: dimensions per represented feature, as long as represented features have length 1."""
    return W.shape[-2] / (W**2).sum((-2, -1))


def represented(W: Float[Tensor, "... d_hidden n_features"], threshold: float = 0.5) -> Bool[Tensor, "... n_features"]:
    """Which features the model keeps at all: those whose direction is longer than `threshold`."""
    return W.norm(dim=-2) > threshold


def gram(W: Float[Tensor, "... d_hidden n_features"]) -> Float[Tensor, "... n_features n_features"]:
    """WᵀW: on the diagonal how strongly a feature comes back, off it how much one feature shouts into another."""
    return W.mT @ W


def interference(W: Float[Tensor, "d_hidden n_features"]) -> Float[Tensor, " n_features"]:
    """Σ_{j≠i} (Ŵ_i·W_j)²: how much of the other features stands in feature i's direction; 0 without superposition."""
    unit = W / W.norm(dim=0).clamp(min=1e-6)
    overlaps = (unit.T @ W) ** 2
    return overlaps.sum(1) - overlaps.diagonal()


def regular_polygon(n_corners: int) -> Float[Tensor, "2 n_corners"]:
    """`n_corners` unit directions, evenly spread in a plane: what a trained model is compared with."""
    angle = 2 * torch.pi * torch.arange(n_corners) / n_corners
    return torch.stack([angle.cos(), angle.sin()])
