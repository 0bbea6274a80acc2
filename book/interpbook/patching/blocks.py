"""The blocks of a Llama-like model, run from any layer and any position on, many rows at once.

A patch at layer 20 and position 9 cannot change layers 0 to 19, nor what stands before position 9. So a sweep keeps one
run of the model (`record`), and for each patch computes only what comes after it (`finish`), with the keys and values
of the earlier positions taken from that run. Nothing is approximated.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from nnsight import TransformersModel
from torch import Tensor
from torch.nn import functional
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from interpbook.models import info
from interpbook.models.loading import network

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
PROJECTIONS = ("q", "k", "v")
Edits = Mapping[str, Tensor]
"""What to add to a block's `q`, `k` or `v`, before positions are mixed in: `(row, seq, head, d_head)`."""


class Kept(NamedTuple):
    """What one block did in one run: all that a patch may need to read."""

    resid_pre: Float[Tensor, "row seq d_model"]
    q: Float[Tensor, "row seq head d_head"]
    k: Float[Tensor, "row seq kv_head d_head"]
    v: Float[Tensor, "row seq kv_head d_head"]
    keys: Float[Tensor, "row kv_head seq d_head"]
    """Keys as attention sees them, positions mixed in."""
    values: Float[Tensor, "row kv_head seq d_head"]
    z: Float[Tensor, "row seq head d_head"]
    attn_out: Float[Tensor, "row seq d_model"]
    resid_mid: Float[Tensor, "row seq d_model"]
    mlp_out: Float[Tensor, "row seq d_model"]
    resid: Float[Tensor, "row seq d_model"]


@dataclass(frozen=True)
class Entry:
    """Rows that begin in the middle: a stream that enters block `layer`, from position `first` to the end."""

    layer: int
    stream: Float[Tensor, "row tail d_model"]


def supported(model: TransformersModel) -> bool:
    """Whether the blocks of this model are the ones written out here."""
    sizes = info(model)
    window = getattr(model.config.get_text_config(), "sliding_window", None)
    return sizes.name in FAMILIES and (window is None or window >= sizes.n_context)


def linear_norm(norm: Any, x: Float[Tensor, "row seq d_model"]) -> Float[Tensor, "row seq d_model"]:
    """A root-mean-square norm whose denominator is taken as a constant: backwards, it is a multiplication."""
    rms = (x.square().mean(-1, keepdim=True) + norm.variance_epsilon).sqrt()
    return x / rms.detach() * norm.weight


def attend(
    block: Any, normed: Tensor, rotary: tuple[Tensor, Tensor], prefix: tuple[Tensor, Tensor] | None, edits: Edits
) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor], Tensor]:
    """`q`, `k`, `v` after any edit; keys and values with the prefix before them; the queries, turned."""
    attention = block.self_attn
    parts = {}
    for name in PROJECTIONS:
        part = getattr(attention, f"{name}_proj")(normed).unflatten(-1, (-1, attention.head_dim))
        parts[name] = part + edits[name] if name in edits else part
    q, k = (
        getattr(attention, f"{name}_norm")(parts[name]) if hasattr(attention, f"{name}_norm") else parts[name]
        for name in ("q", "k")
    )
    query, key = apply_rotary_pos_emb(q.transpose(1, 2), k.transpose(1, 2), *rotary)
    value = parts["v"].transpose(1, 2)
    if prefix is not None:
        key, value = torch.cat([prefix[0], key], dim=2), torch.cat([prefix[1], value], dim=2)
    return parts, (key, value), query


