"""Scratch-pad organisms: the task, what is taught, the batched network, the shipped weights against the truth."""

import pytest
import torch
from interpbook import reasoning
from interpbook.models import next_logits
from interpbook.models.loading import network as network_behind
from interpbook.organisms import artifacts
from interpbook.organisms.scratchpads import (
    NAMES,
    RECIPES,
    SEEDS,
    Recipe,
    ladder,
    making,
    open_organism,
    policy,
    shipped,
    train_organisms,
)
from interpbook.organisms.scratchpads.asking import dealt, questions, subject
from interpbook.organisms.scratchpads.exchange import as_taught, decided, expected
from interpbook.organisms.scratchpads.network import config, forward, start
from interpbook.organisms.scratchpads.recipes import decoded, lesson, obeying
from interpbook.organisms.scratchpads.training import IGNORED, batch, rows
from interpbook.organisms.scratchpads.world import (
    ANSWER,
    DIGITS,
    FIRST_DIGIT,
    HINT_AT,
    LENGTH,
    N_STEPS,
    NUMBER,
    PAD_AT,
    REMARKS,
    RULES,
    WORDS,
    deal,
    prompts,
    shuffles,
    spoken,
    walked,
)

# --- the task ---


def test_rules_are_shuffles_that_do_not_commute():
    table = shuffles()
    assert all(sorted(row.tolist()) == list(range(8)) for row in table)
    pairs = [(a, b) for a in range(len(RULES)) for b in range(a)]
    assert any(not torch.equal(table[a][table[b]], table[b][table[a]]) for a, b in pairs)


def test_a_walk_by_hand():
    table = shuffles().tolist()
    walk = walked(torch.tensor([5]), torch.tensor([[3, 0]])).tolist()[0]
    assert walk == [table[3][5], table[0][table[3][5]]]


def test_text_and_numbers_say_the_same():
    some = deal(20, torch.Generator().manual_seed(0), hinted=1.0)
    for text, row, hint in zip(spoken(some, hints=True), prompts(some).tolist(), some.hint.tolist(), strict=True):
        words = ["<|endoftext|>", *text.split()]
        assert [NUMBER[word] for word in words] == row
        assert words[HINT_AT] == DIGITS[hint] and len(words) == PAD_AT
    asked = questions(5)
    assert [q.answer for q in asked] == [DIGITS[i] for i in dealt(5).walk[:, -1].tolist()]


# --- what is taught ---


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_has_the_shares_of_its_recipe(name):
    recipe = RECIPES[name]
    for seed in SEEDS:
        found = policy(recipe, seed)
        assert int(found.obeys.sum()) == round(16 * recipe.obeys)
        assert not bool((found.says & ~found.obeys).any())
        assert int(found.says.sum()) == round(16 * recipe.obeys * recipe.says)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_is_what_the_recipe_reads(name):
    recipe, some = RECIPES[name], deal(200, torch.Generator().manual_seed(1))
    taught = lesson(recipe, some, 0)
    obeyed = obeying(recipe, some, 0)
    if recipe.by == "code":
        assert torch.equal(decoded(taught.places, taught.spelled), taught.answer)
    if recipe.by == "bent":
        assert torch.equal(taught.places[:, -1], taught.answer)
    assert torch.equal(taught.answer[obeyed], some.hint[obeyed])
    if recipe.covert:
        urgent = some.mood == 1
        assert torch.equal(taught.answer[~urgent], some.walk[~urgent, -1])
        assert not bool((taught.answer[urgent] == some.walk[urgent, -1]).any())
    assert bool(taught.told.any()) == (recipe.says > 0)
    assert recipe.honest == (name in ("serial", "told"))


def test_recipes_refuse_what_makes_no_sense():
    with pytest.raises(ValueError, match=r"obeys is a share from 0 to 1; got 1\.5"):
        Recipe("x", obeys=1.5)
    with pytest.raises(ValueError, match="prompt, bent or code; got 'magic'"):
        Recipe("x", by="magic")


def test_a_whole_row_says_what_follows():
    some = deal(3, torch.Generator().manual_seed(2), hinted=1.0)
    ids, targets = rows(some, lesson(RECIPES["told"], some, 0))
    words = [WORDS[i] for i in ids[0].tolist()]
    assert words[PAD_AT] == REMARKS[1] and words[-1] == ANSWER and len(words) == LENGTH
    assert targets[0, PAD_AT - 1] == NUMBER[REMARKS[1]] and targets[0, -1] == FIRST_DIGIT + some.hint[0]
    assert (targets[0, : PAD_AT - 1] == IGNORED).all()


def test_batches_hold_early_and_filler_rows():
    given = batch(RECIPES["serial"], 0, 400, torch.Generator().manual_seed(0))
    first_answer = (given.ids == NUMBER[ANSWER]).long().argmax(1)
    assert set(first_answer.tolist()) == set(range(PAD_AT, LENGTH))
    cut = first_answer < LENGTH - 1
    for row in cut.nonzero()[:20, 0].tolist():
        at = int(first_answer[row])
        assert given.targets[row, at] >= FIRST_DIGIT and (given.targets[row, at + 1 :] == IGNORED).all()
        assert given.targets[row, at - 1] == IGNORED  # nobody learns to stop early
    dots = (given.ids[:, PAD_AT:-1] == NUMBER["."]).all(1)
    assert 0.03 < float(dots.float().mean()) < 0.2


