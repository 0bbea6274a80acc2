"""Intervals that cover, p-values that are uniform under the null, screens that hold their error rate."""

import numpy as np
import pytest
import torch
from interpbook import stats
from scipy import stats as scipy_stats
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score

# --- Estimate


def test_an_estimate_reads_like_a_sentence():
    assert str(stats.Estimate(0.8333, 0.7512, 0.9044, 60)) == "0.83 [0.75, 0.90], n = 60"
    assert str(stats.Estimate(0.001234, 0.00101, 0.00152, 12000)) == "0.00123 [0.00101, 0.00152], n = 12,000"
    assert str(stats.Estimate(5230.4, 4100.0, 6100.0, 8)) == "5,230 [4,100, 6,100], n = 8"
    assert str(stats.Estimate(1.0, 1.0, 1.0, 5)) == "1 [1, 1], n = 5"
    value, low, high, n = stats.Estimate(1.0, 0.5, 1.5, 3)
    assert (value, low, high, n) == (1.0, 0.5, 1.5, 3)


# --- proportion


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (1, 7), (50, 60), (60, 60), (512, 1000)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_a_proportion_has_wilsons_interval(successes, n, level):
    ours = stats.proportion(successes, n, level=level)
    theirs = scipy_stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    assert ours.value == successes / n
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilsons_ends_solve_the_score_equation():
    def score(p: float, share: float, n: int) -> float:
        return abs(share - p) / np.sqrt(p * (1 - p) / n) - scipy_stats.norm.ppf(0.975)

    got = stats.proportion(9, 12)
    assert got.low == pytest.approx(brentq(score, 0.3, 0.7, args=(0.75, 12)))
    assert got.high == pytest.approx(brentq(score, 0.8, 0.99, args=(0.75, 12)))


def test_a_proportion_counts_numpy_and_torch_integers():
    right = torch.tensor([1, 0, 1, 1])
    assert stats.proportion(right.sum(), np.int64(4)) == stats.proportion(3, 4)


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 5), (0, 0), (0.5, 3), (True, 3)])
def test_a_proportion_wants_counts(successes, n):
    with pytest.raises(ValueError, match="proportion"):
        stats.proportion(successes, n)


# --- bootstrap


def test_a_bootstrap_is_the_same_for_the_same_seed_only():
    values = np.random.default_rng(1).normal(size=40)
    assert stats.bootstrap(values, seed=3) == stats.bootstrap(values, seed=3)
    assert stats.bootstrap(values, seed=3) != stats.bootstrap(values, seed=4)


def test_lists_arrays_and_tensors_are_one():
    values = [0.5, 1.5, 2.5, 4.0]
    expected = stats.bootstrap(values)
    assert stats.bootstrap(np.array(values)) == expected
    assert stats.bootstrap(torch.tensor(values, requires_grad=True)) == expected


