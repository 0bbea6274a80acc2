"""An activation store gives what `read` gives, goes on after a kill, and says what is wrong with it."""

import json

import pytest
import torch
from conftest import tiny_model
from interpbook.activations import StoreError, check, fill, open_store
from interpbook.activations import filling as filling_room
from interpbook.models import Site, Tokens, read

SITES = [Site("resid", 0), Site("resid", 1), Site("z", 2)]


def passages(n=11, seed=0):
    draw = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, 20, (n,), generator=draw)
    return [torch.randint(1, 12, (int(length),), generator=draw) for length in lengths]


def filled(root, rows=None, **settings):
    settings = {"batch_size": 3, "per_shard": 4, "dtype": torch.float32, "progress": False} | settings
    return fill(tiny_model("llama"), passages() if rows is None else rows, SITES, root, **settings)


def one_by_one(site, rows):
    batches = [Tokens(ids[None], torch.ones(1, len(ids), dtype=torch.bool)) for ids in rows]
    return [read(tiny_model("llama"), batch, site)[0] for batch in batches]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("keep_first", [True, False])
def test_rows_are_what_read_gives_passage_by_passage(tmp_path, site, keep_first):
    store = filled(tmp_path, keep_first=keep_first)[site]
    expected = torch.cat([rows[0 if keep_first else 1 :].flatten(1) for rows in one_by_one(site, passages())])
    assert store.shape == tuple(expected.shape)
    torch.testing.assert_close(store[:], expected)


def test_rows_come_in_the_order_asked_for_and_know_where_they_are_from(tmp_path):
    store = filled(tmp_path)[SITES[1]]
    rows = torch.tensor([30, 2, 2, -1, 0])
    expected = one_by_one(SITES[1], passages())
    passage, position = store.where(rows)
    for number, one, place in zip(range(5), passage.tolist(), position.tolist(), strict=True):
        torch.testing.assert_close(store[rows][number], expected[one][place])
    assert store.where(torch.tensor([0]))[1].tolist() == [1]  # the first token is left out


def test_sixteen_bits_are_kept_as_such_and_handed_out_as_float32(tmp_path):
    store = filled(tmp_path, dtype=torch.bfloat16)[SITES[0]]
    exact = filled(tmp_path / "exact")[SITES[0]]
    assert store[:].dtype == torch.float32 and store.dtype == torch.bfloat16
    assert torch.equal(store[:], exact[:].to(torch.bfloat16).float())
    assert (store.folder / "00000.bin").stat().st_size * 2 == (exact.folder / "00000.bin").stat().st_size


def test_a_row_that_does_not_exist(tmp_path):
    store = filled(tmp_path)[SITES[0]]
    with pytest.raises(IndexError, match=f"rows 0 to {len(store) - 1}"):
        store[torch.tensor([len(store)])]


