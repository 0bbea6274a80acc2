"""What the latents of a dictionary respond to, on text that the reader can see.

`firings`   every activation of every latent on a text, kept sparsely
`reading`   the text beside the rows: which token stands where, and what surrounds it
`effects`   what a direction makes the model say
`labels`    automatic interpretation without any hosted model: a short label, marked by what it predicts
`nodes`     cards for the features of an attribution graph
`cards`     one page a latent, and a search over all of them

Built in chapter 03. Acting on a latent is in `interpbook.steering`.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.features.cards import Card, card, in_markdown, search
from interpbook.features.effects import Effects, logit_effects
from interpbook.features.firings import Firings, contrast, dense, fire, of, on_rows, peaks
from interpbook.features.labels import Label, explain, predicted, score
from interpbook.features.nodes import node_cards, spoken
from interpbook.features.reading import Text, near, spread_rows, text_of, top_rows, window

__all__ = [
    "Card",
    "Effects",
    "Firings",
    "Label",
    "Text",
    "card",
    "contrast",
    "dense",
    "explain",
    "fire",
    "in_markdown",
    "logit_effects",
    "near",
    "node_cards",
    "of",
    "on_rows",
    "peaks",
    "predicted",
    "score",
    "search",
    "spoken",
    "spread_rows",
    "text_of",
    "top_rows",
    "window",
]
