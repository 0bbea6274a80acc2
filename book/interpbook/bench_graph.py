"""The `graph` benchmark: an attribution graph beside circuit-tracer's, on the same small random model.

Model, transcoders and prompt are made here and read by both sides, each in a fresh process; importing, loading and a
first graph are not timed. The peer is the library of Hanna, Piotrowski and others as the package registry has it (a
repackaging of theirs, whose attribution code is the original's), with the nnsight that it was written for; its other
backend was as fast when tried. The benchmark stops unless both give the same edges to 1e-4.

`graph-12-tokens` is what a reader waits for: SmolLM2, a prompt of 12 tokens, 1,000 features, transcoders with random
directions unless the book's own are at hand; its peer is the promise of a minute.
"""

import sys
import tempfile
import weakref
from pathlib import Path

import click
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from interpbook.bench import Benchmark
from interpbook.bench_peers import environment, figures

PEER, WITH = "circuit-tracer==0.5.0", ["nnsight==0.6.1"]
LAYERS, D_MODEL, LATENTS, K, TOKENS, VOCABULARY = 6, 128, 512, 16, 12, 256
TOLERANCE = 1e-4
"""How far two edges may lie apart, relative to the largest edge of the graph."""
LIMIT = 60.0
"""Seconds that a reader may have to wait for a graph of SmolLM2."""

_MEASURE = """
import json, resource, sys, time
from pathlib import Path
import torch
folder, threads = Path(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
LAYERS, D_MODEL, LATENTS, K = map(int, sys.argv[3:7])
from safetensors.torch import load_file, save_file
ids = torch.arange(int(sys.argv[7])) * 17 % int(sys.argv[8])
numbers = load_file(folder / "transcoders.safetensors")

def memory(what):  # MB
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(what)) / 1024

def measured(draw):
    draw()
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before, start = memory("VmRSS"), time.perf_counter()
    graph = draw()
    return graph, {"graph": time.perf_counter() - start, "graph-memory": max(memory("VmHWM") - before, 1.0)}
"""
_OURS = (
    _MEASURE
    + """
from interpbook import attribution, models
from interpbook.dictionaries import TopK
from interpbook.dictionaries.transcoders import Transcoder
model = models.load(folder / "model")
coders = {}
for layer in range(LAYERS):
    own = {name: numbers[f"{layer}.{name}"] for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    coders[layer] = Transcoder(TopK(D_MODEL, LATENTS, k=K), layer=layer, **own)
graph, figures = measured(lambda: attribution.trace_graph(model, coders, ids[None], max_features=None))
nodes = torch.tensor([node[1:4] for node in graph.nodes if node.kind == "feature"])
save_file({"features": nodes, "edges": graph.edges.contiguous()}, folder / "ours.safetensors")
print(json.dumps(figures))
"""
)
_PEER = (
    _MEASURE
    + """
from circuit_tracer import ReplacementModel, attribute
from circuit_tracer.transcoder import SingleLayerTranscoder, TranscoderSet
from circuit_tracer.transcoder.activation_functions import TopK
cpu, coders = torch.device("cpu"), {}
for layer in range(LAYERS):
    coders[layer] = SingleLayerTranscoder(D_MODEL, LATENTS, TopK(K), layer, device=cpu, dtype=torch.float32)
    own = {name: numbers[f"{layer}.{name}"] for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
    coders[layer].load_state_dict(own)
coders = TranscoderSet(coders, feature_input_hook="mlp.hook_in", feature_output_hook="mlp.hook_out", scan="bench")
model = ReplacementModel.from_pretrained_and_transcoders(str(folder / "model"), coders, backend="nnsight", device=cpu)
graph, figures = measured(lambda: attribute(ids, model, batch_size=256))
nodes = graph.active_features[graph.selected_features].long().contiguous()
save_file({"features": nodes, "edges": graph.adjacency_matrix.contiguous()}, folder / "peer.safetensors")
print(json.dumps(figures))
"""
)
_SMOLLM2 = """
import json, sys, time
import torch
from interpbook import attribution, models
from interpbook.bench_graph import at_hand
model, coders = models.load(), at_hand()
prompt = "The capital of the state containing Dallas is the city of"
assert len(models.token_strings(model, prompt)) == 12
start = time.perf_counter()
attribution.trace_graph(model, coders, prompt, max_features=1000)
print(json.dumps({"graph-12-tokens": time.perf_counter() - start}))
"""