@pytest.mark.parametrize("method", ["percentile", "BCa"])
@pytest.mark.parametrize("statistic", [np.mean, np.median, np.std])
def test_bootstrap_intervals_agree_with_scipy(method, statistic):
    values = np.random.default_rng(5).exponential(size=80)
    ours = stats.bootstrap(values, statistic, method=method.lower(), n_resamples=10_000)
    theirs = scipy_stats.bootstrap(
        (values,), statistic, method=method, n_resamples=10_000, rng=np.random.default_rng(0)
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.value == pytest.approx(statistic(values))
    assert ours.low == pytest.approx(theirs.low, abs=0.06 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.06 * width)


@pytest.mark.parametrize(("method", "size"), [("percentile", 40), ("bca", 40)])
def test_a_95_percent_interval_covers_about_95_percent_of_the_time(method, size):
    rng, runs, hits = np.random.default_rng(11), 400, 0
    for run in range(runs):
        got = stats.bootstrap(rng.exponential(size=size), method=method, seed=run, n_resamples=400)
        hits += got.low <= 1.0 <= got.high
    # Skewed data and 40 items cost a few points of coverage (about 0.92 is known); 400 runs resolve ±0.03.
    assert 0.885 <= hits / runs <= 0.975


def test_items_that_share_a_group_widen_the_interval_and_keep_coverage():
    rng, runs, naive, grouped = np.random.default_rng(2), 200, 0, 0
    groups = np.repeat(np.arange(20), 10)
    for run in range(runs):
        values = rng.normal(size=20)[groups] + 0.3 * rng.normal(size=200)
        plain = stats.bootstrap(values, seed=run, n_resamples=300)
        whole = stats.bootstrap(values, groups=groups, seed=run, n_resamples=300)
        naive += plain.low <= 0 <= plain.high
        grouped += whole.low <= 0 <= whole.high
    assert naive / runs < 0.6  # the mistake that `groups` is there to prevent
    assert grouped / runs > 0.87
    assert whole.n == 20
    assert plain.n == 200


def test_groups_of_one_are_no_groups():
    values = np.random.default_rng(0).normal(size=15)
    assert stats.bootstrap(values, groups=[f"item {i}" for i in range(15)]) == stats.bootstrap(values)


def test_rows_are_redrawn_whole():
    x = np.random.default_rng(0).normal(size=50)
    rows = np.stack([x, 2 * x], axis=1)
    got = stats.bootstrap(rows, lambda r: np.corrcoef(r.T)[0, 1])
    assert (got.value, got.low, got.high) == pytest.approx((1, 1, 1))


def test_a_constant_has_an_interval_of_no_width():
    assert stats.bootstrap([2.0] * 10)[:3] == (2.0, 2.0, 2.0)
    assert stats.bootstrap([2.0] * 10, method="bca")[:3] == (2.0, 2.0, 2.0)


# --- differences and AUROC


def test_a_paired_difference_is_the_bootstrap_of_the_gaps():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=30), rng.normal(size=30)
    assert stats.difference(a, b, paired=True) == stats.bootstrap(a - b)


def test_pairing_removes_what_the_pairs_share():
    rng = np.random.default_rng(0)
    item = 10 * rng.normal(size=40)
    a, b = item + 1 + 0.1 * rng.normal(size=40), item + 0.1 * rng.normal(size=40)
    paired, unpaired = stats.difference(a, b, paired=True), stats.difference(a, b)
    assert paired.low > 0.9 > 0 > unpaired.low
    assert (paired.n, unpaired.n) == (40, 80)


def test_an_unpaired_interval_has_the_width_of_the_standard_error():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=200), 3 * rng.normal(size=100)
    got = stats.difference(a, b, n_resamples=4000)
    error = np.sqrt(a.var() / 200 + b.var() / 100)
    assert (got.high - got.low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.06)


def test_auroc_by_hand():
    # positives 3, 2; negatives 2, 1: pairs won 1, 1, tied 0.5, won 1 → 3.5 of 4
    assert stats.auroc([3, 2, 2, 1], [1, 1, 0, 0]) == 3.5 / 4
    assert stats.auroc([1, 1, 1, 1], [0, 1, 0, 1]) == 0.5
    assert stats.auroc([0, 1], [True, False]) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_auroc_agrees_with_sklearn_with_and_without_ties(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 200)
    for scores in (rng.normal(size=200), rng.integers(0, 5, 200)):
        assert stats.auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_an_auroc_interval_brackets_it_and_shrinks_with_items():
    rng = np.random.default_rng(0)
    widths = []
    for n in (40, 640):
        labels = rng.permutation(np.arange(n) % 2)
        got = stats.auroc_interval(labels + rng.normal(size=n), labels)
        assert got.low < got.value < got.high
        assert got.n == n
        widths.append(got.high - got.low)
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.4)


