"""A model on one prompt with everything held that is not linear: attention patterns and the norms' denominators.

What is left between one MLP's output and the next one's input is a sum of matrices, so "how much of this comes from
that" has one answer. `freeze` reads what is to be held; `through_attention` and `norm_back` are the matrices, applied
backwards. Ameisen et al. 2025, "local replacement model". Built in chapter 05.
"""

from dataclasses import dataclass

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attribution.errors import AttributionError
from interpbook.models import Site, info, tokenize
from interpbook.models.access import read
from interpbook.models.loading import network
from interpbook.models.weights import BlockWeights, Norm, block_weights, final_weights


@dataclass(frozen=True, eq=False)
class FrozenNorm:
    """A norm whose denominators are held: x ↦ (x, centred) * scale + bias."""

    scale: Float[Tensor, "pos d_model"]
    bias: Float[Tensor, " d_model"]
    centred: bool


@dataclass(frozen=True, eq=False)
class FrozenBlock:
    """One block with its pattern and denominators held."""

    norm1: FrozenNorm
    pattern: Float[Tensor, "head query key"]
    values: Float[Tensor, "kv_wide d_model"]
    """W_V of all key-value heads, below one another."""
    outputs: Float[Tensor, "d_model wide"]
    """W_O of all heads, side by side."""
    n_kv_heads: int
    constant: Float[Tensor, " d_model"]
    """What attention adds whatever it looks at: biases."""
    norm2: FrozenNorm


@dataclass(frozen=True, eq=False)
class Frozen:
    """A model on one prompt, frozen, and what passed in it."""

    prompt: str
    tokens: tuple[str, ...]
    ids: Int[Tensor, " pos"]
    prefixed: bool
    """The first token is a separator, which stands before every prompt."""
    blocks: tuple[FrozenBlock, ...]
    embed: Float[Tensor, "pos d_model"]
    mlp_in: Float[Tensor, "layer pos d_model"]
    mlp_out: Float[Tensor, "layer pos d_model"]
    last: FrozenNorm
    """The final norm."""
    unembedding: Float[Tensor, "d_vocab d_model"]
    logits: Float[Tensor, " d_vocab"]
    """What the model says after the last token."""


def freeze(model: TransformersModel, prompt: str | Tensor) -> Frozen:
    """Run the model once on a prompt (text, or ids of shape (1, seq)) and hold what is not linear.

    Raises:
        AttributionError: the weights are not in float32, or there are several prompts.
    """
    _check(model)
    tokens, sizes = tokenize(model, prompt), info(model)
    if len(tokens.ids) != 1:
        raise AttributionError(f"freeze: a graph is of one prompt; got {len(tokens.ids)}.")
    weights = [block_weights(model, layer) for layer in range(sizes.n_layers)]
    kinds = ("resid_pre", "pattern", "resid_mid", "mlp_out")
    sites = [Site(kind, layer) for layer in range(sizes.n_layers) for kind in kinds]
    final = Site("resid", sizes.n_layers - 1)
    found = {site: passing[0] for site, passing in read(model, tokens, [*sites, final]).items()}
    mids = [found[Site("resid_mid", layer)] for layer in range(sizes.n_layers)]
    norm, unembedding = final_weights(model)
    blocks = tuple(
        _block(w, found[Site("pattern", i)], found[Site("resid_pre", i)], mids[i]) for i, w in enumerate(weights)
    )
    last, ids = frozen_norm(norm, found[final]), tokens.ids[0]
    return Frozen(
        prompt=prompt if isinstance(prompt, str) else model.tokenizer.decode(ids),
        tokens=tuple(model.tokenizer.decode([i]) for i in ids.tolist()),
        ids=ids,
        prefixed=int(ids[0]) in model.tokenizer.all_special_ids,
        blocks=blocks,
        embed=found[Site("resid_pre", 0)],
        mlp_in=torch.stack([applied(block.norm2, mid) for block, mid in zip(blocks, mids, strict=True)]),
        mlp_out=torch.stack([found[Site("mlp_out", i)] for i in range(sizes.n_layers)]),
        last=last,
        unembedding=unembedding,
        logits=applied(last, found[final])[-1] @ unembedding.T,
    )


