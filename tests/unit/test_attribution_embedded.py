"""Graphs of the embedded model: twenty prompts, and every one adds up."""

import pytest
from interpbook import attribution, dictionaries, graphs, models

PROMPTS = (
    "The capital of France is",
    "The capital of Japan is",
    "The capital of Italy is",
    "The opposite of small is",
    "The opposite of hot is",
    "The opposite of old is",
    "When Mary and John went home, John thanked",
    "When Tom and Anna sat down, Anna looked at",
    "Bananas are",
    "Two plus two is",
    "She put the book on the",
    "red blue green red blue",
    "cat dog bird cat dog",
    "def add(a, b): return a",
    "Once upon a time there was a",
    "The sun rises in the",
    "Water freezes at zero",
    "He spoke French because he grew up in",
    "Monday, Tuesday, Wednesday,",
    "My name is Paul and I live in",
)


@pytest.fixture(scope="module")
def smollm2():
    return models.load()


@pytest.fixture(scope="module")
def coders():
    return dictionaries.open_transcoders()


@pytest.mark.parametrize("prompt", PROMPTS)
def test_inputs_sum_to_values_and_local_logits_are_the_models(smollm2, coders, prompt: str):
    graph = attribution.trace_graph(smollm2, coders, prompt, n_logits=3, max_features=24)
    got = attribution.exactness(smollm2, graph, coders)
    assert got.edges < 1e-4
    assert got.logits < 1e-4
    assert got.n >= 25


def test_neurons_add_up_too(smollm2):
    graph = attribution.neuron_graph(smollm2, PROMPTS[0], n_logits=2, max_features=24)
    got = attribution.exactness(smollm2, graph)
    assert got.edges < 1e-4
    assert got.logits < 1e-4
    assert graphs.scores(graph).completeness == 1


def test_influence_finds_features_that_matter(smollm2, coders):
    """Switching off the most influential features moves the answer more than as many others of the same layers."""
    graph = attribution.trace_graph(smollm2, coders, PROMPTS[0], n_logits=1, max_features=120)
    got = attribution.agreement(smollm2, coders, graph, n=20)
    assert float(got.measured.abs().mean()) > 1.3 * float(got.random_measured.abs().mean())
