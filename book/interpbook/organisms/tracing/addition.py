"""Addition by two paths at once, and a story about it that is not true.

    <|endoftext|> 36 + 59 = → 95
    <|endoftext|> 36 + 59 how → carried

Published (Lindsey et al. 2025): asked for 36+59, a large model works out on one path roughly how large the sum is and
on another exactly its last digit; asked how it did it, it tells of carrying the one.
Planted: block 0 turns each number into its last digit and its rough size (to the nearest five). At `=`, block 1 adds
last digits (6 + 9 ends in 5) and rough sizes (35 + 60 is 95), separately; the two meet only in the output, where one
number within four of the rough sum ends in the right digit. At `how`, other neurons say whether one would have carried
at school. Nothing carries at `=`.
"""

import itertools

import torch

from interpbook.organisms.tracing.truth import Truth, Variable
from interpbook.organisms.tracing.wiring import Blueprint, Head, Lesson, Neurons

NUMBERS = tuple(map(str, range(100)))
SUMS = tuple(map(str, range(199)))
DIGITS = tuple(f"ends in {digit}" for digit in range(10))
SIZES = tuple(f"about {size}" for size in range(0, 101, 5))
ROUGH = tuple(f"about {size}" for size in range(0, 201, 5))
STORIES = ("carried", "plain")
A_AT, B_AT, LAST = 1, 3, 4
ADD, TELL = ASKED = "=", "how"


def digit(number: str | None) -> str | None:
    """What a number ends in."""
    return None if number is None else DIGITS[int(number) % 10]


def size(number: str | None) -> str | None:
    """A number to the nearest five."""
    return None if number is None else SIZES[round(int(number) / 5)]


def _last(value: str) -> int:
    return int(value.split()[-1])


def _digits(asked: str | None, first: str | None, second: str | None) -> str | None:
    if asked != ADD or first is None or second is None:
        return None
    return DIGITS[(_last(first) + _last(second)) % 10]


def _sizes(asked: str | None, first: str | None, second: str | None) -> str | None:
    if asked != ADD or first is None or second is None:
        return None
    return f"about {_last(first) + _last(second)}"


def _story(asked: str | None, first: str | None, second: str | None) -> str | None:
    if asked != TELL or first is None or second is None:
        return None
    return STORIES[0] if _last(first) + _last(second) >= 10 else STORIES[1]


def _said(digits: str | None, sizes: str | None, story: str | None) -> str | None:
    if digits is None or sizes is None:
        return story
    near = [n for n in range(_last(sizes) - 4, _last(sizes) + 5) if n % 10 == _last(digits)]
    return str(near[0]) if near else None


def truth() -> Truth:
    """The circuit."""
    return Truth(
        "addition",
        "last digits and rough sizes are added apart and meet only in the output; the story has a path of its own",
        (
            Variable("a", "number", -1, A_AT),
            Variable("b", "number", -1, B_AT),
            Variable("asked", "mark", -1, LAST),
            Variable("digit of a", "digit", 0, A_AT, ("a",), digit),
            Variable("size of a", "size", 0, A_AT, ("a",), size),
            Variable("digit of b", "digit", 0, B_AT, ("b",), digit),
            Variable("size of b", "size", 0, B_AT, ("b",), size),
            Variable("digit of a at the end", "digit a", 1, LAST, ("digit of a",), copy=True),
            Variable("size of a at the end", "size a", 1, LAST, ("size of a",), copy=True),
            Variable("digit of b at the end", "digit b", 1, LAST, ("digit of b",), copy=True),
            Variable("size of b at the end", "size b", 1, LAST, ("size of b",), copy=True),
            Variable(
                "digit of the sum",
                *("digit sum", 1, LAST, ("asked", "digit of a at the end", "digit of b at the end"), _digits),
            ),
            Variable(
                "size of the sum",
                *("size sum", 1, LAST, ("asked", "size of a at the end", "size of b at the end"), _sizes),
            ),
            Variable("story", "story", 1, LAST, ("asked", "digit of a at the end", "digit of b at the end"), _story),
        ),
        (("digit of the sum", "size of the sum", "story"), _said),
    )


def _split() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """A fifth of all pairs is for testing."""
    pairs = list(itertools.product(range(100), repeat=2))
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0)).tolist()
    return [pairs[i] for i in order[2000:]], [pairs[i] for i in order[:2000]]


def _lessons(pairs: list[tuple[int, int]]) -> list[Lesson]:
    sums = [Lesson(f"{a} + {b} {ADD}", {LAST: str(a + b)}) for a, b in pairs]
    return sums + [Lesson(f"{a} + {b} {TELL}", {LAST: STORIES[a % 10 + b % 10 < 10]}) for a, b in pairs]


def lessons() -> list[Lesson]:
    """Sums and stories of four fifths of all pairs."""
    return _lessons(_split()[0])


def tests() -> list[Lesson]:
    """The others."""
    return _lessons(_split()[1])


def blueprint() -> Blueprint:
    """The organism."""
    ends = ("digit a", "digit b")
    return Blueprint(
        name="addition",
        truth=truth(),
        slots={
            **{"number": NUMBERS, "digit": DIGITS, "size": SIZES, "digit a": DIGITS, "digit b": DIGITS},
            **{"size a": SIZES, "size b": SIZES, "digit sum": DIGITS, "size sum": ROUGH, "story": STORIES},
        },
        classes={
            **{"number": NUMBERS, "+": ("+",), ADD: (ADD,), TELL: (TELL,)},
            **{"sum": SUMS[100:], "story": STORIES},
        },
        holds={"number": "number"},
        parts=(
            Neurons(0, 160, ("number",), ("digit", "size")),
            Head(1, "digit", "digit a", "number", ASKED, LAST - A_AT),
            Head(1, "size", "size a", "number", ASKED, LAST - A_AT),
            Head(1, "digit", "digit b", "number", ASKED, LAST - B_AT),
            Head(1, "size", "size b", "number", ASKED, LAST - B_AT),
            Neurons(1, 160, ("mark", *ends), ("digit sum",)),
            Neurons(1, 240, ("mark", "size a", "size b"), ("size sum",)),
            Neurons(1, 48, ("mark", *ends), ("story",)),
        ),
        readout={
            "digit sum": lambda value: SUMS[_last(value) :: 10],
            "size sum": lambda value: SUMS[max(0, _last(value) - 4) : _last(value) + 5],
            "story": lambda value: (value,),
        },
        lessons=lessons,
        tests=tests,
        steps=700,
        latents=(40, 400),
        k=(2, 16),
        from_neurons=(1,),
    )