def at_hand() -> dict:
    """The book's transcoders for SmolLM2, or random ones of the same sizes."""
    from interpbook import dictionaries

    try:
        return dictionaries.open_transcoders()
    except (AttributeError, FileNotFoundError, dictionaries.DictionaryError):
        return {layer: random_transcoder(layer, 576, 2048, 32) for layer in range(30)}


def random_transcoder(layer: int, d: int, n: int, k: int):
    """Directions drawn at random; biases such that as many latents fire as may."""
    from interpbook.dictionaries import TopK
    from interpbook.dictionaries.transcoders import Transcoder

    g = torch.Generator().manual_seed(layer)
    W_dec = torch.nn.functional.normalize(torch.randn(n, d, generator=g), dim=1)
    W_enc, b_enc = torch.randn(n, d, generator=g) / d**0.5, torch.randn(n, generator=g) * 0.1
    return Transcoder(TopK(d, n, k=k), W_enc, b_enc, W_dec, torch.randn(d, generator=g) * 0.1, layer=layer)


def prepare(folder: Path) -> None:
    """Write a random model, a tokenizer with a word for each id, and random transcoders."""
    torch.manual_seed(0)
    config = LlamaConfig(
        **{"vocab_size": VOCABULARY, "hidden_size": D_MODEL, "intermediate_size": 2 * D_MODEL},
        **{"num_hidden_layers": LAYERS, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32},
        **{"max_position_embeddings": 64, "initializer_range": 0.1, "bos_token_id": 0, "eos_token_id": 0},
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "model")
    words = {"<|endoftext|>": 0, **{f"w{i}": i for i in range(1, VOCABULARY)}}
    core = Tokenizer(models.WordLevel(words, unk_token="<|endoftext|>"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {f"{name}_token": "<|endoftext|>" for name in ("bos", "eos", "pad", "unk")}
    PreTrainedTokenizerFast(tokenizer_object=core, **special).save_pretrained(folder / "model")
    settings = folder / "model" / "tokenizer_config.json"  # an older transformers knows the class by another name
    settings.write_text(settings.read_text().replace("TokenizersBackend", "PreTrainedTokenizerFast"))
    coders = {layer: random_transcoder(layer, D_MODEL, LATENTS, K).tensors for layer in range(LAYERS)}
    numbers = {f"{layer}.{name}": t.contiguous() for layer, coder in coders.items() for name, t in coder.items()}
    save_file(numbers, folder / "transcoders.safetensors")


def same_edges(folder: Path) -> None:
    """Other edges would be another graph."""
    ours, peer = (load_file(folder / f"{side}.safetensors") for side in ("ours", "peer"))
    if not torch.equal(ours["features"], peer["features"]):
        raise click.ClickException("bench graph: the two graphs hold different features; nothing to compare.")
    apart = float((ours["edges"] - peer["edges"]).abs().max() / peer["edges"].abs().max())
    if apart > TOLERANCE:
        raise click.ClickException(
            f"bench graph: edges differ by up to {apart:.2g} of the largest; nothing to compare."
        )


def graph() -> Benchmark:
    """Seconds and memory for the same graph, and seconds for a graph of SmolLM2."""
    python, folder = environment(PEER, WITH), tempfile.TemporaryDirectory()
    place = Path(folder.name)
    prepare(place)
    arguments = [place, torch.get_num_threads(), LAYERS, D_MODEL, LATENTS, K, TOKENS, VOCABULARY]

    def ours() -> dict[str, float]:
        here = Path(sys.executable)
        return figures(here, _OURS, arguments, "drawing a graph") | figures(here, _SMOLLM2, [], "a graph of SmolLM2")

    def peer() -> dict[str, float]:
        found = figures(python, _PEER, arguments, "circuit-tracer")
        same_edges(place)
        return found | {"graph-12-tokens": LIMIT}

    units = {"graph": "s", "graph-memory": "MB", "graph-12-tokens": "s (beside: the limit)"}
    weakref.finalize(peer, folder.cleanup)
    return Benchmark("graph", ours, peer, f"{PEER.replace('==', ' ')}, attribute", units)