# --- permutation tests


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("tail", ["two-sided", "greater", "less"])
def test_permutation_p_values_agree_with_scipy(paired, tail):
    rng = np.random.default_rng(8)
    a, b = rng.normal(0.5, size=12), rng.normal(size=12)
    ours = stats.permutation_test(a, b, paired=paired, tail=tail, n=20_000)
    theirs = scipy_stats.permutation_test(
        (a, b), lambda x, y, axis: x.mean(axis) - y.mean(axis), vectorized=True, alternative=tail,
        permutation_type="samples" if paired else "independent", n_resamples=20_000, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert ours.observed == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.01)


@pytest.mark.parametrize("paired", [False, True])
def test_permutation_p_values_are_uniform_under_the_null(paired):
    rng = np.random.default_rng(3)
    p = [
        stats.permutation_test(rng.exponential(size=15), rng.exponential(size=15), paired=paired, seed=i, n=199).p
        for i in range(400)
    ]
    assert scipy_stats.kstest(p, "uniform").pvalue > 0.01
    assert 0.02 <= np.mean(np.array(p) <= 0.05) <= 0.08


def test_all_sign_flips_of_three_pairs_by_hand():
    # gaps 1, 2, 3: of 8 flips only the observed one reaches a mean of 2
    got = stats.permutation_test([1, 2, 3], [0, 0, 0], paired=True, tail="greater", n=8000)
    assert got.observed == 2
    assert got.p == pytest.approx(1 / 8, abs=0.015)
    assert set(np.round(3 * got.null)) == {-6, -4, -2, 0, 2, 4, 6}


def test_equal_sets_differ_by_chance_and_p_is_never_zero():
    assert stats.permutation_test([1, 2, 3], [1, 2, 3]).p == 1.0
    far = stats.permutation_test(np.zeros(30), np.ones(30), n=999)
    assert far.p == pytest.approx(2 / 1000)


def test_rounding_does_not_break_ties():
    a, b = [0.1, 0.1, 0.1], [0.3, 0.3, 0.3]
    got = stats.permutation_test(a, b, n=4000, tail="less")  # one of 20 splits is as extreme
    assert got.p == pytest.approx(1 / 20, abs=0.012)


def test_large_sets_are_shuffled_in_pieces_that_join():
    rng = np.random.default_rng(0)
    got = stats.permutation_test(rng.normal(size=3000), rng.normal(size=3000), n=3000)
    assert got.null.shape == (3000,)
    assert got.null.std() == pytest.approx(np.sqrt(2 / 3000), rel=0.1)


# --- screens


def test_the_t_of_a_screen_is_the_t_of_each_unit():
    rng = np.random.default_rng(0)
    items, labels = rng.normal(size=(25, 4, 3)), rng.permutation(np.arange(25) % 2)
    one = stats.max_statistic(items, n=20)
    assert one.t.shape == one.p.shape == (4, 3)
    assert one.t == pytest.approx(scipy_stats.ttest_1samp(items, 0).statistic)
    two = stats.max_statistic(items, labels=labels, n=20)
    welch = scipy_stats.ttest_ind(items[labels == 1], items[labels == 0], equal_var=False)
    assert two.t == pytest.approx(welch.statistic)


def test_every_flip_of_a_screen_has_the_t_of_the_flipped_items():
    rng = np.random.default_rng(0)
    items = rng.normal(size=(6, 5))
    got = stats.max_statistic(items, n=500)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T
    every = {round(np.abs(scipy_stats.ttest_1samp(s[:, None] * items, 0).statistic).max(), 6) for s in signs}
    assert {round(t, 6) for t in got.null} <= every
    assert len({round(t, 6) for t in got.null}) > 20


