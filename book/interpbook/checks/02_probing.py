"""The exercises of chapter 02, in order. Right and wrong answers stand in `checks/probing/`."""

from interpbook.checks.probing import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "probing.split_by_group",
        "probing.mass_mean",
        "probing.control_task",
        "probing.selectivity",
        "probing.predict_signs",
        "probing.diagnosis",
        "probing.set_along",
        "probes.ccs_loss",
    )
)
