"""What the allocator of memory does with what is freed."""

import subprocess
import sys

CODE = """
import resource
import numpy
from syncsweep.environment.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        arrays = [numpy.ones(size << 17) for size in (4, 4, 2)]  # MiB
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

{call}
faults()
print(faults())
"""


def faults(call):
    command = [sys.executable, "-c", CODE.format(call=call)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_freed_arrays_are_used_again_without_the_system():
    assert faults("keep_freed_memory()") < faults("") / 10
