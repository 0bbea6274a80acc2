"""The logit lens and token losses, on a tiny random model and against sums done another way."""

import functools
import math

import pytest
import torch
from conftest import tiny_model
from interpbook import lens
from interpbook.models import ModelError, Site, info, logits, read
from interpbook.models.loading import network, wrap
from nnsight import TransformersModel
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

WORDS = ["<|endoftext|>", *["the", "a", "capital", "of", "france", "germany", "is", "paris", "berlin", "city", "big"]]
PROMPTS = ["the capital of france is", "the capital of germany is", "a big city is berlin"]


@functools.cache
def tiny() -> TransformersModel:
    core = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<|endoftext|>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<|endoftext|>", pad_token="<|endoftext|>", unk_token="<|endoftext|>"
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=4, tie_word_embeddings=True, initializer_range=0.3,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    torch.nn.init.uniform_(model.model.norm.weight, 0.5, 1.5)  # so that forgetting it shows
    return wrap(model, tokenizer)


def test_the_last_layer_is_what_the_model_says():
    scores = lens.logit_lens(tiny(), PROMPTS)
    assert scores.shape == (3, 3, len(WORDS))
    torch.testing.assert_close(scores[-1], logits(tiny(), PROMPTS)[:, -1])


def test_earlier_layers_are_something_else():
    scores = lens.logit_lens(tiny(), PROMPTS)
    assert (scores[0] - scores[-1]).abs().max() > 0.1


def test_every_layer_is_norm_then_unembedding():
    module, stream = network(tiny()), read(tiny(), PROMPTS, Site("resid", layer=1, position=2))
    gain, eps = module.model.norm.weight, module.config.rms_norm_eps
    by_hand = lens.residual_logits(stream, gain, module.lm_head.weight, eps)
    torch.testing.assert_close(lens.logit_lens(tiny(), PROMPTS, position=2)[1], by_hand)


def test_the_lens_does_not_see_how_long_a_vector_is():
    stream, gain, words = torch.randn(4, 6), torch.rand(6), torch.randn(9, 6)
    one, other = (lens.residual_logits(k * stream, gain, words, 0.0) for k in (1.0, 7.0))
    torch.testing.assert_close(one, other)


def test_a_model_cut_after_a_layer_says_what_the_lens_says():
    scores = lens.logit_lens(tiny(), PROMPTS)[0]
    silent = {Site(kind, layer): torch.zeros_like for layer in (1, 2) for kind in ("attn_out", "mlp_out")}
    torch.testing.assert_close(scores, logits(tiny(), PROMPTS, write=silent)[:, -1])


def test_ranks_count_what_stands_above():
    scores = torch.tensor([[0.1, 0.9, 0.5], [2.0, 1.0, 3.0]])
    assert lens.answer_ranks(scores, torch.tensor([1, 1])).tolist() == [0, 2]
    assert lens.answer_ranks(scores.expand(4, 2, 3), torch.tensor([0, 2])).tolist() == [[2, 0]] * 4


def test_probabilities_are_the_softmax():
    scores = torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(0))
    answers = torch.tensor([0, 6, 3])
    expected = scores.softmax(-1)[:, torch.arange(3), answers]
    torch.testing.assert_close(lens.answer_probs(scores, answers), expected)


def test_losses_agree_with_transformers():
    text = "the capital of germany is berlin"
    ids = torch.tensor([[0, *(WORDS.index(word) for word in text.split())]])
    losses = lens.token_losses(tiny(), text)
    assert losses.shape == (6,)
    assert losses.mean().item() == pytest.approx(network(tiny())(ids, labels=ids).loss.item(), rel=1e-5)


def test_a_flat_model_pays_the_log_of_the_vocabulary():
    model = tiny()
    weight = network(model).lm_head.weight
    kept = weight.clone()
    try:
        with torch.no_grad():
            weight.zero_()
        losses = lens.token_losses(model, "paris is big")
    finally:
        with torch.no_grad():
            weight.copy_(kept)
    torch.testing.assert_close(losses, torch.full((3,), math.log(len(WORDS))))


# --- direct logit attribution ---

RIGHT, WRONG = torch.tensor([8, 9, 8]), torch.tensor([9, 8, 1])


