"""Five organisms whose circuits we know, because we planted them: what circuit tracing has to find in chapter 05.

`truth`        variables, where each lives, which makes which; a causal model that runs without a network
`wiring`       slots of the stream and who may touch them · `training` teaches a network to hold its truth
`addition` `two_hop` `rhymes` `opposites` `refusal`   the organisms, each beside what was published
`shipped`      those that come with the book; prompts; rivals; scrambled ones · `making` makes them again
`transcoders`  trained on them as on a real model
`exchange`     interchange tests on held-out prompts: does the truth hold in the weights?
`comparing`    is the planted circuit what a graph shows? · `operands` what a feature of the adder answers to
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.organisms.tracing.comparing import (
    Recovery,
    Total,
    label_nodes,
    profiles,
    recovered,
    recovery,
    supernodes,
    total,
)
from interpbook.organisms.tracing.exchange import Row, interchange, patched_answer, said
from interpbook.organisms.tracing.shipped import NAMES, Organism, blueprint_of, cases, open_organism, scrambled
from interpbook.organisms.tracing.transcoders import fit_transcoders, missed, open_transcoders
from interpbook.organisms.tracing.truth import (
    LOGIT,
    UNTAUGHT,
    Case,
    Edge,
    Truth,
    TruthError,
    Variable,
    answer_of,
    edges_of,
    values_of,
)

__all__ = [
    "LOGIT",
    "NAMES",
    "UNTAUGHT",
    "Case",
    "Edge",
    "Organism",
    "Recovery",
    "Row",
    "Total",
    "Truth",
    "TruthError",
    "Variable",
    "answer_of",
    "blueprint_of",
    "cases",
    "edges_of",
    "fit_transcoders",
    "interchange",
    "label_nodes",
    "missed",
    "open_organism",
    "open_transcoders",
    "patched_answer",
    "profiles",
    "recovered",
    "recovery",
    "said",
    "scrambled",
    "supernodes",
    "total",
    "values_of",
]
