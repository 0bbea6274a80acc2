"""The toy in which induction heads form: what it reads, what it computes, and what its exam measures."""

import pytest
import torch
from interpbook.organisms import induction
from interpbook.organisms.induction import BLOCK, Formation, World


@pytest.fixture(scope="module")
def weights():
    return induction.start(World(), [0, 1], n_layers=2)


@pytest.fixture(scope="module")
def rows():
    return induction.exam(World(), n=6)


def test_the_exam_shows_one_block_twice(rows):
    assert rows.shape == (6, 2 * BLOCK + 1) and bool((rows[:, 0] == 0).all())
    assert torch.equal(rows[:, 1 : BLOCK + 1], rows[:, BLOCK + 1 :]) and bool((rows[:, 1:] > 0).all())


def test_lessons_repeat_with_a_period_of_their_own_or_not_at_all():
    lessons = induction.sample(World(), 200, torch.Generator().manual_seed(0))[:, 1:]
    periods = [next(p for p in range(1, 33) if torch.equal(row[p:], row[:-p])) for row in lessons]
    assert min(periods) >= BLOCK // 2 and max(periods) <= BLOCK and len(set(periods)) > 4
    free = induction.sample(World(repeats=False), 200, torch.Generator().manual_seed(0))[:, 1:]
    assert all(any(not torch.equal(row[p:], row[:-p]) for p in (8, 12, 16)) for row in free)


def test_bigrams_come_as_often_as_the_world_says():
    follow, tokens = (
        induction.successors(World()),
        induction.sample(World(), 4000, torch.Generator().manual_seed(0))[:, 1:9],
    )
    usual = (follow[tokens[:, :-1]] == tokens[:, 1:, None]).any(-1).double().mean().item()
    assert usual == pytest.approx(0.3 + 0.7 * 3 / 63, abs=0.01)


def test_the_quick_pass_gives_the_same_logits(weights, rows):
    both = rows.expand(2, -1, -1)
    torch.testing.assert_close(induction._fast(weights, both), induction.forward(weights, both).logits)


def test_no_head_looks_ahead_and_patterns_add_up(weights, rows):
    run = induction.forward(weights, rows.expand(2, -1, -1))
    changed = rows.clone()
    changed[:, 20] = 1 + changed[:, 20] % 63
    again = induction.forward(weights, changed.expand(2, -1, -1))
    torch.testing.assert_close(run.logits[:, :, :20], again.logits[:, :, :20])
    assert not torch.allclose(run.logits[:, :, 20:], again.logits[:, :, 20:])
    torch.testing.assert_close(run.patterns.sum(-1), torch.ones(run.patterns.shape[:-1]))
    assert run.patterns.shape[:2] == (2, 2) and float(run.patterns.triu(1).abs().max()) == 0


def test_attention_depends_on_distance_not_on_place(weights):
    tokens = torch.full((2, 1, 12), 5)
    first = induction.forward(weights, tokens).patterns[0, 0, 0, 0]
    ratio = first[:, 0] / first.diagonal()  # score of the first token against the own one, by distance
    assert float(first[3, 2] / first[3, 3]) == pytest.approx(float(ratio[1]), rel=1e-4)


def test_scores_name_the_head_that_does_it():
    seq = 2 * BLOCK + 1
    previous, induced, duplicate = torch.zeros(3, seq, seq)
    for place in range(1, seq):
        previous[place, place - 1] = 1
        if place > BLOCK:
            induced[place, place - BLOCK + 1] = 1
            duplicate[place, place - BLOCK] = 1
    patterns = torch.stack([previous, induced, duplicate])[:, None].expand(-1, 3, -1, -1)
    assert induction.previous_scores(patterns).mean(1).tolist() == [1, 0, 0]
    assert induction.induction_scores(patterns).mean(1).tolist() == [0, 1, 0]


def test_a_silent_head_writes_one_vector_everywhere(weights, rows):
    both = rows.expand(2, -1, -1)
    heads = [(layer, head) for layer in range(2) for head in range(4)]
    silent = induction.forward(weights, both, silent=heads).logits
    same = rows[:, 1:, None] == rows[:, None, 1:]  # all heads silent: what follows depends on the token alone
    gap = (silent[0, :, 1:, None] - silent[0, :, None, 1:]).abs().amax(-1)
    assert float(gap[same].max()) < 1e-4 < float(gap[~same].max())
    one = induction.forward(weights, both, silent=[(1, 2)])
    torch.testing.assert_close(one.patterns, induction.forward(weights, both).patterns)


def test_toys_that_train_together_do_not_meet():
    together = induction.train(World(), [3, 4], steps=4, rows=4, every=2)
    alone = induction.train(World(), [4], steps=4, rows=4, every=2)
    for one, other in zip(together.weights, alone.weights, strict=True):
        torch.testing.assert_close(one[1:], other, rtol=1e-3, atol=1e-4)
    assert not torch.allclose(together.weights.embed[0], together.weights.embed[1])


def _told(score: list[float], loss: list[float]) -> Formation:
    n = len(score)
    scores = torch.zeros(n, 1, 2, 4)
    scores[:, 0, 1, 3] = torch.tensor(score)
    losses = torch.tensor(loss)[:, None]
    weights = induction.start(World(), [0], 2)
    return Formation([10 * i for i in range(n)], losses * 0 + 4, losses, torch.zeros_like(scores), scores, weights)


def test_a_transition_is_a_fall_while_a_head_forms():
    score, loss = [0, 0, 0, 0, 0, 0.1, 0.5, 0.8, 0.8, 0.8, 0.8], [4, 3.9, 3.8, 3.7, 3.6, 3.5, 2, 0.6, 0.5, 0.4, 0.3]
    (found,) = induction.transitions(_told(score, loss))
    assert found.found and (found.start, found.end) == (60, 70)
    assert (found.before, found.after) == (pytest.approx(2.0), pytest.approx(0.6))
    assert not induction.transitions(_told([s / 4 for s in score], loss))[0].found  # no head to show for it
    slow = [i / 20 for i in range(21)]
    assert not induction.transitions(_told(slow, [4 - 3.5 * s for s in slow]))[0].found  # no cliff


def test_an_induction_head_forms_and_a_single_layer_has_none():
    formed = induction.train(World(), [1], steps=700, every=50)
    (found,) = induction.transitions(formed)
    assert found.found and found.share > 0.25
    assert float(formed.again[-1]) < 0.6 < 3.0 < float(formed.first[-1])
    assert int(formed.induction[-1, 0].flatten().argmax()) >= 4  # it stands in the second layer
    flat = induction.train(World(), [1], n_layers=1, steps=150, every=50)
    assert not induction.transitions(flat)[0].found and float(flat.again[-1]) > 1.5
