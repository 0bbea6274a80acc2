"""Exercises 4, 5 and 6: a control for added mistakes, what decides a black box, and a test of one's own."""

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor

from interpbook.exercises import Check, Mistake

# --- 4 · true_twin ---


def true_twin(pad: tuple[str, ...], mistaken: tuple[str, ...], other_words: dict[str, str]) -> tuple[str, ...]:
    """The pad cut where `mistaken` was, its last step said in other words: as much meddling, and nothing false."""
    at = len(mistaken) - 1
    return (*pad[:at], other_words[pad[at]])


_SPELLED = dict(zip("01234567", ["zero", "one", "two", "three", "four", "five", "six", "seven"], strict=True))


def _pads() -> list[tuple]:
    return [
        (("2", "0", "6", "1", "4"), ("2", "0", "3"), dict(_SPELLED)),
        (("7", "7", "5"), ("1",), dict(_SPELLED)),
        (("4", "1", "1", "3"), ("4", "1", "1", "0"), dict(_SPELLED)),
    ]


def _step_by_step(pad, mistaken, other_words):
    kept = [step for step, _ in zip(pad, mistaken, strict=False)]
    kept[-1] = other_words[kept[-1]]
    return tuple(kept)


TRUE_TWIN = Check(
    id="faithfulness.true_twin",
    reference=true_twin,
    inputs=_pads,
    mistakes=(
        Mistake(
            "the mistake in other words",
            lambda pad, mistaken, other_words: (*mistaken[:-1], other_words[mistaken[-1]]),
            "It is still false: the *mistaken* step was put into other words. What should a control for falsehood keep "
            "true?",
        ),
        Mistake(
            "not cut",
            lambda pad, mistaken, other_words: (
                *pad[: len(mistaken) - 1],
                other_words[pad[len(mistaken) - 1]],
                *pad[len(mistaken) :],
            ),
            "The rest of the pad is still there. After the mistake the model writes on by itself: does it in your "
            "control?",
        ),
        Mistake(
            "everything in other words",
            lambda pad, mistaken, other_words: tuple(other_words[step] for step in pad[: len(mistaken)]),
            "Every step is in other words, but only one was meddled with in the mistaken pad. How much should the "
            "control change?",
        ),
        Mistake(
            "nothing changed",
            lambda pad, mistaken, other_words: pad[: len(mistaken)],
            "A cut and nothing else. Answers may change because *a word was changed*, false or not. Does this rule "
            "that out?",
        ),
        Mistake(
            "cut too early",
            lambda pad, mistaken, other_words: (
                (*pad[: len(mistaken) - 2], other_words[pad[len(mistaken) - 2]]) if len(mistaken) > 1 else ()
            ),
            "One step is missing at the end. How long is the mistaken pad, and which of its steps is the wrong one?",
        ),
    ),
    alternatives=(_step_by_step,),
    fallback="The mistaken pad of n steps differs from the pad in step n and ends there. Yours should end there, too, "
    "and differ in step n by its wording alone. What is step n of the original?",
)

# --- 5 · deciders ---


def deciders(
    answer: Callable[[int, tuple[int, ...]], int], hints: list[int], pads: list[tuple[int, ...]]
) -> tuple[float, float]:
    """Exchange hints, then pads, with the next question: how often the answer becomes that question's answer."""
    own = [answer(hint, pad) for hint, pad in zip(hints, pads, strict=True)]
    following = [(i + 1) % len(own) for i in range(len(own))]
    told = [(i, j) for i, j in enumerate(following) if own[i] != own[j]]
    by_hint = [answer(hints[j], pads[i]) == own[j] for i, j in told]
    by_pad = [answer(hints[i], pads[j]) == own[j] for i, j in told]
    return sum(by_hint) / len(told), sum(by_pad) / len(told)


def _boxes() -> list[tuple]:
    g = torch.Generator().manual_seed(3)
    hints = torch.randint(5, (40,), generator=g).tolist()
    pads = [tuple(row) for row in torch.randint(5, (40, 3), generator=g).tolist()]
    boxes: list[Callable] = [
        lambda hint, pad: hint if hint % 2 else pad[-1],
        lambda hint, pad: (hint + pad[-1]) % 5 if pad[0] == 0 else pad[-1],
        lambda hint, pad: hint if pad[1] < 4 else 4 - hint,
    ]
    return [(box, hints, pads) for box in boxes]


def _in_a_loop(answer, hints, pads):
    n, counted, hint_wins, pad_wins = len(hints), 0, 0, 0
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        target = answer(hints[j], pads[j])
        if target == answer(hints[i], pads[i]):
            continue
        counted += 1
        hint_wins += target == answer(hints[j], pads[i])
        pad_wins += target == answer(hints[i], pads[j])
    return hint_wins / counted, pad_wins / counted


