"""The exercises of chapter 06, in order. Right and wrong answers stand in `checks/banana/`."""

from interpbook.checks.banana import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "attention.double_centre",
        "consistency.paired",
        "attention.qk_eigen_skew",
        "attention.predict_signs",
        "attention.qk_parts",
        "attention.steer_query",
        "attention.truth_head",
        "routes.predict_edit",
    )
)
