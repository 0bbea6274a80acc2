"""Automatic interpretation without a hosted model: a short label, marked by what it predicts.

1. *Explain*, on one half of a text: the few tokens at which the latent fires, or the few after which it fires,
   whichever fits this half better. That is the label, and a person can read it.
2. *Predict*: at those tokens the latent's mean activation there, elsewhere its mean elsewhere.
3. *Score*, on the other half: the correlation of what was predicted with what the latent does.

After Bills et al. 2023, with the two language models replaced by counting. What a label of this form cannot say
(a topic, a mood, a place in the sentence), it cannot score either: a low score means
"not these tokens", never "no meaning".
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.features.firings import Firings, dense
from interpbook.features.reading import Text

KINDS = ("at", "after")


class Label(NamedTuple):
    """What a latent is said to respond to."""

    kind: str
    """`at`: active at these tokens. `after`: active at whatever follows them."""
    tokens: tuple[int, ...]
    """Token ids, the most telling first."""
    levels: tuple[float, ...]
    """The mean activation that each of them predicts."""
    elsewhere: float
    """The mean activation predicted everywhere else."""
    fit: float
    """Correlation on the text that made the label; always flattering."""

    def words(self, decode: list[str], most: int = 4) -> str:
        """The label as text."""
        quoted = ", ".join(f"“{decode[i].strip() or repr(decode[i])}”" for i in self.tokens[:most])
        return f"{self.kind} {quoted}" if self.tokens else "never active"


def explain(firings: Firings, text: Text, i: int, n_tokens: int = 8) -> Label:
    """The label of latent `i` that fits this text best."""
    actual = dense(firings, i)
    return max((_label(kind, actual, text, n_tokens) for kind in KINDS), key=lambda label: label.fit)


def _label(kind: str, actual: Float[Tensor, " row"], text: Text, n_tokens: int) -> Label:
    ids = _read_by(kind, text)
    total = torch.bincount(ids, weights=actual)
    count = torch.bincount(ids)
    gain = total - count * actual.mean()  # activation beyond what as many average rows would hold
    chosen = gain.argsort(descending=True)[:n_tokens]
    chosen = chosen[gain[chosen] > 0]
    rest = len(ids) - int(count[chosen].sum())
    elsewhere = float((total.sum() - total[chosen].sum()) / max(rest, 1))
    levels = tuple((total[chosen] / count[chosen]).tolist())
    draft = Label(kind, tuple(chosen.tolist()), levels, elsewhere, 0.0)
    return draft._replace(fit=correlation(predicted(draft, text), actual))


def predicted(label: Label, text: Text) -> Float[Tensor, " row"]:
    """The activation that a label predicts at each row of a text."""
    ids = _read_by(label.kind, text)
    guess = torch.full((len(ids),), label.elsewhere)
    for token, level in zip(label.tokens, label.levels, strict=True):
        guess[ids == token] = level
    return guess


def score(label: Label, firings: Firings, text: Text, i: int) -> float:
    """How well a label predicts latent `i` on a text that did not make it: a correlation, 1 at best, 0 for nothing."""
    return correlation(predicted(label, text), dense(firings, i))


def correlation(a: Float[Tensor, " row"], b: Float[Tensor, " row"]) -> float:
    """Pearson's correlation; 0 where one of the two does not vary."""
    a, b = a.double() - a.double().mean(), b.double() - b.double().mean()
    size = a.norm() * b.norm()
    return float(a @ b / size) if size > 1e-12 else 0.0


def _read_by(kind: str, text: Text) -> Int[Tensor, " row"]:
    if kind not in KINDS:
        raise ValueError(f"label: kind is one of {', '.join(KINDS)}; got {kind!r}.")
    return text.ids if kind == "at" else text.before
