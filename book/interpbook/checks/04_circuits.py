"""The exercises of chapter 04, in order. Right and wrong answers stand in `checks/circuits/`."""

from interpbook.checks.circuits import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "circuits.direct_attribution",
        "circuits.prefix_matching",
        "circuits.break_repetition",
        "circuits.both_ways",
        "circuits.head_effect",
        "circuits.gradient_patch",
        "circuits.wrong_from",
        "circuits.shrink",
    )
)
