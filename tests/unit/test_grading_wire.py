"""Values as canonical JSON: what goes out comes back, the same value is the same text, and nonsense is refused."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from interpbook.comparison import difference
from interpbook.grading.wire import Foreign, WireError, decode, dumps, encode, loads


class Pair(NamedTuple):
    left: int
    right: float


@dataclass
class Head:
    layer: int
    skew: torch.Tensor


VALUES = [
    None, True, "größe 😀", 7, -(2**80), 0.1, float("inf"), 1 + 2j, [1, [2.0, "x"]], (1, "a"),
    {3, 1}, {"a": 1, 2: [None]}, torch.randn(2, 3), torch.tensor(True), torch.zeros(0, 4),
    torch.randn(3).bfloat16(), torch.tensor([1 + 1j]),
    torch.arange(6).reshape(2, 3).T, torch.nn.Parameter(torch.ones(2)), np.arange(4.0), np.float32(0.25),
    np.bool_(True), np.array([[1, 2]], dtype=">i4"), Pair(1, 2.0), Head(3, torch.ones(2)),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_goes_out_comes_back(value):
    back = loads(dumps(value))
    assert difference(back, value) is None
    assert dumps(value) == dumps(value)


def test_not_a_number_comes_back():
    assert torch.isnan(loads(dumps(torch.tensor([float("nan")])))).all()


def test_ellipsis_is_a_value_of_its_own():
    assert loads(dumps([...])) == [...]


def _deep() -> list:
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    return deep


def _endless() -> list:
    endless: list = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    "value",
    [
        object(),
        print,
        torch.nn.Linear(2, 2),
        _deep(),
        _endless(),
        10**5000,
        torch.zeros(1).expand(2**30),
    ],
    ids=["object", "function", "model", "deep", "endless", "huge number", "huge tensor"],
)
def test_what_is_no_data_or_too_large_is_only_named(value):
    assert isinstance(loads(dumps(value)), Foreign)


def test_long_lists_are_only_named(monkeypatch):
    monkeypatch.setattr("interpbook.grading.wire.MAX_ITEMS", 100)
    assert isinstance(loads(dumps([0] * 101)), Foreign)


def test_strange_parts_of_a_container_do_not_spoil_the_rest():
    assert loads(dumps([1, print])) == [1, Foreign("builtin_function_or_method")]


NONSENSE: list[Any] = [
    5, [], {}, {"int": "1", "float": "2"}, {"int": 1}, {"int": "x"}, {"float": "1" * 5000}, {"list": 3}, {"what": 1},
    {"tensor": ["float32", [2], "AAAA"]}, {"tensor": ["float32", [-1], ""]}, {"tensor": ["object", [1], ""]},
    {"array": ["float32", [2**41], ""]}, {"array": ["float32", [True], "AAAAAA=="]},
    {"scalar": ["float32", [1], "AAAAAA=="]},
    {"array": ["float32", [1], "?"]}, {"tensor": "x"}, {"dict": [[1]]}, {"dict": [[{"list": []}, None]]},
    {"set": [{"list": []}]}, {"data": ["x y", [], []]}, {"data": ["A", ["__class__"], [None]]},
    {"data": ["A", ["b"], []]}, {"complex": ["1"]},
]  # fmt: skip


@pytest.mark.parametrize("said", NONSENSE, ids=json.dumps)
def test_nonsense_is_refused(said):
    with pytest.raises(WireError):
        decode(said)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "{", '{"list":' * 60 + "[]" + "}" * 60])
def test_texts_that_are_no_value_are_refused(text):
    with pytest.raises(WireError):
        loads(text)


def test_a_named_class_is_never_looked_up():
    back = decode({"data": ["Popen", ["args"], ["rm"]]})
    assert type(back).__name__ == "Popen" and type(back).__module__ == "interpbook.grading.wire"
    assert encode(back) == {"object": "Popen"}
