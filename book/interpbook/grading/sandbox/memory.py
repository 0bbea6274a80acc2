"""How much memory an answer's processes use together: a limit on each alone would allow it once for every process.

Linux only. Counted are pages that belong to the processes themselves, shared ones in equal parts (the kernel's
"proportional set size"), and the files in the answer's own folders, which lie in memory too. What they still share
with the set-up is counted in part; the limit that is compared allows for all of it.
"""

import contextlib
import os
import resource
import signal
import time
from pathlib import Path

_PAGE = resource.getpagesize()
_OF_AN_INODE = 1024  # bytes of the kernel's memory for an empty file
_COUNTED = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")


def own(pid: int) -> int:
    """Bytes of a process that are no files of the system; pages shared with others in full. 0 if it is gone."""
    resident, shared = _statm(pid)
    return resident - shared


def _statm(pid: int) -> tuple[int, int]:
    """Bytes that a process holds in memory, and those of them that are files or meant to be shared."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_bytes().split()
        return int(pages[1]) * _PAGE, int(pages[2]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0, 0


def used(keeper: int, folders: tuple[str, ...], enough: int) -> int:
    """Bytes in use by the descendants of `keeper` and by files in `folders` as they see them.

    Exact only above `enough`: below it, a quick sum that counts too much says that there is no need.
    """
    pids = descendants(keeper)
    files = _files(pids, folders)
    quick = sum(_statm(one)[0] for one in pids) + files
    return quick if quick <= enough else sum(map(_proportional, pids)) + files


def descendants(pid: int) -> list[int]:
    """Children, their children and so on."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 (many times a second)
        if entry.isdigit():
            children.setdefault(_parent(int(entry)), []).append(int(entry))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def end_descendants(pid: int) -> None:
    """Kill them all, also those that start meanwhile; this process has to be the one that inherits orphans."""
    for _ in range(1000):
        left = descendants(pid)
        if not left:
            return
        for one in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.001)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return -1


def _proportional(pid: int) -> int:
    """Its part of all pages that are no file; without permission to look closer, all that it holds."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return own(pid)
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_COUNTED))


def _files(pids: list[int], folders: tuple[str, ...]) -> int:
    for pid in pids:
        try:
            about = [os.statvfs(f"/proc/{pid}/root{folder}") for folder in folders]
        except OSError:
            continue
        return sum(
            (one.f_blocks - one.f_bfree) * one.f_frsize + (one.f_files - one.f_ffree) * _OF_AN_INODE for one in about
        )
    return 0
