"""Exercise 8: a null for "this neuron is selective", judged by what a fair null must do, not by how it is written.

The neuron was the best of `d` on one half of the items, and its gap was read on the other half. A fair null:

1. is reproducible from its seed, and one number a draw;
2. speaks in units of the activations: twice the activations, twice the gaps;
3. reads its gaps on the second half, and never lets that half choose: turn the second half round, and every gap
   changes its sign, because the same direction is chosen;
4. keeps the labels, uses directions of length 1, and lets the best of as many compete as there are neurons.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong
from interpbook.stats import random_directions

N_DRAWS = 150
Null = Callable[..., Tensor]


class Items(NamedTuple):
    """A made-up layer: activations, which items have the property, and which half chooses."""

    acts: Float[Tensor, "item neuron"]
    labels: Bool[Tensor, " item"]
    first: Bool[Tensor, " item"]


def gap(scores: Float[Tensor, "item score"], labels: Bool[Tensor, " item"]) -> Float[Tensor, " score"]:
    """How much higher each column is, on average, where the label is True."""
    return scores[labels].mean(0) - scores[~labels].mean(0)


def random_direction_null(
    acts: Float[Tensor, "item neuron"],
    labels: Bool[Tensor, " item"],
    first: Bool[Tensor, " item"],
    n_draws: int,
    seed: int,
) -> Float[Tensor, " n_draws"]:
    """The gap on the second half of the best of `d` random directions, chosen on the first half; once per draw."""
    d = acts.shape[1]
    gaps = torch.empty(n_draws)
    for i in range(n_draws):
        scores = acts @ random_directions(d, d, seed=100_000 * seed + i).T
        best = gap(scores[first], labels[first]).argmax()
        gaps[i] = gap(scores[~first], labels[~first])[best]
    return gaps


def _layer(d: int, strength: float) -> Items:
    """Items whose property lies `strength` far along a direction that belongs to no neuron in particular."""
    generator = torch.Generator().manual_seed(11)
    labels = torch.arange(120) % 2 == 0
    first = torch.arange(120) < 60
    direction = torch.where(torch.rand(d, generator=generator) < 0.5, -1.0, 1.0) / d**0.5
    acts = torch.randn(120, d, generator=generator) + strength * labels[:, None] * direction
    return Items(acts, labels, first)


# --- the judge ---


def judge(answer: Any) -> Verdict:
    """Whether this null is fair to a neuron that was chosen on one half of the items and tested on the other."""
    if not callable(answer):
        return wrong("not a function")
    null = cast(Null, answer)
    wide = _layer(24, 4.0)
    gaps = null(*wide, N_DRAWS, 0)
    for look in (_form, _draws, _units, _halves, _competition):
        found = look(null, wide, gaps)
        if found:
            return wrong(found)
    return PASSED


def _form(null: Null, items: Items, gaps: Any) -> str:
    """One finite number for each draw."""
    if not isinstance(gaps, Tensor) or gaps.shape != (N_DRAWS,):
        came = f"a tensor of shape {tuple(gaps.shape)}" if isinstance(gaps, Tensor) else f"a {type(gaps).__name__}"
        return f"Your null gives {came} for n_draws = {N_DRAWS}. Can you collect one number a draw in one tensor?"
    return "" if bool(torch.isfinite(gaps.float()).all()) else "not finite"


def _draws(null: Null, items: Items, gaps: Tensor) -> str:
    """The draws differ; the same seed gives them again, and another seed gives others."""
    if float(gaps.std()) < 1e-6:
        return "one constant"
    if not _same(null(*items, N_DRAWS, 0), gaps):
        return "seed not used"
    return "same seed" if _same(null(*items, N_DRAWS, 1), gaps) else ""


def _units(null: Null, items: Items, gaps: Tensor) -> str:
    return "" if _same(null(*items._replace(acts=2 * items.acts), N_DRAWS, 0), 2 * gaps) else "not these activations"


def _halves(null: Null, items: Items, gaps: Tensor) -> str:
    """Turn the second half round: the same directions must be chosen, so that every gap changes its sign."""
    turned = torch.where(items.first[:, None], items.acts, -items.acts)
    silent = torch.where(items.first[:, None], items.acts, torch.zeros(()))
    if _same(null(*items._replace(acts=silent), N_DRAWS, 0), gaps):
        return "reads where it chose"
    gaps_turned = null(*items._replace(acts=turned), N_DRAWS, 0)
    if _same(gaps_turned, -gaps):
        return ""
    if bool((gaps >= 0).all()) and _same(gaps_turned, gaps):
        return "absolute value"
    unselected = torch.where(items.first[:, None], torch.zeros(()), items.acts)
    alone = _same(null(*items._replace(acts=unselected), N_DRAWS, 0), gaps)
    return "chosen by the exam" if alone else "both halves choose"


def _competition(null: Null, items: Items, gaps: Tensor) -> str:
    """Labels kept, length 1, and as many candidates as there are neurons."""
    fair = random_direction_null(*items, N_DRAWS, 0)
    second = ~items.first
    length = float(gap(items.acts[second], items.labels[second]).norm())
    if float(gaps.mean()) < 0.25 * float(fair.mean()) and float(gaps.std()) < 0.5 * length / items.acts.shape[1] ** 0.5:
        return "shuffled labels"
    if wrong_length := _length(null):
        return wrong_length
    ratio = float(gaps.mean()) / float(fair.mean())
    if ratio < 0.25:
        return "one direction"
    return "too few candidates" if ratio < 0.85 else "too many candidates" if ratio > 1.18 else ""


def _length(null: Null) -> str:
    """In two dimensions some direction of length 1 comes close to the largest gap there is, and none passes it."""
    flat = _layer(2, 4.0)
    second = ~flat.first
    most = float(gap(flat.acts[second], flat.labels[second]).norm())
    reached = float(null(*flat, N_DRAWS, 0).max()) / most
    return "" if 0.93 < reached < 1.001 else "not length 1"


def _same(a: Tensor, b: Tensor) -> bool:
    return isinstance(a, Tensor) and a.shape == b.shape and torch.allclose(a, b, rtol=1e-3, atol=1e-5)


# --- plausible wrong nulls ---


def _variant(
    directions: Callable[[int, int], Tensor] = lambda d, seed: random_directions(d, d, seed=seed),
    choose_on: Callable[[Tensor], Tensor] = lambda first: first,
    read_on: Callable[[Tensor], Tensor] = lambda first: ~first,
    after: Callable[[Tensor], Tensor] = lambda gaps: gaps,
) -> Null:
    """The fair null, except for what is passed."""

    def null(acts, labels, first, n_draws, seed):
        chosen, read = choose_on(first), read_on(first)
        gaps = []
        for i in range(n_draws):
            scores = acts @ directions(acts.shape[1], 100_000 * seed + i).T
            best = gap(scores[chosen], labels[chosen]).argmax()
            gaps.append(gap(scores[read], labels[read])[best])
        return after(torch.stack(gaps))

    return null


def _long(d, seed):
    return torch.randn(d, d, generator=torch.Generator().manual_seed(seed))


def _shuffled_labels(acts, labels, first, n_draws, seed):
    gaps = []
    for i in range(n_draws):
        order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(100_000 * seed + i))
        best = gap(acts[first], labels[order][first]).argmax()
        gaps.append(gap(acts[~first], labels[order][~first])[best])
    return torch.stack(gaps)


def _rotation(acts, labels, first, n_draws, seed):
    """Right, written differently: turn the whole space, and treat its new axes like neurons."""
    generator = torch.Generator().manual_seed(seed)

    def draw() -> Tensor:
        turned = acts @ torch.linalg.qr(torch.randn(acts.shape[1], acts.shape[1], generator=generator))[0]
        signs = torch.where(torch.rand(acts.shape[1], generator=generator) < 0.5, -1.0, 1.0)
        best = gap((turned * signs)[first], labels[first]).max(0).indices
        return gap((turned * signs)[~first], labels[~first])[best]

    return torch.stack([draw() for _ in range(n_draws)])


def _all_at_once(acts, labels, first, n_draws, seed):
    """Right, written differently: every draw in one product, on the two vectors of mean differences."""
    d = acts.shape[1]
    directions = random_directions(n_draws * d, d, seed=seed).reshape(n_draws, d, d)
    on_first, on_second = (directions @ gap(acts[half], labels[half]) for half in (first, ~first))
    return on_second.gather(1, on_first.argmax(1, keepdim=True)).squeeze(1)


RANDOM_DIRECTION_NULL = Check(
    id="superposition.random_direction_null",
    reference=random_direction_null,
    judge=judge,
    mistakes=(
        Mistake(
            "not a function",
            0.5,
            "A number came where a function is asked for. Can you pass random_direction_null itself, without calling "
            "it?",
        ),
        Mistake(
            "not finite",
            _variant(after=lambda gaps: gaps / 0),
            "Some of your draws are not finite. Is a half empty, or does something divide by zero?",
        ),
        Mistake(
            "one constant",
            lambda acts, labels, first, n_draws, seed: torch.zeros(n_draws),
            "All draws give one and the same number. A null is a spread of what chance does. What should be drawn anew "
            "each time?",
        ),
        Mistake(
            "seed not used",
            _variant(directions=lambda d, seed: torch.nn.functional.normalize(torch.randn(d, d), dim=1)),
            "Called twice with the same seed, your null gives different numbers, so nobody can check them. Where "
            "could the seed enter the drawing of the directions?",
        ),
        Mistake(
            "same seed",
            _variant(directions=lambda d, seed: random_directions(d, d, seed=seed % 100_000)),
            "Another seed gives the same draws. Does the argument `seed` reach your random numbers, or is one fixed "
            "inside?",
        ),
        Mistake(
            "not these activations",
            lambda acts, labels, first, n_draws, seed: torch.randn(
                n_draws, generator=torch.Generator().manual_seed(seed)
            ),
            "Make all activations twice as large, and the neuron's gap doubles, but your null does not. How can it be "
            "measured on the same activations, by the same ruler?",
        ),
        Mistake(
            "reads where it chose",
            _variant(read_on=lambda first: first),
            "Your gaps are read on the half that chose the direction, where the winner is flattered. The neuron's "
            "gap was read elsewhere. On which items should a direction sit its exam?",
        ),
        Mistake(
            "chosen by the exam",
            _variant(choose_on=lambda first: ~first),
            "The direction is chosen on the same half on which its gap is read, so the winner is flattered. The "
            "neuron was chosen without a look at its exam. Which rows may `argmax` see?",
        ),
        Mistake(
            "both halves choose",
            _variant(choose_on=lambda first: first | ~first),
            "All items together choose the direction, the second half too: turn only that half's activations round, "
            "and another direction wins. The neuron was chosen on the first half alone. Which rows may `argmax` see?",
        ),
        Mistake(
            "absolute value",
            _variant(after=torch.abs),
            "Your gaps have lost their sign. A direction that was higher on the first half and is lower on the "
            "second has failed, and should count as a failure. Where did the absolute value come in?",
        ),
        Mistake(
            "shuffled labels",
            _shuffled_labels,
            "You shuffle the labels. That asks whether *anything* in the layer knows about the property. The question "
            "here is whether it is this *neuron*: keep the labels, and which axes could be put in the neurons' place?",
        ),
        Mistake(
            "not length 1",
            _variant(directions=_long),
            "Your directions do not have length 1, and a neuron's axis does. A longer direction has a larger gap for "
            "free. What should be divided by what?",
        ),
        Mistake(
            "one direction",
            _variant(directions=lambda d, seed: random_directions(1, d, seed=seed)),
            "You compare the neuron with a random direction that won nothing. The neuron was the best of all neurons "
            "on the first half. How many directions should compete in each draw, and where?",
        ),
        Mistake(
            "too few candidates",
            _variant(directions=lambda d, seed: random_directions(max(1, d // 4), d, seed=seed)),
            "Your winners had fewer rivals than the neuron had, so they are weaker. How many neurons did it beat?",
        ),
        Mistake(
            "too many candidates",
            _variant(directions=lambda d, seed: random_directions(20 * d, d, seed=seed)),
            "Your winners had more rivals than the neuron had, so the null is too strong. How many neurons did it "
            "beat?",
        ),
    ),
    alternatives=(_rotation, _all_at_once),
    fallback="Write down what the neuron was given: how many rivals, which half to win on, which half to be read on, "
    "which length. Which of the four does your null lack?",
)
