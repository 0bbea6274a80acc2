"""The same question put to a real model: read its neurons, switch some off, see what it says then.

Apart from the toys, because it needs a model. `neuron_activations` feeds `neurons.held_out_selectivity`;
`ablation_effect` is the intervention that follows it.
"""

import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook import models
from interpbook.models import Site
from interpbook.models.loading import network
from interpbook.models.sites import at, family


def neuron_activations(
    model: TransformersModel, prompts: list[str], layers: list[int], *, batch_size: int = 60
) -> dict[int, Float[Tensor, "prompt d_mlp"]]:
    """The neurons of some layers, at the last token of each prompt."""
    sites = [Site("mlp_act", layer, position=-1) for layer in layers]
    batches = [prompts[i : i + batch_size] for i in range(0, len(prompts), batch_size)]
    found = [models.read(model, batch, sites) for batch in batches]
    return {site.layer: torch.cat([part[site] for part in found]) for site in sites if site.layer is not None}


def next_token_logprobs(
    model: TransformersModel, prompts: list[str], *, write: dict | None = None, batch_size: int = 60
) -> Float[Tensor, "prompt d_vocab"]:
    """What the model expects after each prompt, as log-probabilities."""
    batches = [prompts[i : i + batch_size] for i in range(0, len(prompts), batch_size)]
    return torch.cat([models.next_logits(model, batch, write=write).log_softmax(-1) for batch in batches])


def ablation_effect(
    model: TransformersModel,
    prompts: list[str],
    layer: int,
    neurons: Int[Tensor, " neuron"],
    means: Float[Tensor, " d_mlp"],
    before: Float[Tensor, "prompt d_vocab"],
) -> Float[Tensor, " prompt"]:
    """How far the prediction moves when some neurons are held at their mean: KL(before ‖ after), in nats.

    0: the model did not use them here. The mean, not zero, because zero is a value that a neuron may never take.
    """

    def held_at_mean(acts: Float[Tensor, "batch d_mlp"]) -> Float[Tensor, "batch d_mlp"]:
        return acts.index_copy(1, neurons, means[neurons].expand(len(acts), -1))

    after = next_token_logprobs(model, prompts, write={Site("mlp_act", layer, position=-1): held_at_mean})
    return (before.exp() * (before - after)).sum(-1)


def matched_neurons(
    neurons: Int[Tensor, " neuron"], size: Float[Tensor, " d_mlp"], *, seed: int = 0
) -> Int[Tensor, " neuron"]:
    """Random other neurons of about the same size: each is replaced by one near it in the ranking by `size`.

    Near is one of the twentieth of all free neurons that stand closest.
    """
    generator = torch.Generator().manual_seed(seed)
    order = size.argsort()
    rank = torch.empty_like(order).scatter_(0, order, torch.arange(len(order)))
    taken, chosen = set(neurons.tolist()), []
    for place in rank[neurons].tolist():
        free = [n for n in order.tolist() if n not in taken]
        near = sorted(free, key=lambda n: abs(int(rank[n]) - place))[: max(1, len(order) // 20)]
        chosen.append(near[int(torch.randint(len(near), (1,), generator=generator))])
        taken.add(chosen[-1])
    return torch.tensor(chosen)


def write_lengths(model: TransformersModel, layer: int) -> Float[Tensor, " d_mlp"]:
    """The length of the vector that each neuron adds to the stream, for an activation of 1."""
    tree = family(network(model).config.model_type)
    writer = at(at(network(model), tree.blocks)[layer], tree.mlp_act)
    weight = writer.weight.detach().float()
    return weight.norm(dim=0 if isinstance(writer, torch.nn.Linear) else 1)  # GPT-2 keeps this matrix turned
