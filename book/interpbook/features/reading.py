"""The text beside the rows of activations: which token each row belongs to, and what stands around it."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.features.firings import Firings, of


class Text(NamedTuple):
    """One row for each token but the first of each passage, in the order of the activations."""

    ids: Int[Tensor, " row"]
    before: Int[Tensor, " row"]
    """The token before it (of a passage's second token: the separator)."""
    passage: Int[Tensor, " row"]
    """Which of the passages, counted in the order given."""

    def take(self, rows: Tensor) -> "Text":
        """Some of the rows, by number or by yes and no."""
        return Text(self.ids[rows], self.before[rows], self.passage[rows])


def text_of(passages: Sequence[Int[Tensor, " _"]]) -> Text:
    """The rows of these passages. Each begins with the separator, which has no row."""
    number = [torch.full((len(ids) - 1,), n) for n, ids in enumerate(passages)]
    return Text(torch.cat([p[1:] for p in passages]), torch.cat([p[:-1] for p in passages]), torch.cat(number))


def near(text: Text, words: Int[Tensor, " word"], within: int) -> Bool[Tensor, " row"]:
    """True where one of `words` stands among the `within` tokens before, and the token itself is none of them.

    Marks what a text is about without marking the words themselves, which a dictionary could find by spelling.
    """
    hit, found = torch.isin(text.ids, words), torch.zeros(len(text.ids), dtype=torch.bool)
    for distance in range(1, within + 1):
        found[distance:] |= hit[:-distance] & (text.passage[distance:] == text.passage[:-distance])
    return found & ~hit


def top_rows(firings: Firings, i: int, n: int = 8) -> Int[Tensor, " chosen"]:
    """The rows on which latent `i` is strongest, strongest first; fewer where it fires less often."""
    row, value = of(firings, i)
    return row[value.argsort(descending=True)[:n]]


def spread_rows(firings: Firings, i: int, n: int = 8, seed: int = 0) -> Int[Tensor, " chosen"]:
    """Rows drawn evenly over the range of strengths, strongest first: what the top examples do not show.

    The firings are sorted by strength and cut into `n` equal shares; one row is drawn from each.
    """
    row, value = of(firings, i)
    order, generator = row[value.argsort(descending=True)], torch.Generator().manual_seed(seed)
    shares = [share for share in order.tensor_split(min(n, max(len(order), 1))) if len(share)]
    return torch.tensor([int(s[torch.randint(len(s), (1,), generator=generator)]) for s in shares], dtype=torch.long)


def window(text: Text, decode: Sequence[str], row: int, around: int = 8) -> tuple[str, str, str]:
    """The text before a row's token, the token, and the text after it, from the same passage.

    `decode` holds each token of the vocabulary as text.
    """
    first, last = max(0, row - around), min(len(text.ids), row + around + 1)
    near = [r for r in range(first, last) if text.passage[r] == text.passage[row]]
    left, right = ([decode[int(text.ids[r])] for r in near if (r < row) == side and r != row] for side in (True, False))
    return "".join(left), decode[int(text.ids[row])], "".join(right)


def strengths(firings: Firings, i: int, rows: Int[Tensor, " chosen"]) -> Float[Tensor, " chosen"]:
    """How strongly latent `i` fires on some rows."""
    row, value = of(firings, i)
    full = torch.zeros(firings.n_rows)
    full[row] = value.float()
    return full[rows]
