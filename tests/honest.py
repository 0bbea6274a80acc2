"""A class of honest students, and what a fair human would give them (toy.double 2, toy.guess 1, toy.triple 3 points).

`ANSWERS`: name → (answer cells by grade_id, points). `FILES`: name → (what happened to a right notebook, points).
"""

import json
from typing import Any

RIGHT = {
    "toy-double": "def double(x):\n    return 2 * x",
    "toy-guess": "guess = 4",
    "toy-triple": "def treble(x):\n    return x * 3",
}


def _but(double: str = "", guess: str = "", triple: str = "") -> dict[str, str]:
    given = {"toy-double": double, "toy-guess": guess, "toy-triple": triple}
    return RIGHT | {grade_id: source for grade_id, source in given.items() if source}


ANSWERS: dict[str, tuple[dict[str, str], float]] = {
    "as we would": (RIGHT, 6),
    "lambda": (_but("double = lambda x: x + x"), 6),
    "einsum": (_but("import torch\ndef double(x):\n    return torch.einsum('...,->...', x, torch.tensor(2.0))"), 6),
    "import inside": (_but("def double(x):\n    import torch\n    return torch.add(x, x)"), 6),
    "callable object": (_but("class Times:\n    def __call__(self, x):\n        return 2 * x\ndouble = Times()"), 6),
    "partial": (_but("import functools, operator\ndouble = functools.partial(operator.mul, 2)"), 6),
    "decorated": (_but("import functools\n@functools.cache\ndef two():\n    return 2\ndef double(x):\n    return two() * x"), 6),
    "module": (_but("import torch\nclass D(torch.nn.Module):\n    def forward(self, x):\n        return 2 * x\ndouble = D()"), 6),
    "type hints": (_but("from torch import Tensor\ndef double(x: 'Tensor') -> Tensor:\n    return x.mul(2)"), 6),
    "loop": (_but("import torch\ndef double(x):\n    return torch.stack([2 * row for row in x])"), 6),
    "numpy and back": (_but("import numpy as np, torch\ndef double(x):\n    return torch.from_numpy(np.multiply(x.numpy(), 2))"), 6),
    "rounding": (_but("def double(x):\n    return (x * 0.1) * 20.0"), 6),
    "prints": (_but("def double(x):\n    print('here', x)\n    return 2 * x\nprint(double)"), 6),
    "warns": (_but("import warnings, sys\ndef double(x):\n    warnings.warn('old')\n    print('!', file=sys.stderr)\n    return 2 * x"), 6),
    "display": (_but("from IPython.display import display\ndef double(x):\n    display(x)\n    return 2 * x\ndisplay(1)"), 6),
    "line magic": (_but("%matplotlib --list\ndef double(x):\n    return 2 * x\n%time 1 + 1"), 6),
    "cell magic": (_but("%%time\ndef double(x):\n    return 2 * x"), 6),
    "shell command": (_but("!true\ndef double(x):\n    return 2 * x"), 6),
    "unicode names": (_but("def verdoppelt_größe(größe):\n    return größe * 2\ndouble = verdoppelt_größe"), 6),
    "unicode text": (_but("# 二倍 😀\ndef double(x):\n    '''‘double’ — 二倍'''\n    return 2 * x"), 6),
    "helper in the cell": (_but("def _two():\n    return 2\ndef double(x):\n    return _two() * x"), 6),
    "helper in an earlier answer": (_but("def times(n, x):\n    return n * x\ndef double(x):\n    return times(2, x)", "", "treble = lambda x: times(3, x)"), 6),
    "constant in a later answer": (_but("def double(x):\n    return TWO * x", "TWO = 2\nguess = TWO + TWO"), 6),
    "uses the answer before": (_but("", "", "def treble(x):\n    return double(x) + x"), 6),
    "uses a wrong answer before": (_but("def double(x):\n    return 5 * x", "", "def treble(x):\n    return double(x) + x"), 4),
    "slow": (_but("import time\ndef double(x):\n    time.sleep(0.2)\n    return 2 * x"), 6),
    "file of one's own": (_but("open('notes.txt', 'w').write('2')\ndef double(x):\n    return int(open('notes.txt').read()) * x"), 6),
    "temporary file": (_but("import tempfile\nwith tempfile.NamedTemporaryFile() as f:\n    f.write(b'2')\ndef double(x):\n    return 2 * x"), 6),
    "random but right": (_but("import random, torch\ndef double(x):\n    torch.rand(5); random.random()\n    return 2 * x"), 6),
    "gradients on": (_but("def double(x):\n    return (2 * x.requires_grad_(True) if False else 2 * x)"), 6),
    "last expression": (_but("def double(x):\n    return 2 * x\ndouble(__import__('torch').ones(2))"), 6),
    "guess as float": (_but(guess="guess = 4.0"), 6),
    "guess as numpy": (_but(guess="import numpy as np\nguess = np.int64(4)"), 6),
    "guess as tensor": (_but(guess="import torch\nguess = torch.tensor(4)"), 6),
    "annotated guess": (_but(guess="guess: int = 2 + 2"), 6),
    "wrong guess": (_but(guess="guess = 5"), 5),
    "only vectors": (_but("def double(x):\n    return 2 * x if x.ndim == 1 else x"), 5),
    "the square": (_but("def double(x):\n    return x * x"), 4),
    "syntax error": (_but("def double(x)\n    return 2 * x"), 4),
    "error in the cell": (_but("def double(x):\n    return 2 * x\n1 / 0"), 6),
    "nothing done": ({}, 0),
    "one thing done": ({"toy-triple": RIGHT["toy-triple"]}, 3),
    "in place": (_but("def double(x):\n    x *= 2\n    return x"), 4),
}  # fmt: skip


