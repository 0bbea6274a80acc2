"""Recall, verdicts and their scores: tables laid out right, scores that no bias can move, colours kept apart."""

import pytest
import torch
from interpbook import consistency
from interpbook.data import answer_ids
from interpbook.models import load, logits

SUBJECTS, ANSWERS = ["france", "germany", "the big city"], ["paris", "berlin"]


def test_tables_hold_each_prompts_own_logits(llama, monkeypatch):
    monkeypatch.setattr(consistency, "BATCH", 2)  # so that prompts of different batches are put together again
    said = consistency.recall(llama, SUBJECTS, ANSWERS, "the capital of {subject} is")
    judged = consistency.verdicts(llama, SUBJECTS, ANSWERS, "{answer} is the capital of {subject}", words=("big", "a"))
    ids, (yes, no) = answer_ids(llama.tokenizer, ANSWERS), answer_ids(llama.tokenizer, ["big", "a"])
    for i, subject in enumerate(SUBJECTS):
        alone = logits(llama, f"the capital of {subject} is")[0, -1]
        torch.testing.assert_close(said[i], alone[ids], atol=1e-5, rtol=1e-4)
        for j, answer in enumerate(ANSWERS):
            alone = logits(llama, f"{answer} is the capital of {subject}")[0, -1]
            torch.testing.assert_close(judged[i, j], alone[yes] - alone[no], atol=1e-5, rtol=1e-4)


def table_of(n=12, m=4, seed=0):
    """Random scores and one true answer a row."""
    generator = torch.Generator().manual_seed(seed)
    true = torch.nn.functional.one_hot(torch.randint(m, (n,), generator=generator), m).bool()
    return torch.randn(n, m, generator=generator), true


def test_the_prior_is_gone_and_the_rest_stays():
    table, _ = table_of()
    found = consistency.without_prior(table + torch.tensor([5.0, 0.0, 0.0, -2.0]))
    torch.testing.assert_close(found, consistency.without_prior(table))
    torch.testing.assert_close(found.mean(0), torch.zeros(4), atol=1e-6, rtol=0)


def test_paired_is_blind_to_moods():
    """Neither a liking for Yes nor one for some subjects changes it; the plain score moves."""
    table, true = table_of()
    score = consistency.paired(table, true)
    torch.testing.assert_close(consistency.paired(table + 7, true), score)
    torch.testing.assert_close(consistency.paired(table + torch.randn(12, 1), true), score)
    assert consistency.plain(true.float() - 0.5, true) == 1.0
    assert consistency.plain(true.float() + 7, true) == consistency.plain(true.float() - 7, true) == 0.5


def test_paired_at_its_ends_and_in_the_middle():
    table, true = table_of(2000)
    assert consistency.paired(true.float(), true).eq(1).all()
    assert consistency.paired(-true.float(), true).eq(0).all()
    assert consistency.paired(torch.zeros(2000, 4), true).eq(0.5).all()  # ties
    assert consistency.paired(table, true).mean() == pytest.approx(0.5, abs=0.03)
    one = torch.tensor([[3.0, 1.0, 3.0, 5.0]])  # true: the first; it beats one, ties with one, loses to one
    assert consistency.paired(one, torch.tensor([[True, False, False, False]])).item() == pytest.approx(0.5)
    found = consistency.paired_interval(table, true)
    assert found.low < 0.5 < found.high and found.n == 2000


def test_right_and_agreement_ask_different_questions():
    said, true = table_of()
    own = said.argmax(1)
    right = consistency.right(said, true)
    assert right.tolist() == [bool(true[i, j]) for i, j in enumerate(own.tolist())]
    assert consistency.agreement(said, said).eq(1).all()  # also where what is said is wrong
    assert not right.all()
    assert consistency.agreement(said, -said).eq(0).all()


def test_set_aside_colours_have_not_been_used():
    things, names, true = consistency.colours()
    held, held_names, held_true = consistency.colours(held_out=True)
    assert len(things) >= 30 and not set(things) & set(held)
    assert names == held_names and len(set(names)) == len(names) >= 10
    for table, members in ((true, things), (held_true, held)):
        assert table.shape == (len(members), len(names)) and len(set(members)) == len(members)
        assert table.sum(1).eq(1).all() and len(set(table.sum(0).tolist())) == 1  # no colour is right more often


def test_second_colours_are_other_colours_of_things_that_are_there():
    things, names, true = consistency.colours()
    also = consistency.second_colours()
    assert set(also) <= set(things) and set(also.values()) <= set(names)
    assert not any(true[things.index(thing), names.index(colour)] for thing, colour in also.items())


def test_colours_are_one_token_each():
    _, names, _ = consistency.colours()
    assert len(answer_ids(load().tokenizer, names)) == len(names)
