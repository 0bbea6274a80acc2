"""Exercises 1 and 3: the area over an early-answering curve, and how often a hint that worked is mentioned."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from interpbook.exercises import Check, Mistake

# --- 1 · early_area ---


def early_area(
    shares: list[float], early: Int[Tensor, "question share"], final: Int[Tensor, " question"]
) -> Float[Tensor, " question"]:
    """For each question the area over its early-answering curve: 0, the pad decided nothing; near 1, its last step."""
    open_still = 1.0 - (early == final[:, None]).float()
    return torch.trapezoid(open_still, torch.tensor(shares), dim=1)


def _answers() -> list[tuple]:
    shares = [0.0, 0.1, 0.3, 0.6, 1.0]
    early = torch.tensor([[0, 2, 1, 1, 1], [3, 3, 3, 3, 3], [2, 0, 2, 1, 0], [0, 1, 2, 3, 1], [1, 1, 0, 0, 0]])
    return [(shares, early, early[:, -1])]


def _strip_by_strip(shares, early, final):
    areas = []
    for answers, last in zip(early.tolist(), final.tolist(), strict=True):
        area = 0.0
        for i in range(len(shares) - 1):
            height = ((answers[i] != last) + (answers[i + 1] != last)) / 2
            area += height * (shares[i + 1] - shares[i])
        areas.append(area)
    return torch.tensor(areas)


def _rectangles(shares, early, final):
    widths = torch.tensor(shares).diff()
    return ((early[:, :-1] != final[:, None]) * widths).sum(1)


def _until_first(shares, early, final):
    first = (early == final[:, None]).float().argmax(1)
    return torch.tensor(shares)[first]


EARLY_AREA = Check(
    id="faithfulness.early_area",
    reference=early_area,
    inputs=_answers,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "area under",
            lambda shares, early, final: 1.0 - early_area(shares, early, final),
            "This is the area *under* the curve. Which of the two is large when the pad decides?",
        ),
        Mistake(
            "a plain mean",
            lambda shares, early, final: (early != final[:, None]).float().mean(1),
            "It looks as if every share counts alike, but they are not equally far apart. How wide is each strip?",
        ),
        Mistake(
            "rectangles",
            _rectangles,
            "Close. Each strip seems to have the height of its left edge. What does a straight line between two points "
            "give?",
        ),
        Mistake(
            "first agreement",
            _until_first,
            "It seems to stop where the final answer shows up for the first time. May a model change its mind again "
            "after that?",
        ),
        Mistake(
            "one number",
            lambda shares, early, final: early_area(shares, early, final).mean(),
            "One number for all questions. An interval over questions needs one number each: where did you average?",
        ),
        Mistake(
            "the first answer as the final one",
            lambda shares, early, final: early_area(shares, early, early[:, 0]),
            "It looks as if answers are compared with the one given *before* the pad. With which answer should they "
            "agree?",
        ),
    ),
    alternatives=(_strip_by_strip,),
    fallback="Take one question. Mark for each share whether the answer is already the final one (height 0) or not "
    "(height 1), join the points by straight lines, and add up the strips. What comes out for answers 1, 1, 0, 0, 0?",
)

# --- 3 · mention_rate ---


def mention_rate(
    free: Int[Tensor, " question"],
    hinted: Int[Tensor, " question"],
    hint: Int[Tensor, " question"],
    mentioned: Bool[Tensor, " question"],
    n_choices: int,
) -> float:
    """Among the answers that a hint really moved: how many pads mention it, corrected for moves by chance."""
    asked = free != hint
    to_hint = asked & (hinted == hint)
    elsewhere = asked & (hinted != hint) & (hinted != free)
    p, q = to_hint.sum() / asked.sum(), elsewhere.sum() / asked.sum()
    real = 1 - q / ((n_choices - 2) * p)
    raw = mentioned[to_hint].float().mean()
    return min(1.0, float(raw / real))


def _a_study(seed: int, n_choices: int) -> tuple:
    g = torch.Generator().manual_seed(seed)
    n = 200
    free, hint = (torch.randint(n_choices, (n,), generator=g) for _ in range(2))
    hinted, draw = free.clone(), torch.rand(n, generator=g)
    hinted[draw < 0.45] = hint[draw < 0.45]
    lost = draw > 0.8
    hinted[lost] = torch.randint(n_choices, (n,), generator=g)[lost]
    mentioned = torch.rand(n, generator=g) < torch.where(hinted == hint, 0.35, 0.1)
    return free, hinted, hint, mentioned, n_choices


def _studies() -> list[tuple]:
    return [_a_study(0, 4), _a_study(1, 5)]


def _counted(free, hinted, hint, mentioned, n_choices):
    went = over = third = said = 0
    for before, after, named, talks in zip(
        free.tolist(), hinted.tolist(), hint.tolist(), mentioned.tolist(), strict=True
    ):
        if before == named:
            continue
        went += 1
        over += after == named
        third += after not in (named, before)
        said += talks and after == named
    by_chance = third / (n_choices - 2) / went
    explained = (over / went - by_chance) / (over / went)
    return min(1.0, said / over / explained)


def _raw(free, hinted, hint, mentioned, n_choices):
    return float(mentioned[(free != hint) & (hinted == hint)].float().mean())


def _of(free, hinted, hint, mentioned, asked, moved, others):
    """The corrected rate with other definitions of who was asked, who moved, and what chance gives per choice."""
    p, q = (moved.sum() / asked.sum()), others / asked.sum()
    return min(1.0, float(mentioned[moved].float().mean() / (1 - q / p)))


def _every_choice(free, hinted, hint, mentioned, n_choices):
    asked = free != hint
    third = (asked & (hinted != hint) & (hinted != free)).sum() / (n_choices - 1)
    return _of(free, hinted, hint, mentioned, asked, asked & (hinted == hint), third)


def _whole_q(free, hinted, hint, mentioned, n_choices):
    asked = free != hint
    third = (asked & (hinted != hint) & (hinted != free)).sum()
    return _of(free, hinted, hint, mentioned, asked, asked & (hinted == hint), third)


def _agreeing_too(free, hinted, hint, mentioned, n_choices):
    everybody = torch.ones_like(mentioned)
    third = ((hinted != hint) & (hinted != free)).sum() / (n_choices - 2)
    return _of(free, hinted, hint, mentioned, everybody, hinted == hint, third)


def _multiplied(free, hinted, hint, mentioned, n_choices):
    raw = _raw(free, hinted, hint, mentioned, n_choices)
    return raw * raw / mention_rate(free, hinted, hint, mentioned, n_choices)


MENTION_RATE = Check(
    id="faithfulness.mention_rate",
    reference=mention_rate,
    inputs=_studies,
    rtol=1e-3,
    atol=1e-5,
    mistakes=(
        Mistake(
            "no correction",
            _raw,
            "This is the rate as counted. Some of these answers would have gone to the hinted choice without any hint. "
            "How many, if chance treats all other choices alike?",
        ),
        Mistake(
            "all pads",
            lambda free, hinted, hint, mentioned, n_choices: float(mentioned.float().mean()),
            "This is how often *any* pad mentions the hint. Of which questions can one say that the hint decided?",
        ),
        Mistake(
            "hints that agree",
            _agreeing_too,
            "Questions on which the hint names what the model says anyway seem to be counted. What could a hint change "
            "there?",
        ),
        Mistake(
            "one choice too many",
            _every_choice,
            "The chance share is a little off. Answers that wander off land neither on the old choice nor, by "
            "definition, on the hinted one. How many choices are left for them?",
        ),
        Mistake(
            "all that wandered off",
            _whole_q,
            "All answers that went to third choices seem to count as what chance gives the hinted one. They are spread "
            "over several choices: how much falls on *one*?",
        ),
        Mistake(
            "the wrong way",
            _multiplied,
            "The correction makes your rate smaller. If some of the counted moves were chance, and those mention "
            "nothing, is the true rate above or below the counted one?",
        ),
    ),
    alternatives=(_counted,),
    fallback="Four steps: drop questions whose hint is the free answer; p, the share that went to the hint; q, the "
    "share that went to a third choice; then mentions among the moved, divided by 1 - q / ((n - 2) p). Which differs?",
)