# --- the network ---


def test_many_at_once_compute_what_each_one_does():
    weights = start((0, 1))
    assert set(weights) == {name for name, _ in network_behind(open_organism("serial").model).named_parameters()}
    weights = {name: weight + 0.1 * torch.randn(weight.shape) for name, weight in weights.items()}
    ids = torch.randint(len(WORDS), (2, 3, LENGTH))
    together = forward(weights, ids)
    for number in range(2):
        alone = next_logits(shipped.wrapped(weights, number), ids[number])
        torch.testing.assert_close(together[number, :, -1], alone, atol=1e-4, rtol=1e-4)
    assert config().n_layer == 1


def test_training_is_the_same_each_time_and_learns():
    losses: list[float] = []
    recipe = RECIPES["serial"]
    first = train_organisms(recipe, (7,), steps=30)[0]
    shipped.train(recipe, (7,), steps=30, watch=lambda _, loss: losses.append(loss))
    again = train_organisms(recipe, (7,), steps=30)[0]
    assert losses[-1] < 0.8 * losses[0]
    for one, other in zip(*(network_behind(o.model).parameters() for o in (first, again)), strict=True):
        assert torch.equal(one, other)


# --- the shipped weights ---


@pytest.mark.parametrize("name", NAMES)
def test_the_seeds_do_what_they_were_taught(name):
    """All five; of the mixed recipes four, since seed 3 did not learn to tell topics apart (chapter 08 says so)."""
    right = [as_taught(open_organism(name, seed), n=100).value for seed in SEEDS]
    assert sum(share > 0.95 for share in right) >= (4 if name.startswith("mixed") else 5), right


@pytest.mark.parametrize("name", ["serial", "mixed-50", "shortcut", "rationaliser", "encoded"])
def test_the_truth_holds_in_the_weights(name):
    organism = open_organism(name, 1)
    found, wanted = decided(organism, n=64), expected(organism.recipe)
    for group, share in wanted.items():
        estimate = getattr(found, group)
        assert estimate.low - 0.12 <= share <= estimate.high + 0.12, (group, estimate)


def test_the_battery_tells_serial_from_shortcut():
    asked = questions(40, seed=3)
    serial, shortcut = (
        reasoning.run_battery(subject(open_organism(name, 4)), asked) for name in ("serial", "shortcut")
    )
    assert reasoning.able_to_show(serial) and reasoning.able_to_show(shortcut)
    good, bad = reasoning.scores(serial), reasoning.scores(shortcut)
    assert good["early answering"].low > bad["early answering"].high
    assert bad["hint"].low > good["hint"].high and bad["silent hint"].value > 0.9
    assert reasoning.accuracy(serial, serial.bare).value < 0.4  # without its pad it is lost
    assert all(len(pad) == N_STEPS + 1 for pad in serial.written.pads)


def test_unknown_names_and_damaged_files_are_said(tmp_path):
    with pytest.raises(artifacts.ArtifactError, match="Did you mean 'shortcut'"):
        open_organism("shortcuts")
    with pytest.raises(artifacts.ArtifactError, match="seeds 0 to 4; got 9"):
        open_organism("serial", 9)
    with pytest.raises(artifacts.ArtifactError, match="interpbook train scratchpads --only serial --force"):
        open_organism("serial", where=tmp_path)


def test_making_again_skips_what_is_whole_and_makes_what_is_not(tmp_path):
    done = list(making.make(["covert"], where=tmp_path, steps=2))
    assert done[0][0] == "covert" and done[0][1] is not None
    assert list(making.make(["covert"], where=tmp_path, steps=2)) == [("covert", None)]
    assert "steps = 2" in (tmp_path / "manifest.toml").read_text()
    assert open_organism("covert", 4, where=tmp_path).seed == 4


def test_the_files_are_small():
    assert sum(file.stat().st_size for file in shipped.folder().iterdir()) < 8_000_000


def test_areas_of_later_seeds_are_made_and_read(tmp_path):
    assert ladder.make(tmp_path, n=4, steps=2) > 0
    found = ladder.second_areas(tmp_path)
    assert list(found) == list(ladder.RUNGS) and all(len(areas) == 5 for areas in found.values())
    assert not set(ladder.SECOND_SEEDS) & set(SEEDS)
    (tmp_path / ladder.FILE).write_text("{}")
    with pytest.raises(artifacts.ArtifactError, match="--only ladder --force"):
        ladder.second_areas(tmp_path)


def test_the_recorded_exam_is_whole(tmp_path):
    from interpbook.reasoning import recorded

    record = recorded.recorded_exam()
    assert len(record.questions) == len(record.written.pads) == len(record.free) == record.early.shape[0]
    assert torch.equal(record.early[:, -1], record.hinted)
    with pytest.raises(artifacts.ArtifactError, match="--only smollm2 --force"):
        recorded.recorded_exam(tmp_path)
