"""Alarms: every rate by hand, thresholds that keep their promise, and monitors that learn what is there to learn."""

import math

import numpy as np
import pytest
import torch
from conftest import tiny_model
from interpbook.reasoning import monitors, priority, roc

SCORES, LABELS = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [1, 1, 0, 1, 0, 0]


# --- rates ---


def test_a_curve_by_hand():
    curve = roc.roc(SCORES, LABELS)
    assert curve.tpr.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1, 1])
    assert curve.fpr.tolist() == pytest.approx([0, 0, 0, 1 / 3, 1 / 3, 2 / 3, 1])
    assert math.isinf(curve.threshold[0]) and curve.threshold[1:].tolist() == SCORES


def test_ties_enter_together():
    curve = roc.roc([1.0, 1.0, 0.0, 0.0], [1, 0, 1, 0])
    assert curve.tpr.tolist() == [0, 0.5, 1] and curve.fpr.tolist() == [0, 0.5, 1]


def test_rates_and_g_mean2_by_hand():
    found = roc.rates(SCORES, LABELS, 0.6)
    assert (found.tpr.value, found.fpr.value) == (1.0, pytest.approx(1 / 3))
    assert found.g_mean2 == pytest.approx(2 / 3)
    assert roc.g_mean2(0.9, 0.2) == pytest.approx(0.72)
    assert roc.g_mean2(1.0, 1.0) == roc.g_mean2(0.0, 0.0) == 0.0  # always, never
    assert max(roc.g_mean2(p / 100, p / 100) for p in range(101)) == 0.25  # a coin
    with pytest.raises(ValueError, match="tpr is 90"):
        roc.g_mean2(90.0, 0.2)
    with pytest.raises(ValueError, match="all 3 labels are 1"):
        roc.roc([0.1, 0.2, 0.3], [1, 1, 1])


def test_a_good_alarm_is_mostly_wrong_where_cheats_are_rare():
    day = roc.per_thousand(0.9, 0.05, 0.01)
    assert (day.caught, day.missed, day.false_alarms) == pytest.approx((9, 1, 49.5))
    assert day.precision == pytest.approx(9 / 58.5)
    assert roc.per_thousand(0.9, 0.05, 0.5).precision > 0.9
    assert math.isnan(roc.per_thousand(0.0, 0.0, 0.1).precision)
    with pytest.raises(ValueError, match="base_rate is 2"):
        roc.per_thousand(0.9, 0.05, 2.0)


# --- thresholds ---


def test_a_budget_is_kept_and_no_lower_threshold_would_keep_it():
    assert roc.threshold_for_budget(SCORES, LABELS, 0.1, 0.0) == 0.8
    assert roc.threshold_for_budget(SCORES, LABELS, 0.1, 300.0) == 0.6  # a third of 900
    assert roc.threshold_for_budget(SCORES, LABELS, 0.1, 900.0) == 0.4
    assert math.isinf(roc.threshold_for_budget([0.9, 0.1], [0, 1], 0.1, 10.0))
    with pytest.raises(ValueError, match="budget is -1"):
        roc.threshold_for_budget(SCORES, LABELS, 0.1, -1.0)


def test_costs_and_base_rates_move_the_threshold():
    assert roc.threshold_for_costs(SCORES, LABELS, 0.5) in (0.6, 0.8)
    assert math.isinf(roc.threshold_for_costs([0.9, 0.8, 0.1], [0, 1, 0], 0.001))  # too rare to ring at all
    assert roc.threshold_for_costs(SCORES, LABELS, 0.5, miss=100.0) == 0.6
    assert roc.best_threshold(SCORES, LABELS) == 0.8


def test_knowing_only_the_group_is_worth_nothing_within_it():
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 3, 600).astype(float)
    labels = (rng.random(600) < 0.2 + 0.3 * groups).astype(float)
    assert roc.area_within(groups, labels, groups).value == 0.5
    assert roc.area_within(labels + groups, labels, groups).value == 1.0
    by_hand = roc.area_within([1.0, 2.0, 1.0, 2.0, 3.0], [0, 1, 1, 0, 0], [0, 0, 1, 1, 1], n_resamples=20)
    assert by_hand.value == pytest.approx((1 * 1.0 + 2 * 0.0) / 3)
    with pytest.raises(ValueError, match="no group holds both"):
        roc.area_within([1.0, 2.0], [0, 1], [0, 1], n_resamples=5)


# --- probabilities ---


def test_calibration_by_hand():
    found = roc.calibration([0.1, 0.1, 0.9, 0.9], [0, 0, 1, 0], bins=2)
    assert [one.predicted for one in found] == pytest.approx([0.1, 0.9])
    assert [one.observed.value for one in found] == [0.0, 0.5]
    assert roc.calibration_error(found) == pytest.approx((2 * 0.1 + 2 * 0.4) / 4)
    with pytest.raises(ValueError, match="highest is 3"):
        roc.calibration([3.0, 0.5], [1, 0])


