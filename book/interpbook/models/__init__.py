"""Load a language model, name a place inside it, read what passes there, and write something else.

1. `load()` gives the embedded SmolLM2 as an nnsight model; `untrained()` gives the same architecture before training.
2. `Site("resid", layer=5)` names a place.
3. `read(model, prompts, site)` is what passes there; `logits(model, prompts, write={site: value})` is what
   the model says when something else does.

This room alone knows architectures and nnsight's quirks. Built in chapter 00.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.models.access import logits, next_logits, read, unembed
from interpbook.models.errors import CacheError, ModelError, PromptError, SiteError
from interpbook.models.loading import ModelInfo, info, load, untrained
from interpbook.models.sites import Site
from interpbook.models.store import cache_dir, verify
from interpbook.models.tokens import Tokens, token_strings, tokenize

__all__ = [
    "CacheError",
    "ModelError",
    "ModelInfo",
    "PromptError",
    "Site",
    "SiteError",
    "Tokens",
    "cache_dir",
    "info",
    "load",
    "logits",
    "next_logits",
    "read",
    "token_strings",
    "tokenize",
    "unembed",
    "untrained",
    "verify",
]
