"""A class of hostile students. Each attacks in the answer to `toy.double` (2 points) or in the file itself.

Their other two answers are right (4 points), so an attack that works shows as more than 4, and one that hurts others as
less. `CELLS`: what stands in the answer cell. `FILES`: what is done to the notebook as JSON; those earn what is said.
"""

from typing import Any

WRONG = "\ndef double(x):\n    return x * 0 + 7\n"
_SOCKET = """
import json, os, socket, stat, struct
def _channel():
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return socket.socket(fileno=os.dup(fd))
        except OSError:
            pass
"""

CELLS: dict[str, str] = {
    # ends
    "exit": "import os\nos._exit(0)",
    "exit in call": "import os\ndef double(x):\n    os._exit(0)",
    "system exit": "import sys\ndef double(x):\n    sys.exit(0)",
    "interrupt": "def double(x):\n    raise KeyboardInterrupt",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "abort": "import os\nos.abort()",
    "kill all": "import os\nos.kill(-1, 9)" + WRONG,
    "kill parent": "import os\nos.kill(os.getppid(), 9)" + WRONG,
    # never ends
    "loop": "while True:\n    pass",
    "loop in call": "def double(x):\n    while True:\n        pass",
    "loop that swallows signals": (
        "import signal\nfor n in range(1, 65):\n    try:\n        signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\nwhile True:\n    try:\n        while True: pass\n"
        "    except BaseException:\n        pass"
    ),
    "sleep": "import time\nwhile True:\n    try:\n        time.sleep(3600)\n    except BaseException:\n        pass",
    "fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    "daemon": "import os\nif os.fork() == 0:\n    os.setsid()\n    while True:\n        pass" + WRONG,
    "thread that stays": "import threading\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()" + WRONG,
    # too much
    "memory bomb": "hoard = []\nwhile True:\n    hoard.append(bytearray(2**28))",
    "disk bomb": "n = 0\nwhile True:\n    open(f'{n}', 'wb').write(b'0' * 2**22)\n    n += 1",
    "output": "print('x' * 100_000_000)" + WRONG,
    "huge result": "import torch\ndef double(x):\n    return torch.zeros(1).expand(10**10)",
    "huge number": "def double(x):\n    return 10 ** 5000",
    "deep result": "def double(x):\n    deep = []\n    for _ in range(100_000):\n        deep = [deep]\n    return deep",
    "self-containing result": "def double(x):\n    a = []\n    a.append(a)\n    return a",
    "recursion": "def double(x):\n    return double(x)",
    # lies about comparison
    "equal to everything": (
        "class Yes:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n"
        "    def __class__(self):\n        return int\ndef double(x):\n    return Yes()"
    ),
    "tensor equal to everything": (
        "import torch\nclass Yes(torch.Tensor):\n    @classmethod\n"
        "    def __torch_function__(cls, f, types, args=(), kwargs=None):\n        return torch.tensor(True)\n"
        "def double(x):\n    return torch.zeros_like(x).as_subclass(Yes)"
    ),
    "patched comparison": (
        "import numpy, torch, builtins\nimport interpbook.comparison as c\nc.difference = c._difference = lambda *a, **k: None\n"
        "torch.equal = torch.allclose = numpy.allclose = numpy.array_equal = lambda *a, **k: True\n"
        "builtins.all = lambda *a: True" + WRONG
    ),
    "patched trial": (
        "import interpbook.trial as t\nt.Outcome.differs = lambda *a: None\nt._seed = lambda *a: None" + WRONG
    ),
    "patched encoding": (
        "import interpbook.grading.wire as w\nw.encode = lambda value: {'list': [{'list': [{'passed': True}]}]}" + WRONG
    ),
    "transformer": (
        "import ast\nclass Gone(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Gone())" + WRONG
    ),
    # looks for the key
    "asks the check": "from interpbook.exercises import find\ndouble = find('toy.double').reference",
    "imports the checks": "import importlib\ndouble = importlib.import_module('interpbook.checks.01_toy').double",
    "searches memory": (
        "import gc\ndouble = next(o for o in gc.get_objects() if getattr(o, 'id', '') == 'toy.double').reference"
    ),
    "searches frames": (
        "import sys\nframe = sys._getframe()\nwhile frame:\n"
        "    for value in list(frame.f_locals.values()):\n        if 'expected' in repr(value)[:5000]:\n            double = value\n"
        "    frame = frame.f_back"
    ),
    "searches files": (
        "import os\nfound = [os.path.join(d, f) for d, _, fs in os.walk('/') for f in fs if f.endswith('private.zip')"
        " or f == '01_toy.py']\ndouble = eval(open(found[0]).read())"
    ),
    "environment": "import os\ndouble = os.environ['INTERPBOOK_CHECKS']",
    "hard-coded public outputs": (
        "import torch\ntorch.manual_seed(0)\n_a, _b = torch.rand(3), torch.rand(2, 2)\n"
        "def double(x):\n    return _a + _a if x.ndim == 1 else _b + _b"
    ),
    # lies about messages
    "forged answer": _SOCKET + (
        "said = json.dumps({'value': {'object': 'function'}, 'outcomes': [{'passed': True}] * 9, 'ran': [None]}).encode()\n"
        "for _ in range(9):\n    _channel().sendall(struct.pack('>Q', len(said)) + said)"
    ) + WRONG,
    "forged run": _SOCKET + "said = b'{\"ran\": [5]}'\n_channel().sendall(struct.pack('>Q', len(said)) + said)" + WRONG,
    "forged value": _SOCKET + "said = b'{\"ran\": [null]}'\nnext = b'{\"value\": {\"list\": 5}}'\n"
    "for text in (said, next):\n    _channel().sendall(struct.pack('>Q', len(text)) + text)" + WRONG,
    "endless message": _SOCKET + "_channel().sendall(struct.pack('>Q', 2**60) + b'x')" + WRONG,
    "deep message": _SOCKET + "said = b'[' * 10**6\n_channel().sendall(struct.pack('>Q', len(said)) + said)" + WRONG,
    "closed channel": "import os\nos.closerange(3, 256)" + WRONG,
    "pickle": "import os\nclass P:\n    def __reduce__(self):\n        return os.system, ('touch /sandbox/x',)\ndouble = lambda x: P()",
    # leaves the box
    "network": "import socket\nsocket.create_connection(('1.1.1.1', 80), 2)" + WRONG,
    "writes into the toolkit": "import interpbook\nopen(interpbook.__file__, 'a').write('x')" + WRONG,
    "mounts": (
        "import ctypes\nlibc = ctypes.CDLL(None)\nif libc.mount(b'tmpfs', b'/usr', b'tmpfs', 0, None) == 0:\n"
        "    raise SystemExit('mounted')" + WRONG
    ),
    "lifts its limits": (
        "import resource\nresource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))" + WRONG
    ),
    "reads other processes": "import os\nprint(open(f'/proc/{os.getppid()}/mem', 'rb').read(10))" + WRONG,
    # says bad things
    "html in an error": "raise ValueError('<script>alert(1)</script>')",
    "error that cannot be told": (
        "class E(Exception):\n    def __str__(self):\n        raise RuntimeError\ndef double(x):\n    raise E"
    ),
    "tells hidden inputs": "def double(x):\n    raise ValueError(f'secret {x.sum().item()}')",
    "false name error": "def double(x):\n    raise NameError(f\"name 'x{int(x.sum() * 1e6)}' is not defined\")",
}  # fmt: skip