def test_a_run_that_was_stopped_goes_on_with_what_is_missing(tmp_path, monkeypatch):
    whole = filled(tmp_path / "whole")
    real, calls = filling_room._rows, []

    def killed_in_the_third_shard(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(filling_room, "_rows", killed_in_the_third_shard)
    with pytest.raises(KeyboardInterrupt):
        filled(tmp_path / "killed")
    assert len(open_store(tmp_path / "killed" / "resid-00").shards) == 2  # usable while it is unfinished
    calls.append(1)
    resumed = filled(tmp_path / "killed")
    assert len(calls) == 5  # two shards, the kill, this line's own, and the one shard that was missing
    for site in SITES:
        assert torch.equal(resumed[site][:], whole[site][:])


def test_a_store_grows_when_passages_are_appended(tmp_path):
    filled(tmp_path, passages()[:6])
    grown, whole = filled(tmp_path), filled(tmp_path / "whole")
    assert torch.equal(grown[SITES[0]][:], whole[SITES[0]][:])
    check(grown[SITES[0]])


def test_a_shard_that_was_deleted_is_made_again(tmp_path):
    before = filled(tmp_path)[SITES[0]][:].clone()
    (tmp_path / "resid-00" / "00001.bin").unlink()
    assert torch.equal(filled(tmp_path)[SITES[0]][:], before)


def test_other_text_is_not_mixed_in(tmp_path):
    filled(tmp_path)
    with pytest.raises(StoreError, match=r"shard 0 of .* was made from other text"):
        filled(tmp_path, passages(seed=1))


def test_another_model_or_precision_is_not_mixed_in(tmp_path):
    filled(tmp_path)
    with pytest.raises(StoreError, match="holds other activations: dtype differ"):
        filled(tmp_path, dtype=torch.bfloat16)
    with pytest.raises(StoreError, match="model"):
        fill(tiny_model("qwen2"), passages(), SITES[:1], tmp_path, dtype=torch.float32, progress=False)


def test_a_store_that_was_cut_off(tmp_path):
    filled(tmp_path)
    file = tmp_path / "resid-00" / "00001.bin"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(StoreError, match=r"00001.bin has .* bytes; its manifest says .* cut off"):
        open_store(tmp_path / "resid-00")
    file.unlink()
    with pytest.raises(StoreError, match=r"00001.bin is missing"):
        open_store(tmp_path / "resid-00")


def test_a_wrong_checksum(tmp_path):
    folder = filled(tmp_path)[SITES[0]].folder
    content = bytearray((folder / "00001.bin").read_bytes())
    content[5] ^= 1
    (folder / "00001.bin").write_bytes(content)
    open_store(folder)  # sizes are right
    with pytest.raises(StoreError, match=r"00001.bin has sha256 .* its manifest says"):
        open_store(folder, verify=True)


def test_no_store_and_a_damaged_manifest(tmp_path):
    with pytest.raises(StoreError, match="no activation store"):
        open_store(tmp_path)
    folder = filled(tmp_path)[SITES[0]].folder
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(content)[:-30])
    with pytest.raises(StoreError, match=r"manifest.json is damaged"):
        open_store(folder)
    (folder / "manifest.json").write_text(json.dumps(content | {"format": 99}))
    with pytest.raises(StoreError, match="format 99"):
        open_store(folder)


def test_nan_is_refused_when_written_and_when_read(tmp_path, monkeypatch):
    store = filled(tmp_path / "good")[SITES[0]]
    content = bytearray((store.folder / "00000.bin").read_bytes())
    content[:4] = b"\x00\x00\xc0\x7f"  # NaN in float32
    (store.folder / "00000.bin").write_bytes(content)
    with pytest.raises(StoreError, match="holds NaN or infinite numbers, first in row 0"):
        open_store(store.folder)[:]
    real = filling_room._rows
    spoilt = lambda *given: {site: rows.fill_(float("nan")) for site, rows in real(*given).items()}  # noqa: E731
    monkeypatch.setattr(filling_room, "_rows", spoilt)
    with pytest.raises(StoreError, match="NaN or infinite, first in row 0 of shard 0"):
        filled(tmp_path / "bad")
    assert not list((tmp_path / "bad" / "resid-00").glob("*.bin"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rows": []}, "expected passages and sites"),
        ({"rows": [torch.zeros(1, dtype=torch.int64)]}, "passage 0 has shape"),
        ({"per_shard": 0}, "at least 1"),
        ({"dtype": torch.int32}, "dtype is one of"),
    ],
)
def test_bad_input(tmp_path, settings, message):
    with pytest.raises(StoreError, match=message):
        filled(tmp_path, **settings)


def test_sites_that_are_not_one_row_a_token(tmp_path):
    for site in (Site("pattern", 0), Site("resid", 0, position=-1)):
        with pytest.raises(StoreError, match="one row a token"):
            fill(tiny_model("llama"), passages(), [site], tmp_path, progress=False)
