"""How a model's features make one another on one prompt: graphs, and the tests that they must pass.

1. `trace_graph` makes an attribution graph with transcoders; `neuron_graph` one of neurons, which needs none.
2. `exactness` checks that it adds up.
3. `predicted_effect` says what the graph expects of an intervention, `intervene` does it in the model, `agreement`
   compares the two over many features, beside features drawn at random.

Ameisen et al. 2025. Built in chapter 05.
"""

from interpbook.attribution.effects import (
    Agreement,
    Effect,
    agreement,
    intervene,
    measured_logits,
    predicted_effect,
    rank_correlation,
    spearman,
)
from interpbook.attribution.errors import AttributionError
from interpbook.attribution.exact import Exactness, edge_errors, exactness, local_logits
from interpbook.attribution.frozen import Frozen, freeze
from interpbook.attribution.neurons import neuron_graph
from interpbook.attribution.tracing import trace_graph

__all__ = [
    "Agreement",
    "AttributionError",
    "Effect",
    "Exactness",
    "Frozen",
    "agreement",
    "edge_errors",
    "exactness",
    "freeze",
    "intervene",
    "local_logits",
    "measured_logits",
    "neuron_graph",
    "predicted_effect",
    "rank_correlation",
    "spearman",
    "trace_graph",
]
