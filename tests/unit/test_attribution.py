"""Graphs of models: they add up, say what the frozen model does, and refuse what they cannot trace."""

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import tiny_model, tiny_network, tiny_tokenizer
from interpbook import attribution, graphs, models
from interpbook.attribution import AttributionError
from interpbook.attribution.frozen import freeze
from interpbook.attribution.running import Setting, _Changing, run
from interpbook.dictionaries import DictionaryError, TopK, encode
from interpbook.dictionaries.transcoders import CrossLayer, Transcoder, replace_mlps, transcode
from interpbook.models.loading import wrap

PROMPT = "the capital of france is"
FAMILIES = ("llama", "qwen2", "gpt2")


def random_transcoder(d: int, n: int, k: int, layer: int, *, skip: bool = False) -> Transcoder:
    """Directions that nobody trained: a graph must add up with any."""
    g = torch.Generator().manual_seed(layer)
    W_dec = torch.nn.functional.normalize(torch.randn(n, d, generator=g), dim=1)
    return Transcoder(
        config=TopK(d, n, k=k),
        W_enc=torch.randn(n, d, generator=g) / d**0.5,
        b_enc=torch.randn(n, generator=g) * 0.1,
        W_dec=W_dec,
        b_dec=torch.randn(d, generator=g) * 0.1,
        W_skip=torch.randn(d, d, generator=g) * 0.1 if skip else None,
        layer=layer,
    )


@functools.cache
def stand_ins(family: str, skip: bool = False) -> dict[int, Transcoder]:
    """One for each layer of a tiny model."""
    sizes = models.info(tiny_model(family))
    return {i: random_transcoder(sizes.d_model, 40, 6, i, skip=skip) for i in range(sizes.n_layers)}


@functools.cache
def traced(family: str = "llama", skip: bool = False, max_features: int | None = None) -> graphs.Graph:
    """The graph of the prompt."""
    return attribution.trace_graph(tiny_model(family), stand_ins(family, skip), PROMPT, max_features=max_features)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("max_features", [None, 20])
def test_everything_adds_up(family: str, skip: bool, max_features: int | None):
    got = attribution.exactness(tiny_model(family), traced(family, skip, max_features), stand_ins(family, skip))
    assert got.edges < 1e-4
    assert got.logits < 1e-4
    assert got.n > 20


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("max_features", [400, 30])
def test_neurons_add_up_without_error_nodes(family: str, max_features: int):
    graph = attribution.neuron_graph(tiny_model(family), PROMPT, max_features=max_features)
    got = attribution.exactness(tiny_model(family), graph)
    assert got.edges < 2e-4
    assert got.logits < 1e-4
    assert graph.find("error") == []
    assert graphs.scores(graph).completeness == 1
    assert (graphs.scores(graph).left_out > 0.01) == (max_features == 30)


