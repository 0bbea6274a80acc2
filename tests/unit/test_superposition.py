"""Toy models against hand-worked geometry, exact integrals and single-model training."""

import math

import pytest
import torch
from conftest import tiny_model
from interpbook import superposition as sp
from interpbook.models import Site, read
from interpbook.superposition.real import (
    ablation_effect,
    matched_neurons,
    neuron_activations,
    next_token_logprobs,
    write_lengths,
)
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


def test_training_many_takes_the_very_steps_of_training_one():
    seen = []

    def recorded(n, density, n_features, generator):
        seen.append(sp.independent(n, density, n_features, generator))
        return seen[-1]

    density, importance = torch.tensor([0.2, 0.5, 0.9]), torch.rand(3, 4, generator=torch.Generator().manual_seed(1))
    many = sp.train(4, 2, density, importance, steps=40, seed=5, sampler=recorded)
    start = torch.randn(3, 2, 4, generator=torch.Generator().manual_seed(5)) / 2**0.5
    for i in range(3):
        model = OneToy(4, 2)
        model.W.data = start[i].clone()
        optimiser = torch.optim.Adam(model.parameters())
        for step in range(40):
            optimiser.param_groups[0]["lr"] = 0.02 * (1 - step / 40)
            optimiser.zero_grad()
            sp.weighted_loss(seen[step][:, i], model(seen[step][:, i]), importance[i]).backward()
            optimiser.step()
        assert torch.allclose(model.W, many.W[i], atol=1e-4) and torch.allclose(model.b, many.b[i], atol=1e-4)


def test_restarts_keep_the_best_start_of_each_model():
    density, importance = torch.tensor([0.05, 0.1, 0.2]), torch.ones(2)
    kept = sp.train(2, 1, density, importance, steps=500, lr=0.03, restarts=8)
    assert kept.W.shape == (3, 1, 2) and bool((sp.trained_phase(kept.W) == 1).all())
    losses = ([1.0, 2.0], [3.0, 0.5])
    runs = [
        sp.Toy(torch.full((2, 1, 1), float(i)), torch.zeros(2, 1), torch.tensor(price))
        for i, price in enumerate(losses)
    ]
    assert sp.best_of(runs).W.flatten().tolist() == [0.0, 1.0]


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


@pytest.mark.parametrize("together", [0.0, 0.3, 0.7, 1.0])
def test_partners_meet_as_often_as_asked_and_each_keeps_its_density(together):
    x = sp.in_pairs(together)(20_000, torch.tensor([0.3]), 4, torch.Generator().manual_seed(0))[:, 0] > 0
    met = (x[:, 0] & x[:, 1]).float().mean().item()
    assert met == (0.0 if together == 0 else pytest.approx(0.3 * together, abs=0.015))
    assert x.float().mean(0).tolist() == pytest.approx([0.3] * 4, abs=0.015)
    strangers = (x[:, 0] & x[:, 2]).float().mean().item()
    assert strangers == pytest.approx(0.09, abs=0.01)


def test_each_model_can_have_partners_of_its_own_kind():
    x = sp.in_pairs(torch.tensor([0.0, 1.0]))(1000, torch.full((4,), 0.4), 2, torch.Generator().manual_seed(0)) > 0
    met = (x[..., 0] & x[..., 1]).sum(0)
    assert met[0] == met[2] == 0 < met[1]
    assert torch.equal(x[:, 1, 0], x[:, 1, 1])


def test_the_price_of_partners_agrees_with_sampling_and_turns_at_four_sevenths():
    density, together = torch.tensor([0.3]), 0.6
    x = sp.in_pairs(together)(400_000, density, 2, torch.Generator().manual_seed(1))[:, 0]
    sampled = [
        sp.weighted_loss(x, sp.reconstruct(x, torch.tensor([W]), torch.zeros(2)), torch.ones(2)).item()
        for W in ([1.0, -1.0], [0.5**0.5, 0.5**0.5])
    ]
    predicted = [price.item() for price in sp.loss_partners(density, torch.tensor(together))]
    assert sampled == pytest.approx(predicted, rel=0.02)
    for p in (0.05, 0.4):
        opposite, beside = sp.loss_partners(torch.tensor(p), torch.tensor(4 / 7))
        assert opposite.item() == pytest.approx(beside.item())


def test_of_three_in_two_dimensions_a_pair_and_a_single_beat_the_triangle():
    rare, three = torch.tensor([0.005]), torch.ones(1, 3)
    bills = {
        name: sp.expected_loss(W[None], torch.zeros(1, 3), rare, three, n_points=2048).item() / rare.item() ** 2
        for name, W in (("triangle", sp.regular_polygon(3)), ("pair", torch.tensor([[1.0, -1, 0], [0, 0, 1]])))
    }
    assert bills["triangle"] == pytest.approx(3 / 8, rel=0.02)
    assert bills["pair"] == pytest.approx(1 / 3, rel=0.02)


def test_integrated_strategies_give_the_closed_form_map():
    importance, density = torch.logspace(-1, 1, 9), torch.logspace(-1.5, 0, 9)
    closed = sp.predicted_phase(importance[:, None], density[None])
    integrated = sp.cheapest_phase(importance, density, n_features=2, n_hidden=1)
    assert (closed == integrated).float().mean().item() > 0.95  # all but ties


