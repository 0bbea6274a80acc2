"""Probes on made-up activations whose truth is known, and the toy in which a truth direction appears."""

import pytest
import torch
from interpbook import lens, probes
from interpbook.data import passages
from interpbook.models import Site, load, read, token_strings
from interpbook.probes import emergence
from interpbook.statements import tagged_words
from interpbook.stats import auroc, control_labels


def _cloud(n: int = 400, d: int = 12, gap: float = 3.0, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Two classes that differ along axis 0, in noise that is ten times as wide along axis 1."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.rand(n, generator=generator) < 0.5
    acts = torch.randn(n, d, generator=generator)
    acts[:, 1] *= 10
    acts[:, 0] += gap * labels
    return acts, labels


# --- splits ---


def test_no_group_stands_on_both_sides():
    groups = [f"city {i // 3}" for i in range(90)]
    train = probes.grouped_halves(groups, seed=1)
    assert probes.leaked(groups, train) == 0 and train.float().mean() == 0.5
    assert not torch.equal(train, probes.grouped_halves(groups, seed=2))
    assert torch.equal(train, probes.grouped_halves(groups, seed=1))


def test_folds_cover_everything_and_keep_groups_whole():
    groups = [i % 7 for i in range(50)]
    folds = probes.grouped_folds(groups, 3)
    assert set(folds.tolist()) == {0, 1, 2}
    assert all(len({int(folds[i]) for i in range(50) if groups[i] == g}) == 1 for g in range(7))


def test_leaked_is_the_share_of_test_items_with_a_known_group():
    assert probes.leaked(["a", "a", "b", "c"], torch.tensor([True, False, False, False])) == pytest.approx(1 / 3)


def test_splits_refuse_what_cannot_be_split():
    with pytest.raises(ValueError, match="2 groups cannot make 3 folds"):
        probes.grouped_folds(["a", "b", "a"], 3)
    with pytest.raises(ValueError, match="no test item"):
        probes.leaked(["a"], torch.tensor([True]))
    with pytest.raises(ValueError, match="2 groups for a split of 3"):
        probes.leaked(["a", "b"], torch.tensor([True, False, True]))


# --- two answers ---


def test_mass_mean_is_the_difference_of_the_averages_read_from_halfway():
    acts = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 2.0], [0.0, 4.0]])
    probe = probes.mass_mean(acts, torch.tensor([True, True, False, False]))
    assert probe.direction.tolist() == [2.0, -3.0] and probe.centre.tolist() == [1.0, 1.5]
    assert probes.score(probe, torch.tensor([1.0, 1.5])) == 0


def test_whitening_finds_the_small_steady_difference_beside_a_wide_noise():
    acts, labels = _cloud(gap=1.5)
    fresh, truth = _cloud(gap=1.5, seed=1)
    plain, fisher = probes.mass_mean(acts, labels), probes.mass_mean(acts, labels, whiten=0.001)
    assert auroc(probes.score(fisher, fresh), truth) > auroc(probes.score(plain, fresh), truth) + 0.1
    assert torch.nn.functional.normalize(fisher.direction, dim=0)[0] > 0.95


@pytest.mark.parametrize("fit", [probes.mass_mean, probes.logistic])
def test_directions_point_to_true_and_do_not_care_where_the_origin_is(fit):
    acts, labels = _cloud()
    fresh, truth = _cloud(seed=1)
    found = auroc(probes.score(fit(acts, labels), fresh), truth)
    moved = auroc(probes.score(fit(acts + 100, labels), fresh + 100), truth)
    assert found > 0.6 and moved == pytest.approx(found, abs=0.02)
    assert auroc(probes.score(fit(acts, ~labels), fresh), truth) == pytest.approx(1 - found, abs=0.02)


