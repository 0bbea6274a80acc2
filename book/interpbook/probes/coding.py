"""Minimum description length: how many bits do labels cost to someone who has the activations? (Voita and Titov 2020)

The labels are sent piece by piece. The first piece is sent without help, log2(classes) bits a label. Then the receiver
trains a probe on all that has arrived, and the next piece costs what that probe finds surprising about it. A probe that
learns from few examples pays little; one that has to learn by heart pays nearly full price to the end.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log, log2
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor

from interpbook.probes.classifiers import predict, train_classifier

PIECES = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)


class Code(NamedTuple):
    """What it cost to send the labels."""

    bits: float
    """All pieces together."""
    uniform: float
    """The same without any help: items · log2(classes)."""
    by_piece: tuple[float, ...]
    """Bits a label in each piece."""

    @property
    def compression(self) -> float:
        """How many times shorter than without help. 1: the activations were no use."""
        return self.uniform / self.bits


def online_code(
    acts: Float[Tensor, "item d"],
    labels: Int[Tensor, " item"],
    *,
    pieces: Sequence[float] = PIECES,
    hidden: int | None = None,
    weight_decay: float = 0.3,
    seed: int = 0,
) -> Code:
    """The length of the labels' online code, given the activations, in bits; items go in the order given.

    Careful: shuffle the items first, by whole groups, or the first pieces teach nothing about the last.
    """
    n_classes, n = int(labels.max()) + 1, len(labels)
    ends = [max(1, round(share * n)) for share in pieces]
    costs = [ends[0] * log2(n_classes)]
    for start, end in pairwise(ends):
        probe = train_classifier(
            acts[:start], labels[:start], n_classes, hidden=hidden, weight_decay=weight_decay, seed=seed
        )
        told = predict(probe, acts[start:end]).exp() * 0.99 + 0.01 / n_classes  # never certain that it cannot be
        costs.append(float(-told.gather(1, labels[start:end, None]).log().sum()) / log(2))
    sizes = [ends[0], *(end - start for start, end in pairwise(ends))]
    return Code(sum(costs), ends[-1] * log2(n_classes), tuple(c / max(1, k) for c, k in zip(costs, sizes, strict=True)))
