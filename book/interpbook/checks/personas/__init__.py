"""The checks of chapter 07 by id: what is measured, what it is compared with, what is predicted and explained."""

from interpbook.checks.personas.bets import INOCULATION, PREDICT_MARKS, PREDICT_SPREAD
from interpbook.checks.personas.controls import CONTROLS
from interpbook.checks.personas.measures import FIRST_ABOVE, SPREAD_OF, STEP_OF
from interpbook.checks.personas.winners import CHOOSE_AND_TEST

_ALL = (
    SPREAD_OF, CONTROLS, PREDICT_SPREAD, CHOOSE_AND_TEST, FIRST_ABOVE, STEP_OF, INOCULATION, PREDICT_MARKS,
)  # fmt: skip
CHECKS_BY_ID = {check.id: check for check in _ALL}
