"""What a block's attention and norms do, as plain matrices: for everything that treats a model as arithmetic.

`block_weights(model, layer)` and `final_weights(model)` give copies of no memory (views where they can) in one form for
the families of Llama and GPT-2, whatever each calls its parts. Rows of `W_V` are already split by head.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models.errors import ModelError
from interpbook.models.loading import info, network
from interpbook.models.sites import GPT2, LLAMA, at, family


class Norm(NamedTuple):
    """A norm: x, centred if it is a LayerNorm, over its root mean square, times `gain`, plus `bias`."""

    gain: Float[Tensor, " d_model"]
    bias: Float[Tensor, " d_model"]
    centred: bool
    eps: float


class BlockWeights(NamedTuple):
    """One block. Queries and keys are left out: they decide where attention looks, not what it carries."""

    norm1: Norm
    """Before attention."""
    W_V: Float[Tensor, "kv_head d_head d_model"]
    b_V: Float[Tensor, "kv_head d_head"]
    W_O: Float[Tensor, "head d_model d_head"]
    b_O: Float[Tensor, " d_model"]
    norm2: Norm
    """Before the neurons."""


class NeuronWeights(NamedTuple):
    """The neurons of one block: each adds `activation * down[:, n]`."""

    up: Float[Tensor, "neuron d_model"]
    b_up: Float[Tensor, " neuron"]
    down: Float[Tensor, "d_model neuron"]
    b_down: Float[Tensor, " d_model"]
    gate: Float[Tensor, "neuron d_model"] | None
    """Gated neurons (Llama's family): activation = nonlinear(gate · x) * (up · x). None: nonlinear(up · x + b_up)."""
    nonlinear: Callable[[Tensor], Tensor]


def block_weights(model: TransformersModel, layer: int) -> BlockWeights:
    """The matrices of one block.

    Raises:
        ModelError: the family has further norms inside the block (Gemma), or is not known.
    """
    sizes, block = info(model), _block(model, layer)
    if family(sizes.name) == GPT2:
        attention, d = block.attn, sizes.d_model
        value, value_bias = attention.c_attn.weight[:, 2 * d :].T, attention.c_attn.bias[2 * d :]
        out, out_bias = attention.c_proj.weight.T, attention.c_proj.bias
        norms = block.ln_1, block.ln_2
    else:
        attention = block.self_attn
        value, value_bias = attention.v_proj.weight, attention.v_proj.bias
        out, out_bias = attention.o_proj.weight, attention.o_proj.bias
        norms = block.input_layernorm, block.post_attention_layernorm
    per_kv = (sizes.n_kv_heads, sizes.d_head)
    return BlockWeights(
        norm1=_norm(norms[0]),
        W_V=value.detach().unflatten(0, per_kv),
        b_V=_or_zero(value_bias, value).unflatten(0, per_kv),
        W_O=out.detach().unflatten(1, (sizes.n_heads, sizes.d_head)).transpose(0, 1),
        b_O=_or_zero(out_bias, out),
        norm2=_norm(norms[1]),
    )


def neuron_weights(model: TransformersModel, layer: int) -> NeuronWeights:
    """The neurons of one block as matrices."""
    mlp = _block(model, layer).mlp
    if family(info(model).name) == GPT2:
        up, down, gate = mlp.c_fc.weight.T, mlp.c_proj.weight.T, None
        return NeuronWeights(
            up.detach(), mlp.c_fc.bias.detach(), down.detach(), mlp.c_proj.bias.detach(), gate, mlp.act
        )
    up, down, gate = mlp.up_proj, mlp.down_proj, mlp.gate_proj
    return NeuronWeights(
        *(up.weight.detach(), _or_zero(up.bias, up.weight), down.weight.detach(), _or_zero(down.bias, down.weight)),
        *(gate.weight.detach(), mlp.act_fn),
    )


def final_weights(model: TransformersModel) -> tuple[Norm, Float[Tensor, "d_vocab d_model"]]:
    """The last norm and the unembedding."""
    module = network(model)
    return _norm(at(module, family(info(model).name).norm)), module.lm_head.weight.detach()


def _block(model: TransformersModel, layer: int) -> Any:
    sizes = info(model)
    tree = family(sizes.name)
    if tree not in (LLAMA, GPT2):
        raise ModelError(f"weights: {sizes.name!r} models normalise inside the block; known are Llama's kin and GPT-2.")
    return at(network(model), tree.blocks)[layer]


def _norm(module: Any) -> Norm:
    bias = getattr(module, "bias", None)
    centred = isinstance(module, torch.nn.LayerNorm)
    eps = module.eps if centred else module.variance_epsilon
    return Norm(module.weight.detach(), _or_zero(bias, module.weight), centred, float(eps))


def _or_zero(bias: Tensor | None, like: Tensor) -> Tensor:
    """A bias, or zeros of as many rows as the matrix has."""
    return torch.zeros(len(like), dtype=like.dtype) if bias is None else bias.detach()
