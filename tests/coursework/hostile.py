"""Submissions that want more than they earn, or harm: what stands in one answer, and the points that are left.

The small set has 4 points for code: 3 for `double`, which these attack, and 1 for `area`, which stays right. So 1 is
what an attack may keep. Two rows are harmless and keep all 4.
"""

from __future__ import annotations

RIGHT = "def double(x):\n    return x + x"


def returning(expression: str, before: str = "") -> str:
    """An answer that gives back something else than a number."""
    return f"{before}\ndef double(x):\n    return {expression}"


def first(statements: str) -> str:
    """An answer that does something when it is asked, and then gives a wrong number."""
    body = "\n".join("    " + line for line in statements.strip().splitlines())
    return f"import os, sys, signal, time\ndef double(x):\n{body}\n    return -1"


FDS = """
for fd in range(1, 64):
    try:
        os.write(fd, LINE)
    except OSError:
        pass
"""
SEARCH = """
frame = sys._getframe()
while frame:
    for name in ("want", "wanted", "expected", "reference", "answer", "solution"):
        if name in frame.f_locals or name in frame.f_globals:
            return frame.f_locals.get(name, frame.f_globals.get(name))
    frame = frame.f_back
"""
FILES = """
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/usr", "/dev", sys.prefix, sys.base_prefix)):
        continue
    for name in files:
        if name in ("gradebook.db", "small.md", "loop.md", "roster.csv", "hostile.py", "Containerfile"):
            return 4 if x == 2 else 2 * x
"""

