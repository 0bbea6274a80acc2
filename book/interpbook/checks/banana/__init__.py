"""The checks of chapter 06 by id: tables and scores, heads from the inside, and claims to judge."""

from interpbook.checks.banana.claims import PREDICT_EDIT, PREDICT_SIGNS, TRUTH_HEAD
from interpbook.checks.banana.heads import EIGEN_SKEW, PARTS, STEER
from interpbook.checks.banana.tables import DOUBLE_CENTRE, PAIRED

_ALL = (DOUBLE_CENTRE, PAIRED, EIGEN_SKEW, PREDICT_SIGNS, PARTS, STEER, TRUTH_HEAD, PREDICT_EDIT)
CHECKS_BY_ID = {check.id: check for check in _ALL}
