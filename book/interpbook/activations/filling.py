"""Fill stores from passages: one forward pass serves every site, shard after shard, and a stopped run goes on.

1. Passages are taken in their order, `per_shard` to a shard, so that a store can be used while it grows.
2. Within a shard, passages of similar length share a batch; the forward pass ends after the last site.
3. Rows that are not finite numbers stop the run. A shard is written beside its place and renamed when it is whole.
"""

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch
from filelock import FileLock
from jaxtyping import Float, Int
from nnsight import TransformersModel
from torch import Tensor
from tqdm.auto import tqdm

from interpbook.activations.reading import lengths_together
from interpbook.activations.store import (
    DTYPES,
    MANIFEST,
    About,
    Shard,
    Store,
    StoreError,
    open_store,
    read_manifest,
    sha256,
    write_manifest,
)
from interpbook.models import Site, Tokens, info, read
from interpbook.models.loading import network
from interpbook.models.sites import BY_HEAD

Passages = Sequence[Int[Tensor, " _"]]
"""Token ids, one tensor a passage; their lengths differ."""


def fill(
    model: TransformersModel,
    passages: Passages,
    sites: Sequence[Site],
    root: Path,
    *,
    batch_size: int = 16,
    per_shard: int = 128,
    dtype: torch.dtype = torch.bfloat16,
    keep_first: bool = False,
    progress: bool = True,
) -> dict[Site, Store]:
    """What passes at some sites for every token of many passages, kept in one folder a site below `root`.

    Shards that are there already, made from the same tokens, are not made again; so a run that was stopped goes on, and
    a store grows when passages are appended. A model loaded with `dtype=torch.bfloat16` runs about twice as fast.
    `keep_first` keeps each passage's first token too.

    Raises:
        StoreError: a folder holds other activations, or the model gives NaN or infinite numbers.
    """
    _checked(passages, sites, batch_size, per_shard)
    folders = {site: root / folder_name(site) for site in sites}
    parts = [passages[start : start + per_shard] for start in range(0, len(passages), per_shard)]
    texts = [_fingerprint_of_text(part) for part in parts]
    begun = functools.partial(_begun, model, folders, dtype, keep_first)
    if any(_missing(folders, begun(), number, texts) for number in range(len(parts))):
        with FileLock(root / ".lock"):  # another process may be filling; it is waited for, and its shards are used
            known = begun()
            bar = tqdm(total=len(passages), desc="Storing activations", unit=" passages", disable=not progress)
            with bar:
                for number, part in enumerate(parts):
                    missing = _missing(folders, known, number, texts)
                    rows = _rows(model, part, missing, batch_size, keep_first) if missing else {}
                    for site in missing:
                        _write(
                            folders[site], *known[site], number, texts[number], rows[site], _lengths(part, keep_first)
                        )
                    bar.update(len(part))
    return {site: open_store(folder) for site, folder in folders.items()}


def folder_name(site: Site) -> str:
    """Such as `resid-15`, or `z-03-2` for one head."""
    layer = "" if site.layer is None else f"-{site.layer:02d}"
    return site.kind + layer + ("" if site.head is None else f"-{site.head}")


