"""Graphs as JSON in the format of circuit-tracer and Neuronpedia, so that either can open them, and theirs open here.

`to_json` gives what circuit-tracer's `create_graph_files` writes (schema version 1, checked against Neuronpedia's
schema); what this book knows beyond it, such as constants, stands under `metadata.interpbook` and is ignored there.
`from_json` reads both. Built in chapter 05.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interpbook.graphs.errors import GraphError
from interpbook.graphs.graph import KINDS, Graph, Node, empty_inputs
from interpbook.graphs.influence import cumulative, influence

TYPES = {
    "feature": "cross layer transcoder",
    "error": "mlp reconstruction error",
    "token": "embedding",
    "logit": "logit",
}
"""Our kinds in their words; per-layer features are called by the same name there."""
EXTRAS = ("value", "constant", "rest", "left_out")


def to_json(
    graph: Graph, *, slug: str = "graph", scan: str = "interpbook", node_threshold: float | None = None
) -> dict[str, Any]:
    """The graph as a dictionary that `json.dump` takes. Edges that are 0 are left out."""
    strength = cumulative(influence(graph))
    rows, columns = graph.edges.nonzero(as_tuple=True)
    weights = graph.edges[rows, columns].tolist()
    ids = [node.id for node in graph.nodes]
    ends = zip(rows.tolist(), columns.tolist(), weights, strict=True)
    first = graph.where("logit").start
    return {
        "metadata": {
            **{"slug": slug, "scan": scan, "transcoder_list": []},
            **{"prompt_tokens": list(graph.tokens), "prompt": graph.prompt, "schema_version": 1},
            **({} if node_threshold is None else {"node_threshold": node_threshold}),
            "interpbook": _extras(graph),
        },
        "qParams": {
            **{"pinnedIds": [], "linkType": "both", "clickedId": "", "sg_pos": ""},
            "supernodes": [[name, *(ids[i] for i in members)] for name, members in graph.groups.items()],
        },
        "nodes": [
            _node(node, float(strength[i]), float(graph.probabilities[i - first]) if i >= first else 0.0, i == first)
            for i, node in enumerate(graph.nodes)
        ],
        "links": [{"source": ids[s], "target": ids[t], "weight": _short(w)} for t, s, w in ends],
    }


def save(graph: Graph, path: str | Path, **settings: Any) -> Path:
    """Write `to_json(graph)` to a file."""
    path = Path(path)
    path.write_text(json.dumps(to_json(graph, **settings), separators=(",", ":"), ensure_ascii=False), "utf-8")
    return path


def from_json(source: Mapping[str, Any] | str | Path) -> Graph:
    """A graph from a file, or from what `json.load` gave: ours, circuit-tracer's or Neuronpedia's.

    Files of others do not say what a node's inputs add up to, so `value` is NaN and `constant` 0 there.

    Raises:
        GraphError: it is not JSON, or no graph.
    """
    data = _document(source)
    records = [_record(record) for record in data["nodes"]]
    records.sort(key=lambda record: KINDS.index(record[1].kind))
    nodes, names = tuple(node for _, node, _ in records), [name for name, _, _ in records]
    place = {name: i for i, name in enumerate(names)}
    edges = torch.zeros(len(nodes), len(nodes))
    for link in data["links"]:
        if link["source"] not in place or link["target"] not in place:
            raise GraphError(
                f"from_json: an edge names a node that the file lacks: {link['source']!r}, {link['target']!r}."
            )
        edges[place[link["target"]], place[link["source"]]] = float(link["weight"])
    probabilities = [probability for _, node, probability in records if node.kind == "logit"]
    metadata = data["metadata"]
    extras = metadata.get("interpbook") or {}
    token_ids = {node.position: node.latent for node in nodes if node.kind == "token"}
    groups = {
        str(name): tuple(place[i] for i in ids if i in place) for name, *ids in data["qParams"].get("supernodes", [])
    }
    return Graph(
        prompt=str(metadata["prompt"]),
        tokens=tuple(map(str, metadata["prompt_tokens"])),
        token_ids=tuple(token_ids.get(i, -1) for i in range(len(metadata["prompt_tokens"]))),
        nodes=nodes,
        edges=edges,
        probabilities=torch.tensor(probabilities, dtype=torch.float32),
        **_inputs(extras, nodes),
        n_layers=int(
            extras.get("n_layers") or 1 + max((node.layer for node in nodes if node.kind != "logit"), default=0)
        ),
        groups={name: members for name, members in groups.items() if members},
        about={str(k): str(v) for k, v in (extras.get("about") or {"scan": metadata.get("scan", "")}).items()},
    )


def _extras(graph: Graph) -> dict[str, Any]:
    """What the format has no place for; only nodes with inputs are listed."""
    numbers = {
        name: {
            node.id: _short(float(x))
            for node, x in zip(graph.nodes, getattr(graph, name), strict=True)
            if node.kind in ("feature", "logit") and math.isfinite(float(x))
        }
        for name in EXTRAS
    }
    return {"n_layers": graph.n_layers, "about": dict(graph.about), **numbers}


def _inputs(extras: Mapping[str, Any], nodes: tuple[Node, ...]) -> dict[str, Tensor]:
    inputs = empty_inputs(len(nodes))
    for name in EXTRAS:
        for i, node in enumerate(nodes):
            if node.id in (extras.get(name) or {}):
                inputs[name][i] = float(extras[name][node.id])
    return inputs


def _node(node: Node, strength: float, probability: float, target: bool) -> dict[str, Any]:
    """One node in their words."""
    clerp = f'Output "{node.label}" (p={probability:.3f})' if node.kind == "logit" else node.label
    layer = {"token": "E", "logit": str(node.layer + 1)}.get(node.kind, str(node.layer))
    feature = {"feature": _cantor(node.layer, node.latent), "token": node.position}.get(node.kind, node.latent)
    named = {"token": f"E_{node.latent}-{node.position}", "logit": f"L_{node.latent}-{node.position}"}
    inner = f"{node.layer}_{node.latent}-{0 if node.kind == 'feature' else node.position}"
    return {
        **{"node_id": node.id, "feature": feature, "layer": layer, "ctx_idx": node.position},
        **{"feature_type": TYPES[node.kind], "token_prob": _short(probability), "is_target_logit": target},
        **{"run_idx": 0, "reverse_ctx_idx": 0, "jsNodeId": named.get(node.kind, inner), "clerp": clerp},
        "influence": None if node.kind == "logit" else _short(strength),
        "activation": _short(node.activation) if node.kind == "feature" else None,
    }


def _record(record: Mapping[str, Any]) -> tuple[str, Node, float]:
    """Its id, the node, its probability."""
    kinds = {theirs: ours for ours, theirs in TYPES.items()}
    theirs = record["feature_type"]
    if theirs not in kinds:
        raise GraphError(f"from_json: a node of type {theirs!r}; known are {', '.join(map(repr, kinds))}.")
    kind, layer = kinds[theirs], record["layer"]
    parts = str(record["node_id"]).split("_")
    clerp, probability = str(record.get("clerp") or ""), float(record.get("token_prob") or 0.0)
    if kind == "logit":
        clerp = clerp.removeprefix('Output "').rpartition('" (p=')[0] or clerp
    level = -1 if kind == "token" else int(layer) - (kind == "logit")
    latent = -1 if kind == "error" else int(parts[1])
    given = record.get("activation")
    activation = math.nan if given is None else float(given)
    return str(record["node_id"]), Node(kind, level, int(record["ctx_idx"]), latent, activation, clerp), probability


def _document(source: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    if isinstance(source, str | Path):
        try:
            source = json.loads(Path(source).read_text("utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise GraphError(f"from_json: {str(source)!r} could not be read as JSON: {error}.") from error
    held: Mapping[str, Any] = source if isinstance(source, Mapping) else {}
    missing = [part for part in ("metadata", "qParams", "nodes", "links") if part not in held]
    if missing:
        raise GraphError(f"from_json: not a graph: {', '.join(missing)} missing. Expected what circuit-tracer writes.")
    return held


def _cantor(layer: int, latent: int) -> int:
    """Two numbers as one, as their frontends expect it."""
    return (layer + latent) * (layer + latent + 1) // 2 + latent


def _short(x: float) -> float | None:
    """Six digits: enough for a picture and an exactness of 1e-5, and half the size."""
    return float(f"{x:.6g}") if math.isfinite(x) else None
