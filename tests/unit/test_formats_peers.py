"""Folders that we write, opened by the programs whose format it is: SAELens and EleutherAI's sparsify themselves.

Each lives in an environment of its own, which `interpbook bench sae-train` makes for SAELens. Tests of a peer that is
not installed are skipped; INTERPBOOK_PEERS=1 installs both (some minutes, a package registry is needed).
"""

import dataclasses
import os

import pytest
import torch
import torch.nn.functional as F
from interpbook import bench_peers
from interpbook import dictionaries as dic
from interpbook.bench_dictionaries import PEER as SAELENS
from interpbook.dictionaries.kinds import CONFIGS, rule_of
from interpbook.models import Site
from interpbook.models.store import cache_dir
from safetensors.torch import save_file

SPARSIFY = "eai-sparsify==1.3.3"
BEGIN = """
import json, sys, torch
from safetensors.torch import load_file
folder, told = sys.argv[1], load_file(sys.argv[2])
"""
END = """
apart = (rebuilt - told["rebuilt"]).norm(dim=1) / told["rebuilt"].norm(dim=1)
print(json.dumps({"apart": apart.max().item(), "n": len(rebuilt)}))
"""
OPENS = {
    SAELENS: "from sae_lens import SAE\nwith torch.no_grad(): rebuilt = SAE.load_from_disk(folder)(told['x'])",
    SPARSIFY: "from sparsify import SparseCoder\n"
    "with torch.no_grad(): rebuilt = SparseCoder.load_from_disk(folder)(told['x']).sae_out",
}


def python_of(peer):
    there = cache_dir() / "peers" / peer.replace("==", "-")
    if (there / "whole").is_file() or os.environ.get("INTERPBOOK_PEERS") == "1":
        return bench_peers.environment(peer)
    pytest.skip(f"{peer} is not installed in {there}; INTERPBOOK_PEERS=1 installs it")


def made_up(kind, d=24, n=64, seed=0):
    """A dictionary of any kind with random numbers, none at a value that hides mistakes."""
    generator = torch.Generator().manual_seed(seed)
    settings = {"topk": {"k": 5}, "batchtopk": {"k": 5}, "matryoshka": {"k": 5, "prefixes": (16, n)}}.get(kind, {})
    config = CONFIGS[kind](d_in=d, n_latents=n, **settings)
    W_enc, W_dec = torch.randn(2, n, d, generator=generator)
    extra = {name: tensor + 0.3 for name, tensor in rule_of(config).fresh_extra(config).items()}
    b_enc, b_dec = torch.randn(n, generator=generator), torch.randn(d, generator=generator)
    return dic.Sae(config, W_enc, b_enc, F.normalize(W_dec, dim=1), b_dec, extra, site=Site("resid", layer=3))


def rows_for(sae, n=100):
    """Rows of about the size that the dictionary expects: sums of its own directions, with noise."""
    generator = torch.Generator().manual_seed(1)
    strengths = torch.rand(n, sae.config.n_latents, generator=generator)
    sparse = strengths * (strengths > 0.98) * 10
    return dic.decode(sae, sparse) + torch.randn(n, sae.config.d_in, generator=generator)


def told_apart(peer, sae, folder, x):
    """The largest distance between the peer's reconstruction of a row and ours, in lengths of the row."""
    data = folder.parent / "rows.safetensors"
    save_file({"x": x.contiguous(), "rebuilt": dic.reconstruct(sae, x).contiguous()}, data)
    found = bench_peers.figures(python_of(peer), BEGIN + OPENS[peer] + END, [folder, data], f"opening with {peer}")
    assert found["n"] == len(x)
    return found["apart"]


@pytest.mark.parametrize("kind", list(CONFIGS))
def test_saelens_opens_every_kind_and_rebuilds_the_same(kind, tmp_path):
    sae = made_up(kind)
    dic.to_saelens(sae, tmp_path / "folder")
    assert told_apart(SAELENS, sae, tmp_path / "folder", rows_for(sae)) < 1e-5


@pytest.mark.parametrize(("peer", "write"), [(SAELENS, dic.to_saelens), (SPARSIFY, dic.to_eleuther)])
def test_a_shipped_dictionary_opens_there_and_rebuilds_the_same(peer, write, tmp_path):
    sae = dic.open_sae("resid15-topk32")
    x = rows_for(sae)
    write(sae, tmp_path / "layers.15")
    assert told_apart(peer, sae, tmp_path / "layers.15", x) < 1e-5
    turned = dataclasses.replace(sae, W_dec=sae.W_dec.roll(1, dims=0))  # the comparison can fail
    assert told_apart(peer, turned, tmp_path / "layers.15", x) > 0.1
