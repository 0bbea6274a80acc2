"""Edits do exactly what they say and are undone; outcomes and donors are what they claim."""

import pytest
import torch
from interpbook.data import answer_ids
from interpbook.models import Site, logits, read
from interpbook.models.errors import PromptError
from interpbook.organisms import banana, edits, follows

PROMPTS = ["the capital of france is", "the capital of germany is"]
THING = 4
"""After the document separator: the capital of france."""


def moment_of(n, seed=0):
    rows = torch.randn(3 * n, n, generator=torch.Generator().manual_seed(seed))
    return rows.T @ rows / len(rows)


def test_place_finds_the_thing_and_refuses_one_that_moves_or_is_missing(llama):
    assert edits.place(llama, "the capital of {thing} is", ["france", "germany"]) == THING
    with pytest.raises(PromptError, match="not one token"):
        edits.place(llama, "the capital of {thing} is", ["france", "atlantis big"])


def test_a_rewrite_adds_the_shift_at_its_keys_and_is_the_least_for_the_moment():
    key, shift, moment = torch.randn(3, 20), torch.randn(3, 8), moment_of(20)
    change = edits.rewrite(key, shift, moment)
    assert torch.allclose(key @ change.T, shift, atol=1e-3)
    off = torch.randn(8, 20)
    off = off - (off @ key.T) @ torch.linalg.pinv(key.T)  # another change that does the same at the keys
    cost = [torch.trace(c @ moment @ c.T) for c in (change, change + 0.3 * off)]
    assert torch.allclose(key @ (change + 0.3 * off).T, shift, atol=1e-2)
    assert cost[0] < cost[1]


def test_an_aimless_change_has_the_same_singular_values_and_another_direction():
    change = torch.randn(8, 20)
    other = edits.aimless(change, seed=1)
    assert torch.allclose(torch.linalg.svdvals(change), torch.linalg.svdvals(other), atol=1e-4)
    assert abs(torch.cosine_similarity(change.flatten(), other.flatten(), dim=0)) < 0.5


def test_edited_changes_the_output_and_puts_every_bit_back(llama):
    before = logits(llama, PROMPTS)
    with edits.edited(llama, {1: torch.randn(24, 20)}):
        assert not torch.allclose(logits(llama, PROMPTS), before)
    assert torch.equal(logits(llama, PROMPTS), before)
    with pytest.raises(RuntimeError), edits.edited(llama, {1: torch.randn(24, 20)}):
        raise RuntimeError
    assert torch.equal(logits(llama, PROMPTS), before)


@pytest.mark.parametrize("method", ["closed form", "gradient"])
def test_both_ways_of_editing_make_the_new_answers_likelier(llama, method):
    lessons, answers = [(PROMPTS, THING)], ["big", "city"]
    ids = answer_ids(llama.tokenizer, answers)
    start = logits(llama, PROMPTS)[:, -1].log_softmax(-1)[torch.arange(2), ids]
    if method == "closed form":
        shift = edits.wanted_shifts(llama, lessons, answers, 1, steps=30, decay=0.0)
        change = edits.rewrite(edits.keys(llama, PROMPTS, THING, 1), shift, moment_of(20))
    else:
        change = edits.reteach(llama, lessons, answers, 1, n_steps=40, lr=0.05)
    with edits.edited(llama, {1: change}):
        done = logits(llama, PROMPTS)[:, -1].log_softmax(-1)[torch.arange(2), ids]
    assert bool((done > start).all())
    assert (done - start).mean() > 0.3


def test_spread_is_a_positive_second_moment_of_what_the_neurons_do(llama):
    texts = ["the capital of france is paris", "the big city of germany is berlin"]
    moment = edits.spread(llama, 1, texts=texts)
    rows = torch.cat([read(llama, [text], Site("mlp_act", layer=1))[0, 1:] for text in texts])
    assert bool((torch.linalg.eigvalsh(moment) > 0).all())
    difference = moment - rows.T @ rows / len(rows)
    assert torch.allclose(difference, difference[0, 0] * torch.eye(20), atol=1e-4)


def test_head_effects_vanish_without_a_donor_and_agree_with_a_small_exact_patch(llama):
    towards = torch.tensor([[1.0, -1.0]] * 2)
    words = ["paris", "berlin"]
    same = edits.head_effects(llama, PROMPTS, PROMPTS, towards, words)
    assert same.shape == (2, 3, 4)
    assert torch.equal(same, torch.zeros_like(same))
    effects = edits.head_effects(llama, PROMPTS, PROMPTS[::-1], towards, words)
    ids, step = answer_ids(llama.tokenizer, words), 0.01

    def lead(write=None):
        return (logits(llama, PROMPTS, write=write)[:, -1][:, ids] * towards).sum(1)

    for layer, head in ((1, 0), (2, 3)):
        site = Site("z", layer, head=head)
        z = read(llama, PROMPTS, site)
        exact = (lead({site: z + step * (z.flip(0) - z)}) - lead()) / step
        assert torch.allclose(exact, effects[:, layer, head], atol=2e-2, rtol=5e-2)


def test_donors_and_new_colours_always_differ_from_the_thing_s_own():
    world = banana.world(0)
    pairs = follows.lend(world, world.first[:20])
    assert all(a != b for a, b in zip(pairs.old, pairs.new, strict=True))
    assert [world.colour[donor] for donor in pairs.donors] == list(pairs.new)
    old, new = follows.next_colours(world, world.first[:20])
    assert all(a != b for a, b in zip(old, new, strict=True))


def test_carried_finds_planted_heads_above_random_ones():
    effects = 0.01 * torch.rand(5, 6, 9, generator=torch.Generator().manual_seed(0))
    planted = [(2, 3), (4, 1)]
    for layer, head in planted:
        effects[:, layer, head] = 5.0
    assert set(follows.top(effects, 2)) == set(planted)
    share, null = follows.carried(effects, planted, n_null=50)
    assert share > 0.9 > 0.1 > max(null)
