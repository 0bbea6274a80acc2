"""Attention heads: who looks where, why, and what happens without it.

1. `attention_screen` measures, for all heads at once, how far many endings look back at one word of many beginnings.
   A beginning is computed once for all its endings, which see it and themselves but not one another.
2. `double_centre` and `concordance` turn such a table into "does this head look more when the claim is right?".
3. `qk_matrix`, `qk_eigen_skew` and `qk_attribution` ask the weights why.
4. `ablation` and `query_steering` make the interventions that decide whether any of it matters.

Kamath et al. 2025, "Tracing Attention Computation Through Feature Interactions", on a small model and without a
dictionary. Built in chapter 06. The functions about weights are for the Llama family.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Bool, Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.data import answer_ids, token_ids
from interpbook.models import ModelError, PromptError, Site, info, read, tokenize
from interpbook.models.access import Write, eager
from interpbook.models.loading import network
from interpbook.models.tokens import Tokens

Head = tuple[int, int]
"""(layer, head)"""


# --- looking ---


def attention_screen(
    model: TransformersModel, beginnings: Sequence[str], endings: Sequence[str], words: Sequence[str]
) -> Float[Tensor, "beginning ending layer head"]:
    """How much each ending looks at the last token of each beginning's word, for every head: attention, 0 to 1.

    `beginnings[i] + " " + endings[j]` is one prompt, `words[i]` the word in it that is looked at. Every ending is one
    token. Equal, up to rounding, to the pattern of each prompt by itself: the endings stand side by side behind their
    beginning, at the same position, hidden from one another.
    """
    tokens = tokenize(model, beginnings)
    ends = answer_ids(model.tokenizer, endings)
    looked_at = torch.tensor([last_token_of(model, text, word) for text, word in zip(beginnings, words, strict=True)])
    rows, seq = torch.arange(len(beginnings)), tokens.ids.shape[1]
    patterns = _forked(model, tokens, ends)
    picked = [layer[rows, :, seq:, seq + looked_at] for layer in patterns]  # each (beginning, head, ending)
    return torch.stack([part.transpose(1, 2) for part in picked], dim=2)


def last_token_of(model: TransformersModel, text: str, word: str) -> int:
    """Where the last token of a word stands in a text, counted from the end (-1 is the last token).

    Raises:
        PromptError: the word is not in the text, or shares its last token with what follows.
    """
    head, found, tail = text.rpartition(word)
    if not found:
        raise PromptError(f"last_token_of: {word!r} is not in {text!r}.")
    after, whole = token_ids(model.tokenizer, tail), token_ids(model.tokenizer, text)
    before = token_ids(model.tokenizer, head + word)
    if len(before) + len(after) != len(whole):
        raise PromptError(f"last_token_of: the end of {word!r} is not the end of a token in {text!r}.")
    return -1 - len(after)


def _forked(model: TransformersModel, tokens: Tokens, ends: Int[Tensor, " ending"]) -> tuple[Tensor, ...]:
    """The attention patterns of all layers, where the endings follow each prompt in parallel."""
    n = len(tokens.ids)
    lengths = tokens.mask.sum(-1, keepdim=True)
    positions = torch.cat([tokens.inputs["position_ids"], lengths.expand(n, len(ends))], dim=1)
    module = network(model)
    with torch.no_grad(), eager(model, wanted=True):
        found = module.model(  # type: ignore[operator, union-attr]
            input_ids=torch.cat([tokens.ids, ends.expand(n, -1)], dim=1),
            attention_mask=_fork_mask(tokens.mask, len(ends)),
            position_ids=positions,
            use_cache=False,
            output_attentions=True,
        )
    return found.attentions


def _fork_mask(mask: Bool[Tensor, "batch seq"], n_endings: int) -> Float[Tensor, "batch one all all"]:
    """0 where a token may look, hugely negative elsewhere: causal, no padding, and each ending sees itself alone."""
    n, seq = mask.shape
    total = seq + n_endings
    allowed = torch.ones(total, total, dtype=torch.bool).tril()
    allowed[seq:, seq:] = torch.eye(n_endings, dtype=torch.bool)
    visible = torch.cat([mask, torch.ones(n, n_endings, dtype=torch.bool)], dim=1)
    open_ = allowed & visible[:, None, :] | torch.eye(total, dtype=torch.bool)
    return torch.zeros(n, 1, total, total).masked_fill(~open_[:, None], torch.finfo(torch.float32).min)


def double_centre(table: Float[Tensor, "row column *rest"]) -> Float[Tensor, "row column *rest"]:
    """The table without what its rows and its columns contribute by themselves: what is left is their match.

    A head that looks at every banana, or from every "red", has nothing left.
    """
    rows, columns = table.mean(1, keepdim=True), table.mean(0, keepdim=True)
    return table - rows - columns + table.mean((0, 1), keepdim=True)


def concordance(table: Float[Tensor, "row column *rest"], true: Bool[Tensor, "row column"]) -> Float[Tensor, "row ..."]:
    """For each row: the centred table at the true columns minus the false ones. Positive: looks more if it is right."""
    centred, weight = double_centre(table), true.reshape(*true.shape, *[1] * (table.ndim - 2))
    at_true = (centred * weight).sum(1) / weight.sum(1)
    return at_true - (centred * ~weight).sum(1) / (~weight).sum(1)


# --- why it looks ---


class HeadWeights(NamedTuple):
    """What decides where one head looks, the input norm's gain folded in."""

    query: Float[Tensor, "d_head d_model"]
    key: Float[Tensor, "d_head d_model"]
    theta: float
    """Base of the rotary positions."""


