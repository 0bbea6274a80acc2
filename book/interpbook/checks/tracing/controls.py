"""Exercise 8: nodes to compare chosen nodes with, judged by what a fair control must do."""

from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong


def control_nodes(
    chosen: list[int],
    layer: Int[Tensor, " node"],
    position: Int[Tensor, " node"],
    activation: Float[Tensor, " node"],
    n: int,
    seed: int,
) -> list[list[int]]:
    """`n` stand-ins for the chosen nodes: same layer and position, half to twice as active, none chosen, none twice."""
    generator = torch.Generator().manual_seed(seed)
    taken = torch.zeros(len(layer), dtype=torch.bool)
    taken[chosen] = True
    sets = []
    for _ in range(n):
        used, drawn = taken.clone(), []
        for node in chosen:
            ratio = activation / activation[node]
            fits = (layer == layer[node]) & (position == position[node]) & (ratio >= 0.5) & (ratio <= 2) & ~used
            pool = fits.nonzero()[:, 0]
            drawn.append(int(pool[torch.randint(len(pool), (1,), generator=generator)]))
            used[drawn[-1]] = True
        sets.append(drawn)
    return sets


_LAYER = torch.arange(6).repeat_interleave(60)
_POSITION = torch.arange(3).repeat_interleave(20).repeat(6)
_ACTIVATION = 2.0 ** (torch.arange(360) % 20 / 2.5 - 2)  # from 1/4 to about 50, the same mixture everywhere
_CHOSEN = [7, 8, 131, 259]
_CASE = (_CHOSEN, _LAYER, _POSITION, _ACTIVATION)


def _whole_numbers(made: Any) -> list[list[int]] | None:
    """The answer as lists of node numbers, or nothing if it has another shape."""
    try:
        sets = [[int(node) for node in drawn] for drawn in made]
    except (TypeError, ValueError):
        return None
    fits = len(sets) == 40 and all(len(drawn) == len(_CHOSEN) for drawn in sets)
    return sets if fits and all(0 <= node < 360 for drawn in sets for node in drawn) else None


def _judge(answer: Any) -> Verdict:
    if not callable(answer):
        return wrong("Your answer is no function. Can you define control_nodes(chosen, layer, …, n, seed)?")
    answer = cast(Any, answer)
    sets = _whole_numbers(answer(*_CASE, 40, 0))
    if sets is None:
        return wrong("Expected n lists, each with one node number for each chosen node. What do you return?")
    fault = _fault(torch.tensor(sets))
    if fault is not None:
        return wrong(fault)
    if sets != _whole_numbers(answer(*_CASE, 40, 0)):
        return wrong("no seed")
    if len({tuple(drawn) for drawn in sets}) < 20:
        return wrong("all alike")
    return PASSED if sets != _whole_numbers(answer(*_CASE, 40, 1)) else wrong("one seed")


def _fault(sets: Int[Tensor, "set chosen"]) -> str | None:
    """The first way in which the stand-ins are no fair comparison."""
    chosen = torch.tensor(_CHOSEN)
    if torch.isin(sets, chosen).any():
        return "chosen among them"
    if (_LAYER[sets] != _LAYER[chosen]).any():
        return "other layers"
    if (_POSITION[sets] != _POSITION[chosen]).any():
        return "other positions"
    ratio = _ACTIVATION[sets] / _ACTIVATION[chosen]
    if ((ratio < 0.499) | (ratio > 2.001)).any():
        return "other strengths"
    return "twice in a set" if any(len(set(drawn)) < len(drawn) for drawn in sets.tolist()) else None


def _drawn_from(fits, n, seed, again=False):
    """Stand-ins drawn with a mask of candidates for each chosen node."""
    generator = torch.Generator().manual_seed(seed)
    sets = []
    for _ in range(n):
        drawn: list[int] = []
        for mask in fits:
            pool = [i for i in mask.nonzero()[:, 0].tolist() if again or i not in drawn]
            drawn.append(pool[int(torch.randint(len(pool), (1,), generator=generator))])
        sets.append(drawn)
    return sets


def _masks(chosen, layer, position, activation, without=""):
    """Who fits each chosen node, leaving out one of the demands."""
    every = torch.ones(len(layer), dtype=torch.bool)
    free = every.clone()
    if without != "free":
        free[chosen] = False
    for c in chosen:
        ratio = activation / activation[c]
        yield (
            free
            & (every if without == "layer" else layer == layer[c])
            & (every if without == "position" else position == position[c])
            & (every if without == "strength" else (ratio >= 0.5) & (ratio <= 2))
        )


def _lacking(demand):
    def answer(chosen, layer, position, activation, n, seed):
        return _drawn_from(list(_masks(chosen, layer, position, activation, demand)), n, seed)

    return answer


def _repeating(chosen, layer, position, activation, n, seed):
    return _drawn_from(list(_masks(chosen, layer, position, activation)), n, seed, again=True)


def _by_permutation(chosen, layer, position, activation, n, seed):
    """Another right answer: walk through a random order and take the first that fits."""
    generator = torch.Generator().manual_seed(100 + seed)
    sets = []
    for _ in range(n):
        drawn: list[int] = []
        order = torch.randperm(len(layer), generator=generator).tolist()
        for c in chosen:
            free = (i for i in order if i not in {*chosen, *drawn})
            near = (i for i in free if layer[i] == layer[c] and position[i] == position[c])
            drawn.append(next(i for i in near if 0.5 <= float(activation[i] / activation[c]) <= 2))
        sets.append(drawn)
    return sets  # fmt: skip


_any = cast(Any, control_nodes)  # called with its arguments in one tuple


CONTROL_NODES = Check(
    id="tracing.control_nodes",
    reference=control_nodes,
    judge=_judge,
    mistakes=(
        Mistake(
            "chosen among them",
            _lacking("free"),
            "Some of your controls are chosen nodes themselves. Then the comparison contains what it is compared with. "
            "Who must be left out of every draw?",
        ),
        Mistake(
            "other layers",
            _lacking("layer"),
            "Your stand-ins come from other layers. An early node has more layers below it to act through, whatever it "
            "says. What should a control share with the chosen node?",
        ),
        Mistake(
            "other positions",
            _lacking("position"),
            "Layers match, positions do not. At the last position every node has a short way to the logits. Which "
            "position should a stand-in have?",
        ),
        Mistake(
            "other strengths",
            _lacking("strength"),
            "Some controls are far weaker or stronger than the node they stand for. Switching off a strong node does "
            "more, whatever it means. How close should activations be?",
        ),
        Mistake(
            "twice in a set",
            _repeating,
            "Within one set a node stands in for two. Then the set switches off fewer nodes than the chosen one does. "
            "Can you draw without putting back?",
        ),
        Mistake(
            "no seed",
            lambda *case: _any(*case[:-1], int(torch.seed() % 1_000_000)),
            "The same seed gives other nodes each time, so nobody can repeat your experiment. Where does the generator "
            "get its seed?",
        ),
        Mistake(
            "all alike",
            lambda *case: _any(*case[:-2], 1, case[-1]) * case[-2],
            "All sets are the same, so there is no spread to compare with. Is each set drawn anew?",
        ),
        Mistake(
            "one seed",
            lambda *case: _any(*case[:-1], 0),
            "Another seed gives the same sets. Is `seed` used at all?",
        ),
    ),
    alternatives=(_by_permutation,),
    fallback="Write down what a stand-in must share with its node (layer, position, about the strength), and what it "
    "must not be. Then draw among those that are left. Which of them does your draw respect?",
)
