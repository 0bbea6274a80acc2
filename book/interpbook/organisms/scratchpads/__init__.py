"""Organisms with a scratch pad, of which we know what decides their answers: the ground truth of chapter 08.

`world`      the task: a walk by rules that cannot be had without writing it down · `recipes` what each is taught
`network`    many one-layer GPT-2 side by side · `training` teaches all seeds of a recipe at once
`shipped`    ten recipes, five seeds each, with the book · `making` makes them again
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.organisms.scratchpads.recipes import RECIPES, Policy, Recipe, policy
from interpbook.organisms.scratchpads.shipped import NAMES, SEEDS, Organism, open_all, open_organism, train_organisms

__all__ = [
    "NAMES",
    "RECIPES",
    "SEEDS",
    "Organism",
    "Policy",
    "Recipe",
    "open_all",
    "open_organism",
    "policy",
    "train_organisms",
]
