"""`interpbook train sae`: make the book's dictionaries again, with a bar."""

from collections.abc import Sequence

from interpbook.dictionaries import by_kind, second_chance
from interpbook.dictionaries.shipped import folder, make, recipes
from interpbook.organisms.remake import check_names, follow


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the dictionaries that are missing or damaged, or that are named.

    `kinds`: the six kinds side by side; `aux`: the dead called back, or not.
    """
    known = recipes()
    races = {by_kind.NAME: by_kind, second_chance.NAME: second_chance}
    check_names(only, {*known, *races})
    wanted = [name for name in known if name in only or not only]
    if wanted:
        follow(make(wanted, force=force), len(wanted), folder())
    for name, race in races.items():
        if name in only or not only:
            follow(race.make(force=force), len(race.entrants()), folder())
    return 0
