"""The checks of chapter 04 by id: parts, patterns, a corrupted prompt, patches, two predictions, a circuit."""

from interpbook.checks.circuits.claims import BOTH_WAYS, WRONG_FROM
from interpbook.checks.circuits.corruption import BREAK_REPETITION
from interpbook.checks.circuits.patches import GRADIENT_PATCH, HEAD_EFFECT
from interpbook.checks.circuits.reading import DIRECT_ATTRIBUTION, PREFIX_MATCHING
from interpbook.checks.circuits.sets import SHRINK

_ALL = (
    DIRECT_ATTRIBUTION, PREFIX_MATCHING, BREAK_REPETITION, BOTH_WAYS, HEAD_EFFECT, GRADIENT_PATCH, WRONG_FROM, SHRINK,
)  # fmt: skip
CHECKS_BY_ID = {check.id: check for check in _ALL}