def _variant(answer, hints, pads, *, every=False, counts=lambda got, own, goal: got == goal):
    n = len(hints)
    own = [answer(h, p) for h, p in zip(hints, pads, strict=True)]
    told = [(i, (i + 1) % n) for i in range(n) if every or own[i] != own[(i + 1) % n]]
    by_hint = [counts(answer(hints[j], pads[i]), own[i], own[j]) for i, j in told]
    by_pad = [counts(answer(hints[i], pads[j]), own[i], own[j]) for i, j in told]
    return sum(by_hint) / len(told), sum(by_pad) / len(told)


DECIDERS = Check(
    id="faithfulness.deciders",
    reference=deciders,
    inputs=_boxes,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "any change",
            lambda *given: _variant(*given, counts=lambda got, own, goal: got != own),
            "It seems that any change counts. A hint that merely confuses changes answers, too. What must the answer "
            "*become* if the exchanged part decides?",
        ),
        Mistake(
            "all pairs",
            lambda *given: _variant(*given, every=True),
            "Pairs with one and the same answer seem to count. Whatever is exchanged there, can the answer fail to be "
            "the other's?",
        ),
        Mistake(
            "the wrong way round",
            lambda *given: deciders(*given)[::-1],
            "The two shares seem to be in the other order. Which one belongs to the exchanged *hint*?",
        ),
        Mistake(
            "what stayed",
            lambda *given: _variant(*given, counts=lambda got, own, goal: got == own),
            "You seem to count answers that *stay*. If the exchanged part decides, whose answer comes out?",
        ),
        Mistake(
            "both exchanged",
            lambda answer, hints, pads: (1.0, 1.0),
            "Both shares are 1 for every box. Are hint and pad exchanged together? Then it is simply the other "
            "question.",
        ),
    ),
    alternatives=(_in_a_loop,),
    fallback="For question i and the next one j: own answers a_i and a_j, skipped if equal. Exchange the hint alone: "
    "answer(hints[j], pads[i]). Is it a_j? Then the pad alone. What do you get for a box that always says its hint?",
)

# --- 6 · slips ---


def slips(start: int, rules: tuple[int, ...], pad: tuple[int, ...], table: Int[Tensor, "rule place"]) -> list[int]:
    """The steps of a pad that do not follow from the step written before them, counted from 0."""
    before = (start, *pad)
    return [i for i, (rule, said) in enumerate(zip(rules, pad, strict=True)) if int(table[rule, before[i]]) != said]


def _walks() -> list[tuple]:
    g = torch.Generator().manual_seed(8)
    table = torch.stack([torch.randperm(8, generator=g) for _ in range(6)])
    cases = []
    for wrong_at in ((), (4,), (1,), (0, 3), (2, 3)):
        start, rules = 5, tuple(torch.randint(6, (5,), generator=g).tolist())
        here, pad = start, []
        for i, rule in enumerate(rules):
            here = int(table[rule, here])
            here = (here + 1) % 8 if i in wrong_at else here
            pad.append(here)
        cases.append((start, rules, tuple(pad), table))
    return cases


def _walk_along(start, rules, pad, table):
    found, here = [], start
    for i in range(len(pad)):
        if table[rules[i]][here].item() != pad[i]:
            found.append(i)
        here = pad[i]
    return found


def _against_the_truth(start, rules, pad, table):
    here, found = start, []
    for i, (rule, said) in enumerate(zip(rules, pad, strict=True)):
        here = int(table[rule, here])
        if said != here:
            found.append(i)
    return found


SLIPS = Check(
    id="faithfulness.slips",
    reference=slips,
    inputs=_walks,
    mistakes=(
        Mistake(
            "against the true walk",
            _against_the_truth,
            "After a slip every later step seems to count as wrong, though it may follow properly from what was "
            "written. With which place should a step be compared: the one that is true, or the one that the pad wrote "
            "before it?",
        ),
        Mistake(
            "only the first",
            lambda *given: slips(*given)[:1],
            "It stops at the first slip. Can a pad have two?",
        ),
        Mistake(
            "only the last step",
            lambda start, rules, pad, table: [4] if _against_the_truth(start, rules, pad, table)[-1:] == [4] else [],
            "Only the last step seems to be judged. Where else can a pad go astray?",
        ),
        Mistake(
            "counted from 1",
            lambda *given: [i + 1 for i in slips(*given)],
            "The right steps, but each number is too large by one. What is the number of the first step?",
        ),
        Mistake(
            "the start forgotten",
            lambda start, rules, pad, table: [
                i + 1 for i in range(len(pad) - 1) if int(table[rules[i + 1], pad[i]]) != pad[i + 1]
            ],
            "The first step seems to be believed without a look. Where did the walk begin?",
        ),
        Mistake(
            "how many",
            lambda *given: len(slips(*given)),
            "A number came back where a list of steps is expected. *Where* are the slips?",
        ),
    ),
    alternatives=(_walk_along,),
    fallback="Step i says pad[i]. The step before it says pad[i - 1], or `start` for the first one. Does "
    "table[rules[i], before] lead where the pad says?",
)
