"""Many activations at speed: in memory (`harvest`), or on disk for what does not fit (`fill`, `open_store`).

Built in chapter 00; the store is what the dictionaries of chapter 03 are trained from.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.activations.filling import fill
from interpbook.activations.reading import Harvest, fast_dtype, harvest
from interpbook.activations.store import Store, StoreError, check, open_store

__all__ = ["Harvest", "Store", "StoreError", "check", "fast_dtype", "fill", "harvest", "open_store"]
