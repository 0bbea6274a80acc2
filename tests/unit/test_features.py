"""What latents respond to, on a made-up dictionary whose latents have known meanings."""

import dataclasses

import pytest
import torch
from interpbook import dictionaries as dic
from interpbook import features
from markdown_it import MarkdownIt

VOCABULARY = [f" w{i}" for i in range(12)]


def _words(n_passages: int = 40, length: int = 25, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(1, 12, (n_passages, length), generator=generator)
    drawn[:, 0] = 0
    return list(drawn)


def _made(seed: int = 0) -> tuple[dic.Sae, features.Text, torch.Tensor]:
    """Latent 0: at token 3. Latent 1: after token 5. Latent 2: never. Latent 3: whenever a coin says so."""
    text = features.text_of(_words(seed=seed))
    coin = torch.rand(len(text.ids), generator=torch.Generator().manual_seed(seed + 99)) < 0.3
    columns = [text.ids == 3, text.before == 5, torch.zeros(len(text.ids)).bool(), coin]
    rows = torch.stack([c.float() * (i + 1) for i, c in enumerate(columns)], dim=1)
    config = dic.TopK(d_in=4, n_latents=4, k=4)
    sae = dic.Sae(config, torch.eye(4), torch.zeros(4), torch.eye(4), torch.zeros(4))
    return sae, text, rows


def test_firings_hold_exactly_what_encode_gives():
    sae, _, rows = _made()
    found = features.fire(sae, rows)
    assert torch.equal(torch.stack([features.dense(found, i) for i in range(4)], dim=1), dic.encode(sae, rows))
    assert found.count.tolist() == (rows > 0).sum(0).tolist()
    assert features.peaks(found).tolist() == [1.0, 2.0, 0.0, 4.0]


def test_attention_sinks_fire_nothing():
    sae, _, rows = _made()
    rows[7] = 1000.0
    found = features.fire(dataclasses.replace(sae, limit=100.0), rows)
    assert not (found.row == 7).any() and found.n_rows == len(rows)


def test_a_half_of_the_rows_is_renumbered():
    sae, _, rows = _made()
    keep = torch.arange(len(rows)) % 3 == 0
    half, whole = features.on_rows(features.fire(sae, rows), keep), features.fire(sae, rows[keep])
    assert all(torch.equal(a, b) for a, b in zip(half[:3], whole[:3], strict=True)) and half.n_rows == whole.n_rows


def test_labels_name_the_planted_tokens_and_score_on_other_text():
    sae, text, rows = _made(seed=0)
    _, other, other_rows = _made(seed=1)
    learn, test = features.fire(sae, rows), features.fire(sae, other_rows)
    labels = [features.explain(learn, text, i) for i in range(4)]
    assert labels[0].kind == "at" and labels[0].tokens[0] == 3
    assert labels[1].kind == "after" and labels[1].tokens[0] == 5
    assert features.score(labels[0], test, other, 0) > 0.99 and features.score(labels[1], test, other, 1) > 0.99
    assert features.score(labels[2], test, other, 2) == 0.0
    assert labels[3].fit > 0.05 > features.score(labels[3], test, other, 3)  # flattery, found out on other text


def test_contrast_finds_the_latent_that_follows_a_mark():
    sae, text, rows = _made()
    assert int(features.contrast(features.fire(sae, rows), text.ids == 3).argmax()) == 0
    with pytest.raises(dic.DictionaryError, match="0 of"):
        features.contrast(features.fire(sae, rows), torch.zeros(len(rows)).bool())


def test_near_marks_what_follows_a_word_but_not_the_word_nor_another_passage():
    text = features.text_of([torch.tensor([0, 1, 3, 2, 2, 2]), torch.tensor([0, 4, 4])])
    assert features.near(text, torch.tensor([3]), 2).tolist() == [False, False, True, True, False, False, False]
    late = features.text_of([torch.tensor([0, 1, 3]), torch.tensor([0, 4, 4])])
    assert not features.near(late, torch.tensor([3]), 2).any()


def test_windows_stay_within_their_passage():
    text = features.text_of([torch.tensor([0, 1, 2]), torch.tensor([0, 4, 5, 6])])
    assert features.window(text, VOCABULARY, 2) == ("", " w4", " w5 w6")
    assert features.window(text, VOCABULARY, 1) == (" w1", " w2", "")


def test_spread_rows_reach_from_the_strongest_to_the_weakest_share():
    sae = dic.Sae(dic.TopK(1, 1, k=1), torch.eye(1), torch.zeros(1), torch.eye(1), torch.zeros(1))
    found = features.fire(sae, torch.arange(1.0, 81.0)[:, None])
    spread = features.spread_rows(found, 0, 8)
    assert [int(r) // 10 for r in spread] == list(range(7, -1, -1))
    assert features.top_rows(found, 0, 3).tolist() == [79, 78, 77]


def test_search_ranks_by_share_and_skips_the_rare():
    sae, text, rows = _made()
    found = features.fire(sae, rows)
    assert features.search(found, text, torch.tensor([3]))[0] == (0, pytest.approx(1.0))
    assert all(i != 0 for i, _ in features.search(found, text, torch.tensor([3]), least=10**6))


def test_a_card_shows_both_kinds_of_example_and_escapes_markdown():
    sae, text, rows = _made()
    half = (features.fire(sae, rows), text)
    shown = features.card(0, half, half, VOCABULARY)
    assert len(shown.examples) == len(shown.spread) == 8 and shown.histogram[0].sum() == (text.ids == 3).sum()
    assert all(token == " w3" for _, _, token, _ in shown.examples)
    assert r"\*" in features.in_markdown(shown, [w.replace("w", "*") for w in VOCABULARY])
    page = MarkdownIt().render(features.in_markdown(shown, VOCABULARY))
    assert page.count("<strong>") == 1 + 6 and page.count("[<strong>w3</strong>]") == 6
    assert features.card(2, half, half, VOCABULARY).examples == []


def test_an_unknown_latent_is_a_clear_error():
    sae, _, rows = _made()
    with pytest.raises(dic.DictionaryError, match="0 to 3; asked for 4"):
        features.of(features.fire(sae, rows), 4)
