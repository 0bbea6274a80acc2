"""More features than dimensions: toy models whose ground truth is known, and one question to a real model.

`toy` the model and its training · `geometry` how much room a feature has · `phase` when superposition pays ·
`computation` |x| on crowded features, and attacks · `neurons` do SmolLM2's neurons respond to one thing?

Elhage et al. 2022, Toy Models of Superposition. Built in chapter 01.
"""

from interpbook.superposition.computation import (
    Absolute,
    absolute_forward,
    attack,
    computed,
    random_attack,
    signed,
    train_absolute,
)
from interpbook.superposition.geometry import (
    dimensions_per_feature,
    feature_dimensionality,
    gram,
    interference,
    regular_polygon,
    represented,
)
from interpbook.superposition.neurons import (
    CONCEPTS,
    along_random_axes,
    best_unit,
    concept_auroc,
    concept_words,
    held_out_purity,
    mean_direction,
    shuffled_within,
    standardised,
)
from interpbook.superposition.phase import (
    PHASES,
    PhaseDiagram,
    border,
    cheapest_phase,
    expected_loss,
    grid_of,
    loss_antipodal,
    loss_ignoring,
    loss_partners,
    phase_diagram,
    predicted_phase,
    strategy_losses,
    trained_phase,
)
from interpbook.superposition.toy import (
    Toy,
    best_of,
    forward_all,
    in_pairs,
    independent,
    reconstruct,
    sample_features,
    train,
    weighted_loss,
)

__all__ = [
    "CONCEPTS",
    "PHASES",
    "Absolute",
    "PhaseDiagram",
    "Toy",
    "absolute_forward",
    "along_random_axes",
    "attack",
    "best_of",
    "best_unit",
    "border",
    "cheapest_phase",
    "computed",
    "concept_auroc",
    "concept_words",
    "dimensions_per_feature",
    "expected_loss",
    "feature_dimensionality",
    "forward_all",
    "gram",
    "grid_of",
    "held_out_purity",
    "in_pairs",
    "independent",
    "interference",
    "loss_antipodal",
    "loss_ignoring",
    "loss_partners",
    "mean_direction",
    "phase_diagram",
    "predicted_phase",
    "random_attack",
    "reconstruct",
    "regular_polygon",
    "represented",
    "sample_features",
    "shuffled_within",
    "signed",
    "standardised",
    "strategy_losses",
    "train",
    "train_absolute",
    "trained_phase",
    "weighted_loss",
]
