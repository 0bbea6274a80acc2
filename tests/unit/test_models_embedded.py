"""The embedded model itself: converted faithfully, loaded quickly, trained where it says so."""

import math
import os
import subprocess
import sys

import gguf
import pytest
import torch
from interpbook.models import info, load, logits, token_strings, tokenize, untrained
from interpbook.models.loading import network
from interpbook.models.store import find_gguf

TEXT = "The city stands on a hill, and from its walls you can see the river, the bridge and the road to the sea."


@pytest.fixture(scope="module")
def smollm2():
    return load()


def loss(model):
    """Nats per token."""
    ids = tokenize(model, TEXT).ids
    return torch.nn.functional.cross_entropy(logits(model, ids)[0, :-1], ids[0, 1:]).item()


def test_it_is_the_model_that_the_book_speaks_of(smollm2):
    assert info(smollm2) == ("llama", 30, 9, 3, 576, 64, 1536, 49152, 8192, 134_515_008)


def test_weights_are_those_of_the_gguf_file(smollm2):
    reader = gguf.GGUFReader(find_gguf())
    by_name = {tensor.name: tensor for tensor in reader.tensors}
    ours = dict(network(smollm2).named_parameters())
    pairs = {
        "token_embd.weight": "model.embed_tokens.weight",
        "blk.7.ffn_down.weight": "model.layers.7.mlp.down_proj.weight",
        "blk.29.attn_v.weight": "model.layers.29.self_attn.v_proj.weight",
        "output_norm.weight": "model.norm.weight",
    }
    for theirs, name in pairs.items():
        tensor = by_name[theirs]
        expected = torch.tensor(gguf.dequantize(tensor.data, tensor.tensor_type))
        torch.testing.assert_close(ours[name].data, expected, rtol=0, atol=0)


def test_it_says_paris(smollm2):
    said = logits(smollm2, "The capital of France is")[0, -1].argmax()
    assert smollm2.tokenizer.decode([said]) == " Paris"


def test_a_plain_prompt_gets_the_separator_and_a_chat_does_not(smollm2):
    assert token_strings(smollm2, "Berlin") == ["<|endoftext|>", "Ber", "lin"]
    said = [{"role": "user", "content": "What is the capital of France?"}]
    chat = smollm2.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    assert token_strings(smollm2, chat)[:2] == ["<|im_start|>", "system"]


def test_before_training_all_tokens_are_about_equally_likely(smollm2):
    """Not exactly log(vocabulary): logits of random weights spread by about 0.5, which costs about a tenth of a nat."""
    model = untrained()
    assert info(model) == info(smollm2)
    assert abs(loss(model) - math.log(49152)) < 0.5
    assert loss(smollm2) < 4


def test_loading_in_a_fresh_process_writes_nothing_on_stderr():
    code = "from interpbook.models import load; load()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
