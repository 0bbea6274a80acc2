"""Two consequences of crowding: computing on features in superposition, and being easy to fool (Elhage et al. 2022).

1. `train_absolute` asks for |x| of many features from fewer neurons, for many models at once.
2. `computed` says which features a model computes: present alone, does the output follow?
3. `attack` looks for the small change of the input that does most harm; `random_attack` is its null.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook.superposition.toy import Toy, forward_all, independent, one_thread


class Absolute(NamedTuple):
    """Many trained models of |x|: neurons = ReLU(W_in x), output = ReLU(W_out neurons + b)."""

    W_in: Float[Tensor, "inst n_neurons n_features"]
    """What each neuron listens to."""
    W_out: Float[Tensor, "inst n_features n_neurons"]
    """What each neuron adds to each output."""
    b: Float[Tensor, "inst n_features"]
    """The bias of each output."""


def absolute_forward(
    model: Absolute, x: Float[Tensor, "batch inst n_features"]
) -> Float[Tensor, "batch inst n_features"]:
    """What the models say |x| is."""
    neurons = torch.relu(torch.einsum("bif,inf->bin", x, model.W_in))
    return torch.relu(torch.einsum("bin,ifn->bif", neurons, model.W_out) + model.b)


def signed(n: int, density: Float[Tensor, " inst"], n_features: int, generator: torch.Generator) -> Tensor:
    """Sparse features between -1 and 1."""
    x = independent(n, density, n_features, generator)
    return x * torch.where(torch.rand(x.shape, generator=generator) < 0.5, -1.0, 1.0)


@one_thread()
def train_absolute(
    n_features: int,
    n_neurons: int,
    density: Float[Tensor, " inst"],
    importance: Float[Tensor, " n_features"],
    *,
    steps: int = 2000,
    batch: int = 256,
    lr: float = 0.01,
    seed: int = 0,
) -> Absolute:
    """Train one model of |x| per density, all at once."""
    generator = torch.Generator().manual_seed(seed)
    n_inst = len(density)
    W_in = torch.randn(n_inst, n_neurons, n_features, generator=generator) / n_features**0.5
    W_out = torch.randn(n_inst, n_features, n_neurons, generator=generator) / n_neurons**0.5
    model = Absolute(W_in.requires_grad_(), W_out.requires_grad_(), torch.zeros(n_inst, n_features, requires_grad=True))
    optimiser = torch.optim.Adam(model, lr=lr, fused=True)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = lr * (1 - step / steps)
        x = signed(batch, density, n_features, generator)
        loss = (importance * (x.abs() - absolute_forward(model, x)) ** 2).sum(-1).mean(0).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return Absolute(*(part.detach() for part in model))


def computed(model: Absolute, tolerance: float = 0.1) -> Bool[Tensor, "inst n_features"]:
    """Which features a model computes: alone at ±1/2 and ±1, its squared error is under `tolerance` of saying 0."""
    n_features = model.b.shape[-1]
    values = torch.tensor([-1.0, -0.5, 0.5, 1.0])
    x = torch.einsum("v,fg->vfg", values, torch.eye(n_features)).flatten(0, 1)[:, None].expand(-1, len(model.b), -1)
    error = (
        (absolute_forward(model, x) - x.abs()).unflatten(0, (len(values), n_features)).diagonal(dim1=1, dim2=3)
    )  # (value, inst, feature)
    return (error**2).mean(0) < tolerance * (values**2).mean()


def attack(
    toy: Toy, x: Float[Tensor, "batch inst n_features"], epsilon: float, *, steps: int = 20
) -> Float[Tensor, "batch inst"]:
    """The largest squared error that a change of length `epsilon` brings about, by projected gradient ascent.

    The error counts against the unchanged `x`: the attacker wants the model to see what is not there.
    """
    change = torch.full_like(x, 1e-3)
    for _ in range(steps):
        change.requires_grad_()
        error = ((forward_all(x + change, toy.W, toy.b) - x) ** 2).sum()
        (gradient,) = torch.autograd.grad(error, change)
        step = change.detach() + epsilon * gradient / gradient.norm(dim=-1, keepdim=True).clamp(min=1e-9)
        change = epsilon * step / step.norm(dim=-1, keepdim=True).clamp(min=1e-9)
    return ((forward_all(x + change, toy.W, toy.b) - x) ** 2).sum(-1).detach()


def random_attack(
    toy: Toy, x: Float[Tensor, "batch inst n_features"], epsilon: float, *, seed: int = 0
) -> Float[Tensor, "batch inst"]:
    """The squared error after a random change of length `epsilon`: what `attack` is compared with."""
    change = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed))
    change = epsilon * change / change.norm(dim=-1, keepdim=True)
    return ((forward_all(x + change, toy.W, toy.b) - x) ** 2).sum(-1)