def test_another_base_rate_by_hand():
    assert roc.at_base_rate([0.5], 0.5, 0.01)[0] == pytest.approx(0.01)
    assert roc.at_base_rate([0.9], 0.5, 0.1)[0] == pytest.approx(0.5)  # odds 9 · (1/9)
    assert roc.at_base_rate([0.3, 0.8], 0.4, 0.4).tolist() == pytest.approx([0.3, 0.8])
    with pytest.raises(ValueError, match="strictly between"):
        roc.at_base_rate([0.5], 0.5, 0.0)


# --- monitors ---


def test_a_word_rule_reads_whole_words():
    assert monitors.word_rule(["let us bail now", "bailiff", ""], ["bail"]).tolist() == [1, 0, 0]


def test_a_reader_learns_the_word_that_tells_and_stays_at_chance_where_none_does():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    filler = rng.choice(["hmm", "okay", "well"], 400)
    texts = [f"{word} {'bail' if label else 'solve'}" for word, label in zip(filler, labels, strict=True)]
    reader = monitors.train_reader(texts[:200], labels[:200])
    assert roc.rates(monitors.read_scores(reader, texts[200:]), labels[200:], 0.5).g_mean2 == 1.0
    assert any("bail" in word for word, _ in monitors.telling_words(reader, 2))
    assert reader.base_rate == pytest.approx(labels[:200].mean())
    mute = monitors.train_reader(list(filler[:200]), labels[:200])
    assert roc.rates(monitors.read_scores(mute, list(filler[200:])), labels[200:], 0.5).g_mean2 < 0.35
    assert monitors.read_scores(reader, [""]).shape == (1,)
    with pytest.raises(ValueError, match="3 items but 2 labels"):
        monitors.train_reader(["a", "b", "c"], [0, 1])


def test_a_watcher_finds_a_planted_direction_on_new_items():
    generator = torch.Generator().manual_seed(0)
    direction, labels = torch.randn(16, generator=generator), torch.arange(400) % 2 == 0
    acts = torch.randn(400, 16, generator=generator) + labels[:, None] * direction
    probe = monitors.train_watcher(acts[:200], labels[:200])
    scores = monitors.watch_scores(probe, acts[200:])
    assert ((scores >= 0) & (scores <= 1)).all()
    assert roc.rates(scores, labels[200:], 0.5).g_mean2 > 0.8
    dealt = labels[:200][torch.randperm(200, generator=generator)]
    null = monitors.watch_scores(monitors.train_watcher(acts[:200], dealt), acts[200:])
    assert roc.rates(null, labels[200:], 0.5).g_mean2 < 0.5


def test_combinations_by_hand():
    assert monitors.either([0.2, 0.9], [0.5, 0.1]).tolist() == [0.5, 0.9]
    assert monitors.together([0.5, 0.9], [0.5, 0.1]).tolist() == pytest.approx([0.5, 0.5])
    sure = monitors.together([0.999], [0.4])
    assert sure[0] > 0.9
    with pytest.raises(ValueError, match="scored \\[2, 1\\] items"):
        monitors.either([0.1, 0.2], [0.3])


def test_test_items_are_new_in_task_and_seed():
    train, test = monitors.by_task_and_seed([0, 0, 1, 1], [5, 6, 5, 6], [1], [6])
    assert train.tolist() == [True, False, False, False] and test.tolist() == [False, False, False, True]
    with pytest.raises(ValueError, match="2 tasks but 1 seeds"):
        monitors.by_task_and_seed([0, 1], [0], [1], [0])


# --- two orders ---


def test_conflicts_are_balanced():
    some = priority.conflicts()
    assert len(some) == 3 * 2 * len(priority.TEMPLATES) * len(priority.QUESTIONS)
    for outranks in priority.DECLARED:
        here = [one for one in some if one.outranks == outranks]
        assert sum(one.last == "PLUM" for one in here) * 2 == len(here)
    assert all(one.first in one.system and one.last in one.system for one in some)
    assert all(one.system.index(one.first) < one.system.index(one.last) for one in some)


def test_effects_find_what_was_planted_and_nothing_else():
    some = priority.conflicts()

    def made(recency, precedence, plum):
        side = {"none": 0.0, "first": -precedence, "last": precedence}
        return torch.tensor([recency + side[c.outranks] + (plum if c.last == "PLUM" else -plum) for c in some])

    found = priority.effects(some, made(2.0, 0.5, 9.0))
    assert found.recency.value == pytest.approx(2.0) and found.precedence.value == pytest.approx(0.5)
    nothing = priority.effects(some, made(0.0, 0.0, 9.0))
    assert nothing.recency.value == pytest.approx(0, abs=1e-6) and nothing.obeyed.value == pytest.approx(0.5)
    assert priority.effects(some, made(0.0, 3.0, 1.0)).obeyed.value == 1.0


def test_a_model_without_a_chat_form_is_refused():
    with pytest.raises(ValueError, match="no chat template"):
        priority.preference(tiny_model("llama"), priority.conflicts()[:1])
