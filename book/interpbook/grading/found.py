"""What is known about one answer once it was judged. Apart from judging, so that what only reads it needs no torch."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """What is known about one answer."""

    status: str  # passed · partial · wrong · error · timeout · died · not_attempted · missing
    share: float  # of the points, from 0 to 1
    hint: str = ""  # for the student
    detail: str = ""  # for the instructor
    probes: tuple[bool, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the cache."""
        return vars(self) | {"probes": list(self.probes)}
