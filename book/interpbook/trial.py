"""Running somebody's function on test inputs, safely enough that its result can be compared.

For each call: fresh inputs (tensors, arrays and containers are copied), fixed seeds, nothing printed, errors kept as
values. Afterwards the random state and torch's settings are as they were.
"""

import contextlib
import copy
import inspect
import io
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from interpbook.comparison import Tolerance, difference

SEED = 0


@dataclass(frozen=True)
class Outcome:
    """How one call ended."""

    result: Any  # what came back; None if it raised
    inputs: tuple  # tensors, arrays and containers among the inputs, as the call left them
    error: BaseException | None

    @property
    def not_implemented(self) -> bool:
        """The call met the stub's NotImplementedError."""
        return self.error is not None and _cause(self.error, NotImplementedError) is not None

    def value_or_raise(self) -> Any:
        """The result; raises what the call raised."""
        if self.error is not None:
            raise self.error
        return self.result

    def differs(self, other: "Outcome", tolerance: Tolerance) -> str | None:
        """None if both calls ended alike, otherwise what the difference suggests."""
        if self.error is not None or other.error is not None:
            return None if _same_error(self.error, other.error) else ""
        if self.result is None and other.result is not None:
            return "Your function returns None. Is there a `return` line, and does every path reach it?"
        found = difference(self.result, other.result, tolerance)
        if found is None and difference(self.inputs, other.inputs, tolerance) is not None:
            return (
                "The result is right, but your function changes its input in place, and the caller may still need it. "
                "Which line writes into an argument? Work on a copy (x.clone())."
            )
        return found


def _same_error(a: BaseException | None, b: BaseException | None) -> bool:
    return a is not None and b is not None and type(a).__name__ == type(b).__name__ and str(a) == str(b)


def outcomes(function: Callable, inputs: Callable[[], list[tuple]]) -> list[Outcome]:
    """Call `function` once for each tuple of arguments that `inputs()` makes."""
    with _state_kept():
        _seed()
        return [_call(function, arguments) for arguments in inputs()]


def _call(function: Callable, arguments: tuple) -> Outcome:
    arguments = tuple(_copied(argument) for argument in arguments)
    _seed()
    try:
        with _quiet():
            result = function(*arguments)
    except (Exception, SystemExit) as error:  # whatever a student's code raises is a verdict, not our failure
        return Outcome(None, (), error)
    data = tuple(argument for argument in arguments if isinstance(argument, torch.Tensor | np.ndarray | list | dict))
    return Outcome(result, data, None)


def _copied(value: Any) -> Any:
    """A copy of data; models, generators, functions and strings are passed on as they are."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_copied, value))
    if type(value) in (list, tuple, set):
        return type(value)(map(_copied, value))
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return copy.copy(value) if isinstance(value, Mapping) else value


def _seed() -> None:
    random.seed(SEED)
    np.random.seed(SEED)
    torch.manual_seed(SEED)


@contextlib.contextmanager
def _state_kept() -> Iterator[None]:
    """Judge under the usual settings, whatever the notebook has set, and put its own back afterwards."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    dtype, device, grad = torch.get_default_dtype(), torch.get_default_device(), torch.is_grad_enabled()
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)  # the processor
    torch.set_grad_enabled(True)
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_default_device(None if device.type == "cpu" else device)
        torch.set_grad_enabled(grad)
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep prints and displays of the function out of the verdict."""
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from IPython.utils.capture import capture_output

        with capture_output():
            yield
    else:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield


def is_missing(answer: Any) -> bool:
    """Still the stub: None, `...`, or a container in which nothing has been filled in."""
    try:
        return _is_missing(answer)
    except RecursionError:  # a list that holds itself is at least something
        return False


def _is_missing(answer: Any) -> bool:
    if answer is None or answer is ...:
        return True
    if isinstance(answer, Mapping):
        return bool(answer) and all(_is_missing(item) for item in answer.values())
    return isinstance(answer, list | tuple) and bool(answer) and all(_is_missing(item) for item in answer)


def _cause(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    """`error` or the first of its causes of this kind (nnsight wraps what happens inside a trace)."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def explain_error(error: BaseException, answer: Any) -> str:
    """One line: `TypeError: … (line 3 of your answer)`."""
    try:
        said = " ".join(str(error).strip().splitlines()[-1:]) or "no message"
    except Exception:  # whatever the answer's own exception class raises when asked to describe itself
        said = "no message"
    line = _line(error, answer)
    return f"{type(error).__name__}: {said[:300]}{f' (line {line} of your answer)' if line else ''}"


def _line(error: BaseException, answer: Any) -> int | None:
    """The last line of the answer's own file that the error passed through."""
    try:
        file = inspect.getsourcefile(inspect.unwrap(answer))
    except TypeError:
        file = getattr(getattr(type(answer), "forward", None), "__code__", None)
        file = file.co_filename if file else None
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else None
