"""Exercise 4: a split by task and by run, judged by what may not be shared."""

from typing import Any, cast

import torch
from jaxtyping import Bool
from torch import Tensor

from interpbook.exercises import PASSED, Check, Mistake, Verdict, wrong


def fair_split(tasks: list[int], runs: list[int], seed: int) -> tuple[Bool[Tensor, " item"], Bool[Tensor, " item"]]:
    """(train, test): test transcripts have a held-out task and a held-out run, training ones have neither."""
    generator = torch.Generator().manual_seed(seed)
    new = []
    for labels in (torch.tensor(tasks), torch.tensor(runs)):
        kinds = labels.unique()
        held = kinds[torch.randperm(len(kinds), generator=generator)[: len(kinds) // 2]]
        new.append(torch.isin(labels, held))
    return ~new[0] & ~new[1], new[0] & new[1]


_ORDER = torch.randperm(24 * 8, generator=torch.Generator().manual_seed(5))
_TASKS = [100 + 7 * int(i // 8) for i in _ORDER]
_RUNS = [3 + 2 * int(i % 8) for i in _ORDER]


def _masks(made: Any) -> tuple[Tensor, Tensor] | None:
    """The answer as two masks, or nothing if it has another form."""
    try:
        train, test = (torch.as_tensor(part) for part in made)
    except (TypeError, ValueError, RuntimeError):
        return None
    fits = all(part.dtype == torch.bool and part.shape == (len(_TASKS),) for part in (train, test))
    return (train, test) if fits else None


def _judge(answer: Any) -> Verdict:
    if not callable(answer):
        return wrong("Your answer is no function. Can you define fair_split(tasks, runs, seed)?")
    answer = cast(Any, answer)
    made = _masks(answer(list(_TASKS), list(_RUNS), 0))
    if made is None:
        return wrong("Expected two Boolean tensors, (train, test), one entry a transcript. What do you return?")
    fault = _fault(*made)
    if fault is not None:
        return wrong(fault)
    again, other = (_masks(answer(list(_TASKS), list(_RUNS), seed)) for seed in (0, 1))
    if again is None or not all(torch.equal(a, b) for a, b in zip(made, again, strict=True)):
        return wrong("no seed")
    return PASSED if other is not None and not torch.equal(made[1], other[1]) else wrong("one seed")


def _kinds(labels: list[int], part: Tensor) -> set[int]:
    return {label for label, inside in zip(labels, part.tolist(), strict=True) if inside}


def _is_whole(part: Tensor) -> bool:
    """Whether a part holds every transcript of its tasks and runs."""
    return int(part.sum()) == len(_kinds(_TASKS, part)) * len(_kinds(_RUNS, part))


def _fault(train: Tensor, test: Tensor) -> str | None:
    """The first way in which a probe could know the exam, or the split is not the one that was asked for."""
    if not train.any() or not test.any():
        return "One of your parts is empty. For which transcripts are task *and* run held out?"
    share_tasks, share_runs = (_kinds(x, train) & _kinds(x, test) for x in (_TASKS, _RUNS))
    if share_tasks and share_runs:
        if _is_whole(train):
            return "leftovers in the test"
        return "leftovers in training" if _is_whole(test) else "at random"
    if share_runs:
        return "by task only"
    if share_tasks:
        return "by run only"
    if len(_kinds(_TASKS, test)) != 12 or len(_kinds(_RUNS, test)) != 4:
        return "not half"
    return None if _is_whole(train) and _is_whole(test) and int(train.sum()) == 48 else "fewer than one could"


def _held(tasks, runs, seed, share=2):
    """Which transcripts have a held-out task, and which a held-out run."""
    new = []
    for labels in (torch.tensor(tasks), torch.tensor(runs)):
        kinds = labels.unique()
        order = torch.randperm(len(kinds), generator=torch.Generator().manual_seed(10 + seed))
        new.append(torch.isin(labels, kinds[order[: len(kinds) // share]]))
    return new


def _at_random(tasks, runs, seed):
    pick = torch.rand(len(tasks), generator=torch.Generator().manual_seed(seed)) < 0.5
    return pick, ~pick


def _by_task(tasks, runs, seed):
    task, _ = _held(tasks, runs, seed)
    return ~task, task


def _by_run(tasks, runs, seed):
    _, run = _held(tasks, runs, seed)
    return ~run, run


def _rest_to_test(tasks, runs, seed):
    task, run = _held(tasks, runs, seed)
    return ~task & ~run, task | run


def _rest_to_training(tasks, runs, seed):
    task, run = _held(tasks, runs, seed)
    return ~(task & run), task & run


def _one_in_four(tasks, runs, seed):
    task, run = _held(tasks, runs, seed, share=4)
    return ~task & ~run, task & run


def _thinned(tasks, runs, seed):
    train, test = fair_split(tasks, runs, seed)
    return train & (torch.arange(len(tasks)) % 3 > 0), test


def _item_by_item(tasks, runs, seed):
    """Another right answer: sets, and one transcript after another."""
    draw = torch.Generator().manual_seed(1000 + seed)
    held = []
    for labels in (tasks, runs):
        kinds = sorted(set(labels))
        order = torch.randperm(len(kinds), generator=draw).tolist()
        held.append({kinds[i] for i in order[::2]})
    both = [(task in held[0], run in held[1]) for task, run in zip(tasks, runs, strict=True)]
    return torch.tensor([new == (False, False) for new in both]), torch.tensor([all(new) for new in both])


FAIR_SPLIT = Check(
    id="monitoring.fair_split",
    reference=fair_split,
    judge=_judge,
    mistakes=(
        Mistake(
            "at random",
            _at_random,
            "This is the colleague's split: each task and each run stands on both sides. What could a probe "
            "learn about a test transcript from its neighbours in training?",
        ),
        Mistake(
            "by task only",
            _by_task,
            "New tasks, but old runs: a probe that recognises a run which cheats a lot still knows the answer. What "
            "else has to be new in the test?",
        ),
        Mistake(
            "by run only",
            _by_run,
            "New runs, but old tasks: a probe that recognises a task which invites cheating still knows the answer. "
            "What else has to be new in the test?",
        ),
        Mistake(
            "leftovers in the test",
            _rest_to_test,
            "Training is clean, but the test holds transcripts that are new in one respect only: old task, new run, or "
            "the other way round. Where do those belong?",
        ),
        Mistake(
            "leftovers in training",
            _rest_to_training,
            "The test is what it should be, but whatever is left was trained on, also transcripts with a held-out task "
            "or a held-out run. What has the probe then seen of the test?",
        ),
        Mistake(
            "not half",
            _one_in_four,
            "Nothing is shared, but it is not half of the tasks and half of the runs that are held out. How many "
            "different ones are there of each?",
        ),
        Mistake(
            "fewer than one could",
            _thinned,
            "Nothing is shared, but some transcripts that could be used are in neither part. Is every old-and-old one "
            "in training, and every new-and-new one in the test?",
        ),
        Mistake(
            "no seed",
            lambda tasks, runs, seed: fair_split(tasks, runs, int(torch.seed() % 1_000_000)),
            "The same seed gives another split each time, so nobody can repeat your result. Where does the generator "
            "get its seed?",
        ),
        Mistake(
            "one seed",
            lambda tasks, runs, seed: fair_split(tasks, runs, 0),
            "Another seed holds out the same tasks and runs. Is `seed` used at all?",
        ),
    ),
    alternatives=(_item_by_item,),
    fallback="Draw half of the *different* tasks and half of the different runs. Mark each transcript: new task? new "
    "run? Which of the four combinations goes where?",
)
