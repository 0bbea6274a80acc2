"""Paper and parameters: sums that can be done by hand, and a count checked against a real network."""

import math

import pytest
import torch
from interpbook import scale
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

SIZES = {"d_vocab": 97, "d_model": 24, "n_layers": 3, "n_heads": 4, "n_kv_heads": 2, "d_head": 6, "d_mlp": 40}


def _llama() -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=SIZES["d_vocab"], hidden_size=SIZES["d_model"], intermediate_size=SIZES["d_mlp"],
            num_hidden_layers=SIZES["n_layers"], num_attention_heads=SIZES["n_heads"], head_dim=SIZES["d_head"],
            num_key_value_heads=SIZES["n_kv_heads"], tie_word_embeddings=True,
        )
    )  # fmt: skip


def test_the_published_claim_implies_about_a_hundred_numbers_a_sheet():
    assert 100 < scale.implied_numbers_per_sheet(200e9, 46) < 102
    assert 104 < scale.implied_numbers_per_sheet(200e9, 46, paper="a4") < 106


def test_area_and_implied_layout_are_inverse():
    area = scale.square_miles(scale.paper_area_m2(2e9, 137))
    assert scale.implied_numbers_per_sheet(2e9, area) == pytest.approx(137, rel=1e-4)


def test_the_last_sheet_counts_whole():
    assert scale.paper_area_m2(101, 100) == pytest.approx(2 * scale.sheet_m2())
    assert scale.paper_area_m2(100, 100) == pytest.approx(scale.sheet_m2())


def test_twice_the_numbers_on_a_sheet_halve_the_area():
    assert scale.paper_area_m2(1e6, 50) == pytest.approx(2 * scale.paper_area_m2(1e6, 100))


def test_layout_by_hand():
    # 14 pt: a character 8.4 pt wide, a line 16.8 pt high; 612 x 792 pt of paper; nine characters a number.
    assert scale.numbers_per_sheet(margin_cm=0) == int(612 / 75.6) * int(792 / 16.8)
    assert scale.numbers_per_sheet() == int(468 / 75.6) * int(648 / 16.8)
    assert scale.numbers_per_sheet(line_spacing=2.4) == 6 * 19


@pytest.mark.parametrize("bad", [{"margin_cm": 11}, {"characters": 80}])
def test_nothing_fits(bad: dict):
    with pytest.raises(ValueError, match="nothing fits"):
        scale.numbers_per_sheet(**bad)


def test_no_numbers_on_a_sheet():
    with pytest.raises(ValueError, match="expected at least 1"):
        scale.paper_area_m2(10, 0)


def test_count_from_the_configuration_matches_the_network():
    assert scale.count_parameters(**SIZES) == sum(p.numel() for p in _llama().parameters())


def test_groups_add_up_and_share_nothing():
    network = _llama()
    groups = scale.parameter_groups(network)
    assert sum(groups.values()) == sum(p.numel() for p in network.parameters())
    assert groups["MLP"] == SIZES["n_layers"] * 3 * SIZES["d_model"] * SIZES["d_mlp"]
    assert groups["embedding"] == SIZES["d_vocab"] * SIZES["d_model"]
    assert groups["norms"] == (2 * SIZES["n_layers"] + 1) * SIZES["d_model"]


def test_groups_of_a_gpt2():
    network = GPT2LMHeadModel(GPT2Config(n_layer=2, n_head=2, n_embd=8, vocab_size=31, n_positions=16))
    groups = scale.parameter_groups(network)
    assert groups["embedding"] == 31 * 8 + 16 * 8
    assert groups["norms"] == (2 * 2 + 1) * 2 * 8
    assert sum(groups.values()) == sum(p.numel() for p in network.parameters())


def test_shuffling_keeps_every_number_and_moves_it():
    source, target = _llama(), _llama()
    scale.shuffle_parameters(source, target, seed=1)
    for (name, before), after in zip(source.named_parameters(), target.parameters(), strict=True):
        assert torch.equal(before.flatten().sort().values, after.flatten().sort().values), name
        assert torch.equal(before, after) == (before.unique().numel() == 1), name


def test_sizes_of_known_things():
    assert scale.square_miles(scale.M2_PER_SQUARE_MILE) == 1
    assert math.isclose(scale.M2_PER_SQUARE_MILE, 2.589988e6, rel_tol=1e-6)
    assert scale.sheet_m2("a4") == pytest.approx(1 / 16, rel=1e-2)