def by_autograd(family: str, layer: int, position: int, direction: torch.Tensor) -> torch.Tensor:
    """Gradient of direction · mlp_in for the token embeddings by torch itself, MLPs cut, patterns and norms held."""
    model, held = tiny_model(family), freeze(tiny_model(family), PROMPT)
    x = held.embed.clone().requires_grad_()
    stream, sizes = x, models.info(model)
    for i, block in enumerate(held.blocks[: layer + 1]):
        network = model._module.model.layers[i]
        normed = stream * block.norm1.scale
        values = network.self_attn.v_proj(normed).unflatten(-1, (sizes.n_kv_heads, -1))
        heads = [block.pattern[h] @ values[:, h * sizes.n_kv_heads // sizes.n_heads] for h in range(sizes.n_heads)]
        stream = stream + network.self_attn.o_proj(torch.cat(heads, -1))
        if i == layer:
            break
        stream = stream + held.mlp_out[i]
    ((stream * held.blocks[layer].norm2.scale)[position] @ direction).backward()
    assert x.grad is not None
    return (x.grad * held.embed).sum(-1)


def test_token_edges_are_what_torch_says():
    graph = traced("llama")
    for i in graph.find("feature", layer=2)[:3]:
        node = graph.nodes[i]
        direction = stand_ins("llama")[2].W_enc[node.latent]
        expected = by_autograd("llama", 2, node.position, direction)
        assert torch.allclose(graph.edges[i, graph.where("token")], expected, atol=1e-5)


def test_edges_go_upwards_and_never_into_the_future():
    graph = traced("llama")
    for target, source in (graph.edges.abs() > 0).nonzero().tolist():
        t, s = graph.nodes[target], graph.nodes[source]
        assert s.layer < t.layer
        assert s.position <= t.position


def test_the_prefix_is_a_constant():
    graph = traced("llama")
    assert graph.find("feature", position=0) == []
    assert not graph.edges[:, graph.find("error", position=0)].any()
    ids = models.tokenize(tiny_model("llama"), PROMPT, prefix=False).ids
    bare = attribution.trace_graph(tiny_model("llama"), stand_ins("llama"), ids, max_features=None)
    assert bare.find("feature", position=0) != []
    assert float(attribution.edge_errors(bare).max()) < 1e-4


def test_attention_sinks_are_all_error():
    limited = {i: replace(tc, limit=0.0) for i, tc in stand_ins("llama").items()}
    limited[1] = stand_ins("llama")[1]
    graph = attribution.trace_graph(tiny_model("llama"), limited, PROMPT, max_features=None)
    assert {graph.nodes[i].layer for i in graph.find("feature")} == {1}
    assert float(attribution.edge_errors(graph).max()) < 1e-4


def test_layers_without_transcoder_are_error():
    some = {1: stand_ins("llama")[1]}
    graph = attribution.trace_graph(tiny_model("llama"), some, PROMPT, max_features=None)
    assert {graph.nodes[i].layer for i in graph.find("feature")} == {1}
    assert graphs.scores(graph).replacement < graphs.scores(traced("llama")).replacement
    assert attribution.exactness(tiny_model("llama"), graph, some).logits < 1e-4


def test_errors_are_what_the_features_leave():
    graph, tc = traced("llama", skip=True), stand_ins("llama", True)[1]
    held = freeze(tiny_model("llama"), PROMPT)
    left = (held.mlp_out[1] - transcode(tc, held.mlp_in[1])).norm(dim=-1)
    sizes = torch.tensor([graph.nodes[i].activation for i in graph.find("error", layer=1)])
    assert torch.allclose(sizes[1:], left[1:], atol=1e-5)
    assert sizes[0] == 0


def test_chosen_features_are_the_influential_ones():
    whole, part = traced("llama"), traced("llama", False, 20)
    order = graphs.influence(whole)[whole.where("feature")].argsort(descending=True)[:20]
    best = {whole.nodes[int(i)].id for i in order}
    chosen = {part.nodes[i].id for i in part.find("feature")}
    assert len(best & chosen) >= 16
    assert graphs.scores(part).left_out > 0
    node = next(iter(best & chosen))
    assert part.edges[part.index(node), -1] == whole.edges[whole.index(node), -1]


def test_named_targets_and_the_most_probable_ones():
    graph = attribution.trace_graph(tiny_model("llama"), stand_ins("llama"), PROMPT, targets=["paris", "berlin"])
    assert [graph.nodes[i].label for i in graph.find("logit")] == ["paris", "berlin"]
    logits = models.next_logits(tiny_model("llama"), PROMPT)[0]
    expected = logits[graph.nodes[-2].latent] - logits.mean()
    assert graph.value[-2] == pytest.approx(float(expected), abs=1e-4)
    few = attribution.trace_graph(tiny_model("llama"), stand_ins("llama"), PROMPT, n_logits=2)
    assert [few.nodes[i].latent for i in few.find("logit")] == logits.topk(2).indices.tolist()
    sure = attribution.trace_graph(tiny_model("llama"), stand_ins("llama"), PROMPT, logit_mass=0.01)
    assert len(sure.find("logit")) == 1


# --- interventions ---


@pytest.mark.parametrize("family", ["llama", "gpt2"])
@pytest.mark.parametrize("factor", [0.0, 2.0, -1.0])
def test_predictions_are_exact_where_nothing_but_lines_follows(family: str, factor: float):
    """A feature of the last block meets no further MLP; with the norm held, the graph knows its whole effect."""
    model, graph, last = tiny_model(family), traced(family), models.info(tiny_model(family)).n_layers - 1
    here = graph.find("feature", layer=last, position=len(graph.tokens) - 1)
    for node in here[:3]:
        predicted = attribution.predicted_effect(graph, {node: factor})
        measured = attribution.intervene(model, stand_ins(family), graph, {node: factor}, frozen=True)
        assert torch.allclose(predicted.logits, measured.logits, atol=1e-4)
        assert float(predicted.logits.abs().max()) > 1e-3


def test_the_next_layers_features_change_as_predicted():
    """One block on, a small change moves each feature that stays active along its edge."""
    model, graph = tiny_model("llama"), traced("llama")
    first = graph.find("feature", layer=0)[0]
    predicted = attribution.predicted_effect(graph, {first: 1.01})
    measured = attribution.intervene(model, stand_ins("llama"), graph, {first: 1.01}, frozen=True)
    next_ones = graph.find("feature", layer=1)
    assert torch.allclose(predicted.change[next_ones], measured.change[next_ones], atol=1e-4)
    assert float(predicted.change[next_ones].abs().max()) > 1e-4


def test_neurons_of_the_last_layer_too():
    model = tiny_model("llama")
    graph = attribution.neuron_graph(model, PROMPT, max_features=200)
    node = graph.find("feature", layer=2, position=len(graph.tokens) - 1)[0]
    predicted = attribution.predicted_effect(graph, {node: 0.0})
    measured = attribution.intervene(model, None, graph, {node: 0.0}, frozen=True)
    assert torch.allclose(predicted.logits, measured.logits, atol=1e-4)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_factor_of_one_changes_nothing(frozen: bool):
    graph = traced("llama")
    effect = attribution.intervene(tiny_model("llama"), stand_ins("llama"), graph, {0: 1.0}, frozen=frozen)
    assert float(effect.logits.abs().max()) < 1e-5
    assert float(attribution.predicted_effect(graph, {0: 1.0}).logits.abs().max()) == 0


def test_without_settings_the_frozen_run_is_the_models_own():
    ids = models.tokenize(tiny_model("llama"), PROMPT).ids
    watched = [(1, 3, 7), (2, 5, 0)]
    free, held = (run(tiny_model("llama"), stand_ins("llama"), ids, [[]], watched, frozen=f) for f in (False, True))
    assert torch.allclose(free.logits, held.logits, atol=1e-4)
    assert torch.allclose(free.activations, held.activations, atol=1e-5)


def test_a_set_feature_is_set_whatever_came_before_it():
    """What is added makes up for what the feature is by now, not for what it was."""
    model, tc, graph = tiny_model("llama"), stand_ins("llama")[2], traced("llama")
    node = graph.nodes[graph.find("feature", layer=2, position=5)[0]]
    changing, held = _Changing({2: tc}, [[Setting(*node[1:4], value=0.5)]]), freeze(model, PROMPT)
    elsewhere, y = held.mlp_in[2][None] * 1.1, held.mlp_out[2][None]
    changing.take(elsewhere, 2)
    added = (changing.give(y, 2) - y)[0]
    now = encode(tc, elsewhere[0, 5])[node.latent]
    assert torch.allclose(added[5], (0.5 - now) * tc.W_dec[node.latent], atol=1e-5)
    assert not added[:5].any()


def test_many_interventions_side_by_side_are_the_same_as_one_by_one():
    model, tcs, graph = tiny_model("llama"), stand_ins("llama"), traced("llama")
    changes = [{0: 0.0}, {5: 2.0, 30: 0.0}, {}]
    together = attribution.measured_logits(model, tcs, graph, changes)
    alone = [attribution.intervene(model, tcs, graph, change).logits for change in changes]
    assert torch.allclose(together, torch.stack(alone), atol=1e-5)
    assert float(together[2].abs().max()) < 1e-5


def test_agreement_is_perfect_where_predictions_are_exact():
    last = {2: random_transcoder(24, 60, 60, 2)}
    graph = attribution.trace_graph(tiny_model("llama"), last, PROMPT, max_features=None)
    got = attribution.agreement(tiny_model("llama"), last, graph, n=12, frozen=True)
    assert torch.allclose(got.predicted, got.measured, atol=1e-4)
    assert got.spearman.value > 0.99


def test_agreement_takes_other_features_as_its_null():
    settings = {"n": 15, "frozen": True}
    got = attribution.agreement(tiny_model("llama"), stand_ins("llama"), traced("llama"), **settings)
    assert not set(got.nodes) & set(got.random_nodes)
    assert len(set(got.random_nodes)) == 15
    assert float(got.measured.abs().mean()) > float(got.random_measured.abs().mean())
    again = attribution.agreement(tiny_model("llama"), stand_ins("llama"), traced("llama"), **settings)
    assert again.random_nodes == got.random_nodes
    other = attribution.agreement(tiny_model("llama"), stand_ins("llama"), traced("llama"), **settings, seed=1)
    assert other.random_nodes != got.random_nodes


def test_spearman():
    up = np.array([1.0, 2.0, 3.0, 4.0])
    assert attribution.spearman(up, up**3) == pytest.approx(1)
    assert attribution.spearman(up, -up) == pytest.approx(-1)
    assert attribution.spearman(up, np.ones(4)) == 0
    assert attribution.spearman(np.array([1.0, 1.0, 2.0]), np.array([3.0, 3.0, 9.0])) == pytest.approx(1)


# --- cross-layer ---


def crossing(transcoder: Transcoder, n_layers: int) -> CrossLayer:
    """The same transcoder, writing at random into every later layer as well."""
    g = torch.Generator().manual_seed(100 + transcoder.layer)
    later = {i: 0.5 * torch.randn(transcoder.W_dec.shape, generator=g) for i in range(transcoder.layer + 1, n_layers)}
    own = (transcoder.config, transcoder.W_enc, transcoder.b_enc, transcoder.W_dec, transcoder.b_dec)
    return CrossLayer(*own, W_skip=transcoder.W_skip, layer=transcoder.layer, later=later)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("max_features", [None, 20])
def test_cross_layer_edges_add_up(family: str, max_features: int | None):
    model, plain = tiny_model(family), stand_ins(family, True)
    crossed = {i: crossing(tc, len(plain)) for i, tc in plain.items()}
    graph = attribution.trace_graph(model, crossed, PROMPT, max_features=max_features)
    got = attribution.exactness(model, graph, crossed)
    assert got.edges < 1e-4 and got.logits < 1e-4 and got.n > 20
    if max_features is None:
        other = traced(family, True)
        changed = (graph.edges - other.edges).abs() > 1e-6  # errors take up what features write further up
        assert changed[:, graph.where("feature")].any() and not changed[:, graph.where("token")].any()


def test_an_edge_of_a_cross_layer_feature_is_the_sum_of_what_it_writes_on_the_way():
    model, plain = tiny_model("llama"), stand_ins("llama")
    only = {0: crossing(plain[0], 3)}
    parts = [{**only, 0: replace(only[0], later={i: rows})} for i, rows in only[0].later.items()]
    whole, bare, *single = (
        attribution.trace_graph(model, tcs, PROMPT, max_features=None, targets=("paris", "france"))
        for tcs in (only, {0: replace(only[0], later={})}, *parts)
    )
    features = whole.where("feature")
    at = [graph.edges[graph.where("logit"), features] for graph in (whole, bare, *single)]
    assert torch.allclose(at[0], at[1] + (at[2] - at[1]) + (at[3] - at[1]), atol=1e-5)
    assert float((at[0] - at[1]).abs().max()) > 1e-3


def test_a_cross_layer_feature_is_set_wherever_it_writes():
    """What it writes into the last block passes nothing but the final norm: its edge says exactly what that does."""
    model, plain = tiny_model("llama"), stand_ins("llama")
    crossed = {i: crossing(tc, len(plain)) for i, tc in plain.items()}
    graph, other = attribution.trace_graph(model, crossed, PROMPT, max_features=None), traced("llama")
    ends = graph.find("feature", position=-1, layer=len(plain) - 2)[:3]
    assert ends and [graph.nodes[i].id for i in ends] == [other.nodes[i].id for i in ends]
    for i in ends:
        found, skipped = (
            attribution.intervene(model, tcs, graph, {i: 0.0}, frozen=True).logits for tcs in (crossed, plain)
        )
        further = (graph.edges - other.edges)[graph.where("logit"), i]
        assert torch.allclose(found - skipped, -further, atol=1e-4) and float(further.abs().max()) > 1e-3


def test_rows_for_an_earlier_layer_are_refused():
    tc = stand_ins("llama")[1]
    with pytest.raises(DictionaryError, match="for block 0, of a transcoder that reads at block 1"):
        CrossLayer(tc.config, tc.W_enc, tc.b_enc, tc.W_dec, tc.b_dec, layer=1, later={0: tc.W_dec})
    crossed = crossing(stand_ins("llama")[0], 3)
    with pytest.raises(DictionaryError, match="writes into later layers"):
        replace_mlps(tiny_model("llama"), {0: crossed}, PROMPT)


# --- what is refused ---


def test_what_cannot_be_traced_is_refused():
    model, tcs = tiny_model("llama"), stand_ins("llama")
    with pytest.raises(AttributionError, match="no transcoders"):
        attribution.trace_graph(model, {}, PROMPT)
    with pytest.raises(AttributionError, match="layer 7"):
        attribution.trace_graph(model, {7: tcs[0]}, PROMPT)
    with pytest.raises(AttributionError, match="another model"):
        attribution.trace_graph(model, {0: random_transcoder(8, 16, 4, 0)}, PROMPT)
    with pytest.raises(AttributionError, match="one prompt; got 2"):
        attribution.trace_graph(model, tcs, torch.tensor([[0, 1], [0, 2]]))
    with pytest.raises(AttributionError, match="n_logits"):
        attribution.trace_graph(model, tcs, PROMPT, n_logits=0)
    with pytest.raises(models.ModelError, match="gemma2"):
        attribution.trace_graph(tiny_model("gemma2"), tcs, PROMPT)


def test_interventions_that_make_no_sense_are_refused():
    graph = traced("llama")
    with pytest.raises(AttributionError, match="is a token; only features"):
        attribution.predicted_effect(graph, {graph.find("token")[0]: 0.0})
    with pytest.raises(AttributionError, match="Lower n"):
        attribution.agreement(tiny_model("llama"), stand_ins("llama"), graph, n=500)


def test_half_precision_is_refused():
    half = wrap(tiny_network("llama").to(torch.bfloat16), tiny_tokenizer())
    with pytest.raises(AttributionError, match="bfloat16"):
        freeze(half, PROMPT)
