"""Is this set of heads the circuit? Silence all others, and see what is left.

A head is silenced by letting it say what it says on average over prompts that lack what the task needs. F(C) is the
mean logit difference when only the heads in C speak; MLPs always run. Three questions then have numbers:

- faithfulness: does C by itself do what the whole model does?
- completeness: does C lose as much as the whole model does when some heads are taken from both? (Or did it miss some?)
- minimality: does every head in C matter?

Wang et al. 2022. Built in chapter 04. For Llama and its relatives.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.attention import all_heads
from interpbook.data import PromptPair
from interpbook.models import ModelError, info, tokenize
from interpbook.models.loading import network
from interpbook.models.tokens import Prompts
from interpbook.patching import blocks
from interpbook.patching.pairs import Pairs, prepare
from interpbook.patching.sweeps import MAX_TOKENS, Head, answer_directions

Means = Float[Tensor, "layer pair seq head d_head"]


def mean_z(model: TransformersModel, prompts: Prompts, groups: Sequence[Hashable] | None = None) -> Means:
    """What every head says on average at every position over reference prompts, once for each of them.

    Take prompts of the same form that lack what the task needs (the "names" corruption, say). `groups`, one entry a
    prompt, averages within each group only: prompts of one template, whose positions mean the same.
    """
    tokens = tokenize(model, prompts)
    if not bool(tokens.mask.all()):
        raise ValueError("mean_z: the prompts have different numbers of tokens, so that a position has no one meaning.")
    with torch.no_grad():
        z = torch.stack([kept.z for kept in blocks.record(model, blocks.embed(model, tokens.ids))])
    labels = list(groups) if groups is not None else [0] * z.shape[1]
    if len(labels) != z.shape[1]:
        raise ValueError(f"mean_z: {z.shape[1]} prompts but {len(labels)} groups; expected one group a prompt.")
    same = torch.tensor([[a == b for b in labels] for a in labels], dtype=z.dtype)
    return torch.einsum("ij,ljshk->lishk", same / same.sum(1, keepdim=True), z)


def run_circuits(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, circuits: Sequence[Collection[Head]], means: Means
) -> Float[Tensor, "circuit pair"]:
    """The logit difference on the clean prompts when only the heads of each circuit speak for themselves.

    `means` (from `mean_z`) is what the others say: one row a pair, or one row for all.
    """
    ready, sizes = prepare(model, pairs), info(model)
    if not blocks.supported(model):
        raise ModelError(f"run_circuits: {sizes.name!r} models are not written out here; {blocks.FAMILIES}.")
    if means.shape[1] not in (1, len(ready.right)) or means.shape[2] != ready.clean.ids.shape[1]:
        raise ValueError(
            f"run_circuits: {len(ready.right)} pairs of {ready.clean.ids.shape[1]} tokens, but means for "
            f"{means.shape[1]} prompts of {means.shape[2]}. Take reference prompts of the same form, one a pair."
        )
    speaks = torch.stack([_mask(circuit, sizes.n_layers, sizes.n_heads) for circuit in circuits])
    size = max(1, MAX_TOKENS // ready.clean.ids.numel())
    with torch.no_grad():
        return torch.cat([_run(model, ready, some, means) for some in speaks.split(size)])


def _mask(circuit: Collection[Head], n_layers: int, n_heads: int) -> Bool[Tensor, "layer head"]:
    mask = torch.zeros(n_layers, n_heads, dtype=torch.bool)
    for layer, head in circuit:
        if not (0 <= layer < n_layers and 0 <= head < n_heads):
            raise ValueError(f"circuit: there is no head {(layer, head)}; {n_layers} layers of {n_heads} heads.")
        mask[layer, head] = True
    return mask


def _run(
    model: TransformersModel, ready: Pairs, speaks: Bool[Tensor, "circuit layer head"], means: Means
) -> Float[Tensor, "circuit pair"]:
    x = blocks.embed(model, ready.clean.ids).repeat(len(speaks), 1, 1)
    rotary, body = blocks.rotary_of(model, x, x.shape[1]), network(model).model
    for layer, block in enumerate(body.layers):
        _, kv, query = blocks.attend(block, block.input_layernorm(x), rotary, None, {})
        z = blocks.gather(query, kv, block.self_attn.scaling).unflatten(0, (len(speaks), -1))
        z = torch.where(speaks[:, layer, None, None, :, None], z, means[layer]).flatten(0, 1)
        mid = x + block.self_attn.o_proj(z.flatten(-2))
        x = mid + blocks.neurons(block, mid)
    normed = body.norm(x[:, -1]).float().unflatten(0, (len(speaks), -1))
    return torch.einsum("cpd,pd->cp", normed, answer_directions(model, ready))


def faithfulness(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, circuit: Collection[Head], means: Means
) -> float:
    """How much of the model's logit difference the circuit gives by itself: 0 as with no head, 1 as with all."""
    f = run_circuits(model, pairs, [circuit, (), all_heads(model)], means).mean(1)
    return share_of(*f.tolist())


