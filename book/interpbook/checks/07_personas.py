"""The exercises of chapter 07, in order. Right and wrong answers stand in `checks/personas/`."""

from interpbook.checks.personas import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "personas.spread_of",
        "personas.controls",
        "personas.predict_spread",
        "personas.choose_and_test",
        "diffing.first_above",
        "personas.step_of",
        "personas.inoculation",
        "personas.predict_marks",
    )
)
