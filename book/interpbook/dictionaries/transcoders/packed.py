"""Transcoders as files: one safetensors file each, its matrices in 4 bits a number.

1. A matrix's rows are cut into groups of 64 numbers; each group has a scale, and its numbers become whole ones from
   -7 to 7. Of a few scales the one with the least squared error is taken.
2. Two such numbers share a byte. With 16 bits for each group's scale that is 4.25 bits a number.

What is lost is measured, not assumed: `shipped` marks a transcoder as it lies on disk, beside what it was in training.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Float16, UInt8
from safetensors.torch import save_file
from torch import Tensor

from interpbook.dictionaries.errors import DictionaryError
from interpbook.dictionaries.files import opened
from interpbook.dictionaries.kinds.topk import TopK
from interpbook.dictionaries.transcoders.transcoder import Transcoder

MATRICES = ("W_enc", "W_dec", "W_skip")
GROUP, LARGEST = 64, 7
SHRINK = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Scales that are tried, as shares of the one that reaches a group's largest number."""


def pack(W: Float[Tensor, "row d"]) -> tuple[UInt8[Tensor, "row half"], Float16[Tensor, "row group"]]:
    """A matrix in 4 bits a number, and the scale of each group of 64; rows are filled up with zeros."""
    rows, d = W.shape
    padded = torch.nn.functional.pad(W, (0, -d % GROUP))
    groups = padded.view(rows, -1, GROUP)
    largest = groups.abs().amax(-1, keepdim=True).clamp(min=1e-6) / LARGEST
    scales = torch.stack([(largest * share).half().float() for share in SHRINK])
    whole = (groups / scales).round().clamp(-LARGEST, LARGEST)
    best = (whole * scales - groups).square().sum(-1).argmin(0)
    chosen = whole.gather(0, best[None, :, :, None].expand(1, *groups.shape))[0]
    scale = scales[..., 0].gather(0, best[None])[0].half()
    codes = (chosen + 8).to(torch.uint8).view(rows, -1)
    return codes[:, ::2] | (codes[:, 1::2] << 4), scale


def unpack(codes: UInt8[Tensor, "row half"], scale: Float16[Tensor, "row group"], d: int) -> Float[Tensor, "row d"]:
    """The matrix that `pack` wrote, to within its rounding."""
    whole = torch.stack([codes & 15, codes >> 4], dim=-1).flatten(1).float() - 8
    return (whole.view(len(codes), -1, GROUP) * scale.float()[..., None]).flatten(1)[:, :d].contiguous()


def as_on_disk(transcoder: Transcoder) -> Transcoder:
    """The transcoder as it will be when it comes back from a file."""
    tensors = {
        name: unpack(*pack(tensor), tensor.shape[1]) if name in MATRICES else tensor
        for name, tensor in transcoder.tensors.items()
    }
    return transcoder.with_tensors(tensors)


def save_packed(transcoder: Transcoder, file: Path) -> None:
    """Write a transcoder in 4 bits a number."""
    tensors: dict[str, Tensor] = {}
    for name, tensor in transcoder.tensors.items():
        if name in MATRICES:
            tensors[name], tensors[f"{name}.scale"] = pack(tensor.detach().float())
        else:
            tensors[name] = tensor.detach().float().contiguous()
    about = {"format": "transcoder", "config": json.dumps(asdict(transcoder.config)), "layer": str(transcoder.layer)}
    about |= {"limit": str(transcoder.limit), "about": json.dumps(transcoder.about)}
    save_file(tensors, file, metadata=about)


def load_packed(file: Path) -> Transcoder:
    """A transcoder that `save_packed` wrote.

    Raises:
        DictionaryError: the file is missing, cut off, damaged, or something else.
    """
    about, tensors = opened(Path(file))
    if about.get("format") != "transcoder":
        raise DictionaryError(f"load_packed: {file} holds no transcoder. Dictionaries are opened with `load`.")
    config = TopK(**json.loads(about["config"]))
    widths = {"W_enc": config.d_in, "W_dec": len(tensors["b_dec"]), "W_skip": config.d_in}
    full: dict[str, Any] = {
        name: unpack(tensor, tensors[f"{name}.scale"], widths[name]) if name in MATRICES else tensor
        for name, tensor in tensors.items()
        if not name.endswith(".scale")
    }
    if not all(bool(tensor.isfinite().all()) for tensor in full.values()):
        raise DictionaryError(f"load_packed: {file} holds NaN or infinity; the file is damaged.")
    made: dict[str, str] = json.loads(about["about"])
    return Transcoder(config, **full, layer=int(about["layer"]), limit=float(about["limit"]), about=made)
