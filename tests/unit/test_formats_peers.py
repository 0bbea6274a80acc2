"""Folders that we write, opened by the programs whose format it is: SAELens and EleutherAI's sparsify themselves.

Each lives in an environment of its own, which `interpbook bench sae-train` makes for SAELens. Tests of a peer that is
not installed are skipped; INTERPBOOK_PEERS=1 installs both (some minutes, a package registry is needed).
"""

import dataclasses

import torch
import torch.nn.functional as F
from interpbook import bench_peers
from interpbook import dictionaries as dic
from interpbook.bench_dictionaries import PEER as SAELENS
from interpbook.dictionaries.kinds import CONFIGS, rule_of
from interpbook.models import Site
from peers import python_of
from safetensors.torch import save_file

SPARSIFY = "eai-sparsify==1.3.3"
SCRIPT = """
import json, sys, torch
from pathlib import Path
from safetensors.torch import load_file
{opening}
found = {{}}
for folder in sys.argv[1:]:
    told = load_file(Path(folder) / "told.safetensors")
    with torch.no_grad():
        rebuilt = rebuild(folder, told["x"])
    apart = (rebuilt - told["rebuilt"]).norm(dim=1) / told["rebuilt"].norm(dim=1)
    found[folder] = apart.max().item() if len(apart) == 100 else float("nan")
print(json.dumps(found))
"""
OPENS = {
    SAELENS: "from sae_lens import SAE\nrebuild = lambda folder, x: SAE.load_from_disk(folder)(x)",
    SPARSIFY: "from sparsify import SparseCoder\n"
    "rebuild = lambda folder, x: SparseCoder.load_from_disk(folder)(x).sae_out",
}


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


def told_apart(peer, saes, write, where):
    """By name, the largest distance of the peer's reconstruction of 100 rows from ours, in lengths of the row.

    `turned` are the same numbers with the reconstruction of another dictionary to compare with: they must differ.
    """
    for name, sae in saes.items():
        x, other = rows_for(sae), dataclasses.replace(sae, W_dec=sae.W_dec.roll(1, dims=0))
        for folder, told_by in ((where / name, sae), (where / f"{name} turned", other)):
            write(sae, folder)
            told = {"x": x.contiguous(), "rebuilt": dic.reconstruct(told_by, x).contiguous()}
            save_file(told, folder / "told.safetensors")
    script = SCRIPT.format(opening=OPENS[peer])
    folders = sorted(where.iterdir())
    found = bench_peers.figures(python_of(peer), script, folders, f"opening with {peer}")
    return {folder.name: found[str(folder)] for folder in folders}


def check(found):
    assert all((apart > 0.05) if "turned" in name else (apart < 1e-5) for name, apart in found.items()), found


def test_saelens_opens_every_kind_and_rebuilds_the_same(tmp_path):
    python_of(SAELENS)
    saes = {kind: made_up(kind) for kind in CONFIGS} | {"shipped": dic.open_sae("resid15-topk32")}
    check(told_apart(SAELENS, saes, dic.to_saelens, tmp_path))


def test_sparsify_opens_topk_and_rebuilds_the_same(tmp_path):
    python_of(SPARSIFY)
    saes = {"topk": made_up("topk", n=72), "shipped": dic.open_sae("resid15-topk32")}
    check(told_apart(SPARSIFY, saes, dic.to_eleuther, tmp_path))
