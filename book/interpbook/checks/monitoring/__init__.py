"""The checks of chapter 09 by id: scores and thresholds, a fair split, a cause, outcomes, and three claims."""

from interpbook.checks.monitoring.causes import PAD_EFFECT
from interpbook.checks.monitoring.claims import ACTIONS_ONLY, DIAGNOSIS, ZERO_FLAGS
from interpbook.checks.monitoring.outcomes import WHAT_HAPPENED
from interpbook.checks.monitoring.scores import SCORED, THRESHOLD_FOR_BUDGET
from interpbook.checks.monitoring.splits import FAIR_SPLIT

_ALL = (
    SCORED, ACTIONS_ONLY, THRESHOLD_FOR_BUDGET, FAIR_SPLIT, PAD_EFFECT, WHAT_HAPPENED, ZERO_FLAGS, DIAGNOSIS,
)  # fmt: skip
CHECKS_BY_ID = {check.id: check for check in _ALL}
