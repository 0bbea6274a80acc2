"""What a planted organism computes, as data: its variables, where each one lives, and which makes which.

1. A `Variable` has parents and a rule: together they are a causal model that runs without any network (`values_of`).
2. Each variable lives in a *slot*, a few dimensions of the residual stream, at one token, from one block on.
3. An edge of the true circuit goes from a variable to one that is made of it (`edges_of`). Copies by attention are not
   nodes of an attribution graph, so an edge passes through them.

The organisms themselves are data of this form; `wiring` makes a network of it, `training` teaches it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from interpbook.models import Site

LOGIT = "logit"
"""The end of every circuit: the word that the model says."""
UNTAUGHT = "(never taught)"
"""The value of a variable that the organism was never taught here; what it does then is its own."""
Rule = Callable[..., str | None]


class TruthError(ValueError):
    """A prompt, variable or value that the organism does not have."""


@dataclass(frozen=True)
class Variable:
    """One thing that the model works out, such as the state that a city lies in."""

    name: str
    slot: str
    """The dimensions of the stream that hold it."""
    layer: int
    """The block that writes it; -1 where the token's embedding does."""
    position: int
    """The token at which it is held; 0 is the separator."""
    parents: tuple[str, ...] = ()
    rule: Rule | None = None
    """Its value from its parents' values; None where a prompt does not have it."""
    copy: bool = False
    """Attention brings it from another token, unchanged: no neurons are involved."""
    sign: int = 1
    """-1 where it takes its value's direction away from the slot instead of adding it."""
    times: int = 1
    """How many times its value's direction is written."""

    @property
    def site(self) -> Site:
        """Where the stream first holds it: a copy after attention, before neurons read it; others after a block."""
        if self.layer < 0:
            return Site("embed", position=self.position)
        return Site("resid_mid" if self.copy else "resid", layer=self.layer, position=self.position)


class Edge(NamedTuple):
    """A step of the true circuit."""

    source: str
    target: str
    """A variable, or `logit`."""
    sign: int = 1
    """-1: more of the source is less of the target."""


class Case(NamedTuple):
    """A prompt with everything that a model which follows the truth works out on it."""

    text: str
    answer: str
    values: dict[str, str]
    """By variable; variables that this prompt does not have are left out."""


@dataclass(frozen=True)
class Truth:
    """The circuit of an organism."""

    name: str
    about: str
    variables: tuple[Variable, ...]
    """Parents before their children."""
    answer: tuple[tuple[str, ...], Rule]
    """Which variables the word at the end is read from, and how."""
    answer_position: int = -1

    @cached_property
    def by_name(self) -> dict[str, Variable]:
        return {variable.name: variable for variable in self.variables}

    def __getitem__(self, name: str) -> Variable:
        if name not in self.by_name:
            raise TruthError(f"{self.name}: no variable is called {name!r}. Known: {', '.join(self.by_name)}.")
        return self.by_name[name]

    def origin(self, name: str) -> str:
        """The variable itself, or for a copy what it is a copy of."""
        variable = self[name]
        return self.origin(variable.parents[0]) if variable.copy else name

    @property
    def computed(self) -> tuple[str, ...]:
        """Variables that neurons write: what an attribution graph has features for."""
        return tuple(v.name for v in self.variables if v.layer >= 0 and not v.copy)

    @property
    def given(self) -> tuple[str, ...]:
        """Variables that are words of the prompt."""
        return tuple(v.name for v in self.variables if v.layer < 0)


def values_of(truth: Truth, words: Sequence[str], do: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Every variable's value on a prompt (`words[0]` is the separator); with `do`, some are set by force (or to none).

    Raises:
        TruthError: `do` names a variable that there is none of.
    """
    forced = {truth[name].name: value for name, value in (do or {}).items()}
    found: dict[str, str | None] = {}
    for variable in truth.variables:
        if variable.name in forced:
            found[variable.name] = forced[variable.name]
        elif variable.position >= len(words):
            found[variable.name] = None
        elif variable.rule is None:
            found[variable.name] = found[variable.parents[0]] if variable.copy else words[variable.position]
        else:
            found[variable.name] = variable.rule(*(found[parent] for parent in variable.parents))
    return {name: value for name, value in found.items() if value is not None}


def answer_of(truth: Truth, values: Mapping[str, str]) -> str | None:
    """The word that these values lead to."""
    parents, rule = truth.answer
    return rule(*(values.get(parent) for parent in parents))


def edges_of(truth: Truth, case: Case | None = None) -> tuple[Edge, ...]:
    """The steps of the circuit; with a case, those that are live on it: both ends have a value there."""
    children = [v for v in truth.variables if v.rule is not None and not v.copy]
    edges = [Edge(truth.origin(parent), v.name) for v in children for parent in v.parents]
    edges += [Edge(truth.origin(parent), LOGIT, truth[parent].sign) for parent in truth.answer[0]]
    edges = list(dict.fromkeys(edges))
    if case is None:
        return tuple(edges)
    live = {*case.values, LOGIT}
    return tuple(edge for edge in edges if edge.source in live and edge.target in live)
