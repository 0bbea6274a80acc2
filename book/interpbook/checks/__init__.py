"""The checks of each exercise set, one file `NN_topic.py` a set, each defining `CHECKS`. See `interpbook.exercises`."""

import os
from pathlib import Path


def check_files() -> dict[str, Path]:
    """Stem → file of every exercise set: those of this folder, then those in INTERPBOOK_CHECKS (your own sets)."""
    extra = os.environ.get("INTERPBOOK_CHECKS", "")
    folders = [Path(__file__).parent, *(Path(folder) for folder in extra.split(os.pathsep) if folder)]
    return {file.stem: file for folder in folders for file in sorted(folder.glob("[0-9]*.py"))}
