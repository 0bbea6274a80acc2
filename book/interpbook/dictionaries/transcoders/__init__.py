"""Transcoders: the neurons of a block said again with latents of which few are active, so that circuits can be traced.

`transcoder`  what one is; `transcode`; the replacement model (`replace_mlps`) · `crosslayer` one that writes further up
`fitting`     training one from rows · `starting` where training begins · `together` many layers at once, from text
`marking`     how good they are, beside means and linear guesses · `packed` files in 4 bits · `shipped` the book's own
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.dictionaries.transcoders.crosslayer import CrossLayer
from interpbook.dictionaries.transcoders.fitting import train_transcoder
from interpbook.dictionaries.transcoders.marking import Said, compare, transcoder_quality
from interpbook.dictionaries.transcoders.packed import as_on_disk, load_packed, save_packed
from interpbook.dictionaries.transcoders.shipped import open_transcoders, replacement_scores, shipped_transcoders
from interpbook.dictionaries.transcoders.transcoder import Transcoder, kept, replace_mlps, transcode, write_out

__all__ = [
    "CrossLayer",
    "Said",
    "Transcoder",
    "as_on_disk",
    "compare",
    "kept",
    "load_packed",
    "open_transcoders",
    "replace_mlps",
    "replacement_scores",
    "save_packed",
    "shipped_transcoders",
    "train_transcoder",
    "transcode",
    "transcoder_quality",
    "write_out",
]
