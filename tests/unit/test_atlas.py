"""The atlas's rows say what the cards say, every latent has one, and its files are found again as scripts."""

import json
import sys

import pytest
import torch
from interpbook import atlas, features, sitebuild
from interpbook.features import Effects, Firings, Text
from interpbook.organisms import artifacts

sys.path.insert(0, str(sitebuild.ROOT / "book" / "site"))
from booksite.atlas import as_scripts

DECODE = ["<|endoftext|>", " ship", " Whale", " sail", " tax", "<b>"]


def text():
    return features.text_of([torch.tensor([0, 1, 2, 3, 4, 5, 1, 2]), torch.tensor([0, 4, 4, 3, 1, 2])])


def firings():
    """Latent 0 is active at “ Whale”, the more the later; latent 1 never; latent 2 at the first row alone."""
    found = text()
    at = (found.ids == 2).nonzero()[:, 0]
    rows = torch.cat([at, torch.tensor([0])])
    values = torch.cat([torch.arange(1.0, len(at) + 1), torch.tensor([0.5])])
    return Firings(rows, values, torch.tensor([0, len(at), len(at), len(at) + 1]), len(found.ids))


@pytest.fixture
def rows():
    learn = (firings(), text())
    effects = Effects(torch.tensor([[1, 2]] * 3), torch.ones(3, 2), torch.tensor([[4, 5]] * 3), torch.ones(3, 2))
    cards = [features.card(latent, learn, learn, DECODE, effects) for latent in range(3)]
    return [atlas.as_row(card, DECODE) for card in cards]


def test_a_row_says_what_the_card_says(rows):
    assert isinstance(text(), Text)
    assert rows[0]["i"] == 0 and rows[0]["p"] == 3.0 and rows[0]["f"] == pytest.approx(3 / 12, abs=0.001)
    assert [token for _, _, token, _ in rows[0]["t"]] == [" Whale"] * 3
    assert [value for value, *_ in rows[0]["t"]] == [3.0, 2.0, 1.0]
    assert "Whale" in rows[0]["l"] and sum(rows[0]["h"]) == 3
    assert rows[0]["u"] == [" ship", " Whale"] and rows[0]["d"] == [" tax", "<b>"]


def test_a_dead_latent_has_a_card_too(rows):
    assert rows[1]["p"] == 0 and rows[1]["t"] == [] and rows[1]["l"] == "never active"


def test_the_index_finds_tokens_in_small_letters(rows):
    number, label, _, _, raised, tokens = atlas.index_row(rows[0])
    assert (number, raised, tokens) == (0, "ship Whale", "whale") and "Whale" in label


def test_continuations_go_to_the_best_labels_and_to_random_ones_that_are_alive():
    made = [{"i": i, "p": float(i % 5 > 0), "f": 0.01, "s": i / 100} for i in range(100)]
    found = atlas.chosen(made, n=5)
    assert found[:5] == [99, 98, 97, 96, 94] and len(found) > 5
    assert all(i % 5 for i in found) and found == atlas.chosen(made, n=5)


def test_files_and_scripts(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(atlas, "CHUNK", 2)
    names = atlas.write(rows, {"name": "toy"}, tmp_path / "json")
    assert names == ["000.json", "001.json", "index.json"]
    assert [row["i"] for row in json.loads((tmp_path / "json" / "001.json").read_text())] == [2]
    assert as_scripts(tmp_path / "json", tmp_path / "js") == 3
    script = (tmp_path / "js" / "001.js").read_text()
    assert script.startswith("bookAtlas.chunk(1,[") and script.endswith("]);\n")
    index = (tmp_path / "js" / "index.js").read_text()
    assert json.loads(index.removeprefix("bookAtlas.index(").removesuffix(");\n"))["chunk"] == 2


@pytest.mark.skipif(not (atlas.folder() / "index.json").is_file(), reason="the atlas was not made yet")
def test_the_shipped_atlas_is_whole_light_and_complete():
    known = artifacts.manifest(atlas.folder())
    assert not [name for name in known if artifacts.problem_with(name, atlas.folder())]
    index = json.loads((atlas.folder() / "index.json").read_text(encoding="utf-8"))
    assert [row[0] for row in index["rows"]] == list(range(4096))
    sizes = {file.name: file.stat().st_size for file in atlas.folder().glob("*.json")}
    assert max(sizes.values()) < 700_000 and sum(sizes.values()) < 9_000_000
