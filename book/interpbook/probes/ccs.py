"""Contrast-consistent search: a direction that two opposite claims disagree on, without labels (Burns et al. 2022).

A claim and its negation cannot both be true, so a truth probe must give them probabilities that add up to one
(consistency), and should not answer one half to both (confidence). CCS looks for any direction with these properties.
So does anything else that differs between the two sides of a pair: that is its weakness (Farquhar et al. 2023).
"""

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.probes.linear import Probe


def normalised(acts: Float[Tensor, "pair d"]) -> Float[Tensor, "pair d"]:
    """Mean 0 and spread 1 in every dimension: takes out what all claims of one side share, such as the word "Yes"."""
    return (acts - acts.mean(0)) / acts.std(0).clamp(min=1e-6)


def ccs_loss(p_yes: Float[Tensor, "... pair"], p_no: Float[Tensor, "... pair"]) -> Float[Tensor, "..."]:
    """Consistency plus confidence, averaged over pairs: 0 when one side of every pair gets 1 and the other 0."""
    consistency = (p_yes - (1 - p_no)) ** 2
    confidence = torch.minimum(p_yes, p_no) ** 2
    return (consistency + confidence).mean(-1)


def ccs(
    yes: Float[Tensor, "pair d"],
    no: Float[Tensor, "partner d"],
    *,
    n_tries: int = 10,
    steps: int = 300,
    weight_decay: float = 0.05,
    seed: int = 0,
) -> Probe:
    """The direction with the lowest `ccs_loss` of several random starts, on activations that are `normalised` already.

    Careful: its sign is arbitrary. CCS finds two camps and cannot say which of them holds the truth.
    """
    if yes.shape != no.shape:
        raise ValueError(f"ccs: {tuple(yes.shape)} activations for yes, {tuple(no.shape)} for no. Expected pairs.")
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(n_tries, yes.shape[1], generator=generator)
    weights = (start / start.norm(dim=1, keepdim=True)).requires_grad_()
    bias = torch.zeros(n_tries, 1, requires_grad=True)
    optimiser = torch.optim.AdamW([weights, bias], lr=0.01, weight_decay=weight_decay)
    with torch.enable_grad():
        for _ in range(steps):
            optimiser.zero_grad()
            loss = ccs_loss((weights @ yes.mT + bias).sigmoid(), (weights @ no.mT + bias).sigmoid())
            loss.sum().backward()
            optimiser.step()
    best = int(loss.detach().argmin())
    return Probe(weights[best].detach(), torch.zeros(yes.shape[1]), float(bias[best].detach()))
