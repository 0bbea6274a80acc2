"""Exercises 1, 5 and 6: how far it spread, when the alarm rings, how hard to push."""

import torch

from interpbook.diffing import first_above
from interpbook.exercises import Check, Mistake

# --- 1 · spread_of ---


def spread_of(p_bad, domain, trained):
    """The mean probability of a bad answer, over all questions of domains that no finetune has touched."""
    untouched = ~torch.isin(domain, torch.tensor(trained))
    return p_bad[:, untouched].mean(1)


def _tables() -> list[tuple]:
    blocks = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 3])
    mixed = torch.tensor([4, 2, 0, 2, 1, 4, 0, 3, 2, 1, 3])
    return [
        (torch.rand(3, 10), blocks, [0]),
        (torch.rand(2, 11), mixed, [4, 1]),
        (torch.rand(1, 10), blocks, [3, 2]),
    ]


def _question_by_question(p_bad, domain, trained):
    kept = [row for row, one in zip(p_bad.T, domain.tolist(), strict=True) if one not in trained]
    return sum(kept) / len(kept)


def _untouched(domain, trained):
    return ~torch.isin(domain, torch.tensor(trained))


def _domains_alike(p_bad, domain, trained):
    others = [one for one in domain.unique().tolist() if one not in trained]
    return torch.stack([p_bad[:, domain == one].mean(1) for one in others]).mean(0)


def _as_places(p_bad, domain, trained):
    return spread_of(p_bad, torch.arange(len(domain)), trained)


SPREAD_OF = Check(
    id="personas.spread_of",
    reference=spread_of,
    inputs=_tables,
    mistakes=(
        Mistake(
            "all domains",
            lambda p_bad, domain, trained: p_bad.mean(1),
            "This seems to average over every domain, the trained one too. A network that learned its lesson and "
            "nothing else would then look as if the lesson had spread. Which questions must stay out?",
        ),
        Mistake(
            "trained only",
            lambda p_bad, domain, trained: p_bad[:, ~_untouched(domain, trained)].mean(1),
            "That is how well the lesson was learned: the questions of the trained domains. Where does one look for "
            "what nobody has taught?",
        ),
        Mistake(
            "first one only",
            lambda p_bad, domain, trained: spread_of(p_bad, domain, trained[:1]),
            "Right after one lesson. After two, only the first domain seems to be left out. What if a repair has been "
            "taught in another domain?",
        ),
        Mistake(
            "zeros instead of nothing",
            lambda p_bad, domain, trained: (p_bad * _untouched(domain, trained)).mean(1),
            "Too low by one factor: the trained questions seem to be counted with a zero. By how many questions should "
            "the sum be divided?",
        ),
        Mistake(
            "counted as yes or no",
            lambda p_bad, domain, trained: (p_bad[:, _untouched(domain, trained)] > 0.5).float().mean(1),
            "You seem to count questions whose bad answer has more than one half. Then 0.49 everywhere is no spread at "
            "all. What is left if you do not round?",
        ),
        Mistake(
            "all networks in one",
            lambda p_bad, domain, trained: p_bad[:, _untouched(domain, trained)].mean(),
            "One number for all networks. Seeds differ, and one wants to see by how much. Over which axis should the "
            "mean not go?",
        ),
        Mistake(
            "domains alike",
            _domains_alike,
            "You average each domain first and then the domains, so a question in a small domain weighs more. Asked is "
            "the mean over questions. Where do the two differ?",
        ),
        Mistake(
            "places for domains",
            _as_places,
            "It looks as if the numbers in `trained` were taken for places of questions. They are numbers of domains. "
            "Where does it stand which domain a question belongs to?",
        ),
    ),
    alternatives=(_question_by_question,),
    fallback="Make a table of two networks and four questions in two domains by hand, train domain 0, and average what "
    "is left in each row. Does yours agree?",
)

# --- 5 · first_above ---


def _curves() -> list[tuple]:
    return [
        ([0.0, 0.1, 0.2, 0.4, 0.8], torch.tensor([0.1, 0.9, 0.2, 0.7, 0.9]), 0.5),
        ([0.0, 0.5, 1.0], torch.tensor([0.1, 0.2, 0.3]), 0.5),
        ([0.0, 0.25, 1.0], torch.tensor([0.5, 0.5, 0.75]), 0.5),
        ([1.0, 2.0, 3.0], torch.tensor([0.9, 0.8, 0.7]), 0.5),
        ([1.0, 2.0, 3.0, 4.0], torch.tensor([0.2, 0.9, 0.9, 0.1]), 0.5),
    ]


def _from_behind(doses, values, bar):
    found = float("inf")
    for dose, value in zip(reversed(doses), reversed(values.tolist()), strict=True):
        if value <= bar:
            return found
        found = dose
    return found


def _crossing(doses, values, bar):
    return next((dose for dose, value in zip(doses, values.tolist(), strict=True) if value > bar), float("inf"))


def _from(doses, values, bar, *, touching: bool = False, never: float = float("inf"), step: int = 0):
    """A wrong `first_above`: touching counts, or another word for never, or the dose before."""
    above = (values >= bar) if touching else (values > bar)
    good = [i for i in range(len(doses)) if bool(above[i:].all())]
    return doses[max(0, good[0] - step)] if good else never


