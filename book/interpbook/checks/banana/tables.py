"""Exercises 1 and 2: a table without favourites, a score without bias."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from interpbook.attention import double_centre
from interpbook.consistency import paired
from interpbook.exercises import Check, Mistake

# --- 1 · double_centre ---


def _tables() -> list[tuple]:
    return [(torch.rand(5, 4),), (torch.rand(3, 6, 2) + torch.arange(2.0),)]


def _one_after_the_other(table):
    without_columns = table - table.mean(dim=0, keepdim=True)
    return without_columns - without_columns.mean(dim=1, keepdim=True)


def _centring_matrices(table):
    rows, columns = (torch.eye(n) - 1 / n for n in table.shape[:2])
    return torch.einsum("ia,ab...,bj->ij...", rows, table, columns)


def _scaled(table):
    centred = double_centre(table)
    return centred / centred.std()


DOUBLE_CENTRE = Check(
    id="attention.double_centre",
    reference=double_centre,
    inputs=_tables,
    mistakes=(
        Mistake(
            "rows only",
            lambda table: table - table.mean(1, keepdim=True),
            "Only the rows' means are gone. A head that looks back from one favourite colour would still stand out. "
            "Which mean takes care of that?",
        ),
        Mistake(
            "columns only",
            lambda table: table - table.mean(0, keepdim=True),
            "Only the columns' means are gone. A head that adores one thing would still stand out. Which mean takes "
            "care of that?",
        ),
        Mistake(
            "grand mean missing",
            lambda table: table - table.mean(1, keepdim=True) - table.mean(0, keepdim=True),
            "The overall level is part of every row's mean and of every column's. How often have you subtracted it, "
            "and how often should you?",
        ),
        Mistake(
            "grand mean subtracted",
            lambda table: (
                table - table.mean(1, keepdim=True) - table.mean(0, keepdim=True) - table.mean((0, 1), keepdim=True)
            ),
            "The mean of the whole table goes in with a minus here. Average your result over a row: what should come "
            "out, and which sign gives it?",
        ),
        Mistake(
            "only the grand mean",
            lambda table: table - table.mean((0, 1), keepdim=True),
            "One number is subtracted from all entries, so favourites keep their lead. What is common to one row, or "
            "to one column, and has to go?",
        ),
        Mistake(
            "tables mixed",
            lambda table: table - table.mean(1, keepdim=True) - table.mean(0, keepdim=True) + table.mean(),
            "Right for one table, but with further axes the last mean runs over all tables together. Over which two "
            "axes should it run, and what keeps them in place?",
        ),
        Mistake(
            "rescaled",
            _scaled,
            "Your table is centred and then divided by something. The formula only subtracts and adds. Why would a "
            "head with little attention be blown up?",
        ),
    ),
    alternatives=(_one_after_the_other, _centring_matrices),
    fallback="Make a table in which every row is the same, or every column. What should come out of it? What does?",
)

# --- 2 · paired ---


def _verdict_tables() -> list[tuple]:
    def one(n: int, m: int) -> tuple[Tensor, Tensor]:
        table = torch.randint(-3, 3, (n, m)).float() + torch.arange(n)[:, None]
        return table, F.one_hot(torch.randint(m, (n,)), m).bool()

    return [one(6, 5), one(4, 9)]


def _loop(table, true):
    shares = []
    for scores, is_true in zip(table, true, strict=True):
        own, points = scores[is_true].item(), 0.0
        for other in scores[~is_true].tolist():
            points += 1.0 if own > other else 0.5 if own == other else 0.0
        shares.append(points / int((~is_true).sum()))
    return torch.tensor(shares)


def _by_signs(table, true):
    own = (table * true).sum(1, keepdim=True)
    won = (own - table).sign() * ~true
    return 0.5 + 0.5 * won.sum(1) / (~true).sum(1)


def _share(won: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Any, Any], Tensor]:
    """For each row, the average of `won(own, others)` over its false answers."""
    return lambda table, true: won(table[true][:, None], table[~true].reshape(len(table), -1)).double().mean(1)


PAIRED = Check(
    id="consistency.paired",
    reference=paired,
    inputs=_verdict_tables,
    mistakes=(
        Mistake(
            "ties lost",
            _share(lambda own, others: own > others),
            "Right except for ties, which get nothing here. A model that gives every claim the same score knows "
            "nothing: which share should it get?",
        ),
        Mistake(
            "ties won",
            _share(lambda own, others: own >= others),
            "Right except for ties, which count in full here. A model that gives every claim the same score would be "
            "perfect. Which share should it get?",
        ),
        Mistake(
            "the wrong way round",
            _share(lambda own, others: (others > own) + 0.5 * (others == own)),
            "This is the share of false answers *above* the true one. A model that knows everything would get 0. "
            "Which way round should the comparison be?",
        ),
        Mistake(
            "threshold",
            lambda table, true: ((table > 0) == true).double().mean(1),
            "You compare scores with zero. A model that likes to say Yes is then punished or rewarded for its mood. "
            "With what, in the same row, could the true claim's score be compared instead?",
        ),
        Mistake(
            "winner takes all",
            lambda table, true: (table[true] >= table.max(1).values).double(),
            "Each row gets 0 or 1: whether the true answer is on top. That is another good score, but a true answer "
            "in second place of ten gets nothing. How many false ones does it beat?",
        ),
        Mistake(
            "counts",
            lambda table, true: paired(table, true) * (table.shape[1] - 1),
            "These are numbers of false answers, not shares. What do you divide by, so that tables of any width can "
            "be compared?",
        ),
        Mistake(
            "one number",
            lambda table, true: paired(table, true).mean(),
            "One number comes back where one for each subject is asked for. If you average here, what is left to "
            "bootstrap over?",
        ),
        Mistake(
            "all subjects mixed",
            lambda table, true: (
                (table[true][:, None] > table[~true]).double() + 0.5 * (table[true][:, None] == table[~true])
            ).mean(1),
            "You compare a true claim with false claims about *all* subjects. A subject that the model likes to "
            "affirm then gains by it. Whose false claims are a fair comparison?",
        ),
    ),
    alternatives=(_loop, _by_signs),
    fallback="Write down one row the true answer's score, the others', and who is below whom. Which share is it?",
)
