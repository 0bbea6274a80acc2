"""Results by content: the same answer to the same task under the same rules is graded once, whoever wrote it.

A result is one small JSON file named by a hash of everything that decides it. Files appear whole or not at all, so a
run that is killed at any moment leaves only finished results, and several runs may share the folder.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interpbook.grading.marking import Found

RULES = 1  # raised when the same answer may be judged otherwise


def key_of(*parts: Any) -> str:
    """A name for everything that decides a result."""
    text = json.dumps([RULES, *parts], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Results:
    """A folder of results."""

    folder: Path

    def get(self, key: str) -> Found | None:
        """The result of this name; None if it is not there or damaged."""
        try:
            said = json.loads(self._path(key).read_text(encoding="utf-8"))
            return Found(**(said["found"] | {"probes": tuple(said["found"]["probes"])}))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, found: Found, about: dict[str, Any]) -> None:
        """Keep a result. `about` (seconds, machine) decides nothing."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"found": found.as_json(), "about": about}, sort_keys=True, indent=1)
        handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(scratch).replace(path)

    def __bool__(self) -> bool:
        return any(self.folder.glob("??/*.json"))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