@pytest.mark.parametrize("sign", [1, -1])
def test_a_screen_of_one_unit_is_a_permutation_test(sign):
    a, b = np.random.default_rng(4).normal(size=(2, 14)) + sign * np.array([[0.45], [0.0]])
    paired = stats.max_statistic((a - b)[:, None], n=10_000)
    assert paired.p[0] == pytest.approx(stats.permutation_test(a, b, paired=True).p, abs=0.015)
    labels = np.repeat([1, 0], 14)
    two = stats.max_statistic(np.concatenate([a, b])[:, None], labels=labels, n=10_000)
    assert two.p[0] == pytest.approx(stats.permutation_test(a, b).p, abs=0.015)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_screen_of_nothing_finds_something_in_5_percent_of_cases(grouped):
    rng, found = np.random.default_rng(1), 0
    labels = np.arange(20) % 2 if grouped else None
    for run in range(300):
        shared = rng.normal(size=(20, 1))  # units that go together
        found += stats.max_statistic(
            shared + rng.normal(size=(20, 30)), labels=labels, n=199, seed=run
        ).significant.any()
    assert 0.02 <= found / 300 <= 0.09


def test_a_screen_finds_the_planted_unit_alone():
    items = np.random.default_rng(0).normal(size=(60, 30, 9))
    items[:, 18, 6] += 1.2
    screen = stats.max_statistic(items)
    assert np.argwhere(screen.significant).tolist() == [[18, 6]]
    assert screen.p[18, 6] < 0.01 < 0.2 < np.delete(screen.p.ravel(), 18 * 9 + 6).min() * 10
    assert ((screen.p <= 0.05) == screen.significant).all()


def test_units_that_never_move_are_no_evidence():
    items = np.random.default_rng(0).normal(size=(10, 3))
    items[:, 1] = 0
    screen = stats.max_statistic(items, n=50)
    assert screen.t[1] == 0
    assert screen.p[1] == 1
    assert np.isfinite(screen.t).all()


# --- nulls


def test_random_directions_have_length_one_and_no_favourite():
    rows = stats.random_directions(4000, 16, seed=1)
    assert rows.dtype == torch.float32
    assert torch.allclose(rows.norm(dim=1), torch.ones(4000), atol=1e-6)
    assert rows.mean(dim=0).abs().max() < 4 / np.sqrt(4000 * 16)
    assert torch.allclose(rows.T @ rows / 4000 * 16, torch.eye(16), atol=0.12)
    assert torch.equal(rows, stats.random_directions(4000, 16, seed=1))
    assert not torch.equal(rows, stats.random_directions(4000, 16, seed=2))


def test_matched_sets_keep_the_layers_and_avoid_the_chosen():
    chosen = [(18, 6), (17, 3), (17, 4)]
    pool = [(layer, head) for layer in range(30) for head in range(9)]
    sets = stats.matched_sets(chosen, pool, 50, like=lambda head: head[0])
    assert len(sets) == 50
    for drawn in sets:
        assert sorted(layer for layer, _ in drawn) == [17, 17, 18]
        assert len(set(drawn)) == 3
        assert not set(drawn) & set(chosen)
    assert sets == stats.matched_sets(chosen, pool, 50, like=lambda head: head[0])
    assert len({tuple(drawn) for drawn in sets}) > 20


def test_control_labels_belong_to_the_kind_and_to_nothing_else():
    words = ["cat", "dog", "cat", "sun", "dog", "sky"]
    labels = stats.control_labels(words, 2, seed=0)
    assert labels[0] == labels[2]
    assert labels[1] == labels[4]
    many = stats.control_labels([f"w{i}" for i in range(1000)], 4)
    assert np.bincount(many).tolist() == [250] * 4
    assert not np.array_equal(many, np.arange(1000) % 4)


def test_selectivity_is_the_paired_gap_between_task_and_control():
    right, control = np.array([1, 1, 1, 0, 1, 1]), np.array([1, 0, 0, 0, 1, 0])
    got = stats.selectivity(right, control)
    assert got.value == pytest.approx(0.5)
    assert got == stats.difference(right, control, paired=True)
    assert stats.selectivity(control, control).value == 0


