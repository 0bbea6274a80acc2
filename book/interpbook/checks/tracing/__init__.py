"""The checks of chapter 05 by id: edges, whole graphs, two claims, and a control."""

from interpbook.checks.tracing.claims import CARRIER, SHALLOW
from interpbook.checks.tracing.controls import CONTROL_NODES
from interpbook.checks.tracing.edges import EDGE, FROZEN_NORM
from interpbook.checks.tracing.wholes import INFLUENCE, KEEP, PREDICTED_CHANGE

_ALL = (EDGE, FROZEN_NORM, INFLUENCE, KEEP, PREDICTED_CHANGE, CARRIER, SHALLOW, CONTROL_NODES)
CHECKS_BY_ID = {check.id: check for check in _ALL}
