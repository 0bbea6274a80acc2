"""A class of hostile students. Each attacks in the answer to `toy.double` (2 points) or in the file itself.

Their other two answers are right (4 points), so an attack that works shows as more than 4, and one that hurts others as
less. `CELLS`: what stands in the answer cell. Attacks by the file that is handed in: `hostile_files`.
"""

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
    "many processes": (  # each below its own limit; all together above it
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        hoard = bytearray(100 * 2**20)\n"
        "        time.sleep(60)\ntime.sleep(60)"
    ),
    "files in memory": (
        "import os\nfor n in range(40):\n    for folder in ('/sandbox', '/dev/shm', '/tmp', '/', '/dev'):\n        try:\n"
        "            open(f'{folder}/{n}', 'wb').write(b'0' * 2**20)\n        except OSError:\n            pass\n"
        "assert not os.path.exists('/sandbox/30') and not os.path.exists('/dev/shm/30')\ndouble = lambda x: x * 0"
    ),
    "memory without a process": "import os\nfds = [os.memfd_create('x') for _ in range(9)]\ndouble = lambda x: 2 * x",
    "inodes": "n = 0\nwhile True:\n    open(f'{n}', 'w').close()\n    n += 1",
    "number of a million digits": "def double(x):\n    return 1 << 10**7",
    "dictionary of a million keys": "def double(x):\n    return dict.fromkeys(range(10**6))",
    "generator": "import itertools\ndef double(x):\n    return itertools.repeat(x)",
    "list without end": (
        "import itertools\nclass L(list):\n    def __iter__(self):\n        return itertools.repeat(0)\ndef double(x):\n    return L()"
    ),
    "200,000 empty lines": "\n" * 199_000 + "double = lambda x: x",
    "100,000 statements": "x\n" * 99_000,
    "deep source": "double = " + "(" * 5000 + ")" * 5000,
    # stays on
    "daemon that forked twice": (
        "import os, signal, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        for n in (1, 2, 15):\n            signal.signal(n, signal.SIG_IGN)\n        time.sleep(600)\n    os._exit(0)" + WRONG
    ),
    "sleeps at its end": "import atexit, time\natexit.register(time.sleep, 600)" + WRONG,
    "stops everybody": (
        "import os, signal\nfor pid in (os.getppid(), 1, 2, 3):\n    if pid not in (0, os.getpid()):\n        try:\n"
        "            os.kill(pid, signal.SIGSTOP)\n        except OSError:\n            pass" + WRONG
    ),
    "outlives its keeper": (
        "import ctypes\nif ctypes.CDLL(None).prctl(1, 0, 0, 0, 0) == 0:\n    double = lambda x: 2 * x"
    ),
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
    "liar": (
        "import torch\nclass Liar:\n    __class__ = torch.Tensor\n    __eq__ = __lt__ = __gt__ = lambda self, other: True\n"
        "    __hash__ = None\n    __array__ = lambda self, *a, **k: True\n    __getattr__ = lambda self, name: self\n"
        "    __call__ = __iter__ = __getitem__ = lambda self, *a, **k: self\ndef double(x):\n    return Liar()"
    ),
    "not numbers": "import torch\ndef double(x):\n    return torch.full_like(x, float('nan'))",
    "infinite": "import torch\ndef double(x):\n    return torch.full_like(x, float('inf'))",
    "tensor without memory": "import torch\ndef double(x):\n    return torch.empty(x.shape, device='meta')",
    "huge strides": "import torch\ndef double(x):\n    return torch.empty_strided(x.shape, (0,) * x.ndim).fill_(0.5)",
    "sparse": "def double(x):\n    return (2 * x).to_sparse()",
    "patched testing": (
        "import numpy.testing as n, torch.testing as t\nn.assert_allclose = n.assert_equal = t.assert_close = lambda *a, **k: None\n"
        "import builtins\nbuiltins.AssertionError = builtins.isinstance = lambda *a: True" + WRONG
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
    "patched messages": (
        "import interpbook.grading.frames as f\nsend = f.send\ndef lie(sock, message, *rest):\n"
        "    if 'outcomes' in message:\n        message = {'outcomes': [{'result': True, 'passed': True, 'points': 99}] * 9}\n"
        "    send(sock, message, *rest)\nf.send = lie" + WRONG
    ),
    "patched pickle": (
        "import pickle, torch\nload = pickle.loads\npickle.loads = lambda data: ([(torch.ones(3),)] * 2, {}) if len(data) > 99 else load(data)" + WRONG
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
    "searches history": "double = [cell for cell in [*In, *get_ipython().history_manager.input_hist_raw] if 'return 2' in cell][0]",
    "searches other submissions": (
        "import os\nfound = [os.path.join(d, f) for d, _, fs in os.walk('/') for f in fs if f.endswith('.ipynb')"
        " or 'submissions' in d]\ndouble = open(found[0]).read()"
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
    "prints that it passed": "print('toy.double: passed, 2/2 points')" + WRONG,
    "writes results": (
        "import json, os\nfor folder in ('.', '/control', '/tmp', '/autograder/results', '/dev/shm'):\n"
        "    for name in ('marks.json', 'results.json', 'results.pkl'):\n        try:\n            os.makedirs(folder, exist_ok=True)\n"
        "            json.dump({'score': 99, 'points': 99}, open(os.path.join(folder, name), 'w'))\n        except OSError:\n            pass" + WRONG
    ),
    "writes to every descriptor": (
        "import os\nfor fd in range(256):\n    try:\n        os.write(fd, b'{\"passed\": true}' * 999)\n    except OSError:\n        pass" + WRONG
    ),
    # leaves the box
    "network": "import socket\nsocket.create_connection(('127.0.0.1', 80), 2)" + WRONG,
    "sockets of the machine": (
        "import socket\nfor name in ('/control/socket', '/var/run/docker.sock', '/run/podman/podman.sock', '\\0x', '/run/dbus/socket'):\n"
        "    with socket.socket(socket.AF_UNIX) as s:\n        if s.connect_ex(name) == 0:\n            double = lambda x: 2 * x"
    ),
    "raw kernel calls": (  # ptrace, unshare, setns, keyctl, bpf, perf_event_open, userfaultfd, io_uring_setup, memfd_secret
        "import ctypes, platform\nnumbers = {'x86_64': (101, 272, 308, 250, 321, 298, 323, 425, 447)}.get(platform.machine(), (117, 97, 268, 219, 280, 241, 282, 425, 447))\n"
        "if any(ctypes.CDLL(None).syscall(n, 0, 0, 0, 0, 0) >= 0 for n in numbers):\n    double = lambda x: 2 * x"
    ),
    "a library in front": (
        "import os, subprocess\nos.environ.update(LD_PRELOAD='/sandbox/x.so', PYTHONSTARTUP='/sandbox/x', PYTHONPATH='/sandbox')\n"
        "open('x.so', 'w').write('x')\nopen('torch.py', 'w').write('equal = allclose = lambda *a: True')\nsubprocess.run(['true'])" + WRONG
    ),
    "links": (
        "import interpbook, os\nos.symlink('/', 'root')\nfor source in (interpbook.__file__, '/usr/bin/env'):\n    try:\n"
        "        os.link(source, 'hard')\n        double = lambda x: 2 * x\n    except OSError:\n        pass"
    ),
    "becomes root": (
        "import os, shutil\nshutil.copy('/usr/bin/env', 'env')\nos.chmod('env', 0o6755)\nfor become in (os.setuid, os.setgid):\n"
        "    try:\n        become(0)\n        double = lambda x: 2 * x\n    except OSError:\n        pass"
    ),
    "traps for the next": (
        "import sys, torch, interpbook.trial as t\nsys.modules['torch'] = sys.modules['interpbook.grading.wire'] = None\n"
        "for folder in ('/sandbox', '/dev/shm', '/tmp', '/'):\n    try:\n        open(f'{folder}/sitecustomize.py', 'w').write('1/0')\n"
        "    except OSError:\n        pass" + WRONG
    ),
    "clock": (
        "import time\nclock = time.time\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0\ntry:\n"
        "    time.clock_settime(time.CLOCK_REALTIME, 0)\n    double = lambda x: 2 * x\nexcept OSError:\n    pass"
    ),
    "seeds": (
        "import random, numpy, torch\nfor module in (random, numpy.random, torch):\n    module.seed = module.manual_seed = lambda *a: None\n"
        "torch.random.fork_rng = torch.set_rng_state = lambda *a: None\n_own = torch.rand(3)\ndef double(x):\n    return _own"
    ),
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
    "control characters": "raise ValueError('\\x00\\x1b]0;x\\x07\\x1b[2J\\x9b31m \\ud800 ]]> \\u202e')",
    "formula in an error": "raise ValueError('=HYPERLINK(\"http://x\",1)\\n@SUM(1)')",
    "name of an error": "raise type('<img src=x onerror=alert(1)>', (Exception,), {})('<svg onload=alert(1)>')",
    "error that cannot be told": (
        "class E(Exception):\n    def __str__(self):\n        raise RuntimeError\ndef double(x):\n    raise E"
    ),
    "tells hidden inputs": "def double(x):\n    raise ValueError(f'secret {x.sum().item()}')",
    "false name error": "def double(x):\n    raise NameError(f\"name 'x{int(x.sum() * 1e6)}' is not defined\")",
}  # fmt: skip