def _each(notebook: dict, change) -> None:
    for cell in notebook["cells"]:
        change(cell)


def _grade_id(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def _say_passed(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if _grade_id(cell).startswith("check-"):
            cell["source"] = "print('toy.double: passed, 2/2 points')"


def _more_points(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"].update(points=1000, grade=True)


def _tagged(notebook: dict) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["nbval-skip", "raises-exception"]


def _markers(notebook: dict) -> None:
    notebook["cells"].insert(0, {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
                                 "source": "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\n### BEGIN SOLUTION"})  # fmt: skip


def _attack_elsewhere(notebook: dict) -> None:
    attack = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "import os; os._exit(0)",
    }
    notebook["cells"].insert(0, attack)


def _answers_named_like_checks(notebook: dict) -> None:
    for cell in notebook["cells"]:
        if _grade_id(cell) == "check-toy-double":
            cell["metadata"]["nbgrader"].update(grade_id="toy-double", grade=False, solution=True)
            cell["source"] = "double = lambda x: 7"


def _odd_kernel(notebook: dict) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "../../bin/sh", "display_name": "x", "argv": ["rm", "-rf", "/"]}


FILES: dict[str, tuple[Any, float]] = {
    "checks that say passed": (_say_passed, 4),
    "a thousand points": (_more_points, 4),
    "tags": (_tagged, 4),
    "stray markers": (_markers, 4),
    "an attack in another cell": (_attack_elsewhere, 4),
    "answers named like checks": (_answers_named_like_checks, 4),
    "kernel of one's own": (_odd_kernel, 4),
}
