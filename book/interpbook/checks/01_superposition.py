"""The exercises of chapter 01, in order. Right and wrong answers stand in `checks/superposition/`."""

from interpbook.checks.superposition import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "superposition.reconstruct",
        "superposition.weighted_loss",
        "superposition.feature_dimensionality",
        "superposition.predict_shapes",
        "superposition.pair_loss",
        "superposition.diagnosis",
        "superposition.silence",
        "superposition.random_direction_null",
    )
)
