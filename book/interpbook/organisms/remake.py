"""`interpbook train`: make the trained files again, with a bar."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import track

from interpbook.authoring.layout import AuthoringError
from interpbook.organisms import artifacts


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train what is missing or damaged, or what is named; says what was done with each file. Exit status 0."""
    known = {name.partition(".")[0] for name in artifacts.recipes()}
    unknown = sorted(set(only) - known)
    if unknown:
        raise AuthoringError(f"train: nothing is called {unknown[0]!r}. Known: {', '.join(sorted(known))}.")
    console, total = Console(), len(set(only) or known)
    done = artifacts.make(only, force=force)
    for name, seconds in track(done, f"training into {artifacts.folder()}", total=total, console=Console(stderr=True)):
        console.print(f"{name}: " + ("was there, whole" if seconds is None else f"made in {seconds:.0f} s"))
    return 0
