"""Results by content: the same answer to the same task under the same rules is graded once, whoever wrote it.

A result is one small JSON file named by a hash of everything that decides it. Files appear whole or not at all, so a
run that is killed at any moment leaves only finished results, and several runs may share the folder.
"""

import hashlib
import json
import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from interpbook.grading.found import Found

RULES = 2  # raised when the same answer may be judged otherwise
STALE = 3600.0  # seconds after which the scratch file of another machine counts as left behind
_NODE = platform.node().replace(".", "-")


def key_of(*parts: Any) -> str:
    """A name for everything that decides a result."""
    text = json.dumps([RULES, *parts], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Results:
    """A folder of results."""

    folder: Path
    _read: dict[str, tuple[Found, dict[str, Any]]] = field(default_factory=dict, compare=False, repr=False)

    def get(self, key: str) -> Found | None:
        """The result of this name; None if it is not there or damaged."""
        if key not in self._read:
            try:
                said = json.loads(self._path(key).read_text(encoding="utf-8"))
                found = Found(**(said["found"] | {"probes": tuple(said["found"]["probes"])}))
                self._read[key] = found, dict(said["about"])
            except (OSError, ValueError, KeyError, TypeError):
                return None
        return self._read[key][0]

    def about(self, key: str) -> dict[str, Any]:
        """How it came about: seconds, memory, machine. They decide nothing. Empty if there is no result."""
        return {} if self.get(key) is None else self._read[key][1]

    def put(self, key: str, found: dict[str, Any], about: dict[str, Any]) -> None:
        """Keep a result (`Found.as_json`)."""
        write_whole(self._path(key), json.dumps({"found": found, "about": about}, sort_keys=True, indent=1))
        self._read.pop(key, None)

    def __bool__(self) -> bool:
        return any(self.folder.glob("??/*.json"))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all, also when several processes write it at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{_NODE}.{os.getpid()}.part")
    scratch.write_text(text, encoding="utf-8", errors="replace", newline="")
    scratch.replace(path)


def sweep(folder: Path) -> None:
    """Remove what killed runs had begun to write: scratch files of processes that are gone."""
    for scratch in folder.rglob(".*.part"):
        *_, node, pid, _ = scratch.name.rsplit(".", 3)
        here = node == _NODE
        gone = here and pid.isdigit() and not psutil.pid_exists(int(pid))
        if gone or time.time() - scratch.stat().st_mtime > STALE:
            scratch.unlink(missing_ok=True)
