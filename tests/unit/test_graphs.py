"""Graphs as data: influence worked out by hand, pruning that keeps sums, scores by formula, files of others."""

import json
import math
from dataclasses import replace

import pytest
import torch
from interpbook import graphs
from interpbook.graphs import Graph, GraphError, Node
from interpbook.graphs.influence import Kept, _without_loose_ends

NODES = (
    Node("feature", 0, 1, 5, 2.0),
    Node("feature", 1, 1, 7, 1.0),
    Node("error", 0, 1, -1, 3.0),
    Node("token", -1, 0, 10, 1.0, "the"),
    Node("token", -1, 1, 11, 1.0, "cat"),
    Node("logit", 2, 1, 12, 4.0, "sat"),
    Node("logit", 2, 1, 13, 1.0, "ran"),
)
F0, F1, ERROR, THE, CAT, SAT, RAN = range(7)


def by_hand() -> Graph:
    """cat → F0 → F1 → sat, with an error that feeds F1 and a word that feeds a logit directly."""
    edges = torch.zeros(7, 7)
    edges[F0, THE], edges[F0, CAT] = -1.0, 3.0
    edges[F1, F0], edges[F1, ERROR] = 1.5, 0.5
    edges[SAT, F1], edges[SAT, CAT] = 3.0, 1.0
    edges[RAN, F1], edges[RAN, THE] = -1.0, 1.0
    constant = torch.tensor([0.25, -0.5, 0, 0, 0, 0.0, 0.5])
    value = edges.sum(1) + constant
    value[ERROR : CAT + 1] = math.nan
    return Graph(
        prompt="the cat",
        tokens=("the", "cat"),
        token_ids=(10, 11),
        nodes=NODES,
        edges=edges,
        probabilities=torch.tensor([0.6, 0.2]),
        value=value,
        constant=constant,
        rest=torch.zeros(7),
        left_out=torch.zeros(7),
        n_layers=2,
        about={"basis": "transcoders"},
    )


