"""What `tokenize` promises: the separator in front, padding on the left, and one clear sentence for bad prompts."""

import pytest
import torch
from interpbook.models import PromptError, token_strings, tokenize

SEPARATOR = 0


def test_every_prompt_begins_with_the_separator(any_model):
    assert tokenize(any_model, "the capital").ids.tolist() == [[SEPARATOR, 1, 3]]
    assert token_strings(any_model, "the capital") == ["<|endoftext|>", "the", "capital"]


def test_no_prefix_where_none_is_wanted_or_one_is_there(llama):
    assert tokenize(llama, "the capital", prefix=False).ids.tolist() == [[1, 3]]
    assert tokenize(llama, "<|endoftext|> the capital").ids.tolist() == [[SEPARATOR, 1, 3]]


def test_shorter_prompts_are_padded_on_the_left_and_positions_follow(llama):
    tokens = tokenize(llama, ["the capital of", "berlin"])
    assert tokens.ids.tolist() == [[SEPARATOR, 1, 3, 4], [SEPARATOR, SEPARATOR, SEPARATOR, 9]]
    assert tokens.mask.tolist() == [[True] * 4, [False, False, True, True]]
    assert tokens.inputs["position_ids"].tolist() == [[0, 1, 2, 3], [0, 0, 0, 1]]


def test_tokens_and_ids_pass_through(llama):
    tokens = tokenize(llama, ["the capital of", "berlin"])
    assert tokenize(llama, tokens) is tokens
    assert tokenize(llama, tokens.ids).mask.all()


@pytest.mark.parametrize(
    ("prompts", "sentence"),
    [
        ([], "the list of prompts is empty"),
        ("", "prompt 0 is empty"),
        (["the", "  "], "prompt 1 is empty"),
        ("the " * 40, "41 tokens; this model takes at most 32"),
        (torch.zeros(2, 0, dtype=torch.long), "hold no token"),
        (torch.zeros(3, dtype=torch.long), r"For one prompt, write ids\[None\]"),
        (torch.zeros(1, 3), "whole numbers"),
        (torch.tensor([[0, 12]]), "this model knows 0 to 11"),
        (torch.tensor([[-1, 3]]), "token ids run from -1 to 3"),
        (torch.zeros(1, 33, dtype=torch.long), "33 tokens"),
    ],
)
def test_bad_prompts_get_a_sentence(llama, prompts, sentence):
    with pytest.raises(PromptError, match=sentence):
        tokenize(llama, prompts)
