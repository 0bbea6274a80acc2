"""`interpbook train`: make the trained files again, with a bar."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track

from interpbook.authoring.layout import AuthoringError
from interpbook.organisms import artifacts


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the organisms that are missing or damaged, or that are named; says what was done with each file."""
    check_names(only, {name.partition(".")[0] for name in artifacts.recipes()})
    return follow(artifacts.make(only, force=force), len(set(only)) or len(artifacts.recipes()), artifacts.folder())


def check_names(only: Sequence[str], known: Collection[str]) -> None:
    """Stop at a name that nothing has."""
    unknown = sorted(set(only) - set(known))
    if unknown:
        raise AuthoringError(f"train: nothing is called {unknown[0]!r}. Known: {', '.join(sorted(known))}.")


def follow(done: Iterator[tuple[str, float | None]], total: int, folder: Path) -> int:
    """Show each file as it is made: its name and its seconds, None where it was there. Exit status 0."""
    console = Console()
    for name, seconds in track(done, f"training into {folder}", total=total, console=Console(stderr=True)):
        console.print(f"{name}: " + ("was there, whole" if seconds is None else f"made in {seconds:.0f} s"))
    return 0
