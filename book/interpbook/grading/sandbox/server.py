"""First process in the container: `python -m interpbook.grading.sandbox.server FOLDER OPTIONS`.

It imports what answers need, once, and forks a *stage* for each question: a process in which the question's set-up
cells run, and that forks one process an answer (copy-on-write, so nothing is imported or loaded again). The checks of
the exercises, with their right answers, do not exist in the container; `check` and `or_reference` do nothing here.

The server knows one message, {"stage": cells} with a socket; a stage knows {"answer": limits} with a
socket, {"stop": true}, and says {"ready": errors} once and {"ended": …} after each answer.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import interpbook

WATCH_SECONDS = 0.1  # between two looks at the memory of an answer


def _hide_checks() -> None:
    """An empty package in place of the checks, and harmless `check` and `or_reference`."""
    empty = types.ModuleType("interpbook.checks")
    empty.check_files = lambda: {}  # type: ignore[attr-defined]
    empty.__path__ = []
    sys.modules["interpbook.checks"] = empty
    from interpbook import exercises

    exercises.check = lambda *args, **options: None  # noqa: ARG005
    exercises.or_reference = lambda check_id, answer: answer  # noqa: ARG005


def _refuse_to_know_the_answers() -> None:
    """End with a message if the files of the checks can be seen: then the container was not made as it should be."""
    folder = os.path.join(os.path.dirname(interpbook.__file__), "checks")  # noqa: PTH118, PTH120
    if os.listdir(folder):  # noqa: PTH208
        sys.exit(f"the right answers can be seen in {folder}")


def _shell() -> Any:
    """An IPython shell without a terminal, history or colours."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Minimal"
    config.InteractiveShell.cache_size = 0
    return InteractiveShell.instance(config=config)


