"""Activations on disk: shards of rows, mapped into memory, with a manifest that says what they are.

1. A store is a folder: `manifest.json`, and shards `00000.bin`, `00001.bin` … of rows, one a token, without a header.
2. `open_store` checks the manifest and every shard's size, and maps the shards; nothing is read before it is asked for.
3. `store[rows]` gathers rows from whichever shards hold them, as float32.

A store may grow while it is open; open it again to see more. Written by `fill`.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.models import Site

MANIFEST = "manifest.json"
FORMAT = 1
DTYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


class StoreError(ValueError):
    """An activation store is missing, cut off, damaged, or holds something else."""


@dataclass(frozen=True)
class Shard:
    """What the manifest knows of one file of rows."""

    file: str
    lengths: tuple[int, ...]
    """Rows of each passage in it."""
    text: str
    """Checksum of the token ids that it was made from."""
    sha256: str
    """Checksum of the file."""

    @property
    def rows(self) -> int:
        return sum(self.lengths)


@dataclass(frozen=True)
class About:
    """What the rows of a store are."""

    model: str
    """Fingerprint of the network."""
    site: Site
    d: int
    dtype: str
    keep_first: bool
    """Whether each passage's first token has a row; its norm is far from all others."""


@dataclass(frozen=True)
class Store:
    """Activations of one site, one row a token, in the order of the passages."""

    folder: Path
    about: About
    shards: tuple[Shard, ...]
    maps: tuple[Float[Tensor, "_ d"], ...]
    ends: Int[Tensor, " shard"]
    """After which row each shard ends."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and numbers in a row."""
        return (int(self.ends[-1]) if len(self.ends) else 0, self.about.d)

    @property
    def site(self) -> Site:
        return self.about.site

    @property
    def dtype(self) -> torch.dtype:
        """How the rows are kept; they are handed out as float32."""
        return DTYPES[self.about.dtype]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Int[Tensor, " row"] | slice | int) -> Float[Tensor, "row d"] | Float[Tensor, " d"]:
        """Rows by number, in the order asked for, as float32.

        Raises:
            IndexError: there are not so many rows.
            StoreError: what was kept is not a number (NaN) or infinite.
        """
        if isinstance(rows, int):
            return self[torch.tensor([rows])][0]
        if isinstance(rows, slice):
            rows = torch.arange(*rows.indices(len(self)))
        found = self._gather(self._counted(rows))
        if not bool(torch.isfinite(found).all()):
            bad = int(rows[~torch.isfinite(found).all(-1)][0])
            raise StoreError(
                f"The store {self.folder} holds NaN or infinite numbers, first in row {bad}. Delete the folder and "
                f"fill it anew."
            )
        return found

    def where(self, rows: Int[Tensor, " row"]) -> tuple[Int[Tensor, " row"], Int[Tensor, " row"]]:
        """The passage that each row came from, in the order given to `fill`, and the token's place in that passage."""
        lengths = torch.tensor([length for shard in self.shards for length in shard.lengths])
        ends = lengths.cumsum(0)
        rows = self._counted(rows)
        passage = torch.searchsorted(ends, rows, right=True)
        first = 0 if self.about.keep_first else 1
        return passage, rows - (ends - lengths)[passage] + first

    def _counted(self, rows: Int[Tensor, " row"]) -> Int[Tensor, " row"]:
        """Row numbers, once all of them exist; negative ones count from the end."""
        rows = torch.where(rows < 0, rows + len(self), rows)
        if len(rows) and (int(rows.min()) < 0 or int(rows.max()) >= len(self)):
            raise IndexError(f"The store {self.folder} has rows 0 to {len(self) - 1}; row {int(rows.max())} was asked.")
        return rows

    def _gather(self, rows: Int[Tensor, " row"]) -> Float[Tensor, "row d"]:
        shard = torch.searchsorted(self.ends, rows, right=True)
        found = torch.empty(len(rows), self.about.d)
        for number in shard.unique().tolist():
            here = shard == number
            begin = int(self.ends[number]) - self.shards[number].rows
            found[here] = self.maps[number][rows[here] - begin].float()
        return found


def open_store(folder: Path, *, verify: bool = False) -> Store:
    """The store in a folder: its finished shards. With `verify`, every checksum is compared, which reads all of it.

    Raises:
        StoreError: there is none, its manifest is damaged, or a shard is missing, cut off or another.
    """
    about, shards = read_manifest(folder)
    maps = tuple(_mapped(folder / shard.file, shard, about) for shard in shards)
    ends = torch.tensor([shard.rows for shard in shards], dtype=torch.int64).cumsum(0)
    store = Store(folder, about, shards, maps, ends)
    if verify:
        check(store)
    return store


def check(store: Store) -> None:
    """Compare the checksum of every shard with the manifest's.

    Raises:
        StoreError: one differs.
    """
    for shard in store.shards:
        found = sha256(store.folder / shard.file)
        if found != shard.sha256:
            raise StoreError(
                f"The shard {store.folder / shard.file} has sha256 {found[:12]}…, its manifest says "
                f"{shard.sha256[:12]}…: it was changed or damaged. Delete that file; `fill` makes it anew."
            )


def _mapped(file: Path, shard: Shard, about: About) -> Float[Tensor, "row d"]:
    """One shard as a tensor that the system reads from disk when it is touched."""
    dtype = DTYPES[about.dtype]
    expected = shard.rows * about.d * dtype.itemsize
    found = file.stat().st_size if file.is_file() else None
    if found != expected:
        state = "is missing" if found is None else f"has {found:,} bytes"
        raise StoreError(
            f"The shard {file} {state}; its manifest says {expected:,} bytes ({shard.rows:,} rows of {about.d}). The "
            f"store was cut off or changed. Delete that file; `fill` makes it anew."
        )
    return torch.from_file(str(file), shared=False, size=shard.rows * about.d, dtype=dtype).view(shard.rows, about.d)


# --- the manifest ---


def read_manifest(folder: Path) -> tuple[About, tuple[Shard, ...]]:
    """What a store is, and its shards.

    Raises:
        StoreError: there is no manifest, or it cannot be read.
    """
    file = folder / MANIFEST
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise StoreError(f"The store {folder} has format {found['format']}, expected {FORMAT}. Fill it anew.")
        about = About(**(found["about"] | {"site": Site(**found["about"]["site"])}))
        if about.dtype not in DTYPES:
            raise StoreError(f"The store {folder} keeps {about.dtype!r}; known are {', '.join(DTYPES)}.")
        return about, tuple(Shard(**(entry | {"lengths": tuple(entry["lengths"])})) for entry in found["shards"])
    except FileNotFoundError as error:
        raise StoreError(f"There is no activation store in {folder} (no {MANIFEST}). Make one with `fill`.") from error
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{file} is damaged ({error}). Delete the folder and fill it anew.") from error


def write_manifest(folder: Path, about: About, shards: Sequence[Shard]) -> None:
    """Write what is known, beside the old manifest and then in its place, so that it is whole at any moment."""
    content = {
        "format": FORMAT,
        "about": about.__dict__ | {"site": about.site.__dict__},
        "shards": [shard.__dict__ for shard in shards],
    }
    unfinished = folder / f"{MANIFEST}.tmp"
    unfinished.write_text(json.dumps(content), encoding="utf-8")
    unfinished.replace(folder / MANIFEST)


def sha256(file: Path) -> str:
    """The checksum of a file, as hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