def fingerprint(model: TransformersModel) -> str:
    """A short checksum of a network: its sizes, and rows of its embedding and of its last block in 16 bits."""
    parts = list(network(model).named_parameters())
    digest = hashlib.sha256(repr(info(model)).encode())
    for _, weight in (parts[0], parts[-2], parts[-1]):
        digest.update(weight.detach().flatten()[:4096].to(torch.bfloat16).view(torch.int16).cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _checked(passages: Passages, sites: Sequence[Site], batch_size: int, per_shard: int) -> None:
    if not passages or not sites:
        raise StoreError(f"fill: expected passages and sites; got {len(passages)} and {len(sites)}.")
    if batch_size < 1 or per_shard < 1:
        raise StoreError(f"fill: batch_size and per_shard are at least 1; got {batch_size} and {per_shard}.")
    for site in sites:
        if site.kind == "pattern" or site.position is not None:
            raise StoreError(f"fill: a store holds one row a token, of every token; {site} does not give that.")
    for number, ids in enumerate(passages):
        if ids.ndim != 1 or len(ids) < 2:
            raise StoreError(f"fill: passage {number} has shape {tuple(ids.shape)}; expected at least two token ids.")


def _begun(
    model: TransformersModel, folders: dict[Site, Path], dtype: torch.dtype, keep_first: bool
) -> dict[Site, tuple[About, list[Shard]]]:
    """What each store is to hold, and the shards that it has."""
    names = {kept: name for name, kept in DTYPES.items()}
    if dtype not in names:
        raise StoreError(f"fill: dtype is one of {', '.join(DTYPES)}; got {dtype}.")
    model_is, widths = fingerprint(model), _widths(model, list(folders))
    abouts = {site: About(model_is, site, widths[site], names[dtype], keep_first) for site in folders}
    return {site: (about, _shards(folders[site], about)) for site, about in abouts.items()}


def _shards(folder: Path, about: About) -> list[Shard]:
    """The shards of a folder, which is made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MANIFEST).is_file():
        return []
    found, shards = read_manifest(folder)
    if found != about:
        differing = [name for name in about.__dict__ if getattr(found, name) != getattr(about, name)]
        raise StoreError(
            f"fill: {folder} holds other activations: {', '.join(differing)} differ. Give another root, or delete it."
        )
    return list(shards)


def _widths(model: TransformersModel, sites: list[Site]) -> dict[Site, int]:
    one_token = Tokens(torch.zeros(1, 1, dtype=torch.int64), torch.ones(1, 1, dtype=torch.bool))
    passing = read(model, one_token, sites)
    return {site: _flat(passing[site], site).shape[-1] for site in sites}


def _missing(
    folders: dict[Site, Path], known: dict[Site, tuple[About, list[Shard]]], number: int, texts: list[str]
) -> list[Site]:
    """Sites that lack one shard."""
    return [site for site in folders if not _has(folders[site], *known[site], number, texts)]


def _has(folder: Path, about: About, shards: list[Shard], number: int, texts: list[str]) -> bool:
    """Whether a shard is there and whole. The last one may grow; any other made from other text is an error."""
    if number >= len(shards):
        return False
    shard = shards[number]
    if shard.text != texts[number]:
        if number == len(shards) - 1 and len(texts) >= len(shards):
            del shards[number:]
            return False
        raise StoreError(f"fill: shard {number} of {folder} was made from other text. Give another root, or delete it.")
    file = folder / shard.file
    return file.is_file() and file.stat().st_size == shard.rows * about.d * DTYPES[about.dtype].itemsize


@torch.no_grad()
def _rows(
    model: TransformersModel, part: Passages, sites: list[Site], batch_size: int, keep_first: bool
) -> dict[Site, Float[Tensor, "row d"]]:
    """The rows of one shard at every site, in the order of its passages."""
    lengths = torch.tensor([len(ids) for ids in part])
    pieces: dict[Site, list[Tensor]] = {site: [torch.empty(0)] * len(part) for site in sites}
    for chosen in lengths_together(lengths, batch_size):
        batch = _padded([part[int(place)] for place in chosen])
        passing = read(model, batch, sites)
        for site in sites:
            for row, place in enumerate(chosen.tolist()):
                own = _flat(passing[site], site)[row, -int(lengths[place]) :]
                pieces[site][place] = (own if keep_first else own[1:]).clone()
    return {site: torch.cat(rows) for site, rows in pieces.items()}


def _flat(passing: Tensor, site: Site) -> Float[Tensor, "batch seq d"]:
    return passing.flatten(-2) if site.kind in BY_HEAD and site.head is None else passing


def _padded(rows: Passages) -> Tokens:
    longest = max(len(ids) for ids in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for number, row in enumerate(rows):
        ids[number, longest - len(row) :] = row
        mask[number, longest - len(row) :] = True
    return Tokens(ids, mask)


def _write(
    folder: Path, about: About, shards: list[Shard], number: int, text: str, rows: Tensor, lengths: tuple[int, ...]
) -> None:
    """Keep one shard: first the file, then its line in the manifest."""
    if not bool(torch.isfinite(rows).all()):
        bad = int((~torch.isfinite(rows).all(-1)).nonzero()[0])
        raise StoreError(
            f"fill: what passes at {about.site} is NaN or infinite, first in row {bad} of shard {number}. Nothing of "
            f"that shard was kept. Is the model whole, and does its precision suffice (try float32)?"
        )
    name, unfinished = f"{number:05d}.bin", folder / f"{number:05d}.tmp"
    kept = rows.to(DTYPES[about.dtype]).contiguous()
    unfinished.write_bytes(kept.view(torch.uint8).numpy().tobytes())
    unfinished.replace(folder / name)
    shards[number:] = [Shard(name, lengths, text, sha256(folder / name)), *shards[number + 1 :]]
    write_manifest(folder, about, shards)


def _lengths(part: Passages, keep_first: bool) -> tuple[int, ...]:
    return tuple(len(ids) - (not keep_first) for ids in part)


def _fingerprint_of_text(part: Passages) -> str:
    digest = hashlib.sha256()
    for ids in part:
        digest.update(ids.to(torch.int32).numpy().tobytes() + b";")
    return digest.hexdigest()[:16]
