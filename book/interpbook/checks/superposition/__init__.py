"""The checks of chapter 01 by id: functions of the toy model, experiments with it, and a null that has to be fair."""

from interpbook.checks.superposition.experiments import DIAGNOSIS, PAIR_LOSS, PREDICT_SHAPES
from interpbook.checks.superposition.fair_null import RANDOM_DIRECTION_NULL
from interpbook.checks.superposition.functions import DIMENSIONALITY, RECONSTRUCT, SILENCE, WEIGHTED_LOSS

_ALL = (
    RECONSTRUCT, WEIGHTED_LOSS, DIMENSIONALITY, PREDICT_SHAPES, PAIR_LOSS, DIAGNOSIS, SILENCE, RANDOM_DIRECTION_NULL,
)  # fmt: skip
CHECKS_BY_ID = {check.id: check for check in _ALL}
