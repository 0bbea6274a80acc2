"""The logit lens: what a layer would say if the model stopped there.

1. Read the residual stream after every block.
2. Send each through the model's own last steps, final norm and unembedding, as if no block were left.
3. Ask where in that list of 49,152 scores the right answer stands.

4. `direct_attribution` splits the last of these scores into what every part of the model wrote, exactly (chapter 04).
5. `jacobian_lens` puts the mean effect of the later layers before step 2 (chapter 04).

nostalgebraist, "interpreting GPT: the logit lens" (2020). Built in chapter 00.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models import ModelError, Site, Tokens, info, logits, read, tokenize, unembed
from interpbook.models.access import Write, eager
from interpbook.models.loading import network
from interpbook.models.sites import first
from interpbook.models.tokens import Prompts

RMS_FAMILIES = ("llama", "mistral", "qwen2", "qwen3")


def logit_lens(
    model: TransformersModel, prompts: list[str], *, position: int = -1
) -> Float[Tensor, "layer batch d_vocab"]:
    """The logits at one position if the model stopped after each block; the last row is what it really says."""
    sites = [Site("resid", layer=layer, position=position) for layer in range(info(model).n_layers)]
    streams = read(model, prompts, sites)
    return torch.stack([unembed(model, streams[site]) for site in sites])


def residual_logits(
    resid: Float[Tensor, "batch d_model"],
    gain: Float[Tensor, " d_model"],
    unembedding: Float[Tensor, "d_vocab d_model"],
    eps: float = 1e-5,
) -> Float[Tensor, "batch d_vocab"]:
    """The lens on plain tensors: each vector over its root mean square, times the gain, compared with every token."""
    rms = (resid.pow(2).mean(-1, keepdim=True) + eps).sqrt()
    return (resid / rms * gain) @ unembedding.T


def answer_ranks(
    scores: Float[Tensor, "*layer batch d_vocab"], answers: Int[Tensor, " batch"]
) -> Int[Tensor, "*layer batch"]:
    """How many tokens score above each prompt's answer: 0 where the answer is on top."""
    own = scores.gather(-1, answers.expand(scores.shape[:-1])[..., None])
    return (scores > own).sum(-1)


def answer_probs(
    scores: Float[Tensor, "*layer batch d_vocab"], answers: Int[Tensor, " batch"]
) -> Float[Tensor, "*layer batch"]:
    """The probability that each prompt's answer gets."""
    own = scores.gather(-1, answers.expand(scores.shape[:-1])[..., None])[..., 0]
    return (own - scores.logsumexp(-1)).exp()


def token_losses(model: TransformersModel, text: str) -> Float[Tensor, " token"]:
    """How surprised the model is by each token of a text, in nats: minus the log of the probability it had given it.

    A model that knows nothing pays ln(vocabulary) for every token, 10.8 nats here; a certain and right one pays 0.
    """
    ids = tokenize(model, text)
    log_probs = logits(model, ids)[0, :-1].log_softmax(-1)
    return -log_probs.gather(-1, ids.ids[0, 1:, None])[:, 0]


# --- direct logit attribution: who wrote the answer into the stream? ---


class Attribution(NamedTuple):
    """What each part of a model adds to the logit (difference) of an answer, by itself and directly."""

    names: list[str]
    values: Float[Tensor, "part row"]
    """In the order of `names`: the embedding, then attention and MLP of every block. They add up to `total`."""
    total: Float[Tensor, " row"]
    """The logit (difference) that the model gives."""
    heads: Float[Tensor, "layer head row"]
    """The attention parts once more, head by head (a bias of the output matrix belongs to no head)."""


def answer_direction(
    model: TransformersModel, stream: Float[Tensor, "row d_model"], right: Int[Tensor, " row"],
    wrong: Int[Tensor, " row"] | None = None,
) -> Float[Tensor, "row d_model"]:  # fmt: skip
    """For each row the direction along which its final stream has the logit of `right` (minus that of `wrong`).

    The final norm divides by one number, the stream's own size; with that number held, the logit is linear in the
    stream, so `stream · direction` is the logit, and whatever the stream is the sum of has its share. For models whose
    last norm is a root mean square (Llama and its relatives).
    """
    module, sizes = network(model), info(model)
    if sizes.name not in RMS_FAMILIES:
        raise ModelError(
            f"answer_direction: the final norm of {sizes.name!r} models is not a plain root mean square; known are "
            f"{', '.join(RMS_FAMILIES)}."
        )
    weight, norm = module.lm_head.weight.float(), module.model.norm
    wanted = weight[right] if wrong is None else weight[right] - weight[wrong]
    rms = (stream.float().square().mean(-1, keepdim=True) + norm.variance_epsilon).sqrt()
    return wanted * norm.weight.float() / rms


def attribute_parts(
    parts: Float[Tensor, "part row d_model"], direction: Float[Tensor, "row d_model"]
) -> Float[Tensor, "part row"]:
    """Each part's dot product with its row's direction: the share of the logit that the part wrote directly."""
    return torch.einsum("prd,rd->pr", parts, direction)