def gather(
    query: Float[Tensor, "row head tail d_head"], kv: tuple[Tensor, Tensor], scale: float, *, frozen: bool = False
) -> Float[Tensor, "row tail head d_head"]:
    """What each head gathers; `frozen` takes the attention pattern as a constant, so that no gradient runs through."""
    seen = causal(query.shape[2], kv[0].shape[2])
    if not frozen:
        z = functional.scaled_dot_product_attention(query, *kv, attn_mask=seen, scale=scale, enable_gqa=True)
        return z.transpose(1, 2)
    key, value = (part.repeat_interleave(query.shape[1] // part.shape[1], dim=1) for part in kv)
    scores = (query @ key.transpose(-1, -2) * scale).masked_fill(~seen, -torch.inf)
    return (scores.softmax(-1).detach() @ value).transpose(1, 2)


def causal(n_queries: int, n_keys: int) -> Bool[Tensor, "query key"]:
    """Who sees whom when the queries are the last of the keys' positions."""
    return torch.ones(n_queries, n_keys, dtype=torch.bool).tril(n_keys - n_queries)


def neurons(block: Any, x: Float[Tensor, "row seq d_model"], *, linear: bool = False) -> Float[Tensor, "row seq d"]:
    """What the MLP adds; `linear` sends gradients back by the rules of relevance propagation (see `gradients`)."""
    if not linear:
        return block.mlp(block.post_attention_layernorm(x))
    mlp, normed = block.mlp, linear_norm(block.post_attention_layernorm, x)
    gate = mlp.gate_proj(normed)
    opened = gate * (mlp.act_fn(gate) / torch.where(gate == 0, 1.0, gate)).detach()
    product = opened * mlp.up_proj(normed)
    return mlp.down_proj((product + product.detach()) / 2)


def rotary_of(model: TransformersModel, x: Tensor, n_tokens: int, first: int = 0) -> tuple[Tensor, Tensor]:
    """Cosines and sines of positions `first` to the last."""
    return network(model).model.rotary_emb(x, torch.arange(first, n_tokens)[None])


def embed(model: TransformersModel, ids: Int[Tensor, "row seq"]) -> Float[Tensor, "row seq d_model"]:
    """What enters block 0."""
    return network(model).model.embed_tokens(ids)


def record(
    model: TransformersModel, embedded: Float[Tensor, "row seq d_model"], *, n_layers: int | None = None,
    linear: bool = False,
) -> list[Kept]:  # fmt: skip
    """One run of the model, everything kept. Under `torch.enable_grad` it can be differentiated."""
    x, kept = embedded, []
    rotary = rotary_of(model, x, x.shape[1])
    for block in network(model).model.layers[:n_layers]:
        normed = linear_norm(block.input_layernorm, x) if linear else block.input_layernorm(x)
        parts, (keys, values), query = attend(block, normed, rotary, None, {})
        z = gather(query, (keys, values), block.self_attn.scaling, frozen=linear)
        attn_out = block.self_attn.o_proj(z.flatten(-2))
        mid = x + attn_out
        mlp_out = neurons(block, mid, linear=linear)
        resid = mid + mlp_out
        kept.append(Kept(x, parts["q"], parts["k"], parts["v"], keys, values, z, attn_out, mid, mlp_out, resid))
        x = resid
    return kept


def run_block(
    model: TransformersModel, layer: int, x: Float[Tensor, "row tail d_model"], base: Kept, first: int, edits: Edits
) -> Float[Tensor, "row tail d_model"]:
    """One block for rows that differ from the base run from position `first` on. Rows go cell by cell, pair by pair."""
    block, n_tokens = network(model).model.layers[layer], base.keys.shape[2]
    n_cells = len(x) // len(base.keys)
    prefix = (
        part[None, :, :, :first].expand(n_cells, *(-1 for _ in range(4))).flatten(0, 1)
        for part in (base.keys, base.values)
    )
    rotary = rotary_of(model, x, n_tokens, first)
    _, kv, query = attend(block, block.input_layernorm(x), rotary, (next(prefix), next(prefix)), edits)
    mid = x + block.self_attn.o_proj(gather(query, kv, block.self_attn.scaling).flatten(-2))
    return mid + neurons(block, mid)


def finish(
    model: TransformersModel, base: list[Kept], entries: list[Entry], directions: Float[Tensor, "pair d_model"]
) -> Iterator[Float[Tensor, "cell pair"]]:
    """The logit difference of each entry's rows, in the entries' order; `directions` is W_U[right] − W_U[wrong].

    Entries have the same tail, and go up by layer: they join the rows that are already on their way.
    """
    tail = entries[0].stream.shape[1]
    first = base[0].keys.shape[2] - tail
    waiting, x = list(entries), entries[0].stream[:0]
    for layer in range(entries[0].layer, len(base) + 1):
        while waiting and waiting[0].layer == layer:
            x = torch.cat([x, waiting.pop(0).stream])
        if layer < len(base):
            x = run_block(model, layer, x, base[layer], first, {})
    normed = network(model).model.norm(x[:, -1]).float().unflatten(0, (-1, len(directions)))
    diffs = torch.einsum("cpd,pd->cp", normed, directions)
    yield from diffs.split([len(entry.stream) // len(directions) for entry in entries])
