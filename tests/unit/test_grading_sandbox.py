"""What an answer can do in each sandbox: what it sees, which kernel calls it has, how it ends, what stays behind."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest
from interpbook.grading.sandbox import backends, bubblewrap, containers, seccomp
from interpbook.grading.sandbox.backends import PROGRAMS, Backend, NoSandboxError, choose
from interpbook.grading.sandbox.client import Ended, Sandbox
from interpbook.grading.sandbox.limits import Limits
from interpbook.grading.sandbox.view import Container, view

LIMITS = Limits(cpu=5, wall=20.0, memory=256, processes=24, files=8, output=8)
OWN_USER = 1000  # worker number, so user, that no other test has: limits on processes hold for a user as a whole


def _usable(name):
    tried = backends.try_out(name)
    return pytest.param(name, marks=pytest.mark.skipif(isinstance(tried, str), reason=f"needs a sandbox: {tried}"))


@pytest.fixture(scope="module", params=[_usable(name) for name in PROGRAMS])
def box(request):
    with Sandbox(choose(name=request.param), OWN_USER, limits=LIMITS, heavy=False) as sandbox:
        yield sandbox


def _run(sandbox, cell):
    """The error of a cell as (type, text), None without one, or how its process ended."""
    try:
        with closing(sandbox.stage(["import os"])) as stage, stage.answer(LIMITS) as answer:
            (error,) = answer.run([cell])
            return error and (error["type"], error["said"])
    except Ended as end:
        return end.how, str(end)


LOOKS = """
import interpbook, json, os, socket, subprocess, threading, torch
def writable():
    for folder, _, _ in os.walk('/'):
        try:
            open(f'{folder}/x-y-z', 'w').close()
            yield folder
        except OSError:
            pass
seen = {
    'environment': sorted(os.environ), 'uid': os.getuid(),
    'writable': [folder for folder in writable() if not folder.startswith('/sandbox/')],
    'checks': os.listdir(os.path.join(os.path.dirname(interpbook.__file__), 'checks')),
    'control': os.listdir('/control'), 'home': os.path.exists(HOME), 'host': socket.gethostname(),
}
subprocess.run(['true'], check=True)
thread = threading.Thread(target=lambda: torch.ones(300, 300) @ torch.ones(300, 300))
thread.start(); thread.join()
raise ValueError(json.dumps(seen))
"""


def test_what_an_answer_sees(box, tmp_path):
    kind, said = _run(box, f"HOME = {str(tmp_path)!r}\n{LOOKS}")
    assert kind == "ValueError", said
    seen = json.loads(said)
    assert set(seen["environment"]) - {"PWD"} == {name for name, _ in view().environment}
    assert set(seen["writable"]) <= {"/sandbox", "/dev/shm"} and "/sandbox" in seen["writable"]
    assert (seen["checks"], seen["control"], seen["home"], seen["host"]) == ([], [], False, "sandbox")
    assert seen["uid"] != 0


# each must fail with EPERM; arguments that would let it work, were it allowed
CALLS = {
    "ptrace": (0, 0, 0, 0), "unshare": (0x10000000,), "keyctl": (0, -3, 1), "userfaultfd": (1,),
    "memfd_create": (b"x", 0), "io_uring_setup": (1, bytes(120)), "perf_event_open": (bytes(112), 0, -1, -1, 0),
    "bpf": (0, bytes(120), 120),
    "mount": (b"x", b"/sandbox", b"tmpfs", 0, 0), "chroot": (b"/",), "process_vm_readv": (0, 0, 0, 0, 0, 0),
    "shmget": (0, 4096, 0o1600), "setns": (0, 0), "fsopen": (b"tmpfs", 0), "syslog": (10, 0, 0),
    "quotactl": (0, 0, 0, 0),
}  # fmt: skip


@pytest.mark.skipif(not seccomp.known_architecture(), reason=f"no filter of kernel calls on {platform.machine()}")
def test_kernel_calls_that_no_answer_needs_fail(box):
    column = ("x86_64", "aarch64").index(platform.machine())
    numbers = {name: seccomp.REFUSED[name][column] for name in CALLS} | {"clone3": seccomp.CLONE3[column]}
    numbers |= {
        "clone": seccomp.CLONE[column],
        "socket": seccomp.ONLY_UNIX["socket"][column],
        "prctl": seccomp.PRCTL[column],
    }
    calls = CALLS | {"clone3": (0, 0), "clone": (0x10000011, 0, 0, 0, 0), "socket": (2, 1, 0), "prctl": (1, 0, 0, 0, 0)}
    cell = f"""
