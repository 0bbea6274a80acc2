"""How much one answer may use. Plain data, sent into the sandbox as JSON."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
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


def with_changes(wishes: Iterable[str]) -> Limits:
    """The usual limits but for texts such as `cpu=60`. Raises ValueError with a sentence."""
    limits = Limits()
    kinds = {field.name: type(getattr(limits, field.name)) for field in fields(Limits)}
    for wish in wishes:
        name, _, number = wish.partition("=")
        if name not in kinds or not number.isdecimal() or not 0 < int(number) <= 1_000_000:
            known = ", ".join(f"{field}={getattr(limits, field):g}" for field in kinds)
            raise ValueError(f"{wish!r} should be one of these names with a whole number of its own: {known}.")
        limits = replace(limits, **{name: kinds[name](number)})
    return limits
