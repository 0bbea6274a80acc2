"""The exercises of chapter 03, in order. Right and wrong answers stand in `checks/sparse/`."""

from interpbook.checks.sparse import CHECKS_BY_ID

CHECKS = tuple(
    CHECKS_BY_ID[name]
    for name in (
        "sparse.topk_forward",
        "sparse.fvu",
        "sparse.decoder_gradient",
        "sparse.silent_for",
        "sparse.extra_nats",
        "sparse.cherry",
        "sparse.clamp_latent",
        "sparse.control_pushes",
    )
)
