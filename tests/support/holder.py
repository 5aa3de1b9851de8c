"""A lock that another process holds, as a running launch does."""

import subprocess
import sys
from contextlib import contextmanager

_HOLDER = """
import sys
from pathlib import Path
from syncsweep.files import hold
hold(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), lambda: None, lambda: False)
print("holds", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_elsewhere(lock, start, stop):
    """Let another process hold the numbers start … stop−1 of a lock."""
    program = [sys.executable, "-c", _HOLDER, lock, str(start), str(stop)]
    holder = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "holds\n"
        yield
    finally:
        holder.kill()
        holder.communicate()
