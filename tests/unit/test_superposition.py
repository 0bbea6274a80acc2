"""Toy models against hand-worked geometry, exact integrals and single-model training."""

import math

import pytest
import torch
from interpbook import superposition as sp
from interpbook.superposition.toy import OneToy, losses, train_one


def test_reconstruct_returns_a_lone_feature_exactly_and_silences_its_opposite():
    W, b = torch.tensor([[1.0, -1.0]]), torch.zeros(2)
    x = torch.tensor([[0.7, 0.0], [0.0, 0.4], [0.7, 0.4]])
    assert torch.allclose(sp.reconstruct(x, W, b), torch.tensor([[0.7, 0.0], [0.0, 0.4], [0.3, 0.0]]))


def test_weighted_loss_by_hand():
    x, x_hat = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.zeros(2, 2)
    assert sp.weighted_loss(x, x_hat, torch.tensor([1.0, 3.0])).item() == pytest.approx(2.0)


@pytest.mark.parametrize(("corners", "fraction"), [(2, 1 / 2), (3, 2 / 3), (5, 2 / 5), (4, 1 / 2), (6, 1 / 3)])
def test_dimensionality_of_regular_polygons(corners, fraction):
    D = sp.feature_dimensionality(
        sp.regular_polygon(corners) if corners > 2 else torch.tensor([[1.0, -1.0], [0.0, 0.0]])
    )
    assert torch.allclose(D, torch.full((corners,), fraction), atol=1e-5)


def test_dimensionality_of_a_square_antiprism_is_three_eighths():
    theta, phi = math.acos(1 / math.sqrt(3)), torch.arange(4) * math.pi / 2
    corners = []
    # the antiprism whose frame is tight: Σ W Wᵀ = 8/3 · I, so that every corner has 3/8
    for up, turn in ((1, 0.0), (-1, math.pi / 4)):
        z = up * math.cos(theta)
        corners += [
            torch.tensor([math.sin(theta) * math.cos(p + turn), math.sin(theta) * math.sin(p + turn), z])
            for p in phi.tolist()
        ]
    D = sp.feature_dimensionality(torch.stack(corners, dim=1))
    assert torch.allclose(D, torch.full((8,), 3 / 8), atol=1e-5)


def test_a_dropped_feature_has_no_dimension_and_a_lone_one_has_a_whole():
    assert torch.allclose(sp.feature_dimensionality(torch.tensor([[2.0, 0.0], [0.0, 0.0]])), torch.tensor([1.0, 0.0]))


def test_fractions_of_unit_columns_add_up_to_at_most_the_dimensions():
    W = torch.nn.functional.normalize(torch.randn(5, 40, generator=torch.Generator().manual_seed(0)), dim=0)
    total = sp.feature_dimensionality(W).sum().item()
    assert 4.0 < total <= 5.0 + 1e-4


def test_analytic_losses_agree_with_sampling():
    p = 0.6
    x = sp.sample_features(400_000, 2, p, seed=1)
    ignored = ((x[:, 0] - p / 2) ** 2).mean().item()
    shared = sp.weighted_loss(x, sp.reconstruct(x, torch.tensor([[1.0, -1.0]]), torch.zeros(2)), torch.ones(2)).item()
    density = torch.tensor(p)
    assert ignored == pytest.approx(sp.loss_ignoring(density).item(), rel=0.01)
    assert shared == pytest.approx(2 * sp.loss_antipodal(density).item(), rel=0.02)


def test_the_integrated_loss_agrees_with_the_closed_form_and_with_sampling():
    W, b = torch.tensor([[[1.0, -1.0]]]), torch.zeros(1, 2)
    density, importance = torch.tensor([0.3]), torch.tensor([[1.0, 2.0]])
    exact = sp.expected_loss(W, b, density, importance, n_points=2048).item()
    assert exact == pytest.approx(3 * sp.loss_antipodal(density).item(), rel=0.01)
    W, b = torch.tensor([[[0.8, -0.5, 0.1]]]), torch.tensor([[0.1, -0.1, 0.2]])
    x = sp.sample_features(400_000, 3, 0.3, seed=2)
    sampled = sp.weighted_loss(x, sp.reconstruct(x, W[0], b[0]), torch.ones(3)).item()
    assert sp.expected_loss(W, b, density, torch.ones(1, 3), n_points=2048).item() == pytest.approx(sampled, rel=0.02)


def test_the_border_is_where_two_strategies_cost_the_same():
    for ratio in (0.2, 1.0, 5.0):
        r = torch.tensor(ratio)
        p = sp.border(r)
        ignored, shared, alone = sp.strategy_losses(r, p)
        assert shared.item() == pytest.approx(min(ignored.item(), alone.item()), rel=1e-5)
        assert sp.predicted_phase(r, p * 0.9).item() == 1 != sp.predicted_phase(r, p * 1.1).item()
    assert sp.border(torch.tensor(1.0)).item() == pytest.approx(4 / 7)


def test_many_models_at_once_compute_what_one_computes():
    g = torch.Generator().manual_seed(0)
    x, W, b = torch.rand(50, 3, 4, generator=g), torch.randn(3, 2, 4, generator=g), torch.randn(3, 4, generator=g)
    importance = torch.rand(3, 4, generator=g)
    together = sp.forward_all(x, W, b)
    for i in range(3):
        alone = sp.reconstruct(x[:, i], W[i], b[i])
        assert torch.allclose(together[:, i], alone, atol=1e-5)
        loss = sp.weighted_loss(x[:, i], alone, importance[i])
        assert losses(x, together, importance)[i].item() == pytest.approx(loss.item(), rel=1e-4)


