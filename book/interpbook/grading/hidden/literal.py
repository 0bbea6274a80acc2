"""Hidden inputs for exercises whose own inputs are written out instead of drawn.

Each function draws from Python's and torch's global random states, which `draws` has seeded, and returns inputs of the
same form as the check's own: every branch that those visit is visited again, with other numbers.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from interpbook.grading.hidden import literal_reasoning

Inputs = list[tuple]


def _sheets() -> Inputs:
    per = random.randint(20, 400)
    whole, rest = random.randint(2, 40), random.randint(1, per - 1)
    few, many = random.randint(1, per // 4), per - random.randint(1, per // 4)
    return [(whole * per, per), (whole * per + rest, per), (per * 3 + few, per), (per * 5 + many, per), (few, per)]


def _sizes() -> Inputs:
    def one(n_heads: int, n_kv_heads: int) -> tuple:
        d_head, d_model = random.randint(2, 16), random.randint(20, 200)
        return random.randint(90, 9000), d_model, random.randint(2, 9), n_heads, n_kv_heads, d_head, d_model * 3 + 1

    return [one(6, 2), one(8, 4), one(5, 5)]


def _pairs() -> Inputs:
    densities = torch.rand(9).sort().values * 0.9 + 0.05
    weights = round(random.uniform(0.2, 0.8), 3), round(random.uniform(1.1, 1.6), 3)
    return [(densities, weight, opposite) for weight in weights for opposite in (True, False)]


def _shares() -> Inputs:
    first = torch.cat([torch.tensor([0.82]) + 0.1 * torch.rand(1), 0.03 + 0.03 * torch.rand(3)])[torch.randperm(4)]
    return [
        (first, 0.8),
        (torch.rand(7) + 0.01, 0.8),
        (torch.rand(5) * 4 + 0.2, round(random.uniform(0.35, 0.6), 3)),
    ]


def _nets() -> Inputs:
    edges = torch.randn(6, 6).tril(-1)
    edges[:2] = 0.0
    value = edges.sum(1)
    value[:2] = 0.5 + 2 * torch.rand(2)
    feature = torch.tensor([0, 0, 1, 1, 1, 0]).bool()
    factors = 0.0, 2 + random.random(), -1 - random.random(), -2 - random.random()
    return [(edges, value, feature, node, factor) for node, factor in zip((0, 2, 2, 0), factors, strict=True)]


def _heads(n: int) -> list[tuple[int, int]]:
    return sorted(random.sample([(layer, head) for layer in range(10) for head in range(5)], n))


def _circuits() -> Inputs:
    a, b, c, idle, *_ = order = _heads(5)
    six = _heads(6)
    spare = six.pop(random.randint(1, 5))  # never the first, or stopping after it would look like judging heads alone
    shares = dict(zip(six, (0.1, 0.4, 0.1, 0.3, 0.1), strict=True))

    def backed_up(kept: Sequence[tuple[int, int]]) -> float:
        return 0.5 * (a in kept) + 0.5 * (b in kept or c in kept)

    def in_shares(kept: Sequence[tuple[int, int]]) -> float:
        return sum((shares.get(head, 0.0) for head in kept), 0.0)

    return [
        (backed_up, [idle, a, b, c], 0.9),
        (in_shares, sorted([*shares, spare]), 0.75),
        (backed_up, [a, c, order[4]], 1.0),
    ]


def _ids(high: int = 17) -> Tensor:
    return torch.randint(1, high, (2, 5))


def _read() -> Inputs:
    from interpbook.checks.city.inside import tiny

    return [(tiny(), _ids(), 0), (tiny(), _ids(), 1)]


def _patched() -> Inputs:
    from interpbook.checks.city.inside import tiny

    def one(layer: int) -> tuple:
        clean, other = _ids(), _ids()
        return tiny(), clean, other, layer, random.randint(1, 3)

    return [one(0), one(1)]


def _runs() -> Inputs:
    from interpbook.checks.circuits.patches import tiny

    def one(layer: int, head: int) -> tuple:
        clean = torch.randint(4, 16, (3, 6))
        corrupt = clean.clone()
        corrupt[:, 2] = (clean[:, 2] + random.randint(1, 9)) % 16
        right = torch.randint(4, 10, (3,))
        return tiny(), clean, corrupt, layer, head, right, right + 3

    return [one(0, 1), one(1, 0)]


LITERAL: dict[str, Callable[[], list[Any]]] = {
    "scale.paper_area_m2": _sheets,
    "scale.count_parameters": _sizes,
    "superposition.pair_loss": _pairs,
    "tracing.keep": _shares,
    "tracing.predicted_change": _nets,
    "circuits.shrink": _circuits,
    "nnsight.read_stream": _read,
    "patching.patched_scores": _patched,
    "circuits.head_effect": _runs,
    **literal_reasoning.LITERAL,
}
"""Exercise → inputs drawn anew. An exercise that is neither here nor draws its own inputs gets no fresh ones."""
