"""Values as canonical JSON: what may cross from a student's process to the judge, and nothing else.

`encode` runs beside the student's code, so whatever it writes is only a claim. `decode` runs in the grader: it builds
numbers, strings, containers, tensors and arrays, checks every size, and never runs code that the text names.
The same value always gives the same text (`dumps`), so texts can be compared and hashed.
"""

import base64
import binascii
import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

MAX_DEPTH = 40
MAX_ITEMS = 500_000
MAX_BYTES = 64 * 2**20  # of one tensor or string

_TORCH = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128,
    )
}  # fmt: skip
_NUMPY = frozenset(["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
_NUMPY |= frozenset(["float16", "float32", "float64", "complex64", "complex128"])


class WireError(ValueError):
    """The text does not say a value, or says one that is too large; the message names what is wrong with it."""


@dataclasses.dataclass(frozen=True)
class Foreign:
    """Something that cannot be written as data (a model, a function, a class of one's own): only its type's name."""

    kind: str


def dumps(value: Any) -> str:
    """The canonical text of a value."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def loads(text: str) -> Any:
    """The value that a text says. Raises WireError for anything that `dumps` would not write."""
    try:
        return decode(json.loads(text))
    except (ValueError, RecursionError, MemoryError) as error:
        raise WireError(str(error)[:200] or type(error).__name__) from error


# --- writing ---


def encode(value: Any) -> Any:
    """JSON for a value; what is no data, or too large, becomes `{"object": name}`."""
    left = [MAX_ITEMS]
    try:
        return _encode(value, 0, left)
    except Exception as error:  # an object of a class of one's own may raise anything when it is looked into
        return {"object": f"too large or unreadable ({type(error).__name__})"}


def _encode(value: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth > MAX_DEPTH or left[0] < 0:
        raise OverflowError("too deep or too long")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value) if len(value) <= MAX_BYTES else {"object": "str"}
    if value is ...:
        return {"ellipsis": True}
    if isinstance(value, int):
        return {"int": str(int(value))} if abs(value) < 10**4000 else {"object": "int"}
    if isinstance(value, np.generic | torch.Tensor | np.ndarray):
        return _encode_array(value)
    if isinstance(value, float):
        return {"float": repr(float(value))}
    if isinstance(value, complex):
        return {"complex": [repr(value.real), repr(value.imag)]}
    return _encode_container(value, depth, left)


def _encode_container(value: Any, depth: int, left: list[int]) -> Any:
    def each(items: Any) -> list[Any]:
        return [_encode(item, depth + 1, left) for item in items]

    name = type(value).__name__
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"named": [name, list(getattr(value, "_fields")), each(value)]}  # noqa: B009
    if isinstance(value, list | tuple):
        return {"list" if isinstance(value, list) else "tuple": each(value)}
    if isinstance(value, set | frozenset):
        return {"set": sorted(each(value), key=lambda item: json.dumps(item, sort_keys=True))}
    if isinstance(value, Mapping):
        return {"dict": [each(pair) for pair in value.items()]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {"data": [name, names, each(getattr(value, n, None) for n in names)]}
    return {"object": name}


def _encode_array(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        if value.numel() * value.element_size() > MAX_BYTES:  # before anything copies it: expanded tensors are small
            return {"object": f"tensor of {value.numel()} numbers"}
        value = value.detach().to("cpu").resolve_conj().resolve_neg()
        kind, name = "tensor", str(value.dtype).removeprefix("torch.")
        if name not in _TORCH or value.layout != torch.strided:
            return {"object": f"{name} tensor"}
        raw = value.contiguous().view(torch.int16).numpy() if name == "bfloat16" else value.contiguous().numpy()
    else:
        kind, name, raw = ("array" if isinstance(value, np.ndarray) else "scalar"), value.dtype.name, np.asarray(value)
        if name not in _NUMPY:
            return {"object": f"{name} array"}
    if raw.nbytes > MAX_BYTES:
        return {"object": f"{kind} of {raw.nbytes} bytes"}
    data = np.ascontiguousarray(raw).astype(raw.dtype.newbyteorder("<")).tobytes()
    return {kind: [name, list(value.shape), base64.b64encode(data).decode("ascii")]}


# --- reading ---


def decode(said: Any) -> Any:
    """The value that this JSON says; raises WireError."""
    left = [MAX_ITEMS]
    return _decode(said, 0, left)


def _decode(said: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth > MAX_DEPTH or left[0] < 0:
        raise WireError("nested too deeply, or too many parts")
    if said is None or isinstance(said, bool | str):
        return said
    if not isinstance(said, dict) or len(said) != 1:
        raise WireError("not a value with one tag")
    ((tag, body),) = said.items()
    read = _READERS.get(tag)
    if read is None:
        raise WireError(f"unknown tag {str(tag)[:20]!r}")
    return read(body, lambda item: _decode(item, depth + 1, left))


def _strings(body: Any, n: int | None = None) -> list[str]:
    if not isinstance(body, list) or not all(isinstance(item, str) for item in body) or n not in (None, len(body)):
        raise WireError("a list of strings was expected")
    return body


def _items(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise WireError("a list was expected")
    return body


def _number(body: Any, kind: Any) -> Any:
    if not isinstance(body, str) or len(body) > 4100:
        raise WireError("a number must be written as text")
    try:
        return kind(body)
    except ValueError as error:
        raise WireError("not a number") from error


def _dict(body: Any, item: Any) -> dict:
    pairs = [_items(pair) for pair in _items(body)]
    if any(len(pair) != 2 for pair in pairs):
        raise WireError("entries of a dictionary are pairs")
    try:
        return {item(key): item(value) for key, value in pairs}
    except TypeError as error:
        raise WireError("a key that cannot be one") from error


def _set(body: Any, item: Any) -> set:
    try:
        return {item(part) for part in _items(body)}
    except TypeError as error:
        raise WireError("a member that cannot be one") from error


def _record(body: Any, item: Any) -> Any:
    """A stand-in for a dataclass: its type's name and its fields, without its methods."""
    if not isinstance(body, list) or len(body) != 3 or not isinstance(body[0], str) or not body[0].isidentifier():
        raise WireError("a record needs a name, fields and values")
    names, values = _strings(body[1]), [item(part) for part in _items(body[2])]
    if len(names) != len(values) or not all(n.isidentifier() and not n.startswith("__") for n in names):
        raise WireError("a record with wrong fields")
    made = type(body[0], (), {})()
    for field, value in zip(names, values, strict=True):
        setattr(made, field, value)
    return made


def _named(body: Any, item: Any) -> tuple:
    return tuple(_record(body, item).__dict__.values())


def _raw(body: Any) -> tuple[str, tuple[int, ...], bytes]:
    if not isinstance(body, list) or len(body) != 3 or not isinstance(body[0], str) or not isinstance(body[2], str):
        raise WireError("an array needs a type, a shape and data")
    shape = _items(body[1])
    if len(shape) > 16 or any(isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= 2**40 for n in shape):
        raise WireError("not a shape")
    try:
        return body[0], tuple(shape), base64.b64decode(body[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError("not base64") from error


def _array(body: Any, item: Any) -> np.ndarray:  # noqa: ARG001 (all readers are called alike)
    name, shape, data = _raw(body)
    if name not in _NUMPY:
        raise WireError(f"arrays of {name[:20]!r} are not read")
    dtype = np.dtype(name).newbyteorder("<")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise WireError("shape and data of an array disagree")
    return np.frombuffer(data, dtype).reshape(shape).astype(np.dtype(name))


def _scalar(body: Any, item: Any) -> Any:
    found = _array(body, item)
    if found.shape != ():
        raise WireError("a scalar has no axes")
    return found[()]


def _tensor(body: Any, item: Any) -> torch.Tensor:
    name = body[0] if isinstance(body, list) and body else ""
    if name not in _TORCH:
        raise WireError("an unknown type of tensor")
    if name == "bfloat16":
        return torch.from_numpy(_array(["int16", *body[1:]], item).copy()).view(torch.bfloat16)
    return torch.from_numpy(np.array(_array(body, item)))


def _foreign(body: Any, item: Any) -> Foreign:  # noqa: ARG001
    return Foreign(str(body)[:80])


_READERS: dict[str, Any] = {
    "int": lambda body, item: _number(body, int),  # noqa: ARG005
    "float": lambda body, item: _number(body, float),  # noqa: ARG005
    "complex": lambda body, item: complex(*(_number(part, float) for part in _strings(body, 2))),  # noqa: ARG005
    "list": lambda body, item: [item(part) for part in _items(body)],
    "tuple": lambda body, item: tuple(item(part) for part in _items(body)),
    "set": _set,
    "dict": _dict,
    "named": _named,
    "data": _record,
    "tensor": _tensor,
    "array": _array,
    "scalar": _scalar,
    "object": _foreign,
    "ellipsis": lambda body, item: ...,  # noqa: ARG005
}