@pytest.mark.parametrize("architecture", ["llama", "mistral", "qwen2", "qwen3"])
@pytest.mark.parametrize("wrong", [WRONG, None])
def test_what_the_parts_wrote_adds_up_to_the_logit(architecture, wrong):
    model = tiny_model(architecture)
    found = lens.direct_attribution(model, PROMPTS, RIGHT, wrong)
    said = logits(model, PROMPTS)[:, -1]
    wanted = said[range(3), RIGHT] - (0 if wrong is None else said[range(3), wrong])
    torch.testing.assert_close(found.total, wanted, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found.values.sum(0), wanted, atol=1e-4, rtol=1e-4)
    assert found.names[:3] == ["embed", "attention 0", "MLP 0"] and len(found.names) == len(found.values) == 7


def test_heads_add_up_to_their_attention():
    model = tiny_model("llama")
    found = lens.direct_attribution(model, PROMPTS, RIGHT, WRONG, position=-2)
    assert found.heads.shape == (3, 4, 3)
    torch.testing.assert_close(found.heads.sum(1), found.values[1::2], atol=1e-5, rtol=1e-4)


def test_attribution_follows_an_intervention():
    model = tiny_model("llama")
    found = lens.direct_attribution(model, PROMPTS, RIGHT, WRONG, write={Site("z", 1, head=2): torch.zeros_like})
    torch.testing.assert_close(found.heads[1, 2], torch.zeros(3))
    torch.testing.assert_close(found.values.sum(0), found.total, atol=1e-5, rtol=1e-4)


def test_parts_are_dot_products():
    parts, direction = torch.randn(4, 2, 6), torch.randn(2, 6)
    torch.testing.assert_close(lens.attribute_parts(parts, direction)[3, 1], parts[3, 1] @ direction[1])


def test_a_norm_that_centres_is_refused():
    with pytest.raises(ModelError, match="root mean square"):
        lens.direct_attribution(tiny_model("gpt2"), PROMPTS, RIGHT, WRONG)


# --- the Jacobian lens ---


def test_after_the_last_block_there_is_nothing_to_come():
    model = tiny_model("llama")
    found = lens.jacobian_lens(model, PROMPTS[:1], [2])
    torch.testing.assert_close(found.matrices[0], torch.eye(info(model).d_model))
    scores = lens.through_lens(model, found, PROMPTS)
    torch.testing.assert_close(scores[0], logits(model, PROMPTS)[:, -1], atol=1e-4, rtol=1e-4)


def test_the_jacobian_is_what_small_steps_make_of_the_final_stream():
    """Against differences: move the stream after block 0 a little at one token; sum over tokens, mean over sources."""
    model, prompt, direction, step = tiny_model("llama"), PROMPTS[0], torch.randn(24), 1e-2
    found = lens.jacobian_lens(model, [prompt], [0], chunk=7)
    n_tokens = read(model, prompt, Site("embed")).shape[1]
    moved = torch.zeros(24)
    for place in range(1, n_tokens):
        ends = [
            read(model, prompt, Site("resid", 2), write={Site("resid", 0, position=place): lambda x, s=s: x + s})
            for s in (step * direction, -step * direction)
        ]
        moved += (ends[0] - ends[1])[0, 1:].sum(0) / (2 * step)
    torch.testing.assert_close(found.matrices[0] @ direction, moved / (n_tokens - 1), atol=2e-2, rtol=2e-2)


def test_lenses_of_several_prompts_are_means_and_chunks_do_not_matter():
    model = tiny_model("llama")
    one, other = (lens.jacobian_lens(model, [prompt], [0, 1], chunk=5).matrices for prompt in PROMPTS[::2])
    both = lens.jacobian_lens(model, PROMPTS[::2], [0, 1])
    assert (both.layers, both.n_prompts) == ([0, 1], 2)
    torch.testing.assert_close(both.matrices, (one + other) / 2, atol=1e-5, rtol=1e-4)


def test_prompts_that_share_the_rows_give_the_same_lens_on_average():
    model, prompts = tiny_model("llama"), PROMPTS[::2]
    alone, shared = (lens.jacobian_lens(model, prompts[:1], [0], shared=s).matrices for s in (False, True))
    torch.testing.assert_close(shared, alone, atol=1e-4, rtol=1e-3)
    full = lens.jacobian_lens(model, prompts, [0, 1]).matrices
    draws = [lens.jacobian_lens(model, prompts, [0, 1], shared=True, seed=seed).matrices for seed in range(24)]
    one, mean = ((found - full).norm() for found in (draws[0], torch.stack(draws).mean(0)))
    assert mean < one / 2 and mean < 0.2 * full.norm()