def main(folder: str, options: dict[str, Any]) -> None:
    """Import, say that all is ready, and fork a stage for whoever asks."""
    from interpbook.grading import frames
    from interpbook.grading.sandbox import namespaces

    if os.getpid() != 1:  # as first process of a container it has no parent to watch; the connection will end it
        namespaces.die_with_parent()
    control = socket.socket(socket.AF_UNIX)
    with frames.address(folder) as address:
        control.connect(address)
    os.chdir(options["home"])
    if options["contained"]:
        _refuse_to_know_the_answers()
    if options.get("try"):
        frames.send(control, _offers(options))
        return
    _hide_checks()
    import torch

    torch.set_num_threads(1)
    with contextlib.suppress(RuntimeError):
        torch.set_num_interop_threads(1)
    for name in options["imports"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    shell = _shell()
    gc.collect()
    gc.freeze()
    offers = _offers(options)
    rules = Rules(
        offers["nested"], offers["nested"] or options["apart"], offers["seccomp"], options["home"], options["contained"]
    )
    frames.send(control, offers)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # stages that end need no farewell
    while True:
        try:
            asked, fds = frames.receive_fds(control)
        except frames.Broken:
            os._exit(0)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            namespaces.die_with_parent()
            _run_stage(socket.socket(fileno=fds[0]), asked["stage"], shell, rules)
        for given in fds:
            os.close(given)


@dataclass(frozen=True)
class Rules:
    """What this container can do for an answer."""

    nested: bool  # give it namespaces of its own
    powerless: bool  # take its privileges away; not where there is no container
    filtered: bool  # refuse it kernel calls
    home: str
    contained: bool  # its files lie in memory

    @property
    def folders(self) -> tuple[str, ...]:
        """Those whose files lie in memory."""
        return (self.home, "/dev/shm") if self.contained else ()


def _offers(options: dict[str, Any]) -> dict[str, bool]:
    """What works here: namespaces within the container, a filter of kernel calls."""
    from interpbook.grading.sandbox import namespaces

    nested = options["nested"] and _works(lambda: namespaces.enter(options["home"], 1))
    return {"nested": nested, "seccomp": _works(namespaces.prove_filter)}


def _works(something: Callable[[], None]) -> bool:
    """Whether a process here may do this."""
    pid = os.fork()
    if pid == 0:
        try:
            something()
            os._exit(0)
        except OSError as error:
            print(f"not here: {error}", file=sys.stderr, flush=True)  # noqa: T201
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _run_stage(control: socket.socket, cells: list[str], shell: Any, rules: Rules) -> None:
    from interpbook.grading import frames
    from interpbook.grading.sandbox.answering import describe

    problems = []
    for cell in cells:
        result = shell.run_cell(cell, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        problems += [] if error is None else [describe(error, None)]
    gc.collect()
    gc.freeze()
    try:
        frames.send(control, {"ready": problems})
        while True:
            asked, fds = frames.receive_fds(control)
            if "answer" in asked and fds:
                frames.send(control, {"ended": _one_answer(control, fds[0], asked["answer"], shell, rules)})
    except frames.Broken:
        os._exit(0)


def _one_answer(control: socket.socket, fd: int, limits: dict[str, Any], shell: Any, rules: Rules) -> dict[str, Any]:
    """Fork, wait, and say how it ended. The grader may ask to stop it at any moment; too much memory stops it too."""
    pid = os.fork()
    if pid == 0:
        try:
            control.close()
            _keeper(fd, limits, shell, rules)
        finally:
            os._exit(90)
    os.close(fd)
    greedy = _watch(pid, control, int(limits["memory"]) * 2**20, rules)
    _, status, used = os.wait4(pid, 0)  # of the keeper and all that it waited for
    about = {"cpu_seconds": round(used.ru_utime + used.ru_stime, 3), "memory_mib": used.ru_maxrss // 1024}
    return {"status": 81 if greedy else os.waitstatus_to_exitcode(status), **about}


def _watch(pid: int, control: socket.socket, memory_limit: int, rules: Rules) -> bool:
    """Wait until an answer has ended; whether it was ended because of its memory."""
    from interpbook.grading import frames
    from interpbook.grading.sandbox import memory

    most = memory.own(os.getpid()) + memory_limit
    watch = os.pidfd_open(pid)
    greedy = False
    while True:
        ready, _, _ = select.select([watch, control], [], [], WATCH_SECONDS)
        if watch in ready:
            os.close(watch)
            return greedy
        if control in ready:
            if not control.recv(1, socket.MSG_PEEK):
                os._exit(0)  # the grader is gone, and everything here goes with us
            frames.receive(control)  # whatever it is: stop
        else:
            greedy = greedy or memory.used(pid, rules.folders, most) > most
        if control in ready or greedy:
            os.kill(pid, signal.SIGTERM)


def _keeper(fd: int, limits: dict[str, Any], shell: Any, rules: Rules) -> None:
    """Make the namespaces, fork the answer's process into them, and end as it ends: 0, or 100 + signal."""
    from interpbook.grading.sandbox import memory, namespaces

    in_use = namespaces.memory_in_use()
    namespaces.offer_to_be_killed_first()
    if rules.nested:
        namespaces.enter(rules.home, int(limits["files"]))
    else:
        namespaces.keep_orphans()
    namespaces.die_with_parent()  # after the change of privileges, which would cancel it
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setsid()  # whoever kills its group kills itself alone
            namespaces.die_with_parent()
            namespaces.restrict(limits, in_use)
            if rules.powerless:
                namespaces.drop_privileges(filtered=rules.filtered)
            namespaces.close_all_but(fd)
            from interpbook.grading.sandbox.answering import serve

            serve(socket.socket(fileno=fd), shell)
        finally:
            os._exit(0)
    os.close(fd)

    def stop(number: int, frame: Any) -> None:  # noqa: ARG001
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGTERM, stop)
    _, status, used = os.wait4(child, 0)
    if not rules.nested:  # otherwise the kernel has ended them with the first process of their namespace
        memory.end_descendants(os.getpid())
    code = os.waitstatus_to_exitcode(status)
    late = code < 0 and used.ru_utime + used.ru_stime >= int(limits["cpu"]) - 0.5
    os._exit(80 if late else (100 - code if code < 0 else 0))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(sys.argv[1], json.loads(sys.argv[2]))
