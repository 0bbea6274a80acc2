"""The exercises of chapter 08, in order. Right and wrong answers stand in `checks/faithfulness/`."""

from interpbook.checks.faithfulness import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "faithfulness.early_area",
        "faithfulness.suspects",
        "faithfulness.mention_rate",
        "faithfulness.true_twin",
        "faithfulness.deciders",
        "faithfulness.slips",
        "faithfulness.diagnosis",
    )
)
