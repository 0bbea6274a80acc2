"""Cards for the features of a graph: what each responds to in a text, and what it makes the model say.

A graph holds features of many layers, few of each. `node_cards` looks only at those; the graph viewer shows the cards.
"""

from collections.abc import Collection, Mapping
from typing import Any

import torch
from jaxtyping import Float
from nnsight import TransformersModel
from torch import Tensor

from interpbook.dictionaries import DictionaryError, encode
from interpbook.dictionaries.transcoders import Transcoder
from interpbook.features.effects import logit_effects
from interpbook.features.reading import Text, text_of, window
from interpbook.models import Tokens, read

Feature = tuple[int, int]
"""Layer and latent."""


@torch.no_grad()
def node_cards(
    model: TransformersModel,
    transcoders: Mapping[int, Transcoder],
    wanted: Collection[Feature],
    passages: Tokens,
    *,
    n_examples: int = 4,
    n_words: int = 5,
) -> dict[str, dict[str, Any]]:
    """A card for each wanted feature (layer, latent) under its name in a graph file, such as "12_345".

    A card has `examples` (strength, text before, token, text after; strongest first), `frequency` (share of the
    passages' tokens at which it is active) and `raised` and `lowered`: words whose logits its decoder row moves most,
    if nothing came after it. Passages are all of one length; their first token is left out.
    """
    if not bool(passages.mask.all()):
        raise DictionaryError("node_cards: give passages of one length, without padding (cut them with ids[:, :n]).")
    words = [model.tokenizer.decode([i]) for i in range(len(model.tokenizer))]
    text, cards = text_of(list(passages.ids)), {}
    layers = sorted({layer for layer, _ in wanted})
    passing = read(model, passages, [transcoders[layer].site for layer in layers]) if layers else {}
    for layer in layers:
        latents = sorted(latent for at, latent in wanted if at == layer)
        x = passing[transcoders[layer].site][:, 1:].flatten(0, 1)
        active = encode(transcoders[layer], x.float())[:, latents]
        effects = logit_effects(model, transcoders[layer].W_dec[latents], n_words)
        for i, latent in enumerate(latents):
            said = {
                "raised": [words[t].strip() for t in effects.raised[i].tolist()],
                "lowered": [words[t].strip() for t in effects.lowered[i].tolist()],
            }
            cards[f"{layer}_{latent}"] = _seen(active[:, i], text, words, n_examples) | said
    return cards


def _seen(active: Float[Tensor, " row"], text: Text, words: list[str], n: int) -> dict[str, Any]:
    """Where a feature is strongest in the text, and how often it is active at all."""
    value, row = active.topk(min(n, len(active)))
    shown = [(round(float(v), 2), *window(text, words, int(r))) for v, r in zip(value, row, strict=True) if v > 0]
    return {"examples": shown, "frequency": float((active > 0).float().mean())}


@torch.no_grad()
def spoken(
    model: TransformersModel, transcoders: Mapping[int, Transcoder], wanted: Collection[Feature], n_words: int = 3
) -> dict[Feature, str]:
    """A short text for each wanted feature: the words that its decoder row raises most, such as "Paris, France"."""
    texts = {}
    for layer in sorted({layer for layer, _ in wanted}):
        latents = sorted(latent for at, latent in wanted if at == layer)
        raised = logit_effects(model, transcoders[layer].W_dec[latents], n_words).raised
        for latent, tokens in zip(latents, raised.tolist(), strict=True):
            texts[layer, latent] = ", ".join(model.tokenizer.decode([t]).strip() for t in tokens)
    return texts
