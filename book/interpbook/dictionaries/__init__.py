"""Dictionaries (sparse autoencoders): many directions, few at a time, learned from a model's activations.

`sae`         what a dictionary is and does: encode, decode, splice
`kinds`       topk, batchtopk, matryoshka, relu, gated, jumprelu: one small module each
`sparse`      arithmetic at the active latents alone · `training` one trainer for all · `checkpoints` it survives a kill
`evaluation`  how much is rebuilt, how sparsely, and what the model loses · `planted` data whose features are known
`files`       saving and loading · `formats` SAELens and EleutherAI · `shipped` those that come with the book
`transcoders` what neurons do, said again with few latents; one a block of SmolLM2 · `unfaithful` two that mislead

Built in chapter 03; transcoders in chapter 05.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.evaluation import (
    LossRecovered,
    Quality,
    chance_mmcs,
    frequencies,
    loss_recovered,
    mmcs,
    quality,
    recovered,
)
from interpbook.dictionaries.files import load, save
from interpbook.dictionaries.formats import from_eleuther, from_saelens, to_eleuther, to_saelens
from interpbook.dictionaries.kinds.batchtopk import BatchTopK
from interpbook.dictionaries.kinds.gated import Gated
from interpbook.dictionaries.kinds.jumprelu import JumpReLU
from interpbook.dictionaries.kinds.matryoshka import Matryoshka
from interpbook.dictionaries.kinds.relu import ReLU
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.planted import Drawn, Planted, draw, planted
from interpbook.dictionaries.sae import (
    Config,
    Sae,
    Sparse,
    decode,
    encode,
    encode_sparse,
    latent,
    ordinary,
    pre_activations,
    reconstruct,
    splice,
)
from interpbook.dictionaries.shipped import open_sae, shipped, tables
from interpbook.dictionaries.training import Plan, Progress, train
from interpbook.dictionaries.transcoders import (
    Transcoder,
    open_transcoders,
    replace_mlps,
    replacement_scores,
    train_transcoder,
    transcode,
)

__all__ = [
    "BatchTopK",
    "Config",
    "DictionaryError",
    "Drawn",
    "Gated",
    "JumpReLU",
    "LossRecovered",
    "Matryoshka",
    "Plan",
    "Planted",
    "Progress",
    "Quality",
    "ReLU",
    "Sae",
    "Sparse",
    "TopK",
    "Transcoder",
    "chance_mmcs",
    "decode",
    "draw",
    "encode",
    "encode_sparse",
    "frequencies",
    "from_eleuther",
    "from_saelens",
    "latent",
    "load",
    "loss_recovered",
    "mmcs",
    "open_sae",
    "open_transcoders",
    "ordinary",
    "planted",
    "pre_activations",
    "quality",
    "reconstruct",
    "recovered",
    "replace_mlps",
    "replacement_scores",
    "save",
    "shipped",
    "splice",
    "tables",
    "to_eleuther",
    "to_saelens",
    "train",
    "train_transcoder",
    "transcode",
]
