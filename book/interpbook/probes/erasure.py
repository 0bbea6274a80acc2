"""Take a concept out of activations, so that no straight line can find it any more.

`leace` is least-squares concept erasure (Belrose et al. 2023): of all linear edits after which the concept has zero
covariance with every dimension, the one that changes the activations least. `random_eraser` takes out a random subspace
of the same size, the null without which no erasure means anything.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Eraser(NamedTuple):
    """x − (x − centre) read write: what is read along the columns of `read` is taken off along the rows of `write`."""

    read: Float[Tensor, "d rank"]
    write: Float[Tensor, "rank d"]
    centre: Float[Tensor, " d"]


def erase(eraser: Eraser, acts: Float[Tensor, "*item d"]) -> Float[Tensor, "*item d"]:
    """The activations without the concept. What they say about other things stays, as far as they can be told apart."""
    return acts - (acts - eraser.centre) @ eraser.read @ eraser.write


def leace(acts: Float[Tensor, "item d"], labels: Tensor, *, shrink: float = 0.01) -> Eraser:
    """The eraser after which class means coincide, so that no linear probe beats guessing *on these items*.

    `labels`: booleans or whole numbers, one an item. `shrink` adds that share of the mean variance to every dimension
    of the covariance: needed with fewer items than dimensions. (Large values turn LEACE into an orthogonal projection;
    the guarantee on the items it was fitted on holds for every value.)
    """
    if len(acts) != len(labels):
        raise ValueError(f"leace: {len(acts)} activations for {len(labels)} labels. Expected one label for each row.")
    classes = torch.nn.functional.one_hot(labels.long()).double()
    x, centre = acts.double() - acts.double().mean(0), acts.mean(0)
    shared = x.mT @ (classes - classes.mean(0)) / len(x)  # covariance with each class
    covariance = x.mT @ x / len(x)
    values, vectors = torch.linalg.eigh(covariance)
    values = values.clamp(min=0) + shrink * covariance.diagonal().mean()
    whiten, colour = vectors / values.sqrt() @ vectors.mT, vectors * values.sqrt() @ vectors.mT
    basis, sizes, _ = torch.linalg.svd(whiten @ shared, full_matrices=False)
    basis = basis[:, sizes > 1e-6 * sizes[0].clamp(min=1e-12)]
    return Eraser((whiten @ basis).to(acts.dtype), (basis.mT @ colour).to(acts.dtype), centre)


def random_eraser(rank: int, centre: Float[Tensor, " d"], *, seed: int = 0) -> Eraser:
    """An eraser of a random subspace: as many dimensions as the real one, and nothing in particular in them."""
    if not 1 <= rank <= len(centre):
        raise ValueError(f"random_eraser: rank is {rank}; there are 1 to {len(centre)} dimensions to take out.")
    draws = torch.randn(len(centre), rank, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    basis = torch.linalg.qr(draws).Q.to(centre.dtype)
    return Eraser(basis, basis.mT, centre)
