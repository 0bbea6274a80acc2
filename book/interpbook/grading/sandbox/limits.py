"""How much one answer may use. Plain data, sent into the sandbox as JSON."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What one answer may use before it is stopped."""

    cpu: int = 30  # seconds of processor time; decides between "slow" and "too slow"
    wall: float = 120.0  # seconds by the clock, for whatever sleeps; generous, so that a busy machine changes no mark
    memory: int = 2048  # MiB beyond what the question's set-up holds
    processes: int = 32
    files: int = 64  # MiB of files in the sandbox, all together
    output: int = 96  # MiB of one message with answers

    def as_json(self) -> dict[str, Any]:
        """For the sandbox, the manifest and the key of the cache."""
        return asdict(self)