def test_shuffled_labels_leave_nothing_to_find():
    acts, labels = _cloud(n=2000)
    fresh, truth = _cloud(n=2000, seed=1)
    shuffled = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(2))]
    assert abs(auroc(probes.score(probes.logistic(acts, shuffled), fresh), truth) - 0.5) < 0.35
    assert auroc(probes.score(probes.logistic(acts, labels), fresh), truth) > 0.97


@pytest.mark.parametrize("fit", [probes.mass_mean, probes.logistic])
def test_probes_refuse_what_has_no_answer(fit):
    acts, labels = _cloud(20)
    with pytest.raises(ValueError, match="20 activations for 19 labels"):
        fit(acts, labels[:-1])
    with pytest.raises(ValueError, match="needs both kinds"):
        fit(acts, torch.ones(20, dtype=torch.bool))
    acts[3, 2] = torch.nan
    with pytest.raises(ValueError, match="1 of 20 activations hold NaN"):
        fit(acts, labels)


def test_a_probe_for_another_width_is_refused():
    probe = probes.mass_mean(*_cloud(20))
    with pytest.raises(ValueError, match="fitted on 12 dimensions, the activations have 5"):
        probes.score(probe, torch.zeros(3, 5))


# --- many answers ---


def _ring(n: int = 600, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Inside or outside of a circle: no straight line tells them apart."""
    acts = torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))
    return acts, (acts.norm(dim=1) > 1.2).long()


def test_only_the_curved_probe_finds_a_ring():
    acts, labels = _ring()
    fresh, truth = _ring(seed=1)
    right = {}
    for name, options in {"line": {}, "thin": {"hidden": 8, "curved": False}, "mlp": {"hidden": 8}}.items():
        probe = probes.train_classifier(acts, labels, 2, weight_decay=0.0, **options)
        right[name] = float((probes.predict(probe, fresh).argmax(-1) == truth).float().mean())
    assert right["mlp"] > 0.93 and right["line"] < 0.75 and right["thin"] < 0.75


def test_training_is_repeatable_and_leaves_the_random_state_alone():
    acts, labels = _ring(100)
    torch.manual_seed(5)
    first = probes.train_classifier(acts, labels, 2, hidden=4)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))
    again = probes.train_classifier(acts, labels, 2, hidden=4)
    torch.testing.assert_close(probes.predict(first, acts), probes.predict(again, acts))


def test_every_item_is_predicted_by_a_probe_that_has_not_seen_it():
    """Labels dealt out at random by group: within a group they repeat, across groups there is nothing to learn."""
    groups = [i // 4 for i in range(400)]
    acts = torch.nn.functional.one_hot(torch.tensor(groups), 100).float()
    labels = torch.tensor(control_labels(groups, 2, seed=0))
    whole = probes.cross_validated(acts, labels, probes.grouped_folds(groups, 4))
    torn = probes.cross_validated(acts, labels, torch.arange(400) % 4)
    assert (torn == labels).float().mean() > 0.95
    assert (whole == labels).float().mean() < 0.65


def test_classifiers_refuse_labels_beyond_their_classes():
    with pytest.raises(ValueError, match="labels run from 0 to 2; with 2 classes"):
        probes.train_classifier(torch.zeros(3, 2), torch.tensor([0, 1, 2]), 2)
    with pytest.raises(ValueError, match="3 activations for 2 labels"):
        probes.train_classifier(torch.zeros(3, 2), torch.tensor([0, 1]), 2)


def test_labels_that_can_be_read_are_cheap_and_others_cost_full_price():
    acts, labels = _cloud(gap=6.0)
    cheap = probes.online_code(acts, labels.long())
    coins = (torch.rand(400, generator=torch.Generator().manual_seed(3)) < 0.5).long()
    dear = probes.online_code(acts, coins)
    assert cheap.compression > 1.7 and 0.6 < dear.compression < 1.05
    assert cheap.uniform == dear.uniform == 400
    sizes = [20, 20, 40, 80, 120, 120]
    assert sum(n * bits for n, bits in zip(sizes, cheap.by_piece, strict=True)) == pytest.approx(cheap.bits)


# --- without labels ---


def _pairs(n: int = 300, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    acts = torch.randn(2, n, 16, generator=torch.Generator().manual_seed(seed)) * 0.5
    truth = torch.rand(n, generator=torch.Generator().manual_seed(seed + 1)) < 0.5
    side = truth.float() * 2 - 1
    acts[0, :, 3] += 2 * side
    acts[1, :, 3] -= 2 * side
    acts[0, :, 7] += 50  # the word "Yes"
    return probes.normalised(acts[0]), probes.normalised(acts[1]), truth


def test_ccs_loss_is_zero_only_for_sure_and_consistent_answers():
    one, none, half = torch.ones(3), torch.zeros(3), torch.full((3,), 0.5)
    assert probes.ccs_loss(one, none) == probes.ccs_loss(none, one) == 0
    assert probes.ccs_loss(half, half) == pytest.approx(0.25)
    assert probes.ccs_loss(one, one) == pytest.approx(2.0)


def test_ccs_finds_two_camps_without_labels_but_not_which_is_which():
    yes, no, truth = _pairs()
    probe = probes.ccs(yes, no)
    said = probes.score(probe, yes).sigmoid() > probes.score(probe, no).sigmoid()
    share = float((said == truth).float().mean())
    assert max(share, 1 - share) > 0.95


def test_ccs_wants_pairs():
    with pytest.raises(ValueError, match=r"\(4, 2\) activations for yes, \(3, 2\) for no"):
        probes.ccs(torch.zeros(4, 2), torch.zeros(3, 2))


# --- taking out ---


@pytest.mark.parametrize("shrink", [0.0, 0.01, 1.0])
def test_after_leace_class_means_coincide(shrink):
    acts, labels = _cloud()
    three = labels.long() + (acts[:, 5] > 0.5)
    left = probes.erase(probes.leace(acts, three, shrink=shrink), acts)
    means = torch.stack([left[three == k].mean(0) for k in range(3)])
    assert (means - means[0]).abs().max() < 1e-3
    torch.testing.assert_close(left.mean(0), acts.mean(0), atol=1e-4, rtol=1e-4)


def test_leace_erases_on_fresh_items_and_changes_less_than_taking_out_the_means_direction():
    acts, labels = _cloud(n=3000)
    eraser = probes.leace(acts, labels, shrink=0.0)
    fresh, truth = _cloud(n=3000, seed=1)
    left = probes.erase(eraser, fresh)
    assert auroc(probes.score(probes.logistic(fresh, truth), fresh), truth) > 0.95
    assert auroc(probes.score(probes.logistic(left, truth), left), truth) < 0.6
    unit = torch.nn.functional.normalize(probes.mass_mean(acts, labels).direction, dim=0)
    projected = fresh - ((fresh - acts.mean(0)) @ unit)[:, None] * unit
    assert (left - fresh).pow(2).sum() < (projected - fresh).pow(2).sum()


def test_erasing_twice_is_erasing_once_and_ranks_are_what_they_should_be():
    acts, labels = _cloud()
    eraser = probes.leace(acts, labels)
    once = probes.erase(eraser, acts)
    torch.testing.assert_close(probes.erase(eraser, once), once, atol=1e-3, rtol=1e-3)
    assert eraser.read.shape == (12, 1)
    null = probes.random_eraser(3, acts.mean(0))
    assert torch.linalg.matrix_rank(probes.erase(null, acts) - acts.mean(0)) == 9


def test_erasers_refuse_what_they_cannot_do():
    with pytest.raises(ValueError, match="3 activations for 2 labels"):
        probes.leace(torch.zeros(3, 2), torch.tensor([0, 1]))
    with pytest.raises(ValueError, match="rank is 5; there are 1 to 4"):
        probes.random_eraser(5, torch.zeros(4))


# --- reading ---


def test_last_tokens_are_what_read_finds_whatever_the_batch(llama, monkeypatch):
    texts = ["the capital of france is", "berlin", "a big city is paris"]
    together = probes.last_tokens(llama, texts, [0, 2])
    monkeypatch.setattr("interpbook.probes.reading.BATCH", 1)
    torch.testing.assert_close(probes.last_tokens(llama, texts, [0, 2]), together, atol=1e-5, rtol=1e-4)
    alone = read(llama, texts[2], Site("resid", layer=2, position=-1))
    torch.testing.assert_close(together[1, 2:], alone, atol=1e-5, rtol=1e-4)


def test_log_probs_add_up_over_tokens_and_ignore_padding(llama):
    texts = ["the capital of france is", "berlin", "a big city is paris"]
    together = probes.log_probs(llama, texts)
    alone = [-float(lens.token_losses(llama, text).sum()) for text in texts]
    assert together.tolist() == pytest.approx(alone, abs=1e-4)


def test_words_are_read_at_their_last_token():
    model = load(dtype=torch.bfloat16)
    title = "volcano"  # has "sulphur", "finger's" and a comma after "Then"
    words = [w for w in tagged_words() if w.passage in (title, "desert")]
    found = probes.word_states(model, words, [1])[0]
    pieces, end, ends = token_strings(model, passages()[title])[1:], 0, []
    for piece in pieces:
        end += len(piece)
        ends.append(end)
    states = read(model, passages()[title], Site("resid", layer=1))[0].float()
    here = [i for i, w in enumerate(words) if w.passage == title]
    expected = torch.stack([states[1 + ends.index(words[i].end)] for i in here])
    assert torch.cosine_similarity(found[here], expected).min() > 0.99
    assert torch.cosine_similarity(found[here[1:]], expected[:-1]).max() < 0.99


# --- the toy ---


def test_sequences_are_right_together_as_often_as_asked():
    world, generator = emergence.World(rho=0.7), torch.Generator().manual_seed(0)
    tokens, true = emergence.sample(world, 50, 20_000, generator)
    first, second = tokens[:, 0] + 50 == tokens[:, 1], tokens[:, 2] + 50 == tokens[:, 3]
    assert abs(float(true.float().mean()) - 0.7) < 0.02
    assert (first & second)[true].all() and float(second[~true].float().mean()) < 0.05
    alone, _ = emergence.sample(emergence.World(rho=0.7, shared=False), 50, 20_000, generator)
    hit = alone[:, 0] + 50 == alone[:, 1], alone[:, 2] + 50 == alone[:, 3]
    assert abs(float((hit[0] & hit[1]).float().mean()) - float(hit[0].float().mean() * hit[1].float().mean())) < 0.02


def test_the_norm_sets_one_length_and_attention_sees_no_future():
    worlds = [emergence.World(), emergence.World(norm=False)]
    weights = emergence.train(worlds, n_facts=8, d=16, steps=3, batch=8)
    tokens = torch.randint(16, (2, 5, 4), generator=torch.Generator().manual_seed(0))
    stream = emergence.streams(weights, tokens, torch.tensor([True, False]))
    torch.testing.assert_close(stream[0].norm(dim=-1), torch.full((5, 4), 4.0))
    assert stream[1].norm(dim=-1).std() > 1e-3
    changed = tokens.clone()
    changed[..., 3] = (changed[..., 3] + 1) % 16
    later = emergence.streams(weights, changed, torch.tensor([True, False]))
    torch.testing.assert_close(later[:, :, :3], stream[:, :, :3])


def test_toys_learn_alone_as_in_company_and_repeatably():
    worlds = [emergence.World(), emergence.World(norm=False)]
    first, again = (emergence.train(worlds, n_facts=6, d=8, steps=20, batch=16, seed=3) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    seen = emergence.look(20, first, worlds, n=400)
    assert seen.before[1] == pytest.approx(seen.after[1]) and len(seen.known_after_right) == len(seen.length) == 2
