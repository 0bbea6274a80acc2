"""`interpbook train sae`: make the book's dictionaries again, with a bar."""

from collections.abc import Sequence

from interpbook.dictionaries import by_kind
from interpbook.dictionaries.shipped import folder, make, recipes
from interpbook.organisms.remake import check_names, follow


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the dictionaries that are missing or damaged, or that are named (`kinds`: the six kinds side by side)."""
    known = recipes()
    check_names(only, {*known, by_kind.NAME})
    wanted = [name for name in known if name in only or not only]
    if wanted:
        follow(make(wanted, force=force), len(wanted), folder())
    if by_kind.NAME in only or not only:
        follow(by_kind.make(force=force), len(by_kind.entrants()), folder())
    return 0
