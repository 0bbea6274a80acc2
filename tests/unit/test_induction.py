"""Induction scores on patterns that are known, losses against sums, and the heads of the real model."""

import math

import pytest
import torch
from conftest import tiny_model
from interpbook import induction
from interpbook.models import ModelError, Site, load, read

LENGTH, SEQ = 5, 11


def looking_back(distance: int) -> torch.Tensor:
    """A head that always looks `distance` tokens back (at the first token where there is none): (1, 1, query, key)."""
    pattern = torch.zeros(1, 1, SEQ, SEQ)
    for query in range(SEQ):
        pattern[0, 0, query, max(query - distance, 0)] = 1
    return pattern


@pytest.mark.parametrize("distance", [1, LENGTH - 1, LENGTH, LENGTH + 1])
def test_each_score_sees_its_own_distance_alone(distance):
    """Off by one, an induction head would be taken for a duplicate-token head, or the other way round."""
    pattern = looking_back(distance)
    assert induction.previous_token(pattern).item() == (distance == 1)
    assert induction.prefix_matching(pattern, LENGTH).item() == (distance == LENGTH - 1)
    assert induction.duplicate_token(pattern, LENGTH).item() == (distance == LENGTH)


def test_scores_are_means_over_rows_and_queries():
    pattern = torch.cat([looking_back(LENGTH - 1), looking_back(1)]).expand(2, 3, SEQ, SEQ).clone()
    pattern[:, 2] = 1 / SEQ
    found = induction.prefix_matching(pattern, LENGTH)
    torch.testing.assert_close(found, torch.tensor([0.5, 0.5, 1 / SEQ]))


def test_a_block_and_the_same_block_again(llama):
    ids = induction.repeated_tokens(llama, 3, LENGTH, seed=1)
    assert ids.shape == (3, SEQ) and (ids[:, 0] == 0).all()
    assert torch.equal(ids[:, 1 : 1 + LENGTH], ids[:, 1 + LENGTH :])
    assert all(len(set(row)) == LENGTH for row in ids[:, 1 : 1 + LENGTH].tolist())
    assert torch.equal(ids, induction.repeated_tokens(llama, 3, LENGTH, seed=1))
    assert not torch.equal(ids, induction.repeated_tokens(llama, 3, LENGTH, seed=2))
    with pytest.raises(ValueError, match="different tokens"):
        induction.repeated_tokens(llama, 1, 100)


def test_scores_of_a_model_are_those_of_its_patterns(llama):
    ids = induction.repeated_tokens(llama, 2, LENGTH)
    found = induction.head_scores(llama, ids, LENGTH)
    pattern = read(llama, ids, Site("pattern", 1))
    torch.testing.assert_close(found.induction[1], induction.prefix_matching(pattern, LENGTH))
    torch.testing.assert_close(found.previous[1], induction.previous_token(pattern))
    torch.testing.assert_close(found.duplicate[1], induction.duplicate_token(pattern, LENGTH))
    assert found.induction.shape == (3, 4)


def test_losses_are_in_nats_and_take_interventions(llama):
    ids = induction.repeated_tokens(llama, 2, LENGTH)
    found = induction.losses(llama, ids)
    said = llama._module(ids).logits
    by_hand = torch.nn.functional.cross_entropy(said[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    torch.testing.assert_close(found.flatten(), by_hand)
    flat = induction.losses(llama, ids, write={Site("resid", 2): torch.zeros_like})
    torch.testing.assert_close(flat, torch.full_like(flat, math.log(said.shape[-1])))


def test_the_gain_is_early_minus_late():
    losses = torch.arange(10.0, 0, -1).expand(2, 10)
    assert induction.in_context_gain(losses, 1, 8).tolist() == [7.0, 7.0]
    assert induction.in_context_gain(losses, slice(0, 2), slice(8, 10)).tolist() == [8.0, 8.0]


def test_rank_of_ones_own():
    likes, hates = torch.eye(7), -torch.eye(7)
    assert induction.own_rank(torch.stack([likes, hates, torch.zeros(7, 7)])).tolist() == [1.0, -1.0, 0.0]
    noise = torch.randn(4, 300, 300, generator=torch.Generator().manual_seed(0))
    assert induction.own_rank(noise).abs().max() < 0.15


def test_a_head_that_is_made_to_copy_copies(llama):
    """Output weights that undo the value's and go on to the unembedding give 1; turned round they give −1."""
    module, d_head = llama._module, 6
    attention = module.model.layers[1].self_attn
    kept = attention.o_proj.weight.clone()
    embedded = module.model.embed_tokens.weight * module.model.layers[1].input_layernorm.weight
    carried = embedded @ attention.v_proj.weight[:d_head].T  # the first KV head serves heads 0 and 1
    wanted = torch.linalg.lstsq(module.lm_head.weight * module.model.norm.weight, torch.eye(len(carried))).solution
    with torch.no_grad():
        attention.o_proj.weight[:, :d_head] = wanted @ carried
        attention.o_proj.weight[:, d_head : 2 * d_head] = -wanted @ carried
    try:
        found = induction.copying_scores(llama, torch.arange(len(carried)))
    finally:
        with torch.no_grad():
            attention.o_proj.weight.copy_(kept)
    assert found[1, 0] > 0.6 and found[1, 1] == pytest.approx(-float(found[1, 0]), abs=1e-4)


def test_copying_needs_weights_that_are_known():
    with pytest.raises(ModelError, match="keep values elsewhere"):
        induction.copying_scores(tiny_model("gpt2"))


def test_smollm2_has_induction_heads_and_they_are_not_duplicate_heads():
    model = load()
    ids = induction.repeated_tokens(model, 2, 30, seed=5)
    found = induction.head_scores(model, ids, 30)
    layer, head = divmod(int(found.induction.argmax()), 9)
    assert (layer, head) == (18, 6) and found.induction[18, 6] > 0.6 and found.duplicate[18, 6] < 0.2
    assert found.previous[16, 0] > 0.6
    assert induction.in_context_gain(induction.losses(model, ids), slice(3, 29), slice(33, 59)).min() > 5
