"""Exercises 6 to 8: a prediction, an anomaly and a control."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong
from interpbook.stats import random_directions

# --- 6 a prediction ---

PLACES = ("country, block 10", "is, block 10", "country, block 26", "is, block 26", "called, block 26")


def _places(*flips: str) -> dict[str, str]:
    return {place: "flips" if place in flips else "stays" for place in PLACES}


PREDICT = Check(
    id="patching.predict_places",
    reference=_places("country, block 10", "called, block 26"),
    mistakes=(
        Mistake(
            "the country for ever",
            _places("country, block 10", "country, block 26"),
            "You expect the country's own token to decide to the end. Its vector is still there after block 26. But "
            "who would still read it, and when did they?",
        ),
        Mistake(
            "the same word",
            _places("country, block 10", "is, block 26"),
            "You expect the country to arrive at ` is`, as in the chapter. There ` is` was the *last* token. Which "
            "token has to come up with the answer here?",
        ),
        Mistake(
            "on its way",
            _places("country, block 10", "is, block 26", "called, block 26"),
            "You expect the country to arrive at both words after it. It may well be noted at ` is`. But does "
            "anybody read it there after block 26, when the last token has its own copy?",
        ),
        Mistake(
            "word by word",
            _places("country, block 10", "is, block 10", "called, block 26"),
            "You seem to expect it to walk from word to word. After block 10 the country's vector still decides "
            "alone. Can a second place decide at the same time?",
        ),
        Mistake(
            "last token from the start",
            _places("called, block 26"),
            "You expect the country's own token to be powerless after block 10. In the chapter it ruled up to block "
            "22. Is there anything in one more word that would change this?",
        ),
    ),
    alternatives=({place: " Flips " if place in (PLACES[0], PLACES[4]) else "STAYS" for place in PLACES},),
    fallback="Ask of every place two things: is the country known there at that depth, and does anything later read "
    "it there? In the chapter the crossing lay between blocks 22 and 23. Where does that leave blocks 10 "
    "and 26?",
)

# --- 7 an anomaly ---

JUMP = 0.967
"""Length after block 12 over length after block 8, without the first token, over ten passages of the embedded model."""


def _told(cause: str, jump: float = JUMP) -> dict[str, Any]:
    return {"cause": cause, "jump": jump}


def _judge_anomaly(answer: Any) -> Verdict:
    if not isinstance(answer, dict) or set(answer) != {"cause", "jump"}:
        return wrong("Expected a dictionary with 'cause' and 'jump'. Which of the two is missing or has another name?")
    cause, jump = str(answer["cause"]).strip().lower(), float(answer["jump"])
    if cause in ("depth", "text", "units", "average"):
        return wrong(cause)
    if cause != "sink":
        return wrong("That cause is not on the list. Which of the five words do you mean?")
    if jump > 2:
        return wrong("still with the sink")
    if abs(jump - JUMP) < 0.03:
        return PASSED
    return wrong("another jump")


ANOMALY = Check(
    id="lens.anomaly",
    reference=_told("sink"),
    mistakes=(
        Mistake(
            "depth",
            _told("depth"),
            "Streams do grow with depth, since every block adds. But look at the blocks on both sides of the leap. "
            "Could steady growth make one such step, in one token only?",
        ),
        Mistake(
            "text",
            _told("text"),
            "You suspect the passages. Take another, or one word repeated. Does the leap go away?",
        ),
        Mistake(
            "units",
            _told("units"),
            "Length against root mean square is a constant factor of 24, the same at every block. Can a constant "
            "make a curve leap?",
        ),
        Mistake(
            "average",
            _told("average"),
            "The mean is where the mischief *shows*, and a median would hide it. But what makes the mean and the "
            "median differ: all tokens a little, or one token a lot?",
        ),
        Mistake(
            "still with the sink",
            _told("sink", 3.66),
            "The cause is right, but your ratio still contains it. Which slice of the tokens leaves the first one out?",
        ),
        Mistake(
            "another jump",
            _told("sink", 1.034),
            "The cause is right. The ratio asked for is mean length after block 12 over mean length after block 8, "
            "without the first token. Is yours upside down, or of other blocks?",
        ),
    ),
    alternatives=(_told(" Sink ", JUMP - 0.002),),
    fallback="Look at one passage token by token: `read(model, text, Site('resid', layer=12))[0].norm(dim=-1)`. What "
    "stands out?",
    judge=_judge_anomaly,
)

# --- 8 a control ---


def control_steps(step: Float[Tensor, " d_model"], n: int, seed: int) -> Float[Tensor, "n d_model"]:
    """`n` steps as long as `step`, each in a random direction."""
    return random_directions(n, len(step), seed=seed) * step.norm()


def _permuted(step: Tensor, n: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    signs = torch.randint(0, 2, (n, len(step)), generator=generator) * 2 - 1
    return torch.stack([step[torch.randperm(len(step), generator=generator)] for _ in range(n)]) * signs


def _global_seed(step: Tensor, n: int, seed: int) -> Tensor:
    torch.manual_seed(seed)
    noise = torch.randn(n, len(step))
    return noise * (step.norm() / noise.norm(dim=1, keepdim=True))


def _noisy(step: Tensor, n: int, seed: int) -> Tensor:
    steps = step + control_steps(step, n, seed)
    return steps * (step.norm() / steps.norm(dim=1, keepdim=True))


def _unseeded(step: Tensor, n: int, _seed: int) -> Tensor:
    return torch.nn.functional.normalize(torch.randn(n, len(step)), dim=1) * step.norm()


def _positive(step: Tensor, n: int, seed: int) -> Tensor:
    return control_steps(step, n, seed).abs()


def _judge_control(answer: Any) -> Verdict:
    if not callable(answer):
        return wrong("control_steps should be a function of (step, n, seed). What is it now?")
    step = torch.linspace(-4, 4, 200)
    steps: Any = answer(step.clone(), 40, 0)
    if not isinstance(steps, Tensor) or steps.shape != (40, 200):
        return wrong("shape")
    if not torch.allclose(steps.norm(dim=1), step.norm().expand(40), rtol=1e-3):
        return wrong("not as long")
    if (steps - steps[0]).abs().max() < 1e-6:
        return wrong("one draw repeated")
    units = steps / steps.norm(dim=1, keepdim=True)
    along = units @ (step / step.norm())
    if along.abs().mean() > 0.3:
        return wrong("contains the step")
    if (units @ units.T).fill_diagonal_(0).sum() / (40 * 39) > 0.3:
        return wrong("one sided")
    again: Any = answer(step.clone(), 40, 0)
    if not torch.equal(again, steps):
        return wrong("not reproducible")
    other: Any = answer(step.clone(), 40, 1)
    if torch.equal(other, steps):
        return wrong("seed ignored")
    return PASSED


CONTROL = Check(
    id="steering.control_steps",
    reference=control_steps,
    judge=_judge_control,
    mistakes=(
        Mistake(
            "not as long",
            lambda step, n, seed: random_directions(n, len(step), seed=seed),
            "Your control steps are not as long as the real one. If a short push does less than a long one, what "
            "have you shown about the *direction*?",
        ),
        Mistake(
            "one draw repeated",
            lambda step, n, seed: control_steps(step, 1, seed).expand(n, -1),
            "All your steps are the same vector: that is one draw, shown n times. How would you see how much the "
            "null varies?",
        ),
        Mistake(
            "contains the step",
            _noisy,
            "Your steps still lean towards (or straight against) the real one, so the control contains part of the "
            "treatment. What should its cosine with the step be, on average?",
        ),
        Mistake(
            "one sided",
            _positive,
            "Your steps all lean the same way, towards one corner of the space. Which draw has no favourite direction?",
        ),
        Mistake(
            "not reproducible",
            _unseeded,
            "Called twice with the same seed, your function gives different steps. Where does the randomness come "
            "from, and does `seed` reach it?",
        ),
        Mistake(
            "seed ignored",
            lambda step, n, _seed: control_steps(step, n, 0),
            "Seeds 0 and 1 give the same steps. If the first draw happened to be lucky, how would anybody find out?",
        ),
        Mistake(
            "shape",
            lambda step, n, seed: control_steps(step, n, seed).T,
            "Expected one step a row: shape (n, d_model). What shape does yours have?",
        ),
    ),
    alternatives=(_permuted, _global_seed),
    fallback="A control differs from the treatment in one thing. Same length, another direction, many draws, "
    "repeatable. Which of the four is missing?",
)
