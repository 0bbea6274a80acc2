"""Splits between dictionaries of two sizes, where the split is made by hand, and what to take away to test one."""

import pytest
import torch
from conftest import tiny_model
from interpbook import dictionaries as dic
from interpbook import steering
from interpbook.dictionaries import splitting
from interpbook.dictionaries.shipped import smaller
from interpbook.models import Site, logits, read


def test_cosines_do_not_see_lengths_and_refuse_other_widths():
    small, large = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([[3.0, 3.0], [0.0, -5.0], [1.0, 0.0]])
    half = 2**-0.5
    assert torch.allclose(splitting.cosines(small, large), torch.tensor([[half, 0.0, 1.0], [half, -1.0, 0.0]]))
    with pytest.raises(dic.DictionaryError, match="of 2 and of 3 numbers have no angle"):
        splitting.cosines(small, torch.ones(4, 3))


def test_mixtures_lie_where_the_directions_lie():
    """Directions in a plane of 20 dimensions: mixtures stay in it, and are nobody's copy."""
    plane = torch.zeros(30, 20)
    plane[:, :2] = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
    mixed = splitting.mixtures(plane)
    assert torch.equal(mixed[:, 2:], torch.zeros(30, 18))
    assert torch.allclose(mixed.norm(dim=1), torch.ones(30), atol=1e-5)
    assert not torch.equal(mixed, splitting.mixtures(plane, seed=1))


def test_shared_by_hand():
    parent = torch.tensor([True, True, True, True, False, False])
    others = torch.tensor([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0], [0, 0]]).bool()
    found = splitting.shared(parent, others)
    assert found == splitting.Shared(pytest.approx(3 / 4), pytest.approx(3 / 4), pytest.approx(2 / 3), 4)


def test_shared_of_nobody_is_not_a_number():
    found = splitting.shared(torch.zeros(3, dtype=torch.bool), torch.zeros(3, 2, dtype=torch.bool))
    assert all(share != share for share in found[:3]) and found.n == 0


def test_stand_ins_fire_as_often_and_are_nobody_who_was_barred():
    count = torch.tensor([10, 11, 12, 50, 52, 49])
    barred = torch.tensor([False, True, False, False, False, False])
    found = splitting.as_busy(count, torch.tensor([0, 3]), barred)
    assert found.tolist() == [2, 5]  # 1 is nearer to 0, and barred; 5 is as near to 3 as can be
    assert splitting.as_busy(count, torch.tensor([3, 4]), barred).tolist() == [5, 2]  # none twice
    with pytest.raises(dic.DictionaryError, match="2 stand-ins are wanted and 1 latents"):
        splitting.as_busy(count[:4], torch.tensor([0, 3]), barred[:4])


def test_a_split_made_by_hand_is_seen_and_look_alikes_show_none():
    """Each wide pair stands for two halves of one small latent's cases; a second dictionary of its size for all."""
    generator = torch.Generator().manual_seed(0)
    children = torch.nn.functional.normalize(torch.randn(16, 2, 64, generator=generator), dim=2)
    children = torch.nn.functional.normalize(children + 1.2 * children.flip(1) * 0.6, dim=2)
    parents = torch.nn.functional.normalize(children.sum(1), dim=1)
    which = torch.randint(32, (4_000,), generator=generator)
    x = children.flatten(0, 1)[which] * (0.5 + torch.rand(4_000, 1, generator=generator))
    one, wide = (
        dic.Sae(dic.TopK(64, len(W), k=1), W, torch.zeros(len(W)), W, torch.zeros(64))
        for W in (parents, children.flatten(0, 1))
    )
    near = splitting.cosines(one.W_dec, wide.W_dec) >= 0.7
    assert near.sum(1).tolist() == [2] * 16
    assert (splitting.cosines(one.W_dec, one.W_dec[:, :]) >= 0.7).sum(1).tolist() == [1] * 16
    kids = near[3].nonzero()[:, 0]
    found = splitting.shared(dic.encode(one, x)[:, 3] > 0, dic.encode(wide, x)[:, kids] > 0)
    assert min(found.inside, found.covered, found.alone) > 0.95


def test_what_is_taken_away():
    latents = torch.tensor([[1.0, 2.0, 0.0, 2.9, 9.0], [0.0, 0.0, 4.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0]])
    some = torch.tensor([0, 1])
    assert splitting.of_these(latents, some).tolist() == [[1, 2, 0, 0, 0], [0] * 5, [1, 1, 0, 0, 0]]
    stand_in = splitting.equally_strong(latents, some)
    assert torch.equal(stand_in, torch.tensor([[0.0, 0.0, 0.0, 2.9, 0.0], [0.0] * 5, [0.0] * 5]))


def test_taking_one_latent_away_is_clamping_it_to_zero():
    model, site = tiny_model("llama"), Site("resid", layer=1)
    generator = torch.Generator().manual_seed(0)
    d = read(model, "the", site).shape[-1]
    W_enc, W_dec = torch.randn(2, 16, d, generator=generator)
    sae = dic.Sae(dic.TopK(d, 16, k=6), W_enc, torch.zeros(16), W_dec, torch.zeros(d), site=site)
    one, prompt = torch.tensor([3]), "the capital of france is paris"
    edits = steering.take_away(sae, lambda f: splitting.of_these(f, one)), steering.clamp(sae, 3, 0.0)
    stream = read(model, prompt, site)
    assert bool((dic.latent(sae, stream, 3)[:, 1:] > 0).any())
    assert torch.allclose(edits[0](stream), edits[1](stream), atol=1e-5)
    assert torch.equal(edits[0](stream)[:, 0], stream[:, 0])
    nothing = steering.take_away(sae, torch.zeros_like)
    assert torch.allclose(logits(model, prompt, write={site: nothing}), logits(model, prompt), atol=1e-5)


def test_shipped_sizes_have_seeds_of_their_own_and_rebuild_more_with_more_room():
    made = smaller()
    assert len({recipe.plan.seed for recipe in made.values()} | {0}) == len(made) + 1  # the large ones have seed 0
    fvu = {
        row["n_latents"]: row["fvu"] for row in dic.tables() if row["name"] in made or row["name"] == "resid15-topk32"
    }
    assert [fvu[n] for n in sorted(fvu)] == sorted(fvu.values(), reverse=True) and len(fvu) == 4
