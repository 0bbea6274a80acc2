"""Exercises 1 and 2: what one edge is, and the frozen norm that makes edges add up."""

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.exercises import Check, Mistake

# --- 1 · edge ---


def edge(
    strength: float,
    writes: Float[Tensor, " d"],
    reads: Float[Tensor, " d"],
    pattern: Float[Tensor, "head target source"],
    ov: Float[Tensor, "head d d"],
    source: int,
    target: int,
) -> Float[Tensor, ""]:
    """What the source adds to the target's pre-activation: straight ahead (same position) and through every head."""
    arrives = torch.einsum("h, d, hde -> e", pattern[:, target, source], writes, ov)
    if source == target:
        arrives = arrives + writes
    return strength * arrives @ reads


def _meetings() -> list[tuple]:
    pattern = torch.randn(3, 4, 4).tril().masked_fill(torch.ones(4, 4).triu(1).bool(), -torch.inf).softmax(-1)
    ov = torch.randn(3, 5, 5)
    return [(1.7, torch.randn(5), torch.randn(5), pattern, ov, source, target) for source, target in ((1, 3), (2, 2))]


def _head_by_head(strength, writes, reads, pattern, ov, source, target):
    total = float(source == target) * (writes @ reads)
    for head in range(len(ov)):
        total = total + pattern[head, target, source] * (writes @ ov[head] @ reads)
    return total * strength


def _always_direct(strength, writes, reads, pattern, ov, source, target):
    through = edge(1.0, writes, reads, pattern, ov, source, target)
    return strength * (through if source == target else through + writes @ reads)


def _never_direct(strength, writes, reads, pattern, ov, source, target):
    return strength * torch.einsum("h, d, hde -> e", pattern[:, target, source], writes, ov) @ reads


EDGE = Check(
    id="tracing.edge",
    reference=edge,
    inputs=_meetings,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "no direct path",
            _never_direct,
            "Right between two positions, too small (or too large) within one. What the source writes stays in the "
            "stream of its own position. Which path is missing where source and target are the same?",
        ),
        Mistake(
            "direct path everywhere",
            _always_direct,
            "A term writes · reads is there even between different positions. Can anything move from one position "
            "to another without a head?",
        ),
        Mistake(
            "no attention",
            lambda strength, writes, reads, *rest: strength * writes @ reads,
            "This is the path straight ahead alone. What do the heads carry from the source to the target?",
        ),
        Mistake(
            "no strength",
            lambda strength, *rest: edge(1.0, *rest),
            "This is the edge of a source with activation 1. How active was it?",
        ),
        Mistake(
            "looking the wrong way",
            lambda strength, writes, reads, pattern, ov, source, target: edge(
                strength, writes, reads, pattern.transpose(1, 2), ov, source, target
            ),
            "The pattern seems to be read at [source, target]. A row of a pattern belongs to the position that looks. "
            "Which one is that?",
        ),
        Mistake(
            "wrong side of ov",
            lambda strength, writes, reads, pattern, ov, source, target: edge(
                strength, writes, reads, pattern, ov.transpose(1, 2), source, target
            ),
            "It looks as if the head's matrix was used from the other side. Vectors are rows here, so a head turns "
            "`writes` into `writes @ ov[head]`. Does yours?",
        ),
        Mistake(
            "pattern forgotten",
            lambda strength, writes, reads, pattern, ov, source, target: edge(
                strength, writes, reads, torch.ones_like(pattern), ov, source, target
            ),
            "Every head seems to carry everything. How much of the source did each head read on this prompt?",
        ),
    ),
    alternatives=(_head_by_head,),
    fallback="Follow the written vector by hand: into the target's stream directly (only within one position), and "
    "through each head, times how much that head looks. Then take the dot product with `reads`. What do you get for "
    "one head?",
)

# --- 2 · frozen_norm ---


def frozen_norm(
    x: Float[Tensor, "... d"], seen: Float[Tensor, "... d"], gain: Float[Tensor, " d"], eps: float
) -> Float[Tensor, "... d"]:
    """RMSNorm with the denominator that `seen` had: a straight-line function of x."""
    denominator = (seen.square().mean(-1, keepdim=True) + eps).sqrt()
    return x / denominator * gain


def _streams() -> list[tuple]:
    seen = 3 * torch.randn(4, 6) + 1
    return [
        (torch.randn(4, 6), seen, torch.rand(6) + 0.5, 1e-5),
        (torch.zeros(2, 3), 0.01 * torch.ones(2, 3), torch.ones(3), 1e-2),
        (torch.ones(2, 3), 0.01 * torch.ones(2, 3), torch.ones(3), 1e-2),
    ]


def _by_rsqrt(x, seen, gain, eps):
    width = seen.shape[-1]
    return gain * x * torch.rsqrt((seen * seen).sum(-1, keepdim=True) / width + eps)


def _centred(x, seen, gain, eps):
    spread = (seen.var(-1, keepdim=True, correction=0) + eps).sqrt()
    return gain * (x - x.mean(-1, keepdim=True)) / spread


FROZEN_NORM = Check(
    id="tracing.frozen_norm",
    reference=frozen_norm,
    inputs=_streams,
    mistakes=(
        Mistake(
            "not frozen",
            lambda x, seen, gain, eps: frozen_norm(x, x, gain, eps),
            "The denominator is computed from x, so the norm is not frozen: norm(a + b) is not norm(a) + norm(b). "
            "Whose length should it use?",
        ),
        Mistake(
            "sum of squares",
            lambda x, seen, gain, eps: gain * x / (seen.square().sum(-1, keepdim=True) + eps).sqrt(),
            "You divide by the length of `seen`. RMSNorm divides by the root of the *mean* square. By which factor do "
            "these differ?",
        ),
        Mistake(
            "centred",
            _centred,
            "Something is centred, as LayerNorm does it. RMSNorm takes no mean away. Which line does?",
        ),
        Mistake(
            "no gain",
            lambda x, seen, gain, eps: frozen_norm(x, seen, torch.ones_like(gain), eps),
            "The gain is missing: each coordinate has a learned weight of its own. Where does it go?",
        ),
        Mistake(
            "no eps",
            lambda x, seen, gain, eps: frozen_norm(x, seen, gain, 0.0),
            "This comes out without `eps`. It matters where the stream is short. Inside or outside the root?",
        ),
        Mistake(
            "eps outside",
            lambda x, seen, gain, eps: gain * x / (seen.square().mean(-1, keepdim=True).sqrt() + eps),
            "`eps` is added to the root. RMSNorm adds it to the mean square. Can you move one bracket?",
        ),
    ),
    alternatives=(_by_rsqrt,),
    fallback="RMSNorm: x divided by the root of (mean square + eps), times the gain. Freeze one part of it. Which part "
    "is not linear in x?",
)  # fmt: skip