@pytest.mark.parametrize(
    ("W", "phase"),
    [
        ([[1.0, 0.0], [0.0, 0.1]], "ignored"),
        ([[1.0, 0.0], [0.0, 1.0]], "alone"),
        ([[0.0, 0.1], [1.0, -1.0]], "shares"),
        ([[0.3, 0.0], [0.3, 1.0]], "alone"),  # the other is too short to share with
    ],
)
def test_the_phase_of_a_trained_model_is_what_becomes_of_its_last_feature(W, phase):
    assert sp.PHASES[sp.trained_phase(torch.tensor(W)).item()] == phase


def test_a_small_phase_diagram_agrees_with_theory_away_from_the_border():
    importance, density = torch.tensor([0.2, 5.0]), torch.tensor([0.05, 0.95])
    diagram = sp.phase_diagram(importance, density, n_restarts=6, seed=3)
    assert torch.equal(diagram.phase, sp.predicted_phase(importance[:, None], density[None]))
    assert torch.equal(diagram.phase, torch.tensor([[1, 0], [1, 2]]))


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


def planted():
    """Noise of 20 units over all words; unit 0 is about kind 4, unit 1 about kinds 2 and 3."""
    words = sp.concept_words()
    acts = torch.randn(len(words.prompts), 20, generator=torch.Generator().manual_seed(0))
    acts[:, 0] += 10 * (words.concept == 4)
    acts[:, 1] += 10 * ((words.concept == 2) | (words.concept == 3))
    return words, acts, words.word % 2 == 0


def test_purity_tells_one_subject_from_two_and_from_none():
    words, acts, choosing = planted()
    found = sp.held_out_purity(acts, words.concept, choosing)
    assert found.concept[0].item() == 4 and found.purity[0].item() == 1.0
    assert found.n_kinds[0].item() == pytest.approx(1.0)
    assert found.purity[1].item() == pytest.approx(0.5, abs=0.25) and 1.5 < found.n_kinds[1].item() <= 2.01
    assert found.purity[2:].mean().item() == pytest.approx(0.1, abs=0.06)  # noise does not survive the other half
    made_up = sp.shuffled_within(words.concept, words.word, seed=1)
    assert sp.held_out_purity(acts, made_up, choosing).purity[0].item() < 0.6


def test_the_best_unit_and_the_mean_direction_are_tested_on_words_that_did_not_choose():
    words, acts, choosing = planted()
    best, direction = (f(acts, words.concept, choosing) for f in (sp.best_unit, sp.mean_direction))
    assert best[4].item() == pytest.approx(1.0) and direction[4].item() == pytest.approx(1.0)
    nothing = [c for c in range(10) if c not in (2, 3, 4)]
    assert abs(best[nothing].mean().item() - 0.5) < 0.15


def test_random_axes_hear_the_loud_unit_unless_volumes_are_made_equal():
    words, acts, choosing = planted()
    acts[:, 0] *= 100
    loud, equal = (
        sp.held_out_purity(sp.along_random_axes(space, 50), words.concept, choosing).purity.mean().item()
        for space in (acts, sp.standardised(acts))
    )
    assert loud > 0.4 > equal  # half of the axes point along the loud unit, the other half against it
    spread = sp.standardised(acts)
    assert torch.allclose(spread.mean(0), torch.zeros(20), atol=1e-5)
    assert torch.allclose(spread.std(0), torch.ones(20), atol=1e-4)


def test_shuffling_keeps_words_whole_and_kinds_as_large():
    words = sp.concept_words()
    made_up = sp.shuffled_within(words.concept, words.word, seed=3)
    assert torch.equal(torch.bincount(made_up), torch.bincount(words.concept))
    for c in range(10):
        for w in range(12):
            assert made_up[(words.concept == c) & (words.word == w)].unique().numel() == 1


def test_matched_neurons_are_others_of_about_the_same_size():
    size = torch.rand(400, generator=torch.Generator().manual_seed(0))
    chosen = size.topk(30).indices
    other = matched_neurons(chosen, size, seed=1)
    assert not set(chosen.tolist()) & set(other.tolist()) and other.unique().numel() == 30
    rank = size.argsort().argsort()
    middle = rank.argsort()[180:200]
    near = matched_neurons(middle, size, seed=1)
    assert (rank[near] - rank[middle]).abs().max().item() <= 45
    assert torch.equal(other, matched_neurons(chosen, size, seed=1))


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_holding_neurons_at_what_they_are_changes_nothing_and_elsewhere_something(architecture):
    model, prompts = tiny_model(architecture), ["the capital of france", "a big city is"]
    acts = neuron_activations(model, prompts, [1], batch_size=1)[1]
    before = next_token_logprobs(model, prompts, batch_size=1)
    some = torch.tensor([0, 3, 7])
    for row in range(2):
        same = ablation_effect(model, prompts[row : row + 1], 1, some, acts[row], before[row : row + 1])
        moved = ablation_effect(model, prompts[row : row + 1], 1, some, acts[row] + 5, before[row : row + 1])
        assert same.item() == pytest.approx(0.0, abs=1e-5) and moved.item() > 1e-3


@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_write_lengths_are_how_far_a_neuron_moves_the_output_of_its_mlp(architecture):
    model, site = tiny_model(architecture), Site("mlp_act", layer=1, position=-1)
    out = Site("mlp_out", layer=1, position=-1)
    acts, written = (read(model, "the city", s)[0] for s in (site, out))
    lengths = write_lengths(model, 1)
    for neuron in (0, 5):
        louder = read(model, "the city", out, write={site: acts.index_fill(0, torch.tensor(neuron), acts[neuron] + 1)})
        assert (louder[0] - written).norm().item() == pytest.approx(lengths[neuron].item(), rel=1e-3)