def share_of(circuit: float, none: float, everything: float) -> float:
    """Where F(circuit) lies between F(no head) and F(all heads). Above 1: the circuit left out heads that object."""
    if everything == none:
        raise ValueError("share_of: with and without its heads the model says the same, so there is nothing to share.")
    return (circuit - none) / (everything - none)


class Without(NamedTuple):
    """What the same loss does to the circuit and to the model."""

    circuit: float
    """F(C without K)."""
    model: float
    """F(all heads without K)."""


def completeness(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, circuit: Collection[Head], means: Means,
    subsets: Sequence[Collection[Head]],
) -> list[Without]:  # fmt: skip
    """For each set K: the logit difference of the circuit without K, and of the model without K.

    A complete circuit loses what the model loses. Where the model does better, heads outside the circuit stepped in.
    """
    lost = [set(subset) for subset in subsets]
    sets = [[head for head in whole if head not in k] for k in lost for whole in (circuit, all_heads(model))]
    f = run_circuits(model, pairs, sets, means).mean(1).unflatten(0, (-1, 2)).tolist()
    return [Without(*row) for row in f]


def minimality(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, circuit: Collection[Head], means: Means,
    groups: Iterable[Collection[Head]] = (),
) -> dict[Head, float]:  # fmt: skip
    """For each head of the circuit the share of the logit difference that goes with it: near 0, it was not needed.

    Heads that do the same job hide one another: each looks idle while the others are there. Name such `groups`, and a
    head is also tried once the rest of its group has left; the larger change (by size) counts.
    """
    heads, sets = list(circuit), [list(circuit), [], all_heads(model)]
    trials = [(head, set(k) - {head}) for head in heads for k in [(), *(g for g in groups if head in g)]]
    for head, gone in trials:
        sets += [[h for h in heads if h not in gone], [h for h in heads if h not in gone | {head}]]
    f = run_circuits(model, pairs, sets, means).mean(1)
    changes = ((f[3::2] - f[4::2]) / (f[2] - f[1])).tolist()
    found: dict[Head, float] = {}
    for (head, _), change in zip(trials, changes, strict=True):
        if abs(change) >= abs(found.get(head, 0.0)):
            found[head] = change
    return found


class Growth(NamedTuple):
    """A circuit, and how faithful the smaller ones on the way to it were."""

    circuit: list[Head]
    curve: list[tuple[int, float]]
    """(number of heads, faithfulness)"""


def grow_circuit(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, ranking: Sequence[Head], means: Means,
    target: float = 0.9, sizes: Sequence[int] = (1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128),
) -> Growth:  # fmt: skip
    """The shortest beginning of a ranking, among these sizes, that is as faithful as asked; all of it if none is."""
    tried = [size for size in sizes if size < len(ranking)] + [len(ranking)]
    f = run_circuits(model, pairs, [(), all_heads(model), *(ranking[:size] for size in tried)], means).mean(1).tolist()
    curve = [(size, share_of(value, f[0], f[1])) for size, value in zip(tried, f[2:], strict=True)]
    enough = [size for size, value in curve if value >= target] or [len(ranking)]
    return Growth(list(ranking[: enough[0]]), curve)


def shrink_circuit(
    model: TransformersModel, pairs: Sequence[PromptPair] | Pairs, circuit: Collection[Head], means: Means,
    target: float = 0.9,
) -> list[Head]:  # fmt: skip
    """The circuit without the heads that it can spare: each is tried once, the least needed first.

    Greedy, so the result is a small circuit and not the smallest; another order may end elsewhere.
    """
    needed = minimality(model, pairs, circuit, means)
    none, everything = run_circuits(model, pairs, [(), all_heads(model)], means).mean(1).tolist()
    kept = sorted(needed, key=needed.__getitem__)
    for head in list(kept):
        fewer = [other for other in kept if other != head]
        value = run_circuits(model, pairs, [fewer], means).mean().item()
        kept = fewer if share_of(value, none, everything) >= target else kept
    return kept
