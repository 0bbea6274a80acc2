"""The chapter's measures must tell a planted compute-then-compare model from planted match-heads, in every seed."""

import functools

import pytest
import torch
from interpbook.organisms import lookup, routes
from interpbook.organisms.lookup import COLOUR, LAST, N_COLOURS, N_HELD, N_THINGS, THING, Lookup

SEEDS = [0, 1, 2, 3, 4]
TAUGHT, HELD = slice(0, N_THINGS - N_HELD), slice(N_THINGS - N_HELD, N_THINGS)


@functools.cache
def trained(route: lookup.Route) -> Lookup:
    return lookup.train(route, SEEDS)


def all_things(model: Lookup) -> torch.Tensor:
    return torch.arange(N_THINGS).expand(len(model.colour), -1)


def test_colours_are_balanced_and_the_held_out_things_have_one_each():
    for row in lookup.colours_of(SEEDS):
        assert row.bincount().tolist() == [N_THINGS // N_COLOURS] * N_COLOURS
        assert sorted(row[HELD].tolist()) == list(range(N_COLOURS))


@pytest.mark.parametrize("route", ["compute", "match", "free", "shuffled"])
def test_every_organism_says_every_colour(route):
    model = trained(route)
    said = lookup.run(model, lookup.recall_ids(all_things(model))).logits.argmax(-1)
    assert torch.equal(said, model.colour)


def test_closed_routes_are_closed():
    """Before any training: what must not reach a verdict does not."""
    things, colours = torch.tensor([[3, 3, 9, 9]] * 2), torch.tensor([[0, 5, 0, 5]] * 2)
    ids = lookup.verdict_ids(things, colours)
    for route in ("compute", "match"):
        model = lookup.fresh(route, [0, 1])
        given = torch.randn(2, 4, lookup.D_MODEL, generator=torch.Generator().manual_seed(0))
        plain, patched = (lookup.run(model, ids, recalled=r).logits for r in (None, given))
        assert torch.allclose(plain, patched) == (route == "match")  # the judge never sees the thing's token
    model = lookup.fresh("compute", [0, 1])
    same = lookup.run(model, ids, recalled=given[:, :1].expand(-1, 4, -1)).logits
    assert torch.allclose(same[:, 0], same[:, 2], atol=1e-5)  # only the recall stream tells two things apart
    assert not torch.allclose(same[:, 0], same[:, 1], atol=1e-3)


def test_attention_sees_no_later_token():
    model = lookup.fresh("free", [0])
    pattern = lookup.run(model, lookup.verdict_ids(torch.tensor([[1]]), torch.tensor([[2]]))).pattern
    assert pattern[..., THING, COLOUR].abs().max() == 0 and pattern[..., COLOUR, LAST].abs().max() == 0
    assert torch.allclose(pattern.sum(-1), torch.ones(1))


def test_verdicts_are_learned_and_follow_recall_to_held_out_things_only_where_they_are_computed():
    assert routes.judged_right(trained("compute"), HELD).min() > 0.9
    assert routes.judged_right(trained("match"), HELD).mean() < 0.7
    for route in ("compute", "match", "free"):
        assert routes.judged_right(trained(route), TAUGHT).min() > 0.95
    assert (routes.judged_right(trained("shuffled"), TAUGHT) - 0.5).abs().max() < 0.15


def test_the_two_planted_routes_are_told_apart_in_every_seed_and_shuffled_labels_show_neither():
    assert routes.diagnose(routes.evidence(trained("compute"))) == ["compute"] * len(SEEDS)
    assert routes.diagnose(routes.evidence(trained("match"))) == ["match"] * len(SEEDS)
    assert routes.diagnose(routes.evidence(trained("shuffled"))) == ["neither"] * len(SEEDS)


@pytest.mark.parametrize("method", ["rank one", "gradient"])
def test_an_edit_of_recall_hits_its_thing_and_spares_the_others(method):
    for route in ("compute", "match"):
        found = routes.edit_follows(trained(route), method, n=4)
        assert found.recall.min() >= 0.75 and found.others.min() > 0.95


def test_a_rank_one_edit_has_rank_one():
    model = trained("match")
    thing, new = torch.zeros(5, 1, dtype=torch.long), (model.colour[:, :1] + 1) % N_COLOURS
    change = routes.rewrite(model, thing, new).weights["out1"] - model.weights["out1"]
    strengths = torch.linalg.svdvals(change)
    assert (strengths[:, 1] < 1e-3 * strengths[:, 0]).all()


def test_teaching_the_mouth_alone_leaves_the_old_colour_in_the_recall_stream():
    full, mouth = (routes.edit_follows(trained("compute"), way, n=4) for way in ("gradient", "mouth only"))
    assert mouth.recall.min() >= 0.75  # it says the new colour
    assert mouth.verdict.mean() < full.verdict.mean()  # and judges by the old one more often
