"""The `sae-train` benchmark: our trainer beside SAELens's, which is installed into an environment of its own.

Both train a TopK dictionary on the same rows of SmolLM2's stream, for as many steps of as many rows, on as many
threads, each at the learning rate that suits its scaling (SAELens starts with directions of length 0.1, ours have
length 1), and are judged on the same rows that neither has seen. Each side runs in a fresh process; reading the rows
and importing are not timed.
"""

import sys
import tempfile
import weakref
from pathlib import Path

import click
import torch
from safetensors.torch import save_file

from interpbook.bench import Benchmark
from interpbook.bench_peers import environment, figures

PEER = "sae-lens==6.54.12"
STEPS, BATCH, LATENTS, K, HELD_OUT = 60, 2048, 4096, 32, 8192
TOLERANCE = 0.01
"""How much less variance ours may explain before the times no longer compare."""

_BEGIN = """
import json, sys, time, torch
from safetensors.torch import load_file
steps, batch, latents, k, threads = map(int, sys.argv[2:])
torch.set_num_threads(threads)
data = load_file(sys.argv[1])
rows, held_out = data["rows"], data["held_out"]
d = rows.shape[1]
"""
_END = """
with torch.no_grad():
    x_hat = rebuilt(held_out)
fvu = (held_out - x_hat).square().sum() / (held_out - held_out.mean(0)).square().sum()
print(json.dumps({"sae-train": seconds, "sae-train-fvu": fvu.item()}))
"""
_OURS = (
    _BEGIN
    + """
from interpbook import dictionaries as dic
plan = dic.Plan(steps=steps, batch=batch, lr=6e-3, warmup=steps // 5)
config = dic.TopK(d, latents, k=k)
start = time.perf_counter()
sae = dic.train(rows, config, plan, progress=False)
seconds = time.perf_counter() - start
rebuilt = lambda x: dic.reconstruct(sae, x)
"""
    + _END
)
_PEER = (
    _BEGIN
    + """
from sae_lens import SAE, TopKTrainingSAE, TopKTrainingSAEConfig
from sae_lens.config import LoggingConfig, SAETrainerConfig
from sae_lens.training.sae_trainer import SAETrainer
torch.manual_seed(0)
sae = TopKTrainingSAE(TopKTrainingSAEConfig(
    d_in=d, d_sae=latents, k=k))
settings = SAETrainerConfig(
    total_training_samples=steps * batch, train_batch_size_samples=batch, lr=3e-3, lr_warm_up_steps=steps // 5,
    lr_decay_steps=steps // 4, lr_end=3e-6)
def batches():
    while True:
        for chosen in torch.randperm(len(rows)).split(batch):
            if len(chosen) == batch:
                yield rows[chosen]
start = time.perf_counter()
sae = SAETrainer(settings, sae, batches()).fit()
seconds = time.perf_counter() - start
rebuilt = sae
"""
    + _END
)


def rows(file: Path, layer: int = 15) -> None:
    """Write rows of the book's corpus at one layer, shuffled, and others held out."""
    from interpbook import activations, corpus, models

    model, text = models.load(dtype=activations.fast_dtype()), corpus.open_corpus()
    parts = {"rows": corpus.passages(text, "train"), "held_out": corpus.passages(text, "held-out")}
    found: dict[str, torch.Tensor] = {}
    for part, n in (("rows", 64 * 1024), ("held_out", HELD_OUT)):
        order = torch.randperm(len(parts[part]), generator=torch.Generator().manual_seed(0))
        # The learning rates of both sides were chosen on the first of the held-out passages; the next ones judge.
        some = parts[part][order][n // 200 : 2 * n // 200] if part == "held_out" else parts[part][order][: n // 200]
        harvested = activations.harvest(model, corpus.tokens(text, some), models.Site("resid", layer=layer))
        acts = harvested.acts[harvested.position > 0].float()
        lengths = acts.norm(dim=1)
        found[part] = acts[lengths < 10 * lengths.median()][:n]  # attention sinks would be most of the variance
    mean = found["rows"].mean(
        0
    )  # both get rows of mean 0 and variance 1: only one of the two would scale them by itself
    scale = (found["rows"] - mean).square().mean().sqrt()
    save_file({part: (x - mean) / scale for part, x in found.items()}, file)


def run_one(python: Path, script: str, data: Path) -> dict[str, float]:
    """One side's figures, from a fresh process."""
    return figures(python, script, [data, STEPS, BATCH, LATENTS, K, torch.get_num_threads()], "training")


def comparable(ours: float, peer: float) -> None:
    """Speed at a worse fit would be another job."""
    if ours > peer + TOLERANCE:
        raise click.ClickException(
            f"bench sae-train: ours leaves {ours:.3f} of the variance unexplained, {PEER} {peer:.3f}; "
            "no times to compare."
        )


def sae_train() -> Benchmark:
    """Seconds to train, and the fraction of variance that each leaves unexplained on rows that it has not seen."""
    python, folder = environment(PEER), tempfile.TemporaryDirectory()
    data, last = Path(folder.name) / "rows.safetensors", {}
    rows(data)

    def ours() -> dict[str, float]:
        last["ours"] = run_one(Path(sys.executable), _OURS, data)
        return last["ours"]

    def peer() -> dict[str, float]:
        found = run_one(python, _PEER, data)
        comparable(last["ours"]["sae-train-fvu"], found["sae-train-fvu"])
        return found

    units = {"sae-train": "s", "sae-train-fvu": "of variance unexplained"}
    weakref.finalize(peer, folder.cleanup)
    return Benchmark("sae-train", ours, peer, f"{PEER.replace('==', ' ')}, TopKTrainingSAE", units)
