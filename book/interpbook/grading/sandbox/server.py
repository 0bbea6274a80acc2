"""First process in the container: `python -m interpbook.grading.sandbox.server FD OPTIONS`.

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
from pathlib import Path
from typing import Any


def _hide_checks() -> None:
    """An empty package in place of the checks, and harmless `check` and `or_reference`."""
    empty = types.ModuleType("interpbook.checks")
    empty.check_files = lambda: {}  # type: ignore[attr-defined]
    empty.__path__ = []
    sys.modules["interpbook.checks"] = empty
    from interpbook import exercises

    exercises.check = lambda *args, **options: None  # noqa: ARG005
    exercises.or_reference = lambda check_id, answer: answer  # noqa: ARG005


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


def main(fd: int, options: dict[str, Any]) -> None:
    """Import, say that all is ready, and fork a stage for whoever asks."""
    from interpbook.grading import frames
    from interpbook.grading.sandbox import namespaces

    namespaces.die_with_parent()
    control = socket.socket(fileno=fd)
    os.chdir(options["home"])
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
    nested = options["nested"] and _can_nest(options["home"])
    frames.send(control, {"serving": os.getpid(), "nested": nested})
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
            _run_stage(socket.socket(fileno=fds[0]), asked["stage"], shell, nested)
        for given in fds:
            os.close(given)


def _can_nest(home: str) -> bool:
    """Whether a process here may make namespaces of its own."""
    from interpbook.grading.sandbox import namespaces

    pid = os.fork()
    if pid == 0:
        try:
            namespaces.enter(home, 1)
            os._exit(0)
        except OSError as error:
            print(f"no namespaces inside: {error}", file=sys.stderr, flush=True)  # noqa: T201
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def _run_stage(control: socket.socket, cells: list[str], shell: Any, nested: bool) -> None:
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
                frames.send(control, {"ended": _one_answer(control, fds[0], asked["answer"], shell, nested)})
    except frames.Broken:
        os._exit(0)


def _one_answer(control: socket.socket, fd: int, limits: dict[str, Any], shell: Any, nested: bool) -> dict[str, Any]:
    """Fork, wait, and say how it ended. The grader may ask to stop it at any moment."""
    pid = os.fork()
    if pid == 0:
        try:
            control.close()
            _keeper(fd, limits, shell, nested)
        finally:
            os._exit(90)
    os.close(fd)
    watch = os.pidfd_open(pid)
    while True:
        ready, _, _ = select.select([watch, control], [], [])
        if watch in ready:
            break
        if not control.recv(1, socket.MSG_PEEK):
            os._exit(0)  # the grader is gone, and everything here goes with us
        from interpbook.grading import frames

        frames.receive(control)  # whatever it is: stop
        os.kill(pid, signal.SIGTERM)
    os.close(watch)
    _, status, used = os.wait4(pid, 0)  # of the keeper and all that it waited for
    about = {"cpu_seconds": round(used.ru_utime + used.ru_stime, 3), "memory_mib": used.ru_maxrss // 1024}
    return {"status": os.waitstatus_to_exitcode(status), **about}


def _keeper(fd: int, limits: dict[str, Any], shell: Any, nested: bool) -> None:
    """Make the namespaces, fork the answer's process into them, and end as it ends: 0, or 100 + signal."""
    from interpbook.grading.sandbox import namespaces

    in_use = namespaces.memory_in_use()
    if nested:
        namespaces.enter(str(Path.cwd()), int(limits["files"]))
    namespaces.die_with_parent()  # after the change of privileges, which would cancel it
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setsid()  # whoever kills its group kills itself alone
            namespaces.die_with_parent()
            namespaces.restrict(limits, in_use)
            if nested:
                namespaces.drop_privileges()
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
    code = os.waitstatus_to_exitcode(status)
    late = code < 0 and used.ru_utime + used.ru_stime >= int(limits["cpu"]) - 0.5
    os._exit(80 if late else (100 - code if code < 0 else 0))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