def test_a_shuffled_null_is_centred_where_there_is_nothing():
    rng = np.random.default_rng(0)
    labels = rng.permutation(np.arange(100) % 2)
    scores = labels + rng.normal(size=100)
    null = stats.shuffled_null(lambda shuffled: stats.auroc(scores, shuffled), labels, n=200)
    assert null.mean() == pytest.approx(0.5, abs=0.02)
    assert stats.against_null(stats.auroc(scores, labels), null).p < 0.02
    words = stats.shuffled_null(lambda shuffled: float(shuffled[0] == "a"), ["a", "b"], n=100)
    assert 0.3 < words.mean() < 0.7


def test_against_null_by_hand():
    null = np.arange(1, 20)  # 19 draws
    assert stats.against_null(20, null, tail="greater").p == 1 / 20
    assert stats.against_null(19, null, tail="greater").p == 2 / 20
    assert stats.against_null(0, null, tail="less").p == 1 / 20
    assert stats.against_null(20, null).p == 2 / 20
    assert stats.against_null(10, null).p == 1.0
    assert "p = 0.1" in str(stats.against_null(20, null))


# --- what is refused


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: stats.bootstrap([]), "at least one item"),
        (lambda: stats.bootstrap([1.0, float("nan")]), "1 of 2 numbers in values are NaN"),
        (lambda: stats.bootstrap([1, 2], level=95), "level is 95"),
        (lambda: stats.bootstrap([1, 2], level=0), "level is 0"),
        (lambda: stats.bootstrap([1, 2], n_resamples=10), "n_resamples is 10"),
        (lambda: stats.bootstrap([1, 2], groups=["a"]), "2 values but 1 groups"),
        (lambda: stats.bootstrap([1, 2], groups=["a", "a"]), "one group"),
        (lambda: stats.bootstrap(["a", "b"]), "not numbers"),
        (lambda: stats.bootstrap([[1, 2], [3]]), "differ in length"),
        (lambda: stats.bootstrap([1.0], method="bca"), "at least 2"),
        (lambda: stats.bootstrap([0.0, 1.0], lambda v: np.log(v.max()) if v.max() else float("-inf")), "not finite"),
        (lambda: stats.difference([1, 2], [1], paired=True), "a has 2 items and b has 1"),
        (lambda: stats.difference([], [1]), "a has shape"),
        (lambda: stats.auroc([1, 2], [1, 1]), "both 0 and 1"),
        (lambda: stats.auroc([1, 2, 3], [0, 1]), "3 items but 2 labels"),
        (lambda: stats.auroc([1, 2], [1, 2]), "only 0 and 1"),
        (lambda: stats.auroc([1, float("inf")], [1, 0]), "NaN or infinite"),
        (lambda: stats.auroc([[1], [2]], [1, 0]), "one axis"),
        (lambda: stats.permutation_test([1, 2], [3], paired=True), "Pairs need one of each"),
        (lambda: stats.permutation_test([1, 2], [3], n=0), "n is 0"),
        (lambda: stats.max_statistic([1.0, 2.0, 3.0]), r"\(items, \*units\)"),
        (lambda: stats.max_statistic(np.ones((2, 4))), "at least 3 items"),
        (lambda: stats.max_statistic(np.ones((4, 4)), labels=[0, 0, 0, 1]), "at least 2 items"),
        (lambda: stats.random_directions(0, 4), "n is 0"),
        (lambda: stats.matched_sets([1], [1], 5, like=lambda _: "all"), "only 0 others"),
        (lambda: stats.matched_sets([], [1], 5, like=lambda _: "all"), "nothing is chosen"),
        (lambda: stats.control_labels([], 2), "no items"),
        (lambda: stats.control_labels(["a"], 1), "n_labels is 1"),
        (lambda: stats.shuffled_null(float, []), "no labels"),
        (lambda: stats.against_null(float("nan"), [1.0]), "observed is nan"),
        (lambda: stats.against_null(1.0, []), "null has shape"),
    ],
)
def test_bad_input_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()
