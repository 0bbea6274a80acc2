"""Kernel calls that no answer needs, refused: a filter that this process and all its children keep for ever.

Refused calls fail with EPERM ("Operation not permitted"), so that a program that merely asks goes on. The filter is a
second wall: namespaces, missing privileges and limits stand without it. Linux on x86_64 and aarch64; elsewhere none.
"""

import ctypes
import errno
import platform
import struct

# name: its number on (x86_64, aarch64); None where it does not exist
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # into other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # large and often broken parts of the kernel
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "fanotify_init": (300, 262), "lookup_dcookie": (212, 18), "modify_ldt": (154, None),
    # another view of the files
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fspick": (433, 433), "mount_setattr": (442, 442), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "unshare": (272, 97), "setns": (308, 268),
    # the whole machine
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116), "sethostname": (170, 161),
    "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "iopl": (172, None), "ioperm": (173, None), "vhangup": (153, 58),
    # memory that belongs to no process and would not be counted
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190),
    "msgget": (68, 186),
}  # fmt: skip
ONLY_UNIX = {"socket": (41, 198), "socketpair": (53, 199)}  # refused unless the family is AF_UNIX
CLONE, CLONE3, PRCTL = (56, 220), (435, 435), (157, 167)
NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW… flags of clone
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _MODE_FILTER = 1, 22, 2
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column in the tables, name in the kernel

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # places in struct seccomp_data (little-endian)
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant

_libc = ctypes.CDLL(None, use_errno=True)


def known_architecture() -> bool:
    """Whether there is a filter for this processor."""
    return platform.machine() in _ARCHITECTURES


def program(machine: str) -> list[Instruction]:
    """The filter for a processor, as instructions of the kernel's packet filter."""
    column, architecture = _ARCHITECTURES[machine]
    refuse, absent = (_RETURN, 0, 0, _FAIL | errno.EPERM), (_RETURN, 0, 0, _FAIL | errno.ENOSYS)
    allow: Instruction = (_RETURN, 0, 0, _ALLOW)
    made: list[Instruction] = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL)]
    made += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, 0x40000000), absent]  # the numbers of x32
    for numbers in REFUSED.values():
        number = numbers[column]
        made += [] if number is None else [(_EQUAL, 0, 1, number), refuse]
    made += [(_EQUAL, 0, 1, CLONE3[column]), absent]  # its flags lie in memory; the C library then uses clone
    made += _by_argument(CLONE[column], [(_ANY_BIT, 0, 1, NEW_NAMESPACES), refuse, allow])
    made += _by_argument(PRCTL[column], [(_EQUAL, 0, 1, _PR_SET_PDEATHSIG), refuse, allow])
    for unix in ONLY_UNIX.values():
        made += _by_argument(unix[column], [(_EQUAL, 1, 0, 1), refuse, allow])
    return [*made, allow]


def _by_argument(number: int, then: list[Instruction]) -> list[Instruction]:
    """For one call, decide by the lower half of its first argument."""
    return [(_EQUAL, 0, len(then) + 1, number), (_LOAD, 0, 0, _FIRST_ARGUMENT), *then]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install() -> bool:
    """Put the filter on this process, for good; False where there is none. Needs no_new_privs; raises OSError."""
    if not known_architecture():
        return False
    made = program(platform.machine())
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in made)
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Program(len(made), packed)), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "installing the filter of kernel calls")
    return True
