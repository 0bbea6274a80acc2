"""The exercises of chapter 09, in order. Right and wrong answers stand in `checks/monitoring/`."""

from interpbook.checks.monitoring import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "monitoring.scored",
        "monitoring.actions_only",
        "reasoning.threshold_for_budget",
        "monitoring.fair_split",
        "monitoring.pad_effect",
        "monitoring.what_happened",
        "monitoring.zero_flags",
        "monitoring.diagnosis",
    )
)
