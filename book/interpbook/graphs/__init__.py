"""Attribution graphs as data: read them, prune them, score them, group them, show them, exchange them.

1. A `Graph` holds nodes and a square of edges; `attribution.trace_graph` makes one, `from_json` opens one.
2. `prune` makes it small, `scores` say how far to trust it, `group` and `supergraph` turn it into a claim.
3. `to_json` writes it as circuit-tracer and Neuronpedia do; `show` draws it.

Nothing here knows a model. Ameisen et al. 2025. Built in chapter 05.
"""

from interpbook.graphs.errors import GraphError
from interpbook.graphs.exchange import from_json, save, to_json
from interpbook.graphs.graph import Graph, Node, NodeLike, group, label
from interpbook.graphs.influence import Scores, cumulative, edge_influence, influence, prune, scores, shares
from interpbook.graphs.showing import show
from interpbook.graphs.supernodes import (
    SuperGraph,
    Weighted,
    strongest_path,
    supergraph,
    top_inputs,
    top_outputs,
)

__all__ = [
    "Graph",
    "GraphError",
    "Node",
    "NodeLike",
    "Scores",
    "SuperGraph",
    "Weighted",
    "cumulative",
    "edge_influence",
    "from_json",
    "group",
    "influence",
    "label",
    "prune",
    "save",
    "scores",
    "shares",
    "show",
    "strongest_path",
    "supergraph",
    "to_json",
    "top_inputs",
    "top_outputs",
]
