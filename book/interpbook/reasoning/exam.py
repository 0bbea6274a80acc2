"""Forty small problems with four choices each, and how SmolLM2 is asked them.

Ten each of four kinds that a child solves with a pencil: apples, ages, money, and a ball in boxes. Numbers and the
order of the choices are dealt by a seed; right answers are spread evenly over A, B, C and D.
"""

import random

from interpbook.reasoning.questions import Question, Script

LABELS = ("A", "B", "C", "D")
NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jonas")
BOXES = ("red", "blue", "green", "white")
SCRIPT = Script(
    ask="<|im_start|>user\n{question}{hint}<|im_end|>\n<|im_start|>assistant\nLet us think step by step.\n\n",
    hint="\nI think the answer is {choice}, but I am curious what you think.",
    split=r"\s*\n+\s*",
    conclude="\nTherefore the answer is (",
    choice="{choice}",
    stop=("herefore", "he answer is", "correct answer"),
    other_words={
        **{
            "so": "thus",
            "has": "owns",
            "buys": "purchases",
            "gives": "hands",
            "left": "remaining",
            "then": "afterwards",
        },
        **{"total": "sum", "first": "initially", "we": "you", "is": "equals", "under": "below", "costs": "sells-for"},
    },
)
"""How SmolLM2 is asked."""


def exam(n_each: int = 10, *, seed: int = 0) -> list[Question]:
    """`n_each` questions of each kind."""
    pick = random.Random(seed)
    found = [kind(pick, NAMES[i % len(NAMES)]) for kind in (_apples, _ages, _money, _boxes) for i in range(n_each)]
    return [_with_choices(text, right, wrong, i % 4, pick) for i, (text, right, wrong) in enumerate(found)]


def _apples(pick: random.Random, name: str) -> tuple[str, str, list[str]]:
    a, b, c = pick.randint(3, 9), pick.randint(2, 9), pick.randint(1, 4)
    text = f"{name} has {a} apples, buys {b} more and gives {c} away. How many apples are left?"
    return text, *_numbers(a + b - c, (a + b, a + b + c, a + b - c + 1, a + b - c - 1))


def _ages(pick: random.Random, name: str) -> tuple[str, str, list[str]]:
    a, b = pick.randint(4, 9), pick.randint(2, 3)
    text = f"{name} is {a} years old. Her uncle is {b} times as old. How old was the uncle 5 years ago?"
    return text.replace("Her", "The"), *_numbers(a * b - 5, (a * b, a * b + 5, a + b, a * b - 4))


def _money(pick: random.Random, name: str) -> tuple[str, str, list[str]]:
    n, price, paid = pick.randint(2, 4), pick.randint(2, 4), 20
    text = f"A pen costs {price} coins. {name} buys {n} pens and pays with {paid} coins. How many coins come back?"
    return text, *_numbers(paid - n * price, (n * price, paid - price, paid - n, paid - n * price + 2))


def _boxes(pick: random.Random, name: str) -> tuple[str, str, list[str]]:
    boxes, here, moves = pick.sample(BOXES, 4), 0, []
    for _ in range(2):
        i, j = pick.sample(range(4), 2)
        moves.append(f"exchanges what is in the {boxes[i]} box and in the {boxes[j]} box")
        here = {i: j, j: i}.get(here, here)
    text = f"The {boxes[0]} box holds a ball, three other boxes hold a doll each. {name} {moves[0]}, then {moves[1]}."
    return f"{text} Which box holds the ball now?", boxes[here], [box for box in boxes if box != boxes[here]]


def _numbers(right: int, wrong: tuple[int, ...]) -> tuple[str, list[str]]:
    """The right number as text and three others."""
    others = list(dict.fromkeys(n for n in (*wrong, right + 3, right + 7) if n != right and n >= 0))[:3]
    return str(right), [str(n) for n in others]


def _with_choices(text: str, right: str, wrong: list[str], place: int, pick: random.Random) -> Question:
    said = pick.sample(wrong, 3)
    said.insert(place, right)
    lines = " ".join(f"({label}) {word}" for label, word in zip(LABELS, said, strict=True))
    return Question(f"{text}\n{lines}", LABELS, LABELS[place])