def direct_attribution(
    model: TransformersModel, prompts: Prompts, right: Int[Tensor, " row"], wrong: Int[Tensor, " row"] | None = None,
    *, position: int = -1, write: Write | None = None,
) -> Attribution:  # fmt: skip
    """The logit of `right` (minus that of `wrong`) at one position, split into what every part of the model wrote.

    Exact as a sum. As a story it is partial: a part that acts through later parts gets nothing here, and what a later
    part erases is booked twice, once with each sign.
    """
    layers = range(info(model).n_layers)
    kinds = [(kind, layer) for layer in layers for kind in ("z", "attn_out", "mlp_out")]
    sites = [Site("embed", position=position), *(Site(kind, layer, position=position) for kind, layer in kinds)]
    final = Site("resid", layers[-1], position=position)
    found = read(model, prompts, [*sites, final], write=write)
    direction = answer_direction(model, found[final], right, wrong)
    parts = [site for site in sites if site.kind != "z"]
    values = attribute_parts(torch.stack([found[site].float() for site in parts]), direction)
    heads = torch.stack([_by_head(model, site.layer, found[site], direction) for site in sites if site.kind == "z"])
    names = ["embed"] + [f"{'attention' if site.kind == 'attn_out' else 'MLP'} {site.layer}" for site in parts[1:]]
    return Attribution(names, values, torch.einsum("rd,rd->r", found[final].float(), direction), heads)


def _by_head(
    model: TransformersModel, layer: int | None, z: Float[Tensor, "row head d_head"], direction: Tensor
) -> Float[Tensor, "head row"]:
    weight = network(model).model.layers[layer].self_attn.o_proj.weight.float().unflatten(1, (z.shape[1], -1))
    return torch.einsum("rhk,mhk,rm->hr", z.float(), weight, direction)


# --- a lens that knows what the later layers do, on average ---


class JacobianLens(NamedTuple):
    """For each layer, how the final stream moves in the mean when the stream after that layer moves."""

    layers: list[int]
    matrices: Float[Tensor, "layer d_model d_model"]
    """Row: final dimension. Column: dimension after the layer."""
    n_prompts: int


def jacobian_lens(
    model: TransformersModel,
    prompts: Sequence[str],
    layers: Sequence[int],
    *,
    chunk: int = 64,
    skip: int = 1,
    shared: bool = False,
    seed: int = 0,
) -> JacobianLens:
    """The mean Jacobian from the stream after each layer to the final stream, over prompts and places.

    Summed over the final stream's places from the source on, as a change at a token also reaches later ones. One
    backward pass gives one row for all layers; `chunk` rows go side by side. `skip` leaves out the first tokens, which
    serve as attention's place to rest. Costs as much as d_model forward passes a prompt.

    With `shared` it costs as much for all prompts together as for one: d_model random final directions at right angles
    are dealt out among the prompts, and each gives only its own. On average over the dealing (`seed`) that is the same
    matrix; each single one is noisier.

    Nothing is trained: a layer is read for what the rest of the model makes of it on average. Hernandez et al. 2023
    take the mean Jacobian of one relation's prompts to read what a subject is related to.
    """
    wanted, d_model = list(layers), info(model).d_model
    total = torch.zeros(len(wanted), d_model, d_model)
    every = torch.eye(d_model)
    if shared:
        every = torch.linalg.qr(torch.randn(d_model, d_model, generator=torch.Generator().manual_seed(seed))).Q
    for i, prompt in enumerate(prompts):
        some = every[i :: len(prompts)] if shared else every / len(prompts)
        rows = _jacobians(model, tokenize(model, prompt), wanted, chunk, skip, some)
        total += torch.einsum("od,loi->ldi", every[i :: len(prompts)] if shared else every, rows)
    return JacobianLens(wanted, total, len(prompts))


def _jacobians(
    model: TransformersModel,
    tokens: Tokens,
    layers: list[int],
    chunk: int,
    skip: int,
    directions: Float[Tensor, "direction d_model"],
) -> Float[Tensor, "layer direction d_model"]:
    """One prompt's Jacobians along some final directions: summed over places reached, averaged over those reaching."""
    streams, final = _streams(model, tokens, layers)
    rows = []
    for some in directions.to(final.dtype).split(chunk):
        asked = torch.zeros(len(some), *final.shape, dtype=final.dtype)
        asked[:, :, skip:] = some[:, None, None]
        found = torch.autograd.grad(final, streams, asked, is_grads_batched=True, retain_graph=True)
        rows.append(torch.stack([grad[:, 0, skip:].float().mean(1) for grad in found]))
    return torch.cat(rows, dim=1)


def _streams(model: TransformersModel, tokens: Tokens, layers: list[int]) -> tuple[list[Tensor], Tensor]:
    """The stream after each layer and before the final norm, joined by a graph that can be differentiated."""
    module, kept = network(model), {}

    def keeping(layer: int) -> Callable[[Any, Any, Any], Any]:
        def keep(_: Any, __: Any, out: Any) -> Any:
            stream = first(out)
            kept[layer] = stream if stream.requires_grad else stream.detach().requires_grad_()
            return (kept[layer], *out[1:]) if isinstance(out, tuple) else kept[layer]

        return keep

    last = info(model).n_layers - 1
    hooks = [module.model.layers[layer].register_forward_hook(keeping(layer)) for layer in {*layers, last}]
    try:
        with torch.enable_grad(), eager(model, wanted=True):  # the plain attention can be differentiated many times
            module.model(**tokens.inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return [kept[layer] for layer in layers], kept[last]


def through_lens(
    model: TransformersModel, lens: JacobianLens, prompts: Prompts, *, position: int = -1
) -> Float[Tensor, "layer row d_vocab"]:
    """What each of the lens's layers would say at one position: stream, lens, final norm, unembedding."""
    sites = [Site("resid", layer, position=position) for layer in lens.layers]
    found = read(model, prompts, sites)
    streams = torch.stack([found[site].float() for site in sites])
    with torch.no_grad():
        return unembed(model, torch.einsum("lmd,lrd->lrm", lens.matrices, streams)).float()
