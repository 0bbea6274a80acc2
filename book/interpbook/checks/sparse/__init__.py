"""The checks of chapter 03 by id: functions of a dictionary, two claims, and a control."""

from interpbook.checks.sparse.claims import CHERRY, EXTRA_NATS
from interpbook.checks.sparse.controls import CONTROL_PUSHES
from interpbook.checks.sparse.functions import CLAMP_LATENT, DECODER_GRADIENT, FVU, SILENT_FOR, TOPK_FORWARD

_ALL = (
    TOPK_FORWARD, FVU, DECODER_GRADIENT, SILENT_FOR, EXTRA_NATS, CHERRY, CLAMP_LATENT, CONTROL_PUSHES,
)  # fmt: skip
CHECKS_BY_ID = {check.id: check for check in _ALL}
