"""Clamping and pushing on a tiny model with a made-up dictionary."""

import pytest
import torch
from conftest import tiny_model
from interpbook import dictionaries as dic
from interpbook import steering
from interpbook.models import Site, logits, read, tokenize

SITE = Site("resid", layer=1)
TEXT = "the capital of france is"


def _sae(d: int = 24, n: int = 40, k: int = 5) -> dic.Sae:
    generator = torch.Generator().manual_seed(0)
    rows = torch.nn.functional.normalize(torch.randn(n, d, generator=generator), dim=1)
    return dic.Sae(dic.TopK(d, n, k=k), rows.clone(), torch.zeros(n), rows, 0.1 * torch.ones(d), site=SITE)


def test_clamping_with_the_error_kept_is_splicing_with_an_edit():
    sae, stream = _sae(), torch.randn(2, 6, 24)

    def edit(latents):
        latents[..., 7] = 3.0
        return latents

    through = dic.splice(sae, edit=edit, keep_error=True)(stream)
    torch.testing.assert_close(steering.clamp(sae, 7, 3.0)(stream), through)
    assert torch.equal(steering.clamp(sae, 7, 3.0)(stream)[:, 0], stream[:, 0])


def test_a_clamp_reaches_the_model_and_stays_on_its_direction():
    model, sae = tiny_model("llama"), _sae()
    moved = read(model, TEXT, SITE, write={SITE: steering.clamp(sae, 3, 2.0)}) - read(model, TEXT, SITE)
    along = moved[0, 1:] @ sae.W_dec[3]
    torch.testing.assert_close(moved[0, 1:], along[:, None] * sae.W_dec[3], atol=1e-5, rtol=1e-4)
    assert along.abs().max() > 0.1


def test_pushing_adds_the_given_length():
    stream = torch.randn(1, 4, 24)
    moved = steering.push(torch.arange(24.0), 2.5)(stream) - stream
    torch.testing.assert_close(moved.norm(dim=-1), torch.tensor([[0.0, 2.5, 2.5, 2.5]]))


def test_every_row_gets_its_own_edit():
    stream = torch.randn(2, 3, 24)
    moved = steering.apart([lambda x: x, steering.push(torch.ones(24), 1.0)])(stream) - stream
    assert not moved[0].any() and moved[1, 1:].any()


def test_the_clean_dose_is_what_the_model_says():
    model, words = tiny_model("llama"), torch.tensor([7, 8])
    tokens = tokenize(model, [TEXT, "the city of paris is"])
    found = steering.dose_response(model, SITE, {"clean": lambda x: x}, tokens, words)["clean"]
    told = logits(model, tokens)[:, 1:-1].log_softmax(-1)
    assert found.topic == pytest.approx(float(told[..., words].exp().sum(-1).mean()), rel=1e-4)
    assert found.loss == pytest.approx(float(-told.gather(-1, tokens.ids[:, 2:, None]).mean()), rel=1e-4)


def test_the_same_seed_gives_the_same_words_and_no_edit_agrees_with_itself():
    model = tiny_model("llama")
    edits = {"a": lambda x: x, "b": lambda x: x, "pushed": steering.push(torch.randn(24), 50.0)}
    said = steering.continuations(model, "the city", SITE, edits, n_tokens=6)
    assert said["a"] == said["b"] and said == steering.continuations(model, "the city", SITE, edits, n_tokens=6)


def test_wrong_input_is_named():
    with pytest.raises(dic.DictionaryError, match="never negative"):
        steering.clamp(_sae(), 0, -1.0)
    with pytest.raises(dic.DictionaryError, match="length zero"):
        steering.push(torch.zeros(24), 1.0)
    with pytest.raises(dic.DictionaryError, match="0 to 39"):
        steering.clamp(_sae(), 40, 1.0)(torch.randn(1, 3, 24))
