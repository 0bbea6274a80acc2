"""Is the circuit that we planted the circuit that a graph shows?

1. Features get names as a careful reader would give them, from when they fire: a feature is the variable that explains
   at least half of its ups and downs over many prompts, the one with the fewest values if several do (`profiles`). A
   feature that fires for one combination of a variable's parents (6 and 9) counts as that variable (ends in 5). Where
   two sort the prompts alike (the plan, and the last word that it becomes), the one that lives at this token wins. A
   feature that fires alike on every prompt is the variable that never changes at its token (the refusal by default).
2. Nodes of one name are a supernode. An edge between supernodes is *found* where it brings a large enough share of what
   enters the target.
3. Found edges are compared with the true ones that are live on the prompt: precision and recall.

Names do not look at weights, slots or layers, so the same procedure runs on scrambled organisms and on rivals.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from interpbook.dictionaries.sae import encode
from interpbook.dictionaries.transcoders import Transcoder
from interpbook.graphs import Graph, group, supergraph
from interpbook.models import Site, read
from interpbook.organisms.tracing.shipped import Organism, cases
from interpbook.organisms.tracing.truth import LOGIT, Case, Edge, Truth, edges_of

EXPLAINED = 0.5
"""How much of a feature's variance a variable must explain to give it its name."""
SHARE = 0.05
"""How much of all that enters a supernode an edge must bring to count as found."""
PROMPTS = 400
STEADY = 0.05
"""A feature that varies less than this at a token, as a share of its maximum, says the same on every prompt."""
SHARES = (0.02, 0.05, 0.1, 0.15, 0.2)
"""Bars to choose among, on prompts that are not the ones to report on."""
Trace = Callable[[str], Graph]
Names = Mapping[tuple[int, int, int], str]
"""By layer, position and latent, the variable that a feature stands for."""


class Recovery(NamedTuple):
    """The edges of a graph beside the true ones."""

    found: tuple[Edge, ...]
    """True edges that the graph shows."""
    missed: tuple[Edge, ...]
    """True edges that it does not show."""
    extra: tuple[Edge, ...]
    """Edges between variables that it shows and that are not in the truth."""
    share: dict[tuple[str, str], float]
    """Of every edge between supernodes, the signed share of the target's input that it brings."""

    @property
    def precision(self) -> float:
        """Of the edges shown, the share that is true; NaN where none is shown."""
        shown = len(self.found) + len(self.extra)
        return len(self.found) / shown if shown else float("nan")

    @property
    def recall(self) -> float:
        """Of the true edges, the share that is shown."""
        true = len(self.found) + len(self.missed)
        return len(self.found) / true if true else float("nan")


class Total(NamedTuple):
    """Recovery over many prompts, edges added up."""

    n_prompts: int
    found: int
    missed: int
    extra: int
    precision: float
    recall: float


# --- names ---


def profiles(organism: Organism, transcoders: Mapping[int, Transcoder], *, split: str = "train") -> Names:
    """A name for every feature whose firing one variable explains, over up to 400 prompts."""
    found = _spread(cases(organism.name, split, repeats=True))
    names: dict[tuple[int, int, int], str] = {}
    for length in {len(case.text.split()) for case in found}:
        some = [case for case in found if len(case.text.split()) == length]
        groupings, always = _groupings(organism.truth, some), _always(organism.truth, some)
        for layer, transcoder in transcoders.items():
            x = read(organism.model, [case.text for case in some], Site("mlp_in", layer=layer))
            latents = encode(transcoder, x)
            for position in range(1, latents.shape[1]):
                here = sorted(groupings, key=lambda g: (int(g.group.max()), g.position != position, g.rank))
                for latent, name in _named(latents[:, position], here, always.get(position)).items():
                    names.setdefault((layer, position, latent), name)
    return names


def _spread(found: Sequence[Case]) -> list[Case]:
    """At most 400 prompts, evenly over a fixed random order."""
    order = torch.randperm(len(found), generator=torch.Generator().manual_seed(0)).tolist()
    return [found[i] for i in sorted(order[:PROMPTS])]


def _always(truth: Truth, some: Sequence[Case]) -> dict[int, str]:
    """By token, the computed variable that has one and the same value on all prompts, if there is one."""
    computed = [truth[name] for name in truth.computed]
    return {
        v.position: v.name
        for v in computed
        if len({case.values.get(v.name) for case in some} - {None}) == 1 and all(v.name in case.values for case in some)
    }


class Grouping(NamedTuple):
    """One way to sort the prompts: by a variable's value, or by its parents' values."""

    name: str
    position: int
    """The token at which the variable lives."""
    rank: int
    """Which name wins where several fit alike: 0 something computed, 1 a word of the prompt, 2 parents' values."""
    group: Int[Tensor, " prompt"]
    defined: Float[Tensor, " prompt"]
    """1 where the prompt has the variable at all."""


def _groupings(truth: Truth, some: Sequence[Case]) -> list[Grouping]:
    """Every variable, and every variable's parents together."""
    found = []
    for variable in truth.variables:
        if variable.copy:
            continue
        defined = torch.tensor([float(variable.name in case.values) for case in some])
        own = [case.values.get(variable.name) for case in some]
        parents = [tuple(case.values.get(parent) for parent in variable.parents) for case in some]
        for rank, key in ((int(variable.layer < 0), own), (2, parents)):
            number = {value: i for i, value in enumerate(dict.fromkeys(key))}
            if len(number) > 1:
                group_of = torch.tensor([number[value] for value in key])
                found.append(Grouping(variable.name, variable.position, rank, group_of, defined))
    return found


