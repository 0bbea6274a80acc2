"""The exercises of chapter 05, in order. Right and wrong answers stand in `checks/tracing/`."""

from interpbook.checks.tracing import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "tracing.edge",
        "tracing.frozen_norm",
        "tracing.influence",
        "tracing.keep",
        "tracing.predicted_change",
        "tracing.carrier",
        "tracing.shallow",
        "tracing.control_nodes",
    )
)
