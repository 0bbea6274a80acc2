"""The exercises of chapter 00, in order. Right and wrong answers stand in `checks/city/`."""

from interpbook.checks.city import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "scale.paper_area_m2",
        "scale.count_parameters",
        "lens.residual_logits",
        "nnsight.read_stream",
        "patching.patched_scores",
        "patching.predict_places",
        "lens.anomaly",
        "steering.control_steps",
    )
)