def test_training_is_reproducible_and_the_seed_matters():
    density, importance = torch.tensor([0.1, 0.5]), torch.ones(3)
    a, b, c = (sp.train(3, 2, density, importance, steps=30, seed=s) for s in (0, 0, 1))
    assert torch.equal(a.W, b.W) and not torch.equal(a.W, c.W)


def test_training_many_reaches_the_loss_of_training_one():
    density, importance = torch.full((6,), 0.2), torch.ones(2)
    many = sp.train(2, 1, density, importance, steps=500, lr=0.03, restarts=2)
    singles = [train_one(2, 1, 0.2, importance, steps=500, lr=0.03, seed=s) for s in range(4)]
    assert all(isinstance(model, OneToy) for model in singles)
    best = min(_exact(model.W[None].detach(), model.b[None].detach()) for model in singles)
    assert min(_exact(W[None], b[None]) for W, b in zip(many.W, many.b, strict=True)) == pytest.approx(best, rel=0.1)


def _exact(W, b):
    return sp.expected_loss(W, b, torch.tensor([0.2]), torch.ones(1, 2)).item()


@pytest.mark.parametrize(("density", "relu", "most"), [(1.0, True, 2), (0.05, False, 2)])
def test_no_superposition_without_rarity_or_without_relu(density, relu, most):
    toys = sp.train(5, 2, torch.full((4,), density), 0.8 ** torch.arange(5.0), steps=1500, lr=0.03, relu=relu)
    assert bool((sp.represented(toys.W).sum(-1) <= most).all())


def test_rare_features_crowd():
    toys = sp.train(5, 2, torch.full((4,), 0.05), 0.8 ** torch.arange(5.0), steps=800, lr=0.03)
    assert bool((sp.represented(toys.W).sum(-1) > 2).all())


def test_a_density_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="densities"):
        sp.train(3, 2, torch.tensor([0.0]), torch.ones(3), steps=1)


@pytest.mark.parametrize("anti", [False, True])
def test_pairs_come_together_or_never(anti):
    x = sp.in_pairs(anti)(4000, torch.tensor([0.3]), 4, torch.Generator().manual_seed(0))[:, 0] > 0
    both = (x[:, 0] & x[:, 1]).float().mean().item()
    assert both == (0.0 if anti else pytest.approx(0.3, abs=0.03))
    assert x.float().mean(0).tolist() == pytest.approx([0.3] * 4, abs=0.03)


def test_the_attack_finds_more_harm_than_chance_and_keeps_its_length():
    W = sp.regular_polygon(5)[None]
    toy = sp.Toy(W, torch.zeros(1, 5), torch.zeros(1))
    x = torch.eye(5)[:, None]
    worst, chance = sp.attack(toy, x, 0.3), sp.random_attack(toy, x, 0.3)
    assert bool((worst >= chance - 1e-5).all()) and worst.mean() > chance.mean()


def test_absolute_value_by_hand_is_computed():
    W_in = torch.tensor([[[1.0, 0.0], [-1.0, 0.0]]])
    W_out = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    model = sp.Absolute(W_in, W_out, torch.zeros(1, 2))
    assert sp.computed(model).tolist() == [[True, False]]


def test_concept_auroc_is_that_of_scikit_learn():
    from sklearn.metrics import roc_auc_score

    acts = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    concept = torch.arange(60) % 3
    ours = sp.concept_auroc(acts, concept)
    for c in range(3):
        theirs = roc_auc_score((concept == c).numpy(), acts[:, 1].numpy())
        assert ours[c, 1].item() == pytest.approx(theirs, abs=1e-5)


def test_selectivity_is_tested_on_words_that_did_not_choose_and_nulls_stay_low():
    words = sp.concept_words()
    g = torch.Generator().manual_seed(0)
    acts = torch.randn(len(words.prompts), 20, generator=g)
    acts[:, 0] += 10 * (words.concept == 4)
    choosing = words.word % 2 == 0
    found = sp.held_out_selectivity(acts, words.concept, choosing)
    assert found.concept[0].item() == 4 and found.auroc[0].item() > 0.99
    assert abs(found.auroc[1:].mean().item() - 0.5) < 0.1  # noise does not survive the test half
    made_up = sp.shuffled_within(words.concept, words.word, seed=1)
    assert sp.held_out_selectivity(acts, made_up, choosing).auroc[0].item() < 0.9


def test_shuffling_keeps_words_whole_and_kinds_as_large():
    words = sp.concept_words()
    made_up = sp.shuffled_within(words.concept, words.word, seed=3)
    assert torch.equal(torch.bincount(made_up), torch.bincount(words.concept))
    for c in range(10):
        for w in range(12):
            assert made_up[(words.concept == c) & (words.word == w)].unique().numel() == 1


def test_rotation_keeps_distances():
    acts = torch.randn(10, 30, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(torch.cdist(sp.rotated(acts), sp.rotated(acts)), torch.cdist(acts, acts), atol=1e-4)
