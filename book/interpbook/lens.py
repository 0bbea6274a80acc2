"""The logit lens: what a layer would say if the model stopped there.

1. Read the residual stream after every block.
2. Send each through the model's own last steps, final norm and unembedding, as if no block were left.
3. Ask where in that list of 49,152 scores the right answer stands.

nostalgebraist, "interpreting GPT: the logit lens" (2020). Built in chapter 00.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor

from interpbook.models import Site, info, logits, read, tokenize, unembed


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
