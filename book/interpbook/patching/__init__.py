"""Patching: copy an activation from one run into another, and see whether the answer comes with it.

1. `prepare` makes pairs of prompts that differ in one thing; `logit_diff` judges a run; `baselines` gives the scale.
2. `patch` copies some places; `sweep` tries every place of a kind in one call, exactly.
3. `attribution_sweep` guesses the whole table from gradients; `agreement` says where the guess is wrong.
4. `path_effects` lets a change travel along one path only: from a head to another head's query, key or value.
5. `mean_z`, `run_circuits`, `faithfulness`, `completeness`, `minimality` judge a set of heads as a circuit;
   `grow_circuit` and `shrink_circuit` look for a small one.
6. `self_repair` measures what the rest of a model does about a head that is gone.

Built in chapter 04. Pairs have the same number of tokens, no padding.
"""

import beartype  # noqa: F401  (before nnsight, which otherwise breaks it)

from interpbook.patching.circuits import (
    Growth,
    Without,
    completeness,
    faithfulness,
    grow_circuit,
    mean_z,
    minimality,
    run_circuits,
    share_of,
    shrink_circuit,
)
from interpbook.patching.gradients import Agreement, agreement, attribution_sweep, gradient_patch
from interpbook.patching.pairs import Baselines, Pairs, baselines, logit_diff, prepare, share
from interpbook.patching.paths import path_effects
from interpbook.patching.repair import Repair, self_repair
from interpbook.patching.sweeps import Sweep, patch, sweep

__all__ = [
    "Agreement", "Baselines", "Growth", "Pairs", "Repair", "Sweep", "Without", "agreement", "attribution_sweep",
    "baselines", "completeness", "faithfulness", "gradient_patch", "grow_circuit", "logit_diff", "mean_z", "minimality",
    "patch", "path_effects", "prepare", "run_circuits", "self_repair", "share", "share_of", "shrink_circuit", "sweep",
]  # fmt: skip
