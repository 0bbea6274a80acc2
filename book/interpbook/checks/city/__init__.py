"""The checks of chapter 00 by id: paper and parameters, looking inside, and three claims to judge."""

from interpbook.checks.city.claims import ANOMALY, CONTROL, PREDICT
from interpbook.checks.city.inside import LENS, PATCH, READ
from interpbook.checks.city.paper import AREA, COUNT

CHECKS_BY_ID = {check.id: check for check in (AREA, COUNT, LENS, READ, PATCH, PREDICT, ANOMALY, CONTROL)}
