"""Hidden inputs for functions that a judge decides: the judge asks as always, and the answer hears other inputs.

A judge looks for what holds of every right answer, on inputs that anybody can read. A disguise stands between the two:
from a hidden seed it gives each call other names, places, units and seeds, and translates what comes back. Right stays
right, wrong stays wrong; an answer that waits for the judge's own inputs never meets them. What has not the expected
form is handed on as it is, for the judge to say so.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random
from typing import Any

import torch
from torch import Tensor

from interpbook.checks.circuits.corruption import NAMES

Function = Callable[..., Any]
OTHER_NAMES = ("Nora", "Carl", "Ruth", "Oscar", "Edith", "Hugo", "Grace", "Victor", "Wanda", "Basil")


def disguised(exercise_id: str, answer: Any, seed: int) -> Any:
    """The answer as a judge should call it; itself, if it is no function or the exercise has no disguise."""
    return partial(DISGUISES[exercise_id], answer, seed) if exercise_id in DISGUISES and callable(answer) else answer


def _order(draw: Random, n: int) -> list[int]:
    return draw.sample(range(n), n)


def _other_seed(draw: Random, seed: int) -> int:
    return draw.randint(1, 9000) + seed


def _renamed(draw: Random, names: Iterable[str]) -> dict[str, str]:
    kinds = sorted(set(names))
    return dict(zip(kinds, (f"n{number}" for number in draw.sample(range(10_000), len(kinds))), strict=True))


def _back(rows: Any, order: list[int]) -> Any:
    """Rows in the order in which the judge's items stand."""
    try:
        rows = torch.as_tensor(rows)
    except (TypeError, ValueError, RuntimeError):
        return rows
    return rows[torch.tensor(order).argsort()] if rows.ndim and len(rows) == len(order) else rows


def _groups(answer: Function, hidden: int, groups: list[str], seed: int) -> Any:
    draw = Random(hidden)
    seed, order, name = _other_seed(draw, seed), _order(draw, len(groups)), _renamed(draw, groups)
    return _back(answer([name[groups[i]] for i in order], seed), order)


def _words(answer: Function, hidden: int, words: list[str], n_labels: int, seed: int) -> Any:
    return _groups(lambda others, another: answer(others, n_labels, another), hidden, words, seed)


def _turn(draw: Random, d: int) -> tuple[Tensor, Tensor, float]:
    """A change of axes that keeps angles: their order, their signs, and one unit of length."""
    return (
        torch.tensor(_order(draw, d)),
        torch.tensor([draw.choice((-1.0, 1.0)) for _ in range(d)]),
        draw.uniform(0.5, 2),
    )


def _steps(answer: Function, hidden: int, step: Tensor, n: int, seed: int) -> Any:
    draw = Random(hidden)
    seed, (order, signs, unit) = _other_seed(draw, seed), _turn(draw, len(step))
    made = answer((unit * signs * step)[order], n, seed)
    fits = isinstance(made, Tensor) and made.shape == (n, len(step))
    return made[:, order.argsort()] * signs / unit if fits else made


def _layer(answer: Function, hidden: int, acts: Tensor, labels: Tensor, first: Tensor, n_draws: int, seed: int) -> Any:
    draw = Random(hidden)
    seed, (axes, signs, unit) = _other_seed(draw, seed), _turn(draw, acts.shape[1])
    items = torch.tensor(_order(draw, len(labels)))
    made = answer((unit * signs * acts)[items][:, axes], labels[items], first[items], n_draws, seed)
    return made / unit if isinstance(made, Tensor) else made


def _sentence(answer: Function, hidden: int, prompt: str, s: str, names: Sequence[str]) -> Any:
    pairs = list(zip(NAMES, Random(hidden).sample(OTHER_NAMES, len(NAMES)), strict=True))
    swap = dict(pairs) | {other: name for name, other in pairs}  # a name of the judge's own comes back as a stranger

    def swapped(text: str) -> str:
        return re.sub(r"\w+", lambda word: swap.get(word[0], word[0]), text)

    made = answer(swapped(prompt), swapped(s), [swapped(name) for name in names])
    return swapped(made) if isinstance(made, str) else made


def _nodes(
    answer: Function,
    hidden: int,
    chosen: list[int],
    layer: Tensor,
    position: Tensor,
    activation: Tensor,
    n: int,
    seed: int,
) -> Any:
    draw = Random(hidden)
    seed, order, unit = _other_seed(draw, seed), _order(draw, len(layer)), draw.uniform(0.5, 2)
    layers, positions = (
        torch.tensor(sorted(draw.sample(range(20), int(kinds.max()) + 1))) for kinds in (layer, position)
    )
    place = {old: new for new, old in enumerate(order)}
    made = answer(
        [place[node] for node in chosen], layers[layer][order], positions[position][order],
        unit * activation[order], n, seed,
    )  # fmt: skip
    try:
        return [[order[int(node)] if 0 <= int(node) < len(order) else node for node in drawn] for drawn in made]
    except (TypeError, ValueError):
        return made


def _runs(answer: Function, hidden: int, tasks: list[int], runs: list[int], seed: int) -> Any:
    draw = Random(hidden)
    seed, order = _other_seed(draw, seed), _order(draw, len(tasks))
    task, run = (dict(zip(sorted(set(x)), draw.sample(range(1000), len(set(x))), strict=True)) for x in (tasks, runs))
    made = answer([task[tasks[i]] for i in order], [run[runs[i]] for i in order], seed)
    return tuple(_back(part, order) for part in made) if isinstance(made, tuple | list) else made


DISGUISES: dict[str, Function] = {
    "steering.control_steps": _steps,
    "superposition.random_direction_null": _layer,
    "probing.split_by_group": _groups,
    "probing.control_task": _words,
    "sparse.control_pushes": _steps,
    "circuits.break_repetition": _sentence,
    "tracing.control_nodes": _nodes,
    "monitoring.fair_split": _runs,
}
"""Exercise → (the student's function, hidden seed, the judge's arguments) → what the judge gets."""
