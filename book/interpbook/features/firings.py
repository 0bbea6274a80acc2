"""Every activation of every latent on a text, kept as a list: of 4,096 latents only some thirty are active in a row."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.dictionaries import DictionaryError, Sae, encode, ordinary
from interpbook.dictionaries.training import Rows

CHUNK = 2048


class Firings(NamedTuple):
    """All activations above zero, sorted by latent, then by row. `of(firings, i)` gives one latent's."""

    row: Int[Tensor, " firing"]
    """In which row."""
    value: Float[Tensor, " firing"]
    """How strongly, in the activation's own units of length."""
    start: Int[Tensor, " latent_and_one"]
    """Where each latent's part begins; one more than there are latents."""
    n_rows: int
    """How many rows were looked at, active or not."""

    @property
    def n_latents(self) -> int:
        """How many latents the dictionary has."""
        return len(self.start) - 1

    @property
    def count(self) -> Int[Tensor, " latent"]:
        """In how many rows each latent is active."""
        return self.start.diff()


@torch.no_grad()
def fire(sae: Sae, rows: Rows) -> Firings:
    """Run the dictionary over rows of activations (a matrix, or a store on disk) and keep what is active.

    Attention sinks, rows of a length that no dictionary was trained on, count as rows on which nothing is active.
    """
    n, parts = rows.shape[0], []
    for first in range(0, n, CHUNK):
        x = rows[torch.arange(first, min(first + CHUNK, n))]
        latents = encode(sae, x) * ordinary(sae, x)[:, None]
        row, latent = latents.nonzero(as_tuple=True)
        parts.append((row + first, latent, latents[row, latent]))
    row, latent, value = (torch.cat(part) for part in zip(*parts, strict=True))
    order = latent.argsort(stable=True)
    count = torch.bincount(latent, minlength=sae.config.n_latents)
    return Firings(row[order], value[order], torch.cat([count.new_zeros(1), count.cumsum(0)]), n)


def of(firings: Firings, i: int) -> tuple[Int[Tensor, " firing"], Float[Tensor, " firing"]]:
    """The rows in which latent `i` is active, and how strongly."""
    if not 0 <= i < firings.n_latents:
        raise DictionaryError(f"firings: there are latents 0 to {firings.n_latents - 1}; asked for {i}.")
    here = slice(int(firings.start[i]), int(firings.start[i + 1]))
    return firings.row[here], firings.value[here]


def dense(firings: Firings, i: int) -> Float[Tensor, " row"]:
    """Latent `i` on every row, zeros included."""
    row, value = of(firings, i)
    full = torch.zeros(firings.n_rows)
    full[row] = value.float()
    return full


def peaks(firings: Firings) -> Float[Tensor, " latent"]:
    """The strongest activation of each latent; 0 where it never fired. The unit in which steering doses are given."""
    latent = torch.repeat_interleave(torch.arange(firings.n_latents), firings.count)
    return torch.zeros(firings.n_latents).scatter_reduce(0, latent, firings.value.float(), "amax")


def on_rows(firings: Firings, keep: Bool[Tensor, " row"]) -> Firings:
    """The firings on some of the rows, renumbered: for choosing on one half of a text and testing on the other."""
    if len(keep) != firings.n_rows:
        raise DictionaryError(f"on_rows: {firings.n_rows} rows, but `keep` says yes or no to {len(keep)}.")
    latent = torch.repeat_interleave(torch.arange(firings.n_latents), firings.count)
    stays, number = keep[firings.row], keep.cumsum(0) - 1
    count = torch.bincount(latent[stays], minlength=firings.n_latents)
    start = torch.cat([count.new_zeros(1), count.cumsum(0)])
    return Firings(number[firings.row[stays]], firings.value[stays], start, int(keep.sum()))


def contrast(firings: Firings, yes: Bool[Tensor, " row"]) -> Float[Tensor, " latent"]:
    """How far each latent's mean on the `yes` rows lies above its mean on the others, in standard deviations.

    A quick way to look for a latent with a meaning in mind. It must be tested on other text: the best of thousands is
    always good where it was chosen.
    """
    latent = torch.repeat_interleave(torch.arange(firings.n_latents), firings.count)
    value = firings.value.double()
    zeros, n, n_yes = torch.zeros(firings.n_latents, dtype=torch.double), firings.n_rows, int(yes.sum())
    if not 0 < n_yes < n:
        raise DictionaryError(f"contrast: {n_yes} of {n} rows are marked; expected some, and not all.")
    total, squares = (zeros.scatter_add(0, latent, v) for v in (value, value.square()))
    inside = zeros.scatter_add(0, latent, value * yes[firings.row])
    spread = (squares / n - (total / n).square()).clamp(min=1e-12).sqrt()
    return ((inside / n_yes - (total - inside) / (n - n_yes)) / spread).float()
