"""One card a latent: what it responds to, how often, what it makes the model say, how far its label can be trusted."""

import html
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.features.effects import Effects
from interpbook.features.firings import Firings, of
from interpbook.features.labels import Label, explain, score
from interpbook.features.reading import Text, spread_rows, strengths, top_rows, window


class Card(NamedTuple):
    """Everything that is shown of a latent."""

    latent: int
    frequency: float
    """Share of the rows in which it is active."""
    peak: float
    """Its strongest activation."""
    label: Label
    score: float
    """Correlation of the label's prediction with the latent on rows that did not make the label."""
    examples: list[tuple[float, str, str, str]]
    """Strength, text before, token, text after; strongest first."""
    spread: list[tuple[float, str, str, str]]
    """The same, drawn evenly over the range of strengths: without these a card is advertising."""
    histogram: tuple[Int[Tensor, " bin"], Float[Tensor, " edge"]]
    """How many firings lie in each of twelve equal ranges of strength, and where the ranges end."""
    raised: tuple[int, ...]
    """Tokens whose logits its direction raises the most."""
    lowered: tuple[int, ...]


def card(
    i: int,
    learn: tuple[Firings, Text],
    test: tuple[Firings, Text],
    decode: Sequence[str],
    effects: Effects | None = None,
) -> Card:
    """The card of latent `i`: label and examples from the `learn` half of a text, the label's score from the other.

    `effects` are those of all the dictionary's directions, in order.
    """
    firings, text = learn
    label, value = explain(firings, text, i), of(firings, i)[1]
    top = float(value.max()) if len(value) else 0.0
    counts = torch.histc(value.float(), 12, 0.0, top) if top else torch.zeros(12)
    return Card(
        latent=i,
        frequency=len(value) / firings.n_rows,
        peak=top,
        label=label,
        score=score(label, *test, i),
        examples=_shown(firings, text, i, top_rows(firings, i), decode),
        spread=_shown(firings, text, i, spread_rows(firings, i), decode),
        histogram=(counts.long(), torch.linspace(0, top or 1.0, 13)),
        raised=() if effects is None else tuple(effects.raised[i].tolist()),
        lowered=() if effects is None else tuple(effects.lowered[i].tolist()),
    )


def _shown(
    firings: Firings, text: Text, i: int, rows: Int[Tensor, " chosen"], decode: Sequence[str]
) -> list[tuple[float, str, str, str]]:
    values = strengths(firings, i, rows).tolist()
    return [(v, *window(text, decode, int(row))) for v, row in zip(values, rows, strict=True)]


def in_markdown(shown: Card, decode: list[str], n: int = 3) -> str:
    """A card as a few lines of Markdown: its strongest examples and as many from over the whole range."""
    words = ", ".join(_plain(decode[t].strip()) for t in shown.raised[:6])
    head = (
        f"**Latent {shown.latent}** · active in {shown.frequency:.2%} of rows · peak {shown.peak:.1f} · "
        f"label *{_plain(shown.label.words(decode))}*, score {shown.score:.2f}"
        + (f" · raises {words}" if words else "")
    )
    lines = [
        f"- {name} {v:.1f}: …{_plain(left)}{_marked(token)}{_plain(right)}…"
        for name, some in (("top", shown.examples), ("spread", shown.spread))
        for v, left, token, right in some[:n]
    ]
    return head + "\n\n" + "\n".join(lines)


def search(firings: Firings, text: Text, words: Int[Tensor, " word"], *, least: int = 5) -> list[tuple[int, float]]:
    """The latents whose activation lies at some tokens: number and share of its activation, highest first.

    Latents active in fewer than `least` rows are left out, since one lucky row would put them on top.
    """
    latent = torch.repeat_interleave(torch.arange(firings.n_latents), firings.count)
    value, zeros = firings.value.double(), torch.zeros(firings.n_latents, dtype=torch.double)
    total = zeros.scatter_add(0, latent, value)
    there = zeros.scatter_add(0, latent, value * torch.isin(text.ids, words)[firings.row])
    share = torch.where(firings.count >= least, there / total.clamp(min=1e-12), 0.0)
    order = share.argsort(descending=True)
    return [(int(i), float(share[i])) for i in order[:50] if share[i] > 0]


def _marked(token: str) -> str:
    """A token in bold and brackets: these outside, or Markdown sees no bold in the middle of a word."""
    return (" " if token[:1] == " " else "") + f"[**{_plain(token.strip() or '↵')}**]"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    flat = " ".join(html.escape(text, quote=False).split("\n"))
    for sign in "\\`*_[]|$~#":
        flat = flat.replace(sign, "\\" + sign)
    return flat
