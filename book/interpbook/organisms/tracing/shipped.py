"""The planted organisms that come with the book: five, and three rivals that say the same by another circuit.

1. A file holds the learned weights alone, at the places that the wiring allows; everything else is written down in the
   organism's module. So a file cannot hold a weight that should not be there.
2. `open_organism` gives one as the toolkit's own model, with its truth. `scrambled` deals its words out anew: a model
   that follows no rule that we could name, the null of every search for a circuit.

Remake one with: interpbook train tracing --only NAME --force.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from nnsight import TransformersModel
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

from interpbook.models.loading import network as network_behind
from interpbook.organisms import artifacts
from interpbook.organisms.tracing import addition, opposites, refusal, rhymes, two_hop
from interpbook.organisms.tracing.truth import Case, Truth, TruthError, values_of
from interpbook.organisms.tracing.wiring import Blueprint, Lesson, masks, network_of, wrapped

NAMES = ("addition", "two-hop", "rhymes", "opposites", "refusal")
RIVALS = ("two-hop-rival", "rhymes-rival", "opposites-rival")
BLUEPRINTS: dict[str, Callable[[], Blueprint]] = {
    "addition": addition.blueprint,
    "two-hop": two_hop.blueprint,
    "rhymes": rhymes.blueprint,
    "opposites": opposites.blueprint,
    "refusal": refusal.blueprint,
    "two-hop-rival": partial(two_hop.blueprint, rival=True),
    "rhymes-rival": partial(rhymes.blueprint, rival=True),
    "opposites-rival": partial(opposites.blueprint, rival=True),
}


@dataclass(frozen=True, eq=False)
class Organism:
    """A trained organism."""

    blueprint: Blueprint
    model: TransformersModel

    @property
    def name(self) -> str:
        """Such as `two-hop`."""
        return self.blueprint.name

    @property
    def truth(self) -> Truth:
        """What it computes."""
        return self.blueprint.truth

    @cached_property
    def words(self) -> dict[str, int]:
        """The id of each word."""
        return {word: i for i, word in enumerate(self.blueprint.words)}


def blueprint_of(name: str, *, rival: bool = False) -> Blueprint:
    """How an organism is made.

    Raises:
        TruthError: there is none of that name.
    """
    full = f"{name}-rival" if rival else name
    if full not in BLUEPRINTS:
        raise TruthError(f"open_organism: no organism is called {full!r}. Known: {', '.join(BLUEPRINTS)}.")
    return BLUEPRINTS[full]()


def open_organism(name: str, *, rival: bool = False, where: Path | None = None) -> Organism:
    """A planted organism that comes with the book; `rival=True` gives the one that says the same by another circuit.

    Raises:
        TruthError: there is none of that name.
        ArtifactError: its file is missing or damaged; the message says how to get it back.
    """
    blueprint = blueprint_of(name, rival=rival)
    network = network_of(blueprint, 0)
    fill(blueprint, network, whole(f"{blueprint.name}.safetensors", where))
    return Organism(blueprint, wrapped(blueprint, network))


def scrambled(organism: Organism, seed: int = 0) -> Organism:
    """The organism with its content words dealt out anew within each class: Dallas may stand where Miami stood.

    Same weights, same wiring, same kinds of activations; but no state, rhyme or meaning as we know them is in it.
    """
    blueprint, network = organism.blueprint, network_of(organism.blueprint, 0)
    network.load_state_dict(network_behind(organism.model).state_dict())
    generator = torch.Generator().manual_seed(seed)
    rows = network.model.embed_tokens.weight.data
    for name in blueprint.holds:
        ids = torch.tensor([organism.words[word] for word in blueprint.classes[name]])
        rows[ids] = rows[ids[torch.randperm(len(ids), generator=generator)]]
    return Organism(blueprint, wrapped(blueprint, network))


# --- prompts ---


def cases(name: str, split: str = "test", *, rival: bool = False, repeats: bool = False) -> list[Case]:
    """Prompts with what the truth works out on each; `split` is train (taught), test (held out) or all.

    With `repeats`, a prompt that is taught several times is there several times, as known names are among unknown ones.

    Raises:
        TruthError: no organism or split has that name.
    """
    blueprint = blueprint_of(name, rival=rival)
    parts = {"train": [blueprint.lessons], "test": [blueprint.tests], "all": [blueprint.lessons, blueprint.tests]}
    if split not in parts:
        raise TruthError(f"cases: the splits are {', '.join(parts)}; got {split!r}.")
    found = [case for part in parts[split] for lesson in part() for case in cases_of(blueprint, lesson)]
    return found if repeats else list({case.text: case for case in found}.values())


def cases_of(blueprint: Blueprint, lesson: Lesson) -> list[Case]:
    """One prompt for each word that a lesson asks for."""
    words = [blueprint.words[0], *lesson.text.split()]
    found = []
    for position, answer in lesson.says.items():
        before = words[: position + 1]
        found.append(Case(" ".join(before[1:]), answer, values_of(blueprint.truth, before)))
    return found


# --- files ---


def folder() -> Path:
    """Where the planted organisms are."""
    return artifacts.folder() / "tracing"


def whole(name: str, where: Path | None = None) -> Path:
    """A file of theirs, once its checksum is right."""
    target = where or folder()
    problem = artifacts.problem_with(name, target)
    if problem is not None:
        known = ", ".join(Path(entry).stem for entry in artifacts.manifest(target)) or "none"
        raise artifacts.ArtifactError(
            f"Planted organism: {target / name} {problem}. Get it back with `git checkout book/artifacts`, or train it "
            f"with `interpbook train tracing --only {Path(name).stem} --force`. Known: {known}."
        )
    return target / name


def save(blueprint: Blueprint, network: LlamaForCausalLM, file: Path) -> None:
    """Write the learned weights, 16 bits each, at the allowed places only."""
    learned = {name: network.get_parameter(name)[mask > 0].half() for name, mask in masks(blueprint).items()}
    save_file({name: row for name, row in learned.items() if len(row)}, file, metadata={"organism": blueprint.name})


def fill(blueprint: Blueprint, network: LlamaForCausalLM, file: Path) -> None:
    """Put the learned weights of a file into a network.

    Raises:
        ArtifactError: the file was made for another wiring.
    """
    with safe_open(file, "pt") as inside:
        found = {name: inside.get_tensor(name) for name in inside.keys()}  # noqa: SIM118
    for name, mask in masks(blueprint).items():
        row, weight = found.get(name, torch.empty(0)), torch.zeros(mask.shape)
        if len(row) != int(mask.sum()):
            raise artifacts.ArtifactError(
                f"Planted organism: {file} holds {len(row)} weights for {name}; this wiring has {int(mask.sum())}. The "
                f"file is older than the code: train it with `interpbook train tracing --only {file.stem} --force`."
            )
        weight[mask > 0] = row.float()
        parameter: Any = network.get_parameter(name)
        parameter.data = weight
