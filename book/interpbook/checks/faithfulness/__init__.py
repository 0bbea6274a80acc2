"""The checks of chapter 08 by id: two measures, meddling with pads and hints, a test of one's own, two claims."""

from interpbook.checks.faithfulness.claims import DIAGNOSIS, SUSPECTS
from interpbook.checks.faithfulness.meddling import DECIDERS, SLIPS, TRUE_TWIN
from interpbook.checks.faithfulness.rates import EARLY_AREA, MENTION_RATE

_ALL = (EARLY_AREA, SUSPECTS, MENTION_RATE, TRUE_TWIN, DECIDERS, SLIPS, DIAGNOSIS)
CHECKS_BY_ID = {check.id: check for check in _ALL}
