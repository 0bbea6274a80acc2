"""Teach a wired network to hold what its truth says, where its truth says it.

1. On every lesson the truth gives all variables, so the whole residual stream after every block is known: the
   embeddings, plus the code of each value that has been written by then.
2. The loss is the distance from that stream, and the surprise at the words that should be said.
3. After each step, weights that the wiring forbids are set back to zero.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import LlamaForCausalLM

from interpbook.organisms.tracing.truth import UNTAUGHT, values_of
from interpbook.organisms.tracing.wiring import LENGTH, Blueprint, Lesson, masks, network_of
from interpbook.superposition.toy import one_thread

NOTHING, FREE = -1, -2
"""In `Lessons.values`: the variable has no value here; its slot is left to itself."""
NOISE = 0.05
"""Spread of the noise on the embeddings, so that no part learns to rely on the last digits of another's."""


class Lessons(NamedTuple):
    """Lessons as tensors."""

    ids: Int[Tensor, "lesson seq"]
    values: Int[Tensor, "lesson variable"]
    """Which of its slot's values each variable has; NOTHING, or FREE."""
    says: Int[Tensor, "lesson seq"]
    """The word to say after each token; NOTHING where any will do."""


def tensors_of(blueprint: Blueprint, lessons: Sequence[Lesson]) -> Lessons:
    """Lessons of one length as tensors; what the truth works out on each is in `values`."""
    number = {word: i for i, word in enumerate(blueprint.words)}
    rows = [[blueprint.words[0], *lesson.text.split()] for lesson in lessons]
    ids = torch.tensor([[number[word] for word in row] for row in rows])
    says = torch.full_like(ids, NOTHING)
    for i, lesson in enumerate(lessons):
        for position, word in lesson.says.items():
            says[i, position] = number[word]
    return Lessons(ids, torch.tensor([_values(blueprint, row) for row in rows]), says)


def _values(blueprint: Blueprint, words: list[str]) -> list[int]:
    found = values_of(blueprint.truth, words)
    return [
        NOTHING
        if variable.layer < 0 or variable.name not in found
        else FREE
        if found[variable.name] == UNTAUGHT
        else blueprint.values[variable.slot].index(found[variable.name])
        for variable in blueprint.truth.variables
    ]


def streams_of(
    blueprint: Blueprint, lessons: Lessons, embedded: Float[Tensor, "lesson seq d_model"]
) -> tuple[Float[Tensor, "layer lesson seq d_model"], Bool[Tensor, "layer lesson seq d_model"]]:
    """What the stream should hold after each block, and where that is laid down at all."""
    streams = embedded.expand(blueprint.n_layers, *embedded.shape).clone()
    fixed = torch.ones_like(streams, dtype=torch.bool)
    for number, variable in enumerate(blueprint.truth.variables):
        which, place = lessons.values[:, number], blueprint.places[variable.slot]
        if variable.layer < 0:
            continue
        codes = blueprint.codes[variable.slot][which.clamp(min=0)] * (which >= 0)[:, None]
        codes = variable.sign * variable.times * codes
        if variable.position < streams.shape[2]:
            streams[variable.layer :, :, variable.position, place] += codes
            fixed[variable.layer :, which == FREE, variable.position, place] = False
    return streams, fixed


@one_thread()
@torch.enable_grad()
def train(
    blueprint: Blueprint, *, seed: int = 0, steps: int | None = None, batch: int = 128, lr: float = 1e-2
) -> LlamaForCausalLM:
    """A trained network, its weights rounded to 16 bits as they will lie on disk."""
    network, steps = network_of(blueprint, seed), steps or blueprint.steps
    lessons = tensors_of(blueprint, blueprint.lessons())
    allowed = {name: (network.get_parameter(name), mask) for name, mask in masks(blueprint).items()}
    network.requires_grad_(False)
    optimiser = torch.optim.Adam([weight.requires_grad_() for weight, _ in allowed.values()], lr=lr, betas=(0.9, 0.98))
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        chosen = torch.randint(len(lessons.ids), (batch,), generator=generator)
        some = Lessons(*(part[chosen] for part in lessons))
        optimiser.param_groups[0]["lr"] = lr * min(1.0, step / 50) * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimiser.zero_grad()
        loss_of(blueprint, network, some, generator).backward()
        optimiser.step()
        for weight, mask in allowed.values():
            weight.data *= mask
    network.requires_grad_(False)
    for weight, _ in allowed.values():
        weight.data = weight.data.half().float()
    return network.eval()


def loss_of(
    blueprint: Blueprint, network: LlamaForCausalLM, lessons: Lessons, generator: torch.Generator
) -> Float[Tensor, ""]:
    """The distance of the stream from what it should hold (in squared code lengths), and the surprise at the words."""
    embedded = network.model.embed_tokens(lessons.ids)
    noise = NOISE * torch.randn(embedded.shape, generator=generator)
    streams, fixed = streams_of(blueprint, lessons, embedded)
    found, logits = after_blocks(network, embedded + noise)
    distance = ((found - streams - noise).square() * fixed).sum() / (LENGTH**2 * len(lessons.ids))
    said = lessons.says >= 0
    return distance + F.cross_entropy(logits[said], lessons.says[said])


def after_blocks(
    network: LlamaForCausalLM, embedded: Float[Tensor, "lesson seq d_model"]
) -> tuple[Float[Tensor, "layer lesson seq d_model"], Float[Tensor, "lesson seq word"]]:
    """The stream after every block, and the logits."""
    kept: list[Tensor] = []

    def keep(_: Any, __: Any, out: Any) -> None:
        kept.append(out[0] if isinstance(out, tuple) else out)

    hooks = [block.register_forward_hook(keep) for block in network.model.layers]
    try:
        logits = network(inputs_embeds=embedded, use_cache=False).logits
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(kept), logits