import ctypes, socket
libc = ctypes.CDLL(None, use_errno=True)
def errno(number, arguments):
    ctypes.set_errno(0)
    return ctypes.get_errno() if libc.syscall(number, *arguments) < 0 else 0
socket.socketpair()
raise ValueError(str({{name: errno({numbers}[name], arguments) for name, arguments in {calls}.items()}}))
"""
    kind, said = _run(box, cell)
    assert kind == "ValueError", said
    assert eval(said) == dict.fromkeys(calls, 1) | {"clone3": 38}


MANY = """
import time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        hoard = bytearray(80 * 2**20)
        time.sleep(60)
time.sleep(60)
"""
SHARED = """
hoard = bytearray(150 * 2**20)
for _ in range(5):
    if os.fork() == 0:
        os._exit(sum(hoard[::4096]))
for _ in range(5):
    os.wait()
import time
time.sleep(0.5)
"""


def test_memory_counts_for_all_processes_together_but_shared_memory_once(box):
    if box.alone:
        pytest.skip("a container an answer: see test_without_namespaces_inside")
    assert _run(box, MANY) == ("memory", "more than 256 MiB of memory")
    assert _run(box, SHARED) is None


ENDS = {
    "kills all": (
        "for pid in (-1, *range(1, 40)):\n    try:\n        os.kill(pid, 9)\n    except OSError:\n        pass", "died",
    ),
    "stops the others": (
        "import time\nfor pid in range(1, 40):\n    try:\n        os.kill(pid, 19) if pid != os.getpid() else 0\n"
        "    except OSError:\n        pass\ntime.sleep(60)", "timeout",
    ),
    "many processes": (MANY, "memory"),
    "leaves a daemon": (
        "if os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(60)\nos._exit(0)", "died",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_without_namespaces_inside(name):
    """Where the kernel allows no namespaces within the container, it is the answer's own and ends with it."""
    limits = Limits(cpu=5, wall=4.0, memory=256, processes=24, files=8)
    tried = backends.try_out("bubblewrap")
    if isinstance(tried, str):
        pytest.skip(f"needs a sandbox: {tried}")
    with Sandbox(Backend("bubblewrap"), OWN_USER, limits=limits, heavy=False, nested=False) as sandbox:
        assert sandbox.alone
        begin = time.monotonic()
        cell, how = ENDS[name]
        with (
            closing(sandbox.stage(["import os"])) as stage,
            pytest.raises(Ended) as end,
            stage.answer(limits) as answer,
        ):
            answer.run([cell])
    assert end.value.how == how and time.monotonic() - begin < limits.wall + 10


GRADER = """
import sys, time
from interpbook.grading.sandbox import client
from interpbook.grading.sandbox.backends import choose
client.IMPORTS += (sys.argv[2],)
sandbox = client.Sandbox(choose(name=sys.argv[1]), int(sys.argv[3]), heavy=False)
answer = sandbox.stage(["import os, signal"]).answer(client.Limits())
print("ready", flush=True)
answer.run(["for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\\nos.fork()\\nwhile True: pass"])
"""


@pytest.mark.parametrize("name", [_usable(name) for name in PROGRAMS])
def test_a_killed_grader_leaves_nothing(name, tmp_path):
    word = f"nonce{os.getpid()}"
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER, name, word, str(OWN_USER + 1)], env=environment, stdout=subprocess.PIPE
    )
    assert grader.stdout is not None and grader.stdout.readline() == b"ready\n"
    time.sleep(0.5)
    begun = _with_word(word)
    assert len(begun) > 3
    grader.send_signal(signal.SIGKILL)
    grader.communicate()
    assert psutil.wait_procs(begun, timeout=20)[1] == []
    assert list(tmp_path.iterdir()) == []
    for container in {
        part.removeprefix("--name=") for p in begun for part in p.info["cmdline"] if "--name=interp" in part
    }:
        said = subprocess.run(
            [PROGRAMS[name], "ps", "--all", "--quiet", f"--filter=name={container}"], capture_output=True
        )
        assert said.stdout == b""


