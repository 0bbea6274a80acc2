"""What a forked process does before it runs student code: be alone, be poor, be powerless.

Inside the container each answer gets namespaces of its own (user, processes, mounts, IPC), an empty folder that
vanishes with it, an empty /proc, hard limits, and no capabilities. As the first process of its own process namespace
it takes all its children with it when it ends: the kernel sees to that. Linux only; Python 3.11 has no os.unshare.
"""

import contextlib
import ctypes
import os
import resource
import socket
from pathlib import Path
from typing import Any

from interpbook.grading.sandbox import seccomp

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_MOST_FILES = 20_000  # each costs the kernel memory, even if it is empty
_CAPABILITIES_V3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _must(result: int, doing: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{doing}: {os.strerror(ctypes.get_errno())}")


def die_with_parent() -> None:
    """This process gets SIGKILL when its parent ends."""
    _must(_libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "prctl")


def keep_orphans() -> None:
    """Processes whose parent ends become children of this one, so that they can be found."""
    _must(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def offer_to_be_killed_first() -> None:
    """If the machine runs out of memory, the kernel takes this process and its children before any other."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def enter(home: str, megabytes: int) -> None:
    """New namespaces for this process and, of processes, for its next child; an empty `home`, an empty /proc.

    Raises OSError where this is forbidden.
    """
    uid, gid = os.getuid(), os.getgid()
    _must(_libc.unshare(_NEWUSER | _NEWNS | _NEWIPC | _NEWPID), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        Path("/proc/self", name).write_text(text)
    _must(_libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "making mounts private")
    empty = f"mode=0700,size={megabytes}m,nr_inodes={_MOST_FILES}".encode()
    _must(_libc.mount(b"tmpfs", home.encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, empty), "mounting a folder")
    if os.path.isdir("/dev/shm"):  # noqa: PTH112
        _must(_libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", _MS_NOSUID | _MS_NODEV, empty), "mounting /dev/shm")
    _must(_libc.mount(b"tmpfs", b"/proc", b"tmpfs", _MS_NOSUID | _MS_NODEV, b"mode=0555,size=4k"), "hiding /proc")


def memory_in_use() -> int:
    """Bytes of address space of this process."""
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()


def restrict(limits: dict[str, Any], in_use: int) -> None:
    """Hard limits; `in_use` is the address space before student code."""
    cpu, files = int(limits["cpu"]), int(limits["files"]) * 2**20
    hard = {
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_AS: in_use + int(limits["memory"]) * 2**20,
        resource.RLIMIT_FSIZE: files,
        resource.RLIMIT_NPROC: int(limits["processes"]),
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for what, most in hard.items():
        present = resource.getrlimit(what)[1]
        most = most if present == resource.RLIM_INFINITY else min(most, present)
        resource.setrlimit(what, (most, most))


def drop_privileges(*, filtered: bool) -> None:
    """No capabilities, none to be had by running a program; if `filtered`, no kernel calls that no answer needs.

    Others of the same user may still look at this process: so its memory is counted.
    """
    _must(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
    _must(_libc.capset(header, (ctypes.c_uint32 * 6)()), "dropping capabilities")
    with contextlib.suppress(OSError):
        os.nice(5)
    if filtered:
        seccomp.install()


def prove_filter() -> None:
    """Raises OSError unless a filter of kernel calls can be installed here and then refuses one."""
    drop_privileges(filtered=True)
    try:
        socket.socket(socket.AF_INET).close()
    except PermissionError:
        return
    raise OSError("no filter of kernel calls for this processor")


def close_all_but(*kept: int) -> None:
    """Close every file descriptor except these; 0, 1 and 2 become /dev/null."""
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    low = 3
    for fd in sorted(fd for fd in kept if fd > 2):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, 65536)
