"""Threads that decode the same new type at the same moment, in a process of their own: it may crash."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

RACE = """
import sys, threading, types
import msgspec
from edge.threads import build_decoders

sys.setswitchinterval(1e-6)
TEXT = b'{"a": [{"a": [{}]}], "b": {"x": {}}}'
LINES = ["import msgspec", "class L0(msgspec.Struct):\\n    c: int = 0"]
LINES += [
    f"class L{n}(msgspec.Struct):\\n    a: tuple['L{n - 1}', ...] = ()\\n    b: dict[str, 'L{n - 1}'] = {{}}"
    for n in range(1, 30)
]
for _ in range(60):
    module = types.ModuleType("world")
    sys.modules["world"] = module
    exec("\\n".join(LINES), module.__dict__)
    gate = threading.Barrier(4)

    def decode(kind=module.L29):
        gate.wait()
        msgspec.json.decode(TEXT, type=kind)

    if sys.argv[1] == "built":
        assert build_decoders() >= 30
    threads = [threading.Thread(target=decode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def raced(how: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", RACE, how], capture_output=True, check=False)
    return done.returncode, done.stderr.decode()[-500:]


def test_decoders_that_are_built_before_threads_crash_nobody() -> None:
    assert raced("built") == (0, "")


@pytest.mark.slow
def test_without_them_it_crashes_or_this_module_is_not_needed_any_more() -> None:
    assert raced("unbuilt")[0] == -signal.SIGSEGV