def _with_word(word):
    return [p for p in psutil.process_iter(["cmdline"]) if any(word in part for part in p.info["cmdline"] or [])]


# --- the filter, on every processor ---


def _decide(program, architecture, number, argument=0):
    """What the kernel would do: runs the instructions."""
    data = {0: number, 4: architecture, 16: argument}
    at = value = 0
    while True:
        code, true, false, constant = program[at]
        at += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            value = data[constant]
        else:
            holds = {0x15: value == constant, 0x35: value >= constant, 0x45: bool(value & constant)}[code]
            at += true if holds else false


@pytest.mark.parametrize(("machine", "column", "architecture"), [("x86_64", 0, 0xC000003E), ("aarch64", 1, 0xC00000B7)])
def test_the_filter_decides_as_its_table_says(machine, column, architecture):
    program = seccomp.program(machine)
    refused, absent, allowed, killed = 0x00050001, 0x00050026, 0x7FFF0000, 0x80000000
    numbers = {numbers[column] for numbers in seccomp.REFUSED.values()} - {None}
    clone, unix, prctl = seccomp.CLONE[column], seccomp.ONLY_UNIX["socket"][column], seccomp.PRCTL[column]
    for number in range(460):
        wanted = refused if number in numbers else absent if number == seccomp.CLONE3[column] else allowed
        if number not in (unix, seccomp.ONLY_UNIX["socketpair"][column]):
            assert _decide(program, architecture, number) == wanted, number
    assert [_decide(program, architecture, unix, family) for family in (1, 2, 10, 16)] == [allowed, *[refused] * 3]
    assert [_decide(program, architecture, clone, flags) for flags in (0x11, 0x3D0F00, 0x10000011)] == [
        allowed,
        allowed,
        refused,
    ]
    assert [_decide(program, architecture, prctl, what) for what in (1, 4, 38)] == [refused, allowed, allowed]
    assert _decide(program, architecture ^ 1, 0) == killed and len(program) < 4096
    assert machine == "aarch64" or _decide(program, architecture, 0x40000000 + 101) == absent


def test_no_filter_for_an_unknown_processor(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not seccomp.known_architecture() and seccomp.install() is False


# --- choosing ---


def test_the_best_that_works_is_chosen(monkeypatch):
    monkeypatch.setattr(backends, "try_out", lambda name: Backend(name) if name == "docker" else f"{name} is missing")
    assert choose().name == "docker"
    with pytest.raises(NoSandboxError, match=r"the sandbox asked for, podman, fails here .podman is missing."):
        choose(name="podman")


def test_each_reason_is_given_in_one_sentence(monkeypatch):
    monkeypatch.setattr(backends, "try_out", lambda name: f"{name} is missing")
    with pytest.raises(NoSandboxError, match="bubblewrap is missing; podman is missing; docker is missing"):
        choose()


def test_other_systems_are_told_what_to_do(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    for trust in (False, True):
        with pytest.raises(NoSandboxError, match=r"WSL2.*Linux machine"):
            choose(trust=trust)


def test_both_words_for_a_container_show_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "image", lambda program, view: "image")
    box = Container("interpbook-x", 0, tmp_path / "control", tmp_path / "empty", LIMITS)
    wrapped, contained = bubblewrap.command(view(), box), containers.command("docker", view(), box)
    bound = {(wrapped[i + 1], wrapped[i + 2]) for i, word in enumerate(wrapped) if word == "--ro-bind"}
    lent = {
        tuple(part.partition("=")[2] for part in word.split(",")[1:3])
        for word in contained
        if word.startswith("--mount=type=bind,source=") and word.endswith(",readonly")
    }
    assert bound == lent and len(lent) == sum("type=bind" in word for word in contained)
    assert (str(box.empty), str(view().covered[0])) in bound
    assert {"--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"} <= set(contained)


def test_a_container_that_shows_the_right_answers_is_refused(monkeypatch):
    if isinstance(tried := backends.try_out("bubblewrap"), str):
        pytest.skip(f"needs a sandbox: {tried}")
    monkeypatch.setattr(backends, "view", lambda: type(view())(**(vars(view()) | {"covered": ()})))
    backends.try_out.cache_clear()
    with pytest.raises(NoSandboxError, match="the right answers can be seen in"):
        choose(name="bubblewrap")
    backends.try_out.cache_clear()