def _named(
    latents: Float[Tensor, "prompt latent"], groupings: Sequence[Grouping], always: str | None
) -> dict[int, str]:
    """The name of each latent that has one at this token."""
    active = (latents > 0).any(0).nonzero()[:, 0]
    steady = latents.std(0) < STEADY * latents.amax(0).clamp(min=1e-9)
    names: dict[int, str] = dict.fromkeys(steady.nonzero()[:, 0].tolist(), always) if always else {}
    names = {latent: name for latent, name in names.items() if latent in set(active.tolist())}
    for grouping in groupings:
        share = explained(latents, grouping.group)
        inside = (latents * grouping.defined[:, None]).sum(0) >= 0.9 * latents.sum(0)
        for latent in active.tolist():
            if latent not in names and not steady[latent] and inside[latent] and share[latent] >= EXPLAINED:
                names[latent] = grouping.name
    return names


def explained(latents: Float[Tensor, "prompt latent"], group: Int[Tensor, " prompt"]) -> Float[Tensor, " latent"]:
    """The share of each latent's variance that lies between groups, less what chance gives so many groups (as R²)."""
    n, groups = len(group), int(group.max()) + 1
    size = torch.zeros(groups).index_add(0, group, torch.ones(n))
    mean = torch.zeros(groups, latents.shape[1]).index_add(0, group, latents) / size[:, None]
    total = (latents - latents.mean(0)).square().sum(0).clamp(min=1e-12)
    within = (latents - mean[group]).square().sum(0)
    return 1 - (within / max(n - groups, 1)) / (total / (n - 1))


# --- graphs ---


def label_nodes(organism: Organism, graph: Graph, names: Names) -> dict[int, str]:
    """The variable of each node of a graph that has one: named features, and the words that the truth reads."""
    found = {}
    given = {variable.position: variable.name for variable in organism.truth.variables if variable.layer < 0}
    for i, node in enumerate(graph.nodes):
        if node.kind == "feature" and (node.layer, node.position, node.latent) in names:
            found[i] = names[node.layer, node.position, node.latent]
        elif node.kind == "token" and node.position in given:
            found[i] = given[node.position]
        elif node.kind == "logit" and node == graph.nodes[graph.where("logit").start]:
            found[i] = LOGIT
    return found


def supernodes(labels: Mapping[int, str]) -> dict[str, list[int]]:
    """For `graphs.group`: each variable with its nodes."""
    return {name: [i for i, other in labels.items() if other == name] for name in dict.fromkeys(labels.values())}


def recovery(graph: Graph, truth: Truth, labels: Mapping[int, str], case: Case, *, share: float = SHARE) -> Recovery:
    """The edges between a graph's supernodes beside those that the truth has on this prompt."""
    merged = supergraph(group(graph, supernodes(labels)))
    known = [i for i, name in enumerate(merged.names) if name in set(labels.values())]
    shares = {
        (merged.names[s], merged.names[t]): float(merged.edges[t, s])
        for t in known
        for s in known
        if s != t and merged.edges[t, s] != 0
    }
    return sorted_out(shares, edges_of(truth, case), share)


def sorted_out(shares: dict[tuple[str, str], float], true: Iterable[Edge], share: float) -> Recovery:
    """Edges between supernodes, those of at least `share` counted as shown, beside the true ones."""
    shown = {ends for ends, size in shares.items() if abs(size) >= share}
    known = {(edge.source, edge.target): edge for edge in true}
    return Recovery(
        tuple(edge for ends, edge in known.items() if ends in shown),
        tuple(edge for ends, edge in known.items() if ends not in shown),
        tuple(Edge(*ends) for ends in sorted(shown - set(known))),
        shares,
    )


def recovered(
    organism: Organism, trace: Trace, names: Names, some: Iterable[Case], *, share: float = SHARE
) -> list[Recovery]:
    """Recovery on several prompts; `trace` makes the graph of a prompt."""
    found = []
    for case in some:
        graph = trace(case.text)
        found.append(recovery(graph, organism.truth, label_nodes(organism, graph, names), case, share=share))
    return found


def total(each: Sequence[Recovery], share: float | None = None) -> Total:
    """Several prompts, their edges added up; with `share`, counted anew with that share as the bar."""
    if share is not None:
        each = [sorted_out(one.share, one.found + one.missed, share) for one in each]
    found, missed, extra = (sum(len(getattr(one, part)) for one in each) for part in ("found", "missed", "extra"))
    precision = found / (found + extra) if found + extra else float("nan")
    return Total(len(each), found, missed, extra, precision, found / max(found + missed, 1))


def best_share(each: Sequence[Recovery], among: Sequence[float] = SHARES) -> float:
    """The bar at which found edges and true edges overlap most (found over found, missed and extra together)."""

    def overlap(share: float) -> float:
        now = total(each, share)
        return now.found / max(now.found + now.missed + now.extra, 1)

    return max(among, key=overlap)