def head_weights(model: TransformersModel, layer: int, head: int) -> HeadWeights:
    """W_Q and W_K of one query head; several query heads share one W_K where keys are grouped."""
    sizes, module = info(model), network(model)
    if not hasattr(getattr(module, "model", None), "layers"):
        raise ModelError(
            f"head_weights: {sizes.name!r} models keep queries and keys elsewhere; Llama's family is known."
        )
    block = module.model.layers[layer]  # type: ignore[index, union-attr]
    gain = block.input_layernorm.weight.detach()
    shared = head * sizes.n_kv_heads // sizes.n_heads
    query = block.self_attn.q_proj.weight.detach().unflatten(0, (sizes.n_heads, -1))[head]
    key = block.self_attn.k_proj.weight.detach().unflatten(0, (sizes.n_kv_heads, -1))[shared]
    parameters = module.config.rope_parameters if hasattr(module.config, "rope_parameters") else {}
    theta = parameters.get("rope_theta") or getattr(module.config, "rope_theta", 10000.0)
    return HeadWeights(query * gain, key * gain, float(theta))


def rotation(d_head: int, distance: int, theta: float) -> Float[Tensor, "d_head d_head"]:
    """R such that query · R key is the score of a query `distance` tokens after its key (rotary positions).

    Dimension i turns together with i + d_head/2, by `distance * theta ** (-2 i / d_head)` radians.
    """
    half = d_head // 2
    angle = distance * theta ** (-torch.arange(half, dtype=torch.float64) * 2 / d_head)
    cos, sin = torch.diag(angle.cos()), torch.diag(angle.sin())
    return torch.cat([torch.cat([cos, sin], dim=1), torch.cat([-sin, cos], dim=1)], dim=0).float()


def qk_eigen_skew(weights: HeadWeights, distance: int | None = None) -> float:
    """Does a head look for its own kind or for its opposite? Sum of Re(eigenvalue) over sum of |eigenvalue|, -1 to 1.

    The eigenvalues are those of W_QK, query vector times key vector. +1: every direction that the head can see attracts
    itself. -1: repels itself. `distance=None` leaves positions out; a number turns the keys as rotary positions would.
    """
    key = weights.key
    if distance is not None:
        key = rotation(len(key), distance, weights.theta) @ key
    values = torch.linalg.eigvals((key @ weights.query.T).double())  # (d_head, d_head): the same non-zero eigenvalues
    return (values.real.sum() / values.abs().sum()).item()


def residual_parts(
    model: TransformersModel, prompts: str | Sequence[str], layer: int
) -> tuple[list[str], Float[Tensor, "part *prompt seq d_model"]]:
    """Everything that was added to the stream before block `layer`: embedding, then attention and MLP of each block.

    Their sum over parts is the stream that enters the block. Several prompts have the same number of tokens.
    """
    sites = [Site("embed")] + [Site(kind, i) for i in range(layer) for kind in ("attn_out", "mlp_out")]
    found = read(model, prompts, sites)
    names = ["embed"] + [f"{kind} {i}" for i in range(layer) for kind in ("attention", "MLP")]
    parts = torch.stack([found[site] for site in sites])
    return names, parts[:, 0] if isinstance(prompts, str) else parts


