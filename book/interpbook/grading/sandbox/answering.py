"""Runs in the process that belongs to one answer: run its cells, then hand over values as canonical JSON.

This process is the student's from the first cell on. Nothing that it says is believed: the grader compares values with
ones that never were here. Messages: in {"cells": […]}, out {"ran": …}; then in {"value": name} or
{"call": name, "arguments": base64, "state": base64 | null}, out {"value": …} or {"outcome": …}, until the end.
"""

import base64
import contextlib
import os
import pickle
import socket
from pathlib import Path
from typing import Any

from interpbook import trial
from interpbook.grading import frames, wire

MAX_SAID = 2000


def serve(sock: socket.socket, shell: Any) -> None:
    """Answer the grader's messages until it closes the connection."""
    while True:
        try:
            asked = frames.receive(sock)
        except frames.Broken:
            return
        if "cells" in asked:
            frames.send(sock, {"ran": _run(shell, asked["cells"])})
        elif "value" in asked:
            found = shell.user_ns.get(asked["value"])
            said = {"object": type(found).__name__} if callable(found) else wire.encode(found)
            frames.send(sock, {"value": said})
        elif "call" in asked:
            frames.send(sock, {"outcomes": _called(shell, asked)})


def _run(shell: Any, cells: list[str]) -> list[dict[str, Any] | None]:
    """How each cell ended: None, or its error."""
    ended: list[dict[str, Any] | None] = []
    os.chdir(Path.cwd())  # by its name: an empty folder has been put there
    for cell in cells:
        result = shell.run_cell(cell, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        ended.append(None if error is None else describe(error, None))
    return ended


def describe(error: BaseException, answer: Any) -> dict[str, Any]:
    """The name of an error and what it says, shortened."""
    try:
        said = str(error)[:MAX_SAID]
    except Exception:  # the answer's own exception class may raise when asked to describe itself
        said = ""
    with contextlib.suppress(Exception):
        stub = trial.Outcome(None, (), error).not_implemented
        return {"type": type(error).__name__[:80], "said": said, "line": trial._line(error, answer), "stub": stub}
    return {"type": "Exception", "said": said, "line": None, "stub": False}


def _called(shell: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Call the answer once for each tuple of arguments; seeds are set before each call, or taken from the grader."""
    answer = shell.user_ns.get(asked["call"])
    calls, options = pickle.loads(base64.b64decode(asked["arguments"]))  # written by the grader, read in the sandbox
    found = []
    with trial._state_kept():
        if asked.get("state"):
            _set_random_state(pickle.loads(base64.b64decode(asked["state"])))
        for arguments in calls:
            if asked.get("state"):
                found.append(_plain_call(answer, arguments, options))
            else:
                found.append(_outcome(trial._call(answer, arguments), answer))
    return found


def _plain_call(answer: Any, arguments: tuple, options: dict[str, Any]) -> dict[str, Any]:
    try:
        with trial._quiet():
            result = answer(*arguments, **options)
    except (Exception, SystemExit) as error:
        return {"error": describe(error, answer)}
    return {"result": wire.encode(result), "inputs": wire.encode(())}


def _outcome(outcome: trial.Outcome, answer: Any) -> dict[str, Any]:
    if outcome.error is not None:
        return {"error": describe(outcome.error, answer)}
    return {"result": wire.encode(outcome.result), "inputs": wire.encode(outcome.inputs)}


def _set_random_state(state: dict[str, Any]) -> None:
    import random

    import numpy as np
    import torch

    random.setstate(state["random"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(state["torch"])
