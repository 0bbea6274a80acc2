"""What a person sees while a class is graded: how far it is, how fast, what every worker does, what went wrong so far.

On a terminal a few lines that change; in a log one line every half minute. Only numbers and the names of exercises are
shown, nothing that a student wrote.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

EVERY = 30.0  # seconds between two lines in a log
MOST_WORKERS = 16  # that are shown one by one


class Progress:
    """Counts what ends; use as a context manager, and call `tick` often."""

    def __init__(
        self, console: Console, total: int, kept: int, clock: Callable[[], float] = time.monotonic, every: float = EVERY
    ) -> None:
        self.total, self.kept = total, kept
        self.ended: Counter[str] = Counter()  # status → how many
        self._console, self._clock, self._every = console, clock, every
        self._doing: dict[str, tuple[str, float]] = {}  # worker → exercise, since when
        self._begin = self._said = clock()
        self._lock = threading.Lock()
        self._live = Live(
            console=console, get_renderable=self._picture, transient=True, refresh_per_second=4
        ) if console.is_terminal else None  # fmt: skip

    def began(self, worker: str, exercise: str) -> None:
        """A worker takes an answer (or a group of them)."""
        with self._lock:
            self._doing[worker] = exercise, self._clock()

    def only(self, doing: dict[str, str]) -> None:
        """All that is at work now: worker → exercise."""
        with self._lock:
            before, now = self._doing, self._clock()
            same = {who: before[who] for who, what in doing.items() if before.get(who, ("", 0.0))[0] == what}
            self._doing = {who: same.get(who, (what, now)) for who, what in doing.items()}

    def took(self, status: str) -> None:
        """An answer has a result of this status, or `failed`."""
        with self._lock:
            self.ended[status] += 1

    def tick(self) -> None:
        """Say a line if there is no terminal and it is time."""
        if self._live is None and self._clock() - self._said >= self._every:
            self._said = self._clock()
            self._console.print(self.line(), markup=False)

    def line(self) -> str:
        """All in one line."""
        with self._lock:
            done, seconds = sum(self.ended.values()), max(1e-9, self._clock() - self._begin)
            rate = done / seconds
            parts = [f"{done} of {self.total} answers, {rate:.1f} a second"]
            if done and done < self.total:
                parts.append(f"about {_told((self.total - done) / rate)} left")
            parts += [f"{n} {said}" for status, said in _SAID.items() if (n := self.ended[status])]
            parts += [f"{self.kept} kept from before"] if self.kept else []
            at_work = Counter(exercise for exercise, _ in self._doing.values())
            now = ", ".join(f"{exercise} ×{n}" if n > 1 else exercise for exercise, n in sorted(at_work.items()))
        return "; ".join(parts) + (f"; now: {now}" if now and done < self.total else "")

    def _picture(self) -> Group:
        now = self._clock()
        with self._lock:
            doing = sorted(self._doing.items())[:MOST_WORKERS]
        rows = [Text(f"  {who}: {exercise} ({now - since:.0f} s)", style="dim") for who, (exercise, since) in doing]
        bar = ProgressBar(total=max(1, self.total), completed=sum(self.ended.values()), width=60)
        return Group(bar, Text(self.line().partition("; now:")[0]), *rows)

    def __enter__(self) -> "Progress":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()


_SAID = {"timeout": "took too long", "died": "ended their own process", "failed": "could not be graded"}


def _told(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
