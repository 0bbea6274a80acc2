"""`interpbook train transcoders`: make the book's transcoders again, with a bar."""

from collections.abc import Sequence

from interpbook.dictionaries.transcoders import shipped
from interpbook.organisms.remake import check_names, follow


def run(only: Sequence[str], *, force: bool = False) -> int:
    """Train the transcoders that are missing or damaged, or that are named, together. Exit status 0."""
    check_names(only, shipped.names())
    return follow(shipped.make(only, force=force), len(set(only)) or len(shipped.names()), shipped.folder())