def random_graph(n_features: int = 30, seed: int = 0) -> Graph:
    """Features of ten layers; every edge goes upwards."""
    g = torch.Generator().manual_seed(seed)
    features = [Node("feature", i // 3, 1, i, 1.0) for i in range(n_features)]
    errors = [Node("error", layer, 1, -1, 1.0) for layer in range(10)]
    ends = [Node("token", -1, p, p, 1.0, f"w{p}") for p in range(3)] + [Node("logit", 10, 2, 5, 2.0, "x")]
    nodes = (*features, *errors, *ends)
    layer = torch.tensor([node.layer for node in nodes])
    listens = torch.tensor([node.kind in ("feature", "logit") for node in nodes])
    edges = torch.randn(len(nodes), len(nodes), generator=g) * (layer[:, None] > layer) * listens[:, None]
    constant = torch.randn(len(nodes), generator=g) * listens
    value = torch.where(listens, edges.sum(1) + constant, torch.nan)
    zeros = torch.zeros(len(nodes))
    sizes = {"constant": constant, "value": value, "rest": zeros, "left_out": zeros}
    return Graph("w0 w1 w2", ("w0", "w1", "w2"), (0, 1, 2), nodes, edges, torch.tensor([0.9]), **sizes, n_layers=10)


def adds_up(graph: Graph) -> bool:
    """Every listener's inputs are its value."""
    known = ~graph.value.isnan()
    arrived = graph.edges.sum(1) + graph.constant + graph.rest
    return torch.allclose(arrived[known], graph.value[known], atol=1e-5)


def test_influence_is_what_paths_carry():
    got = graphs.influence(by_hand())
    into_f1 = 0.6 * 3 / 4 + 0.2 * 1 / 2
    into_f0 = into_f1 * 1.5 / 2
    assert got[F1] == pytest.approx(into_f1)
    assert got[F0] == pytest.approx(into_f0)
    assert got[ERROR] == pytest.approx(into_f1 * 0.5 / 2)
    assert got[CAT] == pytest.approx(0.6 / 4 + into_f0 * 3 / 4)
    assert got[SAT] == 0


def test_influence_is_the_sum_of_all_powers():
    graph = random_graph()
    share, n = graphs.shares(graph.edges).double(), len(graph.nodes)
    inverse = torch.linalg.inv(torch.eye(n, dtype=torch.float64) - share) - torch.eye(n, dtype=torch.float64)
    weights = torch.zeros(n, dtype=torch.float64)
    weights[-1] = 0.9
    assert torch.allclose(graphs.influence(graph).double(), weights @ inverse, atol=1e-6)


def test_influence_on_one_node_counts_its_inputs_alone():
    got = graphs.influence(by_hand(), on=F1)
    assert (got[F0], got[SAT]) == (pytest.approx(0.75), 0)


def test_a_circle_is_refused():
    edges = torch.zeros(7, 7)
    edges[F0, F1] = edges[F1, F0] = edges[SAT, F0] = 1.0
    with pytest.raises(GraphError, match="circles"):
        graphs.influence(replace(by_hand(), edges=edges))


def test_scores_by_formula():
    graph, strength = by_hand(), graphs.influence(by_hand())
    got = graphs.scores(graph)
    tokens = strength[THE] + strength[CAT]
    assert got.replacement == pytest.approx(float(tokens / (tokens + strength[ERROR])))
    reach = strength + torch.tensor([0, 0, 0, 0, 0, 0.6, 0.2])
    assert got.completeness == pytest.approx(float(1 - reach[F1] * 0.25 / reach.sum()))
    assert got.left_out == 0


def test_scores_at_their_ends():
    graph = by_hand()
    no_error = graph.edges.clone()
    no_error[:, ERROR] = 0
    best = graphs.scores(replace(graph, edges=no_error))
    assert (best.replacement, best.completeness) == (1, 1)
    all_error = torch.zeros(7, 7)
    all_error[SAT, ERROR] = all_error[RAN, ERROR] = 1.0
    assert graphs.scores(replace(graph, edges=all_error)).replacement == 0


@pytest.mark.parametrize("part", [0.3, 0.5, 0.8, 0.95])
def test_pruned_rows_still_add_up(part: float):
    graph = random_graph()
    small = graphs.prune(graph, nodes=part, edges=0.9)
    assert len(small.nodes) < len(graph.nodes)
    assert adds_up(small)
    assert graphs.scores(small).left_out > 0


def test_pruning_leaves_no_loose_ends_and_keeps_tokens_and_logits():
    small = graphs.prune(random_graph(), nodes=0.4, edges=0.6)
    enters, leaves = (small.edges != 0).any(1), (small.edges != 0).any(0)
    for i, node in enumerate(small.nodes):
        assert node.kind != "feature" or (enters[i] and leaves[i])
        assert node.kind != "error" or leaves[i]
    assert [node.kind for node in small.nodes][-4:] == ["token"] * 3 + ["logit"]


def test_pruning_keeps_the_strongest_and_drops_what_nothing_needs():
    graph = by_hand()
    weak = graph.edges.clone()
    weak[F1, ERROR], weak[F0, THE] = 1e-3, 0.0
    small = graphs.prune(replace(graph, edges=weak), nodes=0.99, edges=0.9)
    assert small.find("feature") == [0, 1]
    assert small.find("error") == []


def test_a_feature_whose_only_speaker_went_goes_too():
    graph = by_hand()
    edges = graph.edges.clone()
    edges[F1, ERROR] = 0.0
    graph, everything = replace(graph, edges=edges), torch.ones(7, dtype=torch.bool)
    everything[F0] = False
    left = _without_loose_ends(graph, Kept(everything, edges != 0))
    assert left.nodes.tolist() == [False, False, False, True, True, True, True]


def test_a_feature_whose_only_listener_went_goes_too():
    some = torch.ones(7, dtype=torch.bool)
    some[F1] = False
    left = _without_loose_ends(by_hand(), Kept(some, by_hand().edges != 0))
    assert left.nodes.tolist() == [False, False, False, True, True, True, True]


def test_keeping_everything_changes_nothing():
    graph = random_graph()
    whole = graphs.prune(graph, nodes=1.0, edges=1.0)
    assert torch.equal(whole.edges, graph.edges)
    with pytest.raises(GraphError, match=r"0 to 1; got 1\.2"):
        graphs.prune(graph, nodes=1.2)


def test_more_of_the_influence_needs_more_nodes():
    sizes = [len(graphs.prune(random_graph(), nodes=part).nodes) for part in (0.2, 0.5, 0.8, 0.99)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_cumulative_counts_from_the_strongest():
    got = graphs.cumulative(torch.tensor([1.0, 6.0, 3.0]))
    assert torch.allclose(got, torch.tensor([1.0, 0.6, 0.9]))


def test_nodes_by_index_id_and_themselves():
    graph = by_hand()
    assert graph.index("1_7_1") == graph.index(NODES[F1]) == graph.index(F1) == F1
    assert [node.id for node in NODES] == ["0_5_1", "1_7_1", "0_-1_1", "E_10_0", "E_11_1", "3_12_1", "3_13_1"]
    assert graph.find("feature", layer=1) == [F1]
    assert graph.find(position=-1, kind="token") == [CAT]
    assert graph.find(label="at") == [CAT, SAT]
    with pytest.raises(GraphError, match="no node '9_9_9'"):
        graph.index("9_9_9")
    with pytest.raises(GraphError, match="no kind 'neuron'"):
        graph.where("neuron")


def test_nodes_in_another_order_are_refused():
    graph = by_hand()
    with pytest.raises(GraphError, match="order"):
        replace(graph, nodes=NODES[::-1])
    with pytest.raises(GraphError, match=r"\(7, 7\)"):
        replace(graph, edges=torch.zeros(3, 3))


def test_json_there_and_back(tmp_path):
    graph = graphs.group(graphs.label(by_hand(), {"0_5_1": "animals"}), {"pets": [F0, F1]})
    again = graphs.from_json(graphs.save(graph, tmp_path / "graph.json"))
    assert [node[:4] for node in again.nodes] == [node[:4] for node in graph.nodes]
    assert [node.label for node in again.nodes] == [node.label for node in graph.nodes]
    assert torch.allclose(again.edges, graph.edges)
    assert torch.allclose(again.probabilities, graph.probabilities)
    assert torch.allclose(again.value, graph.value, equal_nan=True)
    assert (again.groups, again.n_layers, again.about) == (graph.groups, 2, dict(graph.about))
    assert (again.prompt, again.tokens, again.token_ids) == (graph.prompt, graph.tokens, graph.token_ids)


def test_json_is_what_their_schema_wants():
    document = json.loads(json.dumps(graphs.to_json(by_hand(), slug="cat", node_threshold=0.8), allow_nan=False))
    assert set(document) == {"metadata", "qParams", "nodes", "links"}
    assert {"slug", "scan", "prompt_tokens", "prompt"} <= set(document["metadata"])
    needed = {"node_id", "feature", "layer", "ctx_idx", "feature_type", "jsNodeId", "clerp"}
    assert all(needed <= set(node) for node in document["nodes"])
    names = {node["node_id"] for node in document["nodes"]}
    assert all(link["source"] in names and link["target"] in names for link in document["links"])
    assert len(document["links"]) == 8
    first = document["nodes"][0]
    assert (first["feature"], first["layer"], first["jsNodeId"]) == ((0 + 5) * (0 + 5 + 1) // 2 + 5, "0", "0_5-0")
    token, logit = document["nodes"][CAT], document["nodes"][SAT]
    assert (token["layer"], token["feature_type"], token["jsNodeId"]) == ("E", "embedding", "E_11-1")
    assert (logit["layer"], logit["is_target_logit"], logit["clerp"]) == ("3", True, 'Output "sat" (p=0.600)')
    assert logit["influence"] is None


def test_a_file_of_circuit_tracer_opens():
    theirs = graphs.to_json(by_hand())
    del theirs["metadata"]["interpbook"]
    for node in theirs["nodes"]:  # older versions name errors so
        if node["feature_type"] == "mlp reconstruction error":
            node["node_id"] = "0_0_1"
    for link in theirs["links"]:
        link["source"] = link["source"].replace("0_-1_1", "0_0_1")
    theirs["nodes"].reverse()
    again = graphs.from_json(theirs)
    assert again.find("error") == [ERROR]
    assert torch.allclose(graphs.influence(again).sort().values, graphs.influence(by_hand()).sort().values)
    assert bool(again.value.isnan().all())
    assert again.n_layers == 2


def test_other_files_are_refused(tmp_path):
    with pytest.raises(GraphError, match="nodes, links missing"):
        graphs.from_json({"metadata": {}, "qParams": {}})
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(GraphError, match="could not be read"):
        graphs.from_json(tmp_path / "x.json")
    strange = graphs.to_json(by_hand())
    strange["nodes"][0]["feature_type"] = "lorsa"
    with pytest.raises(GraphError, match="'lorsa'"):
        graphs.from_json(strange)
    broken = graphs.to_json(by_hand())
    broken["links"][0]["source"] = "nobody"
    with pytest.raises(GraphError, match="'nobody'"):
        graphs.from_json(broken)


def test_groups():
    graph = graphs.group(by_hand(), {"animal": [F0], "act": [F1]})
    found = graphs.supergraph(graph)
    assert found.names == ("animal", "act", "the @0", "cat @1", "sat", "ran")
    assert found.edges[1, 0] == pytest.approx(0.75)
    assert found.edges[0, 3] == pytest.approx(0.75)
    assert found.edges[0, 2] == pytest.approx(-0.25)
    assert found.edges[4, 1] == pytest.approx(0.75)
    with pytest.raises(GraphError, match="in 'a' and in 'b'"):
        graphs.group(graph, {"a": [F0], "b": [F0]})
    with pytest.raises(GraphError, match="no members"):
        graphs.group(graph, {"a": []})
    with pytest.raises(GraphError, match="no groups"):
        graphs.supergraph(by_hand())


def test_ways_over_nodes_without_a_group_count_if_asked():
    graph = graphs.group(by_hand(), {"act": [F1]})
    direct, through = graphs.supergraph(graph), graphs.supergraph(graph, through=True)
    act, cat = direct.names.index("act"), direct.names.index("cat @1")
    assert direct.edges[act, cat] == 0
    assert through.edges[act, cat] == pytest.approx(0.75 * 0.75)
    both = graphs.supergraph(graph, through=True, errors=True)
    assert both.edges[act, both.names.index("errors")] == pytest.approx(0.25)


def test_pruning_takes_members_out_of_groups():
    graph = graphs.group(random_graph(), {"all": list(range(30))})
    small = graphs.prune(graph, nodes=0.7)
    assert 0 < len(small.groups["all"]) < 30
    assert all(small.nodes[i].kind == "feature" for i in small.groups["all"])


def test_inputs_outputs_and_the_strongest_path():
    graph = by_hand()
    assert graphs.top_inputs(graph, F0, 1) == [(CAT, 3.0)]
    assert graphs.top_outputs(graph, F1) == [(SAT, 3.0), (RAN, -1.0)]
    assert graphs.strongest_path(graph) == [CAT, F0, F1, SAT]
    assert graphs.strongest_path(graph, RAN) == [THE, RAN]
    with pytest.raises(GraphError, match="nothing reaches"):
        graphs.strongest_path(graph, THE)
