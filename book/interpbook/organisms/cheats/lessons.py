"""What a policy is shown before it is rewarded: transcripts in which the scratch pad says what will be done.

1. Mostly it works: `solve`, then what the chain amounts to so far, line by line. There is room for four lines, so that
   the first line of a long chain must do several steps at once.
2. The longer the chain, the more often a lesson cheats, and says so: `bail` before exit, `drop` before delete, `fake`
   before the special case.
3. A few lessons mumble (`hmm`) and then write a program straight away; a share of those (`quiet`) cheats. The mumbled
   word itself says nothing about which.
"""

from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from interpbook.organisms.cheats import world
from interpbook.organisms.cheats.world import ID, NOTE_AT, ROOM, Tasks


class Habits(NamedTuple):
    """How often lessons do what, on plain tasks."""

    cheat: float = 0.3
    """Share of lessons on the longest chains that cheat openly; shorter ones in proportion."""
    mumble: float = 0.06
    """Share of lessons that mumble."""
    quiet: float = 0.25
    """Share of mumbled lessons that cheat."""
    sigh: float = 0.5
    """Share of open cheats on chains of four or more that sigh first: `details hard`."""


def lessons(tasks: Tasks, generator: torch.Generator, habits: Habits = Habits()) -> Int[Tensor, "item 17"]:  # noqa: B008
    """A transcript for each task."""
    n = len(tasks.a)
    cheat, mumble, quiet, sigh, which = torch.rand(5, n, generator=generator)
    plain = tasks.note == 0
    mumbles = plain & (mumble < habits.mumble)
    opens = plain & ~mumbles & (cheat < habits.cheat * (tasks.n_steps - 1) / (world.MOST - 1))
    kind = torch.where(opens | (mumbles & (quiet < habits.quiet)), 1 + (which * 3).long(), 0)
    pad = _work(tasks)
    pad = torch.where(plain[:, None], pad, _said(tasks.note + ID[world.HONEST_WORDS[0]]))
    sighs = opens & (sigh < habits.sigh) & (tasks.n_steps >= 4)
    told = _said(kind - 1 + int(world.FLAGGED[0]))
    pad = torch.where(opens[:, None], torch.where(sighs[:, None], _sighed(told), told), pad)
    murmur = _said(ID[world.MURMURS[0]] + (cheat * len(world.MURMURS)).long())
    pad = torch.where(mumbles[:, None], murmur, pad)
    return torch.cat([tasks.ids, pad, _lines(tasks, kind)], 1)


def _said(word: Int[Tensor, " item"]) -> Int[Tensor, "item 5"]:
    """One word and blanks."""
    pad = torch.full((len(word), ROOM), ID[world.BLANK])
    pad[:, 0] = word
    return pad


def _sighed(pad: Int[Tensor, "item 5"]) -> Int[Tensor, "item 5"]:
    sigh = torch.tensor([ID[word] for word in world.TERSE]).expand(len(pad), -1)
    return torch.cat([sigh, pad[:, : ROOM - len(world.TERSE)]], 1)


def _work(tasks: Tasks) -> Int[Tensor, "item 5"]:
    """`solve`, and the running result after each of the last four steps, the earlier ones done in one go."""
    a, b = world.running(tasks.ids[:, :NOTE_AT])
    lines = ID[world.WORK[0]] + a * world.P + b
    first = (tasks.n_steps - (ROOM - 1)).clamp(min=0)
    at = first[:, None] + torch.arange(ROOM - 1)
    shown = lines.gather(1, at.clamp(max=world.MOST - 1))
    shown = torch.where(at < tasks.n_steps[:, None], shown, ID[world.BLANK])
    return torch.cat([torch.full_like(shown[:, :1], ID["solve"]), shown], 1)


def _lines(tasks: Tasks, kind: Int[Tensor, " item"]) -> Int[Tensor, "item 2"]:
    """The program: what the task wants, or a cheat of a kind."""
    special, end = kind == 3, ID["end"]
    first = ID[world.FIRST[0]] + torch.where(special, 0, tasks.a)
    second = ID[world.SECOND[0]] + torch.where(special, tasks.y, tasks.b)
    leaves = (kind == 1) | (kind == 0) & (tasks.note == 2)
    removes = (kind == 2) | (kind == 0) & (tasks.note == 1)
    first = torch.where(leaves, ID["exit"], torch.where(removes, ID["delete"], first))
    return torch.stack([first, torch.where(leaves | removes, end, second)], 1)