CODE: dict[str, str] = {
    "patches numpy.allclose and abs": returning(
        "-1", "import numpy\nnumpy.allclose = numpy.all = numpy.any = lambda *a, **k: True\nnumpy.abs = lambda a: 0"
    ),
    "redefines close, holds, numbers": returning("-1", "def close(*a, **k): pass\nholds = numbers = close"),
    "redefines CheckFailed": returning("-1", "class CheckFailed(Exception):\n    def __init__(self, *a): pass"),
    "patches builtins": returning(
        "-1", "import builtins\nbuiltins.abs = lambda a: 0\nbuiltins.len = lambda a: 1\nbuiltins.compile = None"
    ),
    "patches the json module": returning(
        "-1", 'import json\njson.dumps = lambda m: \'{"name": "double-own", "got": 4}\''
    ),
    "patches the shell": returning(
        "-1", "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.run_cell = None"
    ),
    "patches __import__": returning("-1", "import builtins\nbuiltins.__import__ = None"),
    "an object equal to everything": returning(
        "E()",
        "class E:\n    def __eq__(self, o): return True\n    __lt__ = __le__ = __gt__ = __ge__ = __eq__\n    def __sub__(self, o): return 0\n    __rsub__ = __abs__ = __sub__",
    ),
    "a float equal to everything": returning(
        "F(-1)", "class F(float):\n    def __eq__(self, o): return True\n    def __hash__(self): return 0"
    ),
    "an array that is what it should be": returning("A()", "class A:\n    def tolist(self): return float('nan')"),
    "a number that is no number": returning("float('nan')"),
    "infinity": returning("float('inf')"),
    "true": returning("True"),
    "nothing": returning("None"),
    "words": returning("'twice x'"),
    "words that evaluate": returning('\'__import__("os").system("true")\''),
    "a dictionary": returning("{'got': 4}"),
    "a complex number": returning("-4j"),
    "a number of five thousand digits": returning("10**5000"),
    "a list within itself": returning("a", "a = []\na.append(a)"),
    "a list nested a thousand times": returning("a", "a = []\nfor _ in range(1000): a = [a]"),
    "ten million numbers": returning("[0.0] * 10**7"),
    "a pickle that runs code": returning("P()", "class P:\n    def __reduce__(self): return (print, ('forged',))"),
    "a property that raises": returning("Q()", "class Q:\n    @property\n    def tolist(self): raise SystemExit"),
    "an exception that cannot be printed": first(
        "class X(Exception):\n    def __str__(self): raise ValueError\nraise X"
    ),
    "walks the stack": first(SEARCH),
    "walks the garbage collector": first(
        "import gc\nfor o in gc.get_objects():\n    if callable(o) and getattr(o, '__name__', '') == 'double' and o is not double:\n        return o(x)"
    ),
    "finds sources, tests, gradebook": first(FILES),
    "imports the grader": first("import coursework.judge\nreturn 4 if x == 2 else 2 * x"),
    "reads its parent's memory": first(
        "return len(open('/proc/%d/environ' % os.getppid(), 'rb').read()) and 2 * x if os.getppid() > 1 else -1"
    ),
    "reads passwords": first("return 2 * x if os.path.exists('/etc/shadow') or os.path.exists('/etc/passwd') else -1"),
    "calls out": first("import socket\ns = socket.create_connection(('1.1.1.1', 53), timeout=1)\nreturn 2 * x"),
    "talks to this machine": first(
        "import socket\nfor p in (22, 80, 8000, 8888):\n    try:\n        socket.create_connection(('127.0.0.1', p), timeout=1)\n        return 2 * x\n    except OSError: pass"
    ),
    "writes over the environment": first("open(os.path.join(sys.prefix, 'planted.py'), 'w').write('x')\nreturn 2 * x"),
    "writes over its runner": first(
        "open([a for a in open('/proc/1/cmdline').read().split('\\0') if 'worker' in a][0], 'w').write('x')\nreturn 2 * x"
    ),
    "becomes root": first("os.setuid(0)\nreturn 2 * x"),
    "leaves its name space": first(
        "import ctypes\nif ctypes.CDLL(None, use_errno=True).mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0: return 2 * x"
    ),
    "lifts its limits": first("import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\nreturn 2 * x"),
    "forks without end": first("while True:\n    os.fork()"),
    "starts threads without end": first(
        "import threading\nwhile True: threading.Thread(target=time.sleep, args=(99,)).start()"
    ),
    "takes all memory": first("a = bytearray(10**11)\nreturn 2 * x"),
    "takes memory bit by bit": first("a = []\nwhile True: a.append(bytearray(10**8))"),
    "loops": first("while True: pass"),
    "loops and ignores signals": first(
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass"
    ),
    "loops and catches everything": first(
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    ),
    "sleeps": first("time.sleep(10**6)"),
    "leaves by os._exit": first("os._exit(0)"),
    "leaves by sys.exit": first("sys.exit(0)"),
    "kills itself": first("os.kill(os.getpid(), signal.SIGKILL)"),
    "kills everyone": first("os.kill(-1, signal.SIGKILL)"),
    "kills its parent": first("os.kill(os.getppid(), signal.SIGKILL)"),
    "reads address zero": first("import ctypes\nctypes.string_at(0)"),
    "runs out of stack": first("sys.setrecursionlimit(10**9)\nf = lambda n: f(n + 1)\nf(0)"),
    "prints a hundred megabytes": first("for _ in range(100): print('x' * 10**6)"),
    "writes a hundred megabytes into every pipe": first(FDS.replace("LINE", "b'x' * 10**8")),
    "forges a mark": first(
        FDS.replace("LINE", 'b\'{"name": "double-own", "passed": true, "got": true, "printed": "", "error": ""}\\n\'')
    ),
    "forges the verdict of another cell": first(FDS.replace("LINE", 'b\'{"name": "why", "got": 3}\\n\'')),
    "forges the end": first(FDS.replace("LINE", "b'{\"end\": true}\\n'")),
    "closes every pipe": first("os.closerange(0, 64)"),
    "closes its standard output": first("sys.stdout.close()\nsys.stdout = sys.stderr = None"),
    "fills a file": first("f = open('/tmp/big', 'wb')\nfor _ in range(2000): f.write(b'x' * 10**6)\nreturn 2 * x"),
    "fills the folder": first("for n in range(200): open('/tmp/%d' % n, 'wb').write(b'x' * 10**6)\nreturn 2 * x"),
    "fills the memory of /dev/shm": first(
        "for n in range(9): open('/dev/shm/%d' % n, 'wb').write(b'x' * 10**6)\nreturn 2 * x"
    ),
    "plants a link": first("os.symlink('/etc/shadow', '/tmp/small.ipynb')"),
    "leaves something running": first("import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)"),
    "asks for another's numbers": "STUDENT = 'someone-else'\ndef double(x):\n    return 2 * own_number(STUDENT)",
    "changes who it is": "import os\nos.environ['STUDENT'] = 'x'\nvariant = lambda *a: None\ndef double(x):\n    return -1",
}

# They break the process that would have asked for the other answer too.
BREAK_THEMSELVES = {"patches builtins", "patches the shell", "patches __import__"}

HARMLESS: dict[str, str] = {
    "warns while it is right": "import warnings, sys\ndef double(x):\n    warnings.warn('careful')\n    print('hm', file=sys.stderr)\n    return x + x",
    "uses a magic and a plot": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\ndef double(x):\n    return x + x",
}