def qk_attribution(
    model: TransformersModel,
    layer: int,
    head: int,
    query: Float[Tensor, "query_part d_model"],
    key: Float[Tensor, "key_part d_model"],
    distance: int,
) -> Float[Tensor, "query_part key_part"]:
    """The attention score before softmax, split into what each part at the query and each part at the key make of it.

    The parts of a place add up to its residual stream; the sum of the whole table is the score. The norm is taken as
    the division by one number that it is on this prompt. Parts may come from anywhere: components, or the features of
    a dictionary and its error.
    """
    weights, eps = head_weights(model, layer, head), network(model).config.rms_norm_eps
    q = (query / rms(query.sum(0), eps)) @ weights.query.T
    k = (key / rms(key.sum(0), eps)) @ weights.key.T
    turned = k @ rotation(q.shape[-1], distance, weights.theta).T
    return q @ turned.T / q.shape[-1] ** 0.5


def rms(vector: Float[Tensor, " d_model"], eps: float) -> Float[Tensor, ""]:
    return (vector.square().mean() + eps).sqrt()


def head_loading(
    pattern: Float[Tensor, " head"],
    value: Float[Tensor, "head d_head"],
    output: Float[Tensor, "head d_model d_head"],
    direction: Float[Tensor, " d_model"],
) -> Float[Tensor, " head"]:
    """What each head carries along one edge: attention to the key times what its value writes along `direction`."""
    written = torch.einsum("hmd,hd,m->h", output, value, direction)
    return pattern * written


# --- without it ---


def ablation(heads: Iterable[Head], how: str = "mean", *, position: int | None = -1, seed: int = 0) -> Write:
    """What to `write` so that heads say nothing about *this* prompt, at one position (`None`: at all).

    "mean": the average over the batch. "resample": what they said to another prompt of it. "zero": nothing, which
    no prompt ever gives, so that it can harm by its strangeness alone.
    """
    ways: dict[str, Callable[[Tensor], Tensor]] = {
        "mean": lambda z: z.mean(0, keepdim=True).expand_as(z),
        "resample": lambda z: z[_derangement(len(z), seed)],
        "zero": torch.zeros_like,
    }
    if how not in ways:
        raise ValueError(f"ablation: there is no way {how!r}. Ways: {', '.join(ways)}.")
    return {Site("z", layer, head=head, position=position): ways[how] for layer, head in heads}


def head_attribution(
    model: TransformersModel,
    prompts: Sequence[str],
    metric: Callable[[Float[Tensor, "prompt d_vocab"]], Float[Tensor, " prompt"]],
) -> Float[Tensor, "prompt layer head"]:
    """A first-order guess at what mean ablation of each head at the last token would do to each prompt's metric.

    `metric` turns the last logits into one number a prompt. One backward pass for all heads (attribution patching,
    Nanda 2023), so it ranks hundreds of heads for the price of three runs; check the ones you choose by ablating them.
    """
    tokens, module, seen = tokenize(model, prompts), network(model), []
    hooks = [module.get_input_embeddings().register_forward_hook(lambda _, __, out: out.detach().requires_grad_())]
    for block in module.model.layers:  # type: ignore[union-attr]
        hooks.append(block.self_attn.o_proj.register_forward_pre_hook(lambda _, x: seen.append(x[0])))
    try:
        with torch.enable_grad():
            last = module.model(**tokens.inputs).last_hidden_state[:, -1]  # type: ignore[operator, union-attr]
            gradients = torch.autograd.grad(metric(module.lm_head(last)).sum(), seen)  # type: ignore[operator]
    finally:
        for hook in hooks:
            hook.remove()
    z = torch.stack([part.detach()[:, -1] for part in seen], dim=1).unflatten(-1, (info(model).n_heads, -1))
    slope = torch.stack([part[:, -1] for part in gradients], dim=1).reshape(z.shape)
    return ((z.mean(0) - z) * slope).sum(-1)


def _derangement(n: int, seed: int) -> Int[Tensor, " n"]:
    """Every place gets another one's number: a random circle."""
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    result = torch.empty_like(order)
    result[order] = order.roll(1)
    return result


def query_steering(
    model: TransformersModel, heads: Iterable[Head], direction: Float[Tensor, "*batch d_model"], *, position: int = -1
) -> Write:
    """What to `write` so that some heads' queries, and nothing else, see `direction` added to the stream at a position.

    One direction for all prompts, or one for each. In units of the normed stream (its entries are of order 1).
    """
    return {
        Site("q", layer, head=head, position=position): _plus(direction @ head_weights(model, layer, head).query.T)
        for layer, head in heads
    }


def _plus(vector: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda passing: passing + vector.to(passing)


def all_heads(model: Any) -> list[Head]:
    """Every (layer, head) of a model, in order."""
    sizes = info(model)
    return [(layer, head) for layer in range(sizes.n_layers) for head in range(sizes.n_heads)]
