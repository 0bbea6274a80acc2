"""Tiny random models of every family that the toolkit knows: two or three layers, a dozen words, milliseconds."""

import functools

import pytest
import torch
from interpbook.models.loading import wrap
from nnsight import TransformersModel
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

WORDS = ["<|endoftext|>", *["the", "a", "capital", "of", "france", "germany", "is", "paris", "berlin", "city", "big"]]
COMMON = {
    **{"vocab_size": len(WORDS), "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 3},
    **{"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "max_position_embeddings": 32},
    **{"initializer_range": 0.3, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0},
}
GPT2 = {
    **{"vocab_size": len(WORDS), "n_embd": 24, "n_layer": 3, "n_head": 4, "n_positions": 32, "n_inner": 20},
    **{"initializer_range": 0.3, "bos_token_id": 0, "eos_token_id": 0},
}
GEMMA = {**COMMON, "query_pre_attn_scalar": 6, "sliding_window": 4}
"""A window of 4 tokens, so that local and global layers differ."""
ARCHITECTURES = {
    "gpt2": GPT2,
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3"), COMMON),
    "gemma2": {**GEMMA, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
    "gemma3_text": {**GEMMA, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]},
}


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """One token a word."""
    core = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<|endoftext|>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {name: "<|endoftext|>" for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


def tiny_network(architecture: str) -> torch.nn.Module:
    """Random weights, none of them at a value that hides mistakes (such as a norm's 1 or a bias's 0)."""
    torch.manual_seed(0)
    network = AutoModelForCausalLM.from_config(AutoConfig.for_model(architecture, **ARCHITECTURES[architecture]))
    for name, parameter in network.named_parameters():
        if parameter.ndim == 1:
            centre = 0.0 if name.endswith("bias") or architecture.startswith("gemma") else 1.0
            torch.nn.init.uniform_(parameter, centre - 0.5, centre + 0.5)
    return network


@functools.cache
def tiny_model(architecture: str) -> TransformersModel:
    """The tiny model as `load` would give it."""
    return wrap(tiny_network(architecture), tiny_tokenizer())


@pytest.fixture(params=list(ARCHITECTURES))
def any_model(request: pytest.FixtureRequest) -> TransformersModel:
    """Each family in turn."""
    return tiny_model(request.param)


@pytest.fixture
def llama() -> TransformersModel:
    """One tiny Llama, where the family makes no difference."""
    return tiny_model("llama")