def _at(notebook: dict, grade_id: str) -> int:
    return next(
        i for i, c in enumerate(notebook["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id
    )


def _moved(notebook: dict) -> None:
    notebook["cells"].reverse()


def _copied(notebook: dict) -> None:
    place = _at(notebook, "toy-double")
    notebook["cells"].insert(place, json.loads(json.dumps(notebook["cells"][place])) | {"id": "copy"})


def _split(notebook: dict) -> None:
    place = _at(notebook, "toy-double")
    cell = notebook["cells"][place]
    first = json.loads(json.dumps(cell)) | {"source": "two = 2", "id": "part"}
    cell["source"] = "def double(x):\n    return two * x"
    notebook["cells"].insert(place, first)


def _stub_pasted_below(notebook: dict) -> None:
    stub = '"""Twice x."""\n    raise NotImplementedError("your code here")'
    notebook["cells"].append(
        notebook["cells"][_at(notebook, "toy-double")] | {"source": f"def double(x):\n    {stub}", "id": "again"}
    )


def _only_answers(notebook: dict) -> None:
    notebook["cells"] = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]


def _one_deleted(notebook: dict) -> None:
    del notebook["cells"][_at(notebook, "toy-double")]


def _labels_lost(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)


def _ids_changed(notebook: dict) -> None:
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] = f"colab{number}"


def _made_text(notebook: dict) -> None:
    notebook["cells"][_at(notebook, "toy-double")]["cell_type"] = "markdown"


def _windows(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


def _as_lines(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)


def _other_kernel(notebook: dict) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "conda-env-py39-py", "display_name": "Python [conda env:py39]"}


def _outputs(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * 200_000]}]


def _no_metadata(notebook: dict) -> None:
    notebook["metadata"] = {}


def _more_cells(notebook: dict) -> None:
    more = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 3, "source": "1 / 0", "id": "mine"}
    notebook["cells"] = [more, *notebook["cells"], more | {"id": "mine2"}]


FILES: dict[str, tuple[Any, float]] = {
    "moved cells": (_moved, 6),
    "copied cell": (_copied, 6),
    "split cell": (_split, 6),
    "stub pasted below": (_stub_pasted_below, 6),
    "only the answers": (_only_answers, 6),
    "one answer deleted": (_one_deleted, 4),
    "labels lost": (_labels_lost, 6),
    "ids changed": (_ids_changed, 6),
    "answer made text": (_made_text, 4),
    "Windows line ends": (_windows, 6),
    "source as lines": (_as_lines, 6),
    "another kernel": (_other_kernel, 6),
    "long outputs": (_outputs, 6),
    "no metadata": (_no_metadata, 6),
    "more cells": (_more_cells, 6),
}


def _format3(notebook: dict) -> bytes:
    cells = [
        {"cell_type": "code", "input": "".join(c["source"]), "metadata": c["metadata"], "outputs": [], "language": "python",
         "collapsed": False, "prompt_number": 1}
        for c in notebook["cells"] if c["cell_type"] == "code"
    ]  # fmt: skip
    return json.dumps(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells, "metadata": {}}]}
    ).encode()


BYTES: dict[str, tuple[Any, float]] = {
    "byte-order mark": (lambda nb: b"\xef\xbb\xbf" + json.dumps(nb).encode(), 6),
    "UTF-16": (lambda nb: json.dumps(nb).encode("utf-16"), 6),
    "format 3": (_format3, 6),
    "format 4.0": (lambda nb: json.dumps(nb | {"nbformat_minor": 0}).encode(), 6),
    "saved while running": (lambda nb: json.dumps(nb).encode()[:-200], 0),
    "empty file": (lambda nb: b"", 0),
}