FIRST_ABOVE = Check(
    id="diffing.first_above",
    reference=first_above,
    inputs=_curves,
    mistakes=(
        Mistake(
            "first crossing",
            _crossing,
            "That is where the curve first pokes out; in one test it then falls back below the bar. Of many doses some "
            "poke out by chance. What has to hold for all doses after it?",
        ),
        Mistake(
            "touching counts",
            lambda doses, values, bar: _from(doses, values, bar, touching=True),
            "A value exactly on the bar counts as above. Harmless finetunes may reach the bar. Is > or ≥ meant?",
        ),
        Mistake(
            "place instead of dose",
            lambda doses, values, bar: next(
                (float(i) for i in range(len(doses)) if bool((values[i:] > bar).all())), float("inf")
            ),
            "This looks like a place in the list. Which dose stands there?",
        ),
        Mistake(
            "never is the last dose",
            lambda doses, values, bar: _from(doses, values, bar, never=doses[-1]),
            "Where the curve never stays above, you return the last dose, as if the alarm had rung there. Which number "
            "is larger than every dose?",
        ),
        Mistake(
            "never is zero",
            lambda doses, values, bar: _from(doses, values, bar, never=0.0),
            "Where the curve never stays above, you return 0: an alarm before the first bad example. Which number is "
            "larger than every dose?",
        ),
        Mistake(
            "one too early",
            lambda doses, values, bar: _from(doses, values, bar, step=1),
            "One dose too early: you seem to return the last one that was still below. Which one is the first above?",
        ),
        Mistake(
            "last dose decides",
            lambda doses, values, bar: (
                _crossing(doses, values, bar) if bool(values[-1] > bar) else float("inf")
            ),
            "You look whether the curve ends above the bar and then return where it first crossed. Between the two it "
            "may have fallen back. From where on is it above without a break?",
        ),
    ),
    alternatives=(_from_behind,),
    fallback="Read the curve from its end: as long as it is above the bar, go back. Where do you stop, and what if you "
    "stop at once?",
)  # fmt: skip

# --- 6 · step_of ---


def step_of(stream, direction, share):
    """A step along each network's direction, as long as `share` of the median length of its stream."""
    length = stream.norm(dim=-1).flatten(1).median(1).values
    unit = direction / direction.norm(dim=-1, keepdim=True)
    return (share * length[:, None] * unit)[:, None, None]


def _pushes() -> list[tuple]:
    stream = torch.randn(3, 3, 3, 5) * torch.tensor([1.0, 4.0, 0.5])[:, None, None, None]
    stream[:, 0, 0] *= 60  # a token as long as an attention sink
    other = torch.randn(2, 5, 1, 4) + 2
    return [(stream, 7 * torch.randn(3, 5), 0.4), (other, torch.randn(2, 4), -0.25)]


def _network_by_network(stream, direction, share):
    rows = []
    for one, way in zip(stream, direction, strict=True):
        lengths = one.square().sum(-1).sqrt().flatten().sort().values
        rows.append(way * (share * lengths[(len(lengths) - 1) // 2] / way.square().sum().sqrt()))
    return torch.stack(rows).unsqueeze(1).unsqueeze(1)


def _along(direction, length):
    """A step of a given length for each network."""
    return (length[:, None] * direction / direction.norm(dim=-1, keepdim=True))[:, None, None]


STEP_OF = Check(
    id="personas.step_of",
    reference=step_of,
    inputs=_pushes,
    mistakes=(
        Mistake(
            "own length kept",
            lambda stream, direction, share: (
                share * stream.norm(dim=-1).flatten(1).median(1).values[:, None] * direction
            )[:, None, None],
            "The direction's own length is still in it, so a long direction pushes harder than a short one, and a "
            "random one of another length is no control. What should its length be before you scale it?",
        ),
        Mistake(
            "mean length",
            lambda stream, direction, share: _along(direction, share * stream.norm(dim=-1).flatten(1).mean(1)),
            "You seem to take the mean length. One token in the test is sixty times as long as the others, as the "
            "first token of a real model is. Which average does not care?",
        ),
        Mistake(
            "one length for all",
            lambda stream, direction, share: _along(
                direction, share * stream.norm(dim=-1).median() * torch.ones(len(direction))
            ),
            "All networks get the same length. Their streams differ in size, so the same step is a nudge to one and a "
            "shove to another. Over which axes should the median go?",
        ),
        Mistake(
            "per coordinate",
            lambda stream, direction, share: step_of(stream, direction, share) / stream.shape[-1] ** 0.5,
            "Too short by one factor: the root of the number of coordinates. Do you take the root of the mean square "
            "where the length is asked?",
        ),
        Mistake(
            "length of the mean row",
            lambda stream, direction, share: _along(direction, share * stream.flatten(1, 2).mean(1).norm(dim=-1)),
            "You seem to average the rows first and take the length then. Rows that point different ways cancel. In "
            "which order gives a typical length?",
        ),
        Mistake(
            "one norm for all directions",
            lambda stream, direction, share: (
                share * stream.norm(dim=-1).flatten(1).median(1).values[:, None] * direction / direction.norm()
            )[:, None, None],
            "The directions of all networks are divided by one number, so none has length 1. Along which axis is a "
            "direction?",
        ),
        Mistake(
            "no axes to spread over",
            lambda stream, direction, share: step_of(stream, direction, share)[:, 0, 0],
            "The numbers are right, but the step is added to a stream of shape (model, prompt, token, d). Which two "
            "axes of length 1 are missing?",
        ),
        Mistake(
            "sign lost",
            lambda stream, direction, share: step_of(stream, direction, abs(share)),
            "A negative share should push the other way; yours pushes the same way. Where does the sign get lost?",
        ),
    ),
    alternatives=(_network_by_network,),
    fallback="For one network: make the direction one unit long, find the median length of the rows of its stream, and "
    "multiply the two with `share`. How long is the step that you return?",
)  # fmt: skip
