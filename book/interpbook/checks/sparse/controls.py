"""Exercise 8: pushes to compare a steering push with, judged by what a fair control must do."""

from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong


def control_pushes(push: Float[Tensor, " d"], n: int, seed: int) -> Float[Tensor, "n d"]:
    """`n` random pushes, each as long as `push`, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(n, len(push), generator=generator)
    return drawn / drawn.norm(dim=1, keepdim=True) * push.norm()


def _judge(answer: Any) -> Verdict:
    if not callable(answer):
        return wrong("Your answer is no function. Can you define control_pushes(push, n, seed)?")
    answer = cast(Any, answer)
    push = 7.0 * torch.nn.functional.normalize(torch.arange(1.0, 201.0), dim=0)
    before, made = push.clone(), answer(push, 50, 0)
    if not isinstance(made, Tensor) or made.shape != (50, 200):
        return wrong("Expected one tensor with a push in each row: shape (n, d). What shape does yours have?")
    if not torch.equal(before, push):
        return wrong("The push itself was changed. Can you work on a copy?")
    directions = torch.nn.functional.normalize(made, dim=1)
    if float((directions @ push / 7).abs().mean()) > 0.2:
        return wrong("near the push")
    if float((directions @ directions.T - torch.eye(50)).abs().max()) > 0.9:
        return wrong("all alike")
    if float((made.norm(dim=1) - 7).abs().max()) > 0.01:
        return wrong("other lengths")
    if not torch.allclose(made, answer(push, 50, 0)):
        return wrong("no seed")
    return PASSED if not torch.allclose(made, answer(push, 50, 1)) else wrong("one seed")


def _normal(push, n, seed):
    return torch.randn(n, len(push), generator=torch.Generator().manual_seed(seed))


def _jittered(push, n, seed):
    near = push + 0.3 * push.norm() / len(push) ** 0.5 * _normal(push, n, seed)
    return near / near.norm(dim=1, keepdim=True) * push.norm()


def _unseeded(push, n, seed):
    drawn = torch.randn(n, len(push))
    return drawn / drawn.norm(dim=1, keepdim=True) * push.norm()


def _in_the_space_beside(push, n, seed):
    """Another right answer: random directions at right angles to the push."""
    drawn, unit = _normal(push, n, seed), push / push.norm()
    drawn = drawn - (drawn @ unit)[:, None] * unit
    return drawn * (push.norm() / drawn.norm(dim=1))[:, None]


CONTROL_PUSHES = Check(
    id="sparse.control_pushes",
    reference=control_pushes,
    judge=_judge,
    mistakes=(
        Mistake(
            "other lengths",
            _normal,
            "The pushes are not as long as the one that they are compared with. A short push does little and a long "
            "one breaks the model, whatever its direction. How long should each be?",
        ),
        Mistake(
            "near the push",
            _jittered,
            "Your pushes still point largely along the original. Then they steer as well, and a real effect looks like "
            "nothing special. What should a control *not* share with the push?",
        ),
        Mistake(
            "all alike",
            lambda push, n, seed: control_pushes(push, 1, seed).expand(n, -1),
            "All rows are the same push, so there is no spread to compare with. Can each row be drawn anew?",
        ),
        Mistake(
            "no seed",
            _unseeded,
            "The same seed gives different pushes each time, so nobody can repeat your experiment. Where does the "
            "generator get its seed?",
        ),
        Mistake(
            "one seed",
            lambda push, n, seed: control_pushes(push, n, 0),
            "Another seed gives the same pushes. Is `seed` used at all?",
        ),
    ),
    alternatives=(_in_the_space_beside,),
    fallback="What must a control share with the push (one thing), and what must be left to chance? Write down both.",
)
