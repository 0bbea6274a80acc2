"""Many small GPT-2 networks side by side, and each of them as the toolkit's own model.

One layer on purpose: whatever is known at the word `answer` came there in one look, so what decided can be read off by
exchanging what that look returns.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from interpbook.models.loading import wrap
from interpbook.organisms.scratchpads.world import WORDS, tokenizer

D_MODEL, N_HEADS, D_MLP, N_LAYERS = 64, 4, 128, 1
Weights = dict[str, Tensor]
"""By GPT-2's own parameter name, a parameter with the models on its first axis."""


def config() -> GPT2Config:
    """The shape of every organism."""
    sizes: dict[str, Any] = {
        "n_embd": D_MODEL,
        "n_head": N_HEADS,
        "n_inner": D_MLP,
        "n_layer": N_LAYERS,
        "n_positions": 32,
    }
    ids: dict[str, Any] = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    return GPT2Config(vocab_size=len(WORDS), tie_word_embeddings=False, **sizes, **ids)


def start(seeds: Sequence[int]) -> Weights:
    """Random parameters, one model a seed."""
    each = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        each.append({name: _first(name, like, generator) for name, like in _shapes().items()})
    return {name: torch.stack([one[name] for one in each]) for name in each[0]}


def _shapes() -> dict[str, torch.Size]:
    with torch.device("meta"):
        return {name: parameter.shape for name, parameter in GPT2LMHeadModel(config()).named_parameters()}


def _first(name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
    if name.endswith("bias"):
        return torch.zeros(shape)
    if ".ln_" in name:
        return torch.ones(shape)
    spread = {"transformer.wte.weight": 0.5, "transformer.wpe.weight": 0.5, "lm_head.weight": D_MODEL**-0.5}
    return spread.get(name, shape[0] ** -0.5) * torch.randn(shape, generator=generator)


def forward(weights: Mapping[str, Tensor], ids: Int[Tensor, "model row seq"]) -> Float[Tensor, "model row seq word"]:
    """What every model says next at every token, in logits. The same computation as transformers' GPT-2."""
    models, rows, seq = ids.shape
    which = torch.arange(models)[:, None, None]
    x = (weights["transformer.wte.weight"][which, ids] + weights["transformer.wpe.weight"][:, None, :seq]).flatten(1, 2)
    for layer in range(N_LAYERS):
        block = f"transformer.h.{layer}."
        qkv = _linear(weights, block + "attn.c_attn", _normed(weights, block + "ln_1", x))
        q, k, v = qkv.view(models * rows, seq, 3, N_HEADS, -1).permute(2, 0, 3, 1, 4)
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + _linear(weights, block + "attn.c_proj", z.transpose(1, 2).reshape(models, rows * seq, -1))
        neurons = F.gelu(_linear(weights, block + "mlp.c_fc", _normed(weights, block + "ln_2", x)), approximate="tanh")
        x = x + _linear(weights, block + "mlp.c_proj", neurons)
    x = _normed(weights, "transformer.ln_f", x)
    return torch.bmm(x, weights["lm_head.weight"].transpose(1, 2)).view(models, rows, seq, -1)


def _normed(weights: Mapping[str, Tensor], name: str, x: Float[Tensor, "model token d"]) -> Tensor:
    return F.layer_norm(x, x.shape[-1:]) * weights[name + ".weight"][:, None] + weights[name + ".bias"][:, None]


def _linear(weights: Mapping[str, Tensor], name: str, x: Float[Tensor, "model token d_in"]) -> Tensor:
    return torch.baddbmm(weights[name + ".bias"][:, None], x, weights[name + ".weight"])


def wrapped(weights: Mapping[str, Tensor], number: int = 0) -> TransformersModel:
    """One of the models as the toolkit's own models are."""
    network = GPT2LMHeadModel(config())
    network.load_state_dict({name: weight[number].float() for name, weight in weights.items()}, strict=False)
    return wrap(network, tokenizer())
