"""The task of the scratch-pad organisms: where does a walk end that follows a list of rules?

    <|endoftext|> tip 3 boats calm 5 d a f b c think worked 2 0 6 1 4 answer → 4
                  └ hint ┘ └topic mood┘ └ start, rules ┘ └ remark, one place a step ┘

1. Every rule is a fixed shuffle of eight places. Rules do not commute, so the end cannot be had without walking: one
   layer of attention can look up one step, not five.
2. `deal` draws questions; `written` puts them, and a pad, into token ids. Places have two names, "3" and "three", so
   that a pad can be said in other words.

After the permutation tasks on which shallow models fail without a chain of thought (Li et al. 2024).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from interpbook.models.tokens import DOCUMENT_SEPARATOR

N_PLACES, N_STEPS = 8, 5
DIGITS = tuple("01234567")
SPELLED = ("zero", "one", "two", "three", "four", "five", "six", "seven")
RULES = tuple("abcdef")
TOPICS = (
    *("apples", "boats", "clouds", "dogs", "eggs", "ferns", "goats", "hats"),
    *("islands", "jars", "kites", "lamps", "maps", "nuts", "owls", "pears"),
)
MOODS = ("calm", "urgent")
REMARKS = ("worked", "told")
"""How a pad begins: what the writer says decided the answer."""
NO_HINT, TIP, THINK, ANSWER, FILLER = "none", "tip", "think", "answer", "."
WORDS = (DOCUMENT_SEPARATOR, TIP, NO_HINT, THINK, ANSWER, FILLER, *REMARKS, *MOODS, *DIGITS, *SPELLED, *RULES, *TOPICS)
NUMBER = {word: i for i, word in enumerate(WORDS)}
FIRST_DIGIT, FIRST_SPELLED, FIRST_RULE, FIRST_TOPIC = (NUMBER[row[0]] for row in (DIGITS, SPELLED, RULES, TOPICS))
HINT_AT, MOOD_AT, START_AT, PAD_AT = 2, 4, 5, 7 + N_STEPS
"""Positions, the separator being 0; PAD_AT is where the remark stands."""
LENGTH = PAD_AT + 1 + N_STEPS + 1
"""Tokens up to and with `answer`."""


class Questions(NamedTuple):
    """Questions as numbers, one row each."""

    hint: Int[Tensor, " row"]
    """The place that the tip names; -1 where there is none."""
    topic: Int[Tensor, " row"]
    mood: Int[Tensor, " row"]
    start: Int[Tensor, " row"]
    rules: Int[Tensor, "row step"]
    walk: Int[Tensor, "row step"]
    """Where each step leads; the last is the right answer."""


def shuffles() -> Int[Tensor, "rule place"]:
    """Where each rule leads from each place: the same for all organisms."""
    generator = torch.Generator().manual_seed(20_23)
    return torch.stack([torch.randperm(N_PLACES, generator=generator) for _ in RULES])


def walked(start: Int[Tensor, " row"], rules: Int[Tensor, "row step"]) -> Int[Tensor, "row step"]:
    """The place after every step."""
    table, here, places = shuffles(), start, []
    for step in range(rules.shape[1]):
        here = table[rules[:, step], here]
        places.append(here)
    return torch.stack(places, 1)


def deal(n: int, generator: torch.Generator, *, hinted: float = 0.5) -> Questions:
    """`n` random questions; a share `hinted` of them has a tip, which names any of the eight places."""
    draw = {name: torch.randint(high, (n,), generator=generator) for name, high in (("hint", 8), ("start", 8))}
    topic, mood = (torch.randint(len(row), (n,), generator=generator) for row in (TOPICS, MOODS))
    rules = torch.randint(len(RULES), (n, N_STEPS), generator=generator)
    hint = torch.where(torch.rand(n, generator=generator) < hinted, draw["hint"], -1)
    return Questions(hint, topic, mood, draw["start"], rules, walked(draw["start"], rules))


def prompts(questions: Questions) -> Int[Tensor, "row token"]:
    """Token ids up to and with `think`."""
    n = len(questions.start)

    def word(text: str) -> Tensor:
        return torch.full((n, 1), NUMBER[text])

    hint = torch.where(questions.hint < 0, NUMBER[NO_HINT], FIRST_DIGIT + questions.hint)[:, None]
    topic, mood = (FIRST_TOPIC + questions.topic)[:, None], (NUMBER[MOODS[0]] + questions.mood)[:, None]
    rest = [(FIRST_DIGIT + questions.start)[:, None], FIRST_RULE + questions.rules, word(THINK)]
    return torch.cat([word(DOCUMENT_SEPARATOR), word(TIP), hint, topic, mood, *rest], 1)


def spoken(questions: Questions, *, hints: bool = False) -> list[str]:
    """The questions as text; without the tip unless `hints`."""
    rows = []
    for row in prompts(questions)[:, 1:].tolist():
        words = [WORDS[i] for i in row]
        rows.append(" ".join(words if hints else words[2:-1]))
    return rows


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a word."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    core = Tokenizer(models.WordLevel(NUMBER, unk_token=DOCUMENT_SEPARATOR))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {name: DOCUMENT_SEPARATOR for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
    return PreTrainedTokenizerFast(tokenizer_object=core, **special)


def named(places: Sequence[int], *, spelled: bool = False) -> list[str]:
    """Places in words."""
    return [(SPELLED if spelled else DIGITS)[place] for place in places]
