"""Shared fixtures. One BLAS thread everywhere, as in the workers."""

import os
import signal
from collections import defaultdict
from pathlib import Path

# A shell has what it starts with `&` ignore Ctrl-C, and nohup a closed terminal; so would all that
# the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

# A make that a test starts is not one within `make test`, and says nothing of levels and folders.
for _variable in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(_variable, None)

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

pytest.register_assert_rewrite("messages")

# The same cases on every machine; a deadline would only measure the machine.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")

#: The tests that `make test-fast` leaves out, file by file: their names, or none for all of a file.
SLOW = Path(__file__).with_name("slow.txt")


def _slow_tests():
    lines = (line.partition(":") for line in SLOW.read_text(encoding="utf-8").splitlines())
    return {file: set(names.split()) for file, _, names in lines}


def pytest_addoption(parser):
    parser.addoption(
        "--measure-slow",
        type=float,
        metavar="SECONDS",
        help="add tests to tests/slow.txt if a case takes more CPU time, or all four times that",
    )


def pytest_collection_modifyitems(items):
    # The longest runs come first, so that one worker does not wait for the other at the end.
    items.sort(key=lambda item: not item.nodeid.startswith("tests/workflow/"))
    slow = _slow_tests()
    for item in items:
        names = slow.get(item.nodeid.partition("::")[0])
        if names is not None and (not names or item.originalname in names):
            item.add_marker("slow")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    item.began = sum(os.times()[:4])
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.when == "call":  # CPU time [s] of the test, its fixtures and what they started
        report.user_properties.append(("cpu", sum(os.times()[:4]) - item.began))
    return report


_CPU_SECONDS: defaultdict[tuple[str, str], list[float]] = defaultdict(list)


def pytest_runtest_logreport(report):
    if report.when == "call":
        file, _, case = report.nodeid.partition("::")
        seconds = dict(report.user_properties)["cpu"]
        _CPU_SECONDS[file, case.partition("[")[0]].append(seconds)


def pytest_sessionfinish(session):
    limit = session.config.getoption("--measure-slow")
    if limit is None or hasattr(session.config, "workerinput"):
        return
    slow = _slow_tests()
    for (file, name), cases in _CPU_SECONDS.items():
        if max(max(cases), sum(cases) / 4) > limit and slow.get(file) != set():
            slow.setdefault(file, set()).add(name)
    lines = [f"{file}: {' '.join(sorted(slow[file]))}".removesuffix(": ") for file in sorted(slow)]
    SLOW.write_text("\n".join(lines) + "\n", encoding="utf-8")
    total = sum(map(sum, _CPU_SECONDS.values()))
    print(f"\n{total:.0f} s of CPU time, {sum(map(len, slow.values()))} slow tests")
