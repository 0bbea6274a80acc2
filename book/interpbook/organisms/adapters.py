"""Low-rank adapters: small trained changes of a frozen language model, to be switched on and off.

1. `fresh` makes an adapter that changes nothing: for each chosen matrix W a pair (down, up) with up = 0.
2. `fit` trains the pairs; the base stays frozen, and the loss is taken at the last token of each prompt alone.
3. `switched_on` puts W + scale · up · down in place of W, so that `read` and `logits` see the changed model, and puts
   W back afterwards, bit by bit.
4. `save` and `load` keep an adapter as float16 safetensors.

Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021). Built in chapter 06.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from nnsight import TransformersModel
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from interpbook.models.loading import info, network
from interpbook.models.sites import at, family
from interpbook.models.tokens import Tokens

ATTENTION = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
NEURONS = ("mlp.up_proj", "mlp.down_proj")


class Pair(NamedTuple):
    """What is added to one matrix: up · down, times the adapter's scale."""

    down: Float[Tensor, "rank d_in"]
    """What the adapter reads from the input."""
    up: Float[Tensor, "d_out rank"]
    """What it writes to the output."""


class Adapter(NamedTuple):
    """A low-rank change of a model."""

    pairs: dict[str, Pair]
    """By the dotted path of the matrix inside the network, such as `model.layers.6.mlp.down_proj`."""
    scale: float
    """What up · down is multiplied by."""

    @property
    def n_params(self) -> int:
        """How many numbers were trained."""
        return sum(part.numel() for pair in self.pairs.values() for part in pair)


class Batch(NamedTuple):
    """Prompts and the token that each should be followed by."""

    tokens: Tokens
    answers: Int[Tensor, " batch"]


def fresh(
    model: TransformersModel,
    *,
    layers: Iterable[int],
    modules: Sequence[str] = (*ATTENTION, *NEURONS),
    rank: int = 4,
    scale: float = 4.0,
    seed: int = 0,
) -> Adapter:
    """An adapter that changes nothing yet: `down` is random, `up` is zero."""
    generator = torch.Generator().manual_seed(seed)
    blocks, pairs = family(info(model).name).blocks, {}
    for path in (f"{blocks}.{layer}.{module}" for layer in layers for module in modules):
        d_out, d_in = at(network(model), path).weight.shape
        down = torch.randn(rank, d_in, generator=generator) / math.sqrt(d_in)
        pairs[path] = Pair(down, torch.zeros(d_out, rank))
    return Adapter(pairs, scale)


@contextmanager
def attached(net: Any, adapter: Adapter) -> Iterator[None]:
    """The network with the adapter beside its matrices, so that gradients reach the pairs; for training."""

    def beside(pair: Pair) -> Any:
        def hook(_: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            x = inputs[0]
            return output + adapter.scale * F.linear(F.linear(x, pair.down.to(x.dtype)), pair.up.to(x.dtype))

        return hook

    with ExitStack() as stack:
        for path, pair in adapter.pairs.items():
            stack.callback(at(net, path).register_forward_hook(beside(pair)).remove)
        yield


def last_logits(net: Any, tokens: Tokens) -> Float[Tensor, "batch d_vocab"]:
    """What comes after the last token. Only that position is unembedded, which saves most of a short prompt's cost."""
    inputs = tokens.inputs if not bool(tokens.mask.all()) else {"input_ids": tokens.ids, "use_cache": False}
    return net.lm_head(net.model(**inputs).last_hidden_state[:, -1]).float()


def fit(
    model: TransformersModel,
    adapter: Adapter,
    steps: Iterable[Sequence[Batch]],
    *,
    n_steps: int,
    lr: float = 2e-3,
    warmup: int = 10,
) -> tuple[Adapter, list[float]]:
    """Train a copy of an adapter on steps of one or more batches; returns it and the loss of each step in nats.

    Adam, warm-up, then a learning rate that falls along a half cosine; the base model is not changed.
    """
    pairs = {path: Pair(*(part.clone().requires_grad_() for part in pair)) for path, pair in adapter.pairs.items()}
    trained, net, losses = Adapter(pairs, adapter.scale), network(model), []
    optimiser = torch.optim.AdamW([part for pair in pairs.values() for part in pair], lr=lr, weight_decay=0.0)
    with _plain_attention(net), attached(net, trained), torch.enable_grad():
        for step, batches in zip(range(n_steps), steps, strict=False):
            rise, fall = min(1.0, (step + 1) / warmup), 0.5 * (1 + math.cos(math.pi * step / n_steps))
            optimiser.param_groups[0]["lr"] = lr * rise * max(fall, 0.05)
            optimiser.zero_grad()
            losses.append(0.0)
            for batch in batches:
                loss = F.cross_entropy(last_logits(net, batch.tokens), batch.answers) / len(batches)
                loss.backward()
                losses[-1] += loss.item()
            torch.nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], 1.0)
            optimiser.step()
    done = {path: Pair(*(part.detach() for part in pair)) for path, pair in pairs.items()}
    return Adapter(done, adapter.scale), losses


@contextmanager
def _plain_attention(net: Any) -> Iterator[None]:
    """On prompts of seven tokens the plain implementation of attention is the fast one, above all backwards."""
    before = net.config._attn_implementation
    net.set_attn_implementation("eager")
    try:
        yield
    finally:
        net.set_attn_implementation(before)


@contextmanager
def switched_on(model: TransformersModel, adapter: Adapter) -> Iterator[TransformersModel]:
    """The model with the adapter merged into its weights, inside the `with` block alone."""
    net, before = network(model), {}
    try:
        for path, pair in adapter.pairs.items():
            weight = at(net, path).weight
            before[path] = weight.data
            weight.data = weight.data + (adapter.scale * (pair.up @ pair.down)).to(weight.dtype)
        yield model
    finally:
        for path, data in before.items():
            at(net, path).weight.data = data


def save(adapter: Adapter, file: Path, **about: str) -> None:
    """Write an adapter as float16 safetensors; `about` is kept beside it as text."""
    tensors = {
        f"{path}:{name}": getattr(pair, name).to(torch.float16).contiguous()
        for path, pair in adapter.pairs.items()
        for name in Pair._fields
    }
    save_file(tensors, file, metadata={"scale": repr(adapter.scale), **about})


def load(file: Path) -> tuple[Adapter, dict[str, str]]:
    """An adapter as `save` wrote it, and what was said about it."""
    with safe_open(file, framework="pt") as stored:
        about = dict(stored.metadata())
        paths = dict.fromkeys(key.rpartition(":")[0] for key in stored.keys())  # noqa: SIM118 (not a dictionary)
        pairs = {path: Pair(*(stored.get_tensor(f"{path}:{name}").float() for name in Pair._fields)) for path in paths}
    return Adapter(pairs, float(about.pop("scale"))), about
