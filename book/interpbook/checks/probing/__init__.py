"""The checks of chapter 02 by id: splits and control tasks, functions of activations, and two claims."""

from interpbook.checks.probing.claims import DIAGNOSIS, PREDICT_SIGNS
from interpbook.checks.probing.draws import CONTROL_TASK, SPLIT_BY_GROUP
from interpbook.checks.probing.functions import CCS_LOSS, MASS_MEAN, SELECTIVITY, SET_ALONG

_ALL = (
    SPLIT_BY_GROUP, MASS_MEAN, CONTROL_TASK, SELECTIVITY, PREDICT_SIGNS, DIAGNOSIS, SET_ALONG, CCS_LOSS,
)  # fmt: skip
CHECKS_BY_ID = {check.id: check for check in _ALL}
