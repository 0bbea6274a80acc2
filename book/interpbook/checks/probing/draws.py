"""Exercises 1 and 3: answers that draw at random, judged by what must hold for every draw."""

import random
from typing import Any

import numpy as np
import torch

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong

# --- 1 · split_by_group ---

GROUPS = [f"city {i % 40}" for i in range(160)]
UNEVEN = ["Lyon"] * 30 + [f"town {i}" for i in range(40)]  # one group is nearly half of everything


def split_by_group(groups, seed):
    """True for the items to train on: half of the groups, chosen at random, with all their items."""
    kinds = sorted(set(groups))
    chosen = set(random.Random(seed).sample(kinds, len(kinds) // 2))
    return torch.tensor([group in chosen for group in groups])


def _by_permutation(groups, seed):
    names = list(dict.fromkeys(groups))
    place = {name: i for i, name in enumerate(names)}
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed))
    rank = order.argsort()
    return torch.stack([rank[place[group]] < (len(names) + 1) // 2 for group in groups])


def _random_items(groups, seed):
    return torch.rand(len(groups), generator=torch.Generator().manual_seed(seed)) < 0.5


def _shuffled_rows(groups, seed):
    order = torch.randperm(len(groups), generator=torch.Generator().manual_seed(seed))
    return order < len(groups) // 2


def _no_seed(groups, seed):
    kinds = sorted(set(groups))
    return torch.tensor([group in kinds[: len(kinds) // 2] for group in groups])


def _coin_a_group(groups, seed):
    draw = np.random.default_rng()
    coins = {group: bool(draw.integers(2)) for group in sorted(set(groups))}
    return torch.tensor([coins[group] for group in groups])


def _one_row_a_group(groups, seed):
    kinds = sorted(set(groups))
    chosen = set(random.Random(seed).sample(kinds, len(kinds) // 2))
    return torch.tensor([group in chosen for group in kinds])


def _all_in_training(groups, seed):
    return torch.ones(len(groups), dtype=torch.bool)


def _half_of_the_items(groups, seed):
    kinds = sorted(set(groups))
    random.Random(seed).shuffle(kinds)
    chosen, n = set(), 0
    for kind in kinds:
        if n + groups.count(kind) <= len(groups) // 2:
            chosen.add(kind)
            n += groups.count(kind)
    return torch.tensor([group in chosen for group in groups])


def _split_fault(answer: Any, groups: list[str]) -> str | None:
    """The name of the first mistake that one list of groups shows."""
    drawn = [torch.as_tensor(answer(groups, seed)) for seed in (0, 0, 1, 2)]
    if any(len(split) != len(groups) for split in drawn):
        return "one row a group"
    if any(split.all() or not split.any() for split in drawn):
        return "one side is empty"
    sides = [{group: set() for group in groups} for _ in drawn]
    for side, split in zip(sides, drawn, strict=True):
        for group, is_train in zip(groups, split.tolist(), strict=True):
            side[group].add(bool(is_train))
    if any(len(both) > 1 for side in sides for both in side.values()):
        return "random items" if abs(float(drawn[0].float().sum()) - len(groups) // 2) > 0.5 else "shuffled rows"
    if not torch.equal(drawn[0], drawn[1]):
        return "not repeatable"
    if torch.equal(drawn[0], drawn[2]) and torch.equal(drawn[0], drawn[3]):
        return "no seed"
    return "half of the items" if any(_lopsided(side) for side in sides) else None


def _lopsided(side: dict[str, set[bool]]) -> bool:
    n_train = sum(True in both for both in side.values())
    return abs(n_train - len(side) / 2) > 1


def _judge_split(answer: Any) -> Verdict:
    fault = _split_fault(answer, GROUPS) or _split_fault(answer, UNEVEN)
    return PASSED if fault is None else wrong(fault)


SPLIT_BY_GROUP = Check(
    id="probing.split_by_group",
    reference=split_by_group,
    judge=_judge_split,
    mistakes=(
        Mistake(
            "random items",
            _random_items,
            "Some groups stand on both sides, so each item seems to toss its own coin. Which thing should the coin be "
            "tossed for?",
        ),
        Mistake(
            "shuffled rows",
            _shuffled_rows,
            "Exactly half of the items are for training, but groups are torn apart. Did you shuffle the items instead "
            "of the groups?",
        ),
        Mistake(
            "no seed",
            _no_seed,
            "Groups stay whole, but every seed gives the same split. Where does `seed` come in, so that a lucky split "
            "can be told from a good probe?",
        ),
        Mistake(
            "not repeatable",
            _coin_a_group,
            "Groups stay whole, but the same seed gives another split each time. Does your random generator know the "
            "seed?",
        ),
        Mistake(
            "one row a group",
            _one_row_a_group,
            "The answer has another length than `groups`. It should hold one True or False for each item; do you have "
            "one for each group?",
        ),
        Mistake(
            "one side is empty",
            _all_in_training,
            "All items are on one side. What would the probe be tested on?",
        ),
        Mistake(
            "half of the items",
            _half_of_the_items,
            "Groups stay whole, but one side has many more groups than the other. Half of the groups were asked for, "
            "however many items each has. What did you count?",
        ),
    ),
    alternatives=(_by_permutation,),
    fallback="Take the list ['a', 'a', 'b', 'b']: the only two right answers put both a's on one side and both b's on "
    "the other. Does yours?",
)

# --- 3 · control_task ---

WORDS = [f"word{i % 60}" for i in range(600)]


def control_task(words, n_labels, seed):
    """A random label from 0 to n_labels − 1 for every word type, the same wherever the word occurs."""
    draw = random.Random(seed)
    label = {word: draw.randrange(n_labels) for word in sorted(set(words))}
    return torch.tensor([label[word] for word in words])


def _by_generator(words, n_labels, seed):
    kinds = list(dict.fromkeys(words))
    drawn = np.random.default_rng(seed).permutation(np.arange(len(kinds)) % n_labels)
    return torch.from_numpy(drawn)[[kinds.index(word) for word in words]]


def _label_each_token(words, n_labels, seed):
    return torch.randint(n_labels, (len(words),), generator=torch.Generator().manual_seed(seed))


def _by_number(words, n_labels, seed):
    kinds = sorted(set(words))
    return torch.tensor([kinds.index(word) % n_labels for word in words])


def _one_too_few(words, n_labels, seed):
    draw = random.Random(seed)
    label = {word: draw.randrange(n_labels - 1) for word in sorted(set(words))}
    return torch.tensor([label[word] for word in words])


def _own_label_each(words, n_labels, seed):
    kinds = sorted(set(words))
    random.Random(seed).shuffle(kinds)
    return torch.tensor([kinds.index(word) for word in words])


def _unseeded(words, n_labels, seed):
    draw = np.random.default_rng()
    label = {word: int(draw.integers(n_labels)) for word in sorted(set(words))}
    return torch.tensor([label[word] for word in words])


def _judge_control(answer: Any) -> Verdict:
    drawn = [torch.as_tensor(answer(WORDS, 5, seed)).long() for seed in (0, 0, 1, 2, 3)]
    if any(len(labels) != len(WORDS) for labels in drawn):
        return wrong("")
    if int(min(labels.min() for labels in drawn)) < 0 or int(max(labels.max() for labels in drawn)) > 4:
        return wrong("labels beyond the last")
    if any(len({(w, int(x)) for w, x in zip(WORDS, labels, strict=True)}) > 60 for labels in drawn):
        return wrong("each token its own")
    if not torch.equal(drawn[0], drawn[1]):
        return wrong("not repeatable")
    if all(torch.equal(drawn[0], labels) for labels in drawn[2:]):
        return wrong("no chance in it")
    used = {int(x) for labels in drawn for x in labels}
    return PASSED if used == set(range(5)) else wrong("a label is never used")


CONTROL_TASK = Check(
    id="probing.control_task",
    reference=control_task,
    judge=_judge_control,
    mistakes=(
        Mistake(
            "each token its own",
            _label_each_token,
            "The same word gets different labels in different places. Then no table from words to labels exists, and "
            "even a probe that learns everything by heart must fail. What should share a label?",
        ),
        Mistake(
            "no chance in it",
            _by_number,
            "Every seed gives the same labels. A rule such as counting words off might line up with something real. "
            "Where does chance come in?",
        ),
        Mistake(
            "a label is never used",
            _one_too_few,
            "Labels run from 0 to n_labels − 1, but one of them never comes up in several draws. Is the last one left "
            "out?",
        ),
        Mistake(
            "labels beyond the last",
            _own_label_each,
            "Some labels lie outside 0 to n_labels − 1. The control should offer as many labels as the real task does. "
            "How many different ones do you deal out?",
        ),
        Mistake(
            "not repeatable",
            _unseeded,
            "The same seed gives other labels each time. Does your random generator know the seed?",
        ),
    ),
    alternatives=(_by_generator,),
    fallback="Take the words ['the', 'cat', 'the']: the first and the third must get the same label, one from 0 to "
    "n_labels − 1, as a tensor of three whole numbers. What does yours give?",
)
