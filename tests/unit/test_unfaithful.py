"""Right and misleading: what the examinations of the two toys say of machines that we build by hand."""

import pytest
import torch
from interpbook.dictionaries import unfaithful
from interpbook.dictionaries.unfaithful import COMMON, FEATURES, WIDTH


def test_the_chain_is_two_steps():
    b, c = unfaithful.chain(unfaithful.CASES)
    assert b.tolist() == [x1 * x2 for x1, x2, _ in unfaithful.CASES.tolist()]
    assert c.tolist() == [x1 * x2 * x3 for x1, x2, x3 in unfaithful.CASES.tolist()]
    assert unfaithful.chain(unfaithful.CASES, torch.zeros(8))[1].max() == 0


def test_honest_absolute_values_are_no_memory():
    """One feature a coordinate and sign: three are active on the common input, none writes more than its own."""
    W_in = torch.zeros(FEATURES, WIDTH)
    W_in[:WIDTH], W_in[WIDTH : 2 * WIDTH] = torch.eye(WIDTH), -torch.eye(WIDTH)
    found = unfaithful.remembered(W_in, W_in.abs(), torch.zeros(1, FEATURES))
    assert found.memory == pytest.approx(0, abs=1e-6) and found.active == 3 and found.missed < 1e-9


def test_a_feature_for_one_input_is_a_memory():
    W_in, W_out = torch.zeros(FEATURES, WIDTH), torch.zeros(FEATURES, WIDTH)
    W_in[0], W_out[0] = COMMON, COMMON
    b = torch.zeros(1, FEATURES)
    b[0, 0] = -2.0
    found = unfaithful.remembered(W_in, W_out, b)
    assert found.active == 1 and found.memory == pytest.approx(3**0.5 - 1, abs=1e-5)


def by_hand(first, second, out_b, out_c1, out_c2, bias_1, bias_2):
    """A chain transcoder with two features a layer."""
    weights = [torch.tensor(w) for w in (first, second, out_b, out_c1, out_c2)]
    return unfaithful.shortened([*weights, torch.tensor([bias_1]), torch.tensor([bias_2])])


def test_two_steps_expect_what_the_machine_does():
    found = by_hand(
        [[1.0, 1, 0], [0, 0, 0]], [[0.0, 0, 1, 1], [0, 0, 0, 0]], [1.0, 0], [0.0, 0], [1.0, 0], [-1.0, 0], [-1.0, 0]
    )
    assert found == (0.0, 2.0, 0.0, -1.0) and unfaithful.matched(found)


def test_one_step_is_as_exact_and_expects_nothing():
    """x1 and x2 and not x3 writes b; x1 and x2 and x3 writes b and c."""
    found = by_hand(
        [[1.0, 1, -1], [1, 1, 1]], [[0.0] * 4, [0.0] * 4], [1.0, 1], [0.0, 1], [0.0, 0], [-1.0, -2], [-1.0, -1]
    )
    assert unfaithful.matched(found) and found.active == 1 and found.from_first == 1 and found.predicted == 0


def test_training_rebuilds_the_chain_and_repeats_itself():
    runs = unfaithful.shorten(cross_layer=False, seeds=(0, 1), steps=600)
    assert all(run.from_first == 0 for run in runs)
    assert runs == unfaithful.shorten(cross_layer=False, seeds=(0, 1), steps=600)
    assert min(run.missed for run in runs) < 0.2


def test_a_share_of_the_inputs_is_the_common_one():
    x = unfaithful.inputs(2, 4000, 0.2, torch.Generator().manual_seed(0))
    share = float((x == COMMON).all(-1).float().mean())
    assert 0.17 < share < 0.23 and x.abs().max() <= 1