def _check(model: TransformersModel) -> None:
    dtype = next(iter(network(model).parameters())).dtype
    if dtype != torch.float32:
        raise AttributionError(
            f"freeze: graphs add up only in float32; this model is in {str(dtype).removeprefix('torch.')}. "
            "Load it with models.load(), without dtype=."
        )


def _block(w: BlockWeights, pattern: Tensor, entering: Tensor, mid: Tensor) -> FrozenBlock:
    norm1 = frozen_norm(w.norm1, entering)
    fixed = torch.einsum("ved,d->ve", w.W_V, norm1.bias) + w.b_V  # every pattern's row sums to 1
    per_head = fixed.repeat_interleave(len(w.W_O) // len(w.W_V), 0)
    return FrozenBlock(
        norm1=norm1,
        pattern=pattern,
        values=w.W_V.flatten(0, 1),
        outputs=w.W_O.transpose(0, 1).flatten(1),
        n_kv_heads=len(w.W_V),
        constant=torch.einsum("hde,he->d", w.W_O, per_head) + w.b_O,
        norm2=frozen_norm(w.norm2, mid),
    )


def frozen_norm(norm: Norm, x: Float[Tensor, "pos d_model"]) -> FrozenNorm:
    """A norm with the denominators that it has on `x`."""
    centre = x - x.mean(-1, keepdim=True) if norm.centred else x
    scale = norm.gain / (centre.square().mean(-1, keepdim=True) + norm.eps).sqrt()
    return FrozenNorm(scale, norm.bias, norm.centred)


def applied(norm: FrozenNorm, x: Float[Tensor, "*batch pos d_model"]) -> Float[Tensor, "*batch pos d_model"]:
    """The norm, forwards."""
    return (x - x.mean(-1, keepdim=True) if norm.centred else x) * norm.scale + norm.bias


def norm_back(
    norm: FrozenNorm, gradient: Float[Tensor, "pos target d_model"], first: int = 0
) -> Float[Tensor, "pos target d_model"]:
    """A gradient at a norm's output becomes one at its input; its positions start at token `first`."""
    result = gradient * norm.scale[first : first + len(gradient), None]
    return result - result.mean(-1, keepdim=True) if norm.centred else result


def attention_back(
    block: FrozenBlock, gradient: Float[Tensor, "pos target d_model"]
) -> Float[Tensor, "pos target d_model"]:
    """A gradient at what attention adds becomes one at the stream before it: through W_O, the pattern, W_V, the norm.

    The first `pos` tokens only: later ones cannot have been looked at.
    """
    n_pos, n_targets, _ = gradient.shape
    n_heads, n_kv = len(block.pattern), block.n_kv_heads
    z = (gradient @ block.outputs).view(n_pos, n_targets, n_heads, -1)
    by_head = z.permute(2, 0, 1, 3).flatten(2)
    looked_at = block.pattern[:, :n_pos, :n_pos].transpose(1, 2) @ by_head
    shared = looked_at.view(n_kv, n_heads // n_kv, n_pos, n_targets, -1).sum(1)
    at_values = shared.permute(1, 2, 0, 3).flatten(2) @ block.values
    return norm_back(block.norm1, at_values)


def attention_forward(
    block: FrozenBlock, x: Float[Tensor, "*batch pos d_model"]
) -> Float[Tensor, "*batch pos d_model"]:
    """What attention adds to the stream `x` with pattern and denominators held."""
    values = ((applied(block.norm1, x) - block.norm1.bias) @ block.values.T).unflatten(-1, (block.n_kv_heads, -1))
    per_head = values.repeat_interleave(len(block.pattern) // block.n_kv_heads, -2)
    z = torch.einsum("hqk,...khe->...qhe", block.pattern, per_head)
    return z.flatten(-2) @ block.outputs.T + block.constant
