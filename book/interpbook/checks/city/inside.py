"""Exercises 3 to 5: the lens on plain tensors, reading a stream by hand, and writing into one."""

import functools

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)
import torch
from nnsight import TransformersModel
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from interpbook import lens
from interpbook.exercises import Check, Mistake
from interpbook.models import Site, logits, read
from interpbook.models.loading import wrap

# --- 3 the lens ---


def _lens_inputs() -> list[tuple]:
    words, stream = torch.randn(11, 6), torch.randn(4, 6)
    return [(stream, 0.5 + torch.rand(6), words), (30 * stream + 2, 0.5 + torch.rand(6), words)]


def _scored(resid: Tensor, gain: Tensor, unembedding: Tensor) -> Tensor:
    return (resid * gain) @ unembedding.T


def _centred(resid: Tensor, gain: Tensor, unembedding: Tensor) -> Tensor:
    resid = resid - resid.mean(-1, keepdim=True)
    return _scored(resid / (resid.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt(), gain, unembedding)


def _one_rms(resid: Tensor, gain: Tensor, unembedding: Tensor) -> Tensor:
    return _scored(resid / (resid.pow(2).mean() + 1e-5).sqrt(), gain, unembedding)


def _with_einsum(resid: Tensor, gain: Tensor, unembedding: Tensor, eps: float = 1e-5) -> Tensor:
    normalised = torch.nn.functional.rms_norm(resid, gain.shape, gain, eps)
    return torch.einsum("bd,vd->bv", normalised, unembedding)


LENS = Check(
    id="lens.residual_logits",
    reference=lens.residual_logits,
    inputs=_lens_inputs,
    mistakes=(
        Mistake(
            "no norm",
            lambda r, g, u: r @ u.T,
            "Your scores grow with the length of the vector, and in this model the length grows from block to block. "
            "You seem to have gone straight to the unembedding. What does the stream pass first?",
        ),
        Mistake(
            "gain without norm",
            lambda r, g, u: _scored(r, g, u),
            "The gain is there, the division is not. By what is each vector divided before the gain?",
        ),
        Mistake(
            "no gain",
            lambda r, g, u: (r / (r.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()) @ u.T,
            "Normalised, but the norm's own learned numbers are missing. What is `gain` for?",
        ),
        Mistake(
            "length instead of rms",
            lambda r, g, u: _scored(r / r.norm(dim=-1, keepdim=True), g, u),
            "Everything is too small by the same factor. You seem to divide by the length, the root of the *sum* of "
            "squares. What does the m in rms stand for?",
        ),
        Mistake(
            "mean subtracted",
            _centred,
            "You seem to subtract the mean first. That is LayerNorm (GPT-2 has it). Which of its two steps does "
            "RMSNorm leave out?",
        ),
        Mistake(
            "one rms for all",
            _one_rms,
            "One number divides the whole batch. Then a long vector makes its neighbours short. Over which axis "
            "should the mean run?",
        ),
    ),
    alternatives=(_with_einsum,),
    fallback="Three steps: divide each row by its root mean square, multiply by the gain, compare with each row of "
    "the unembedding. Which of them differs? A row multiplied by 7 should give the same scores as before.",
)

# --- 4 and 5 reading and writing ---


@functools.cache
def tiny() -> TransformersModel:
    """A random Llama with three narrow blocks: quick, and every wrong place in it is different."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"<pad>": 0}, unk_token="<pad>")), pad_token="<pad>"
    )
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=17, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=4, tie_word_embeddings=True, initializer_range=0.4,
    )  # fmt: skip
    network = LlamaForCausalLM(config)
    torch.random.set_rng_state(state)
    return wrap(network, tokenizer)


def _ids(first: int) -> Tensor:
    return (torch.arange(10).reshape(2, 5) * 3 + first) % 17


def read_stream(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    """The residual stream after block `layer`, with nothing but nnsight."""
    with model.trace(ids):
        stream = model.model.layers[layer].output.save()
    return stream


def _read_input(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    with model.trace(ids):
        stream = model.model.layers[layer].input.save()
    return stream


def _read_unsaved(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    with model.trace(ids):
        stream = model.model.layers[layer].output
    return stream


def _read_next(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    with model.trace(ids):
        stream = model.model.layers[layer + 1].output.save()
    return stream


def _read_last_token(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    with model.trace(ids):
        stream = model.model.layers[layer].output[:, -1].save()
    return stream


def _read_mlp(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    with model.trace(ids):
        stream = model.model.layers[layer].mlp.output.save()
    return stream


def _read_attention(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    with model.trace(ids):
        stream = model.model.layers[layer].self_attn.output[0].save()
    return stream


def _read_first_prompt(model: TransformersModel, ids: Tensor, layer: int) -> Tensor:
    with model.trace(ids):
        stream = model.model.layers[layer].output[0].save()
    return stream


READ = Check(
    id="nnsight.read_stream",
    reference=read_stream,
    inputs=lambda: [(tiny(), _ids(0), 0), (tiny(), _ids(5), 1)],
    mistakes=(
        Mistake(
            "what enters",
            _read_input,
            "That is what *enters* the block. What leaves it is one attribute further. Which one?",
        ),
        Mistake(
            "not saved",
            _read_unsaved,
            "What a trace holds is gone when it closes, and here the name went with it. Which method keeps it?",
        ),
        Mistake(
            "one block later",
            _read_next,
            "That is the stream one block later. Blocks count from 0; do you add a 1 somewhere?",
        ),
        Mistake(
            "last token only",
            _read_last_token,
            "Only the last token came back. The task asks for the whole stream, (batch, seq, d_model). Which index "
            "is too much?",
        ),
        Mistake(
            "first prompt only",
            _read_first_prompt,
            "Only the first prompt came back. In this version a block's output is a tensor already, not a tuple. "
            "What does `[0]` take from a tensor?",
        ),
        Mistake(
            "the MLP's part",
            _read_mlp,
            "That is what the MLP *adds*, not the stream that it is added to. Which module's output is the sum?",
        ),
        Mistake(
            "attention's part",
            _read_attention,
            "That is what attention *adds*. Which module's output is the whole stream after both additions?",
        ),
    ),
    alternatives=(lambda model, ids, layer: read(model, ids, Site("resid", layer=layer)),),
    fallback="Open a trace, save the output of `model.model.layers[layer]`, close it, return what you saved. If "
    "Python says that the name does not exist after the trace: what did you forget inside?",
)


def patched_scores(model: TransformersModel, source: Tensor, target: Tensor, layer: int, position: int) -> Tensor:
    """Scores for the next token of `target` after one of its vectors was replaced by that of `source`."""
    there = Site("resid", layer=layer, position=position)
    return logits(model, target, write={there: read(model, source, there)})[:, -1]


def _every_position(model: TransformersModel, source: Tensor, target: Tensor, layer: int, _position: int) -> Tensor:
    there = Site("resid", layer=layer)
    return logits(model, target, write={there: read(model, source, there)})[:, -1]


def _at_the_patch(model: TransformersModel, source: Tensor, target: Tensor, layer: int, position: int) -> Tensor:
    there = Site("resid", layer=layer, position=position)
    return logits(model, target, write={there: read(model, source, there)})[:, position]


def _before_the_block(model: TransformersModel, source: Tensor, target: Tensor, layer: int, position: int) -> Tensor:
    there = Site("resid_pre", layer=layer, position=position)
    return logits(model, target, write={there: read(model, source, there)})[:, -1]


def _by_hand(model: TransformersModel, source: Tensor, target: Tensor, layer: int, position: int) -> Tensor:
    stream = read_stream(model, source, layer)
    with model.trace(target):
        model.model.layers[layer].output[:, position] = stream[:, position]
        scores = model.output.logits[:, -1].save()
    return scores


PATCH = Check(
    id="patching.patched_scores",
    reference=patched_scores,
    inputs=lambda: [(tiny(), _ids(0), _ids(7), 0, 2), (tiny(), _ids(4), _ids(1), 1, 3)],
    mistakes=(
        Mistake(
            "swapped",
            lambda m, s, t, layer, position: patched_scores(m, t, s, layer, position),
            "You seem to run `source` and write into it what `target` held. Which of the two prompts should the "
            "model finish?",
        ),
        Mistake(
            "nothing written",
            lambda m, _s, t, _layer, _position: logits(m, t)[:, -1],
            "These are the target's own, unpatched scores. Does your new vector reach the run? Did you read it from "
            "`source`?",
        ),
        Mistake(
            "every position",
            _every_position,
            "The whole layer seems to be replaced: then the rest of the run is simply the source's. Which argument "
            "of Site narrows it to one token?",
        ),
        Mistake(
            "scores at the patch",
            _at_the_patch,
            "The patch is right, but you return the scores at the patched token. Which token's scores say what comes "
            "*next*?",
        ),
        Mistake(
            "before the block",
            _before_the_block,
            "You are one block early: `resid_pre` is what enters block `layer`, `resid` what leaves it. Which did "
            "the task ask for?",
        ),
    ),
    alternatives=(_by_hand,),
    fallback="One Site, used twice: read it on `source`, write the result into a run on `target`, return the last "
    "token's scores.",
)
