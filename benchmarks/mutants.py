"""Mutation testing by sample: does the suite see small errors that are put into the package?

    python benchmarks/mutants.py RECORD                 draw 120 mutants, and run the tests on each
    python benchmarks/mutants.py RECORD --like OTHER    take the mutants of another commit's record

The second command compares the two commits: it prints how many of the first 80 mutants that both
have the suite kills at each, and which only one of them does. Both work in a clone of the last
commit. They write the record after each mutant, and a command that is repeated continues it.

A mutant is kept as text (its function, the lines before and after), so that it is found again after
modules and functions have moved. Libraries for mutation keep the numbers of lines and run whole
suites; hence the few operators here. A mutant meets the cases that are nearest to its module: the
file named after it, then files that import it, then those that import an importer, and so on. Among
them, files with a like name come first, then those that import most from the room of the module. It
meets as many cases as fit into `CASES_S` seconds of CPU time, and none slower than `CASE_S`.
"""

import argparse
import ast
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
#: Folders of all code.
ROOTS = ("src", "benchmarks", "tests")
SUITES = ("tests/unit", "tests/property", "tests/reference")
CASE_S, CASES_S, OVERHEAD_S = 3.0, 12.0, 0.02

#: A process that needs more CPU time hangs in a loop, and one that waits longer hangs for ever.
LIMIT_S, LONGEST_WAIT_S = 60, 1200
SEED, DRAWN, COMPARED = 16, 120, 80

#: What stands between two operands, and what a mutant writes there.
FLIPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "is": "is not",
    "is not": "is", "in": "not in", "not in": "in", "+": "-", "-": "+", "*": "/", "/": "*",
    "//": "/", "%": "*", "**": "*", "|": "&", "&": "|", "and": "or", "or": "and",
    "<<": ">>", ">>": "<<",
}  # fmt: skip
OPERATOR = re.compile(r"is not|not in|is|in|and|or|[<>=!]=|//|\*\*|<<|>>|[-<>+*/%|&]")
Function = ast.FunctionDef | ast.AsyncFunctionDef
#: Of nodes of these kinds, what is below them stays as it is.
CLOSED = Function | ast.ClassDef | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Raise
Mutant = dict[str, Any]
Edit = tuple[int, int, str]
KEPT = ("module", "function", "line", "nth", "before", "after")
SHOWN = ("result", "module", "line", "by", "seconds")


def modules(root: Path) -> Iterator[Path]:
    """The modules of the package, without the measurements of speed."""
    package = root / "src" / "syncsweep"
    return (path for path in sorted(package.rglob("*.py")) if "bench" not in path.parts)


class Source:
    """A module: its text, its functions and its mutants. Positions are bytes of UTF-8."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path, self._bytes = path.relative_to(root).as_posix(), path.read_bytes()
        self.lines = self._bytes.decode().splitlines()
        self._stripped = [line.strip() for line in self.lines]
        sizes = map(len, self._bytes.splitlines(keepends=True))
        self._starts = list(accumulate(sizes, initial=0))
        self.tree = ast.parse(self._bytes)
        self._functions = [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    def mutants(self) -> Iterator[Mutant]:
        """All mutants of the lines within functions; messages and annotations stay as they are."""
        for function in self._functions:
            returns = ast.unparse(function.returns) if function.returns else ""
            todo: list[ast.AST] = list(function.body)
            while todo:
                node = todo.pop()
                for start, end, text in self._edits(node, returns):
                    if text != self._text(start, end):
                        yield self._mutant(function.name, start, end, text)
                if not isinstance(node, CLOSED):
                    hidden = {getattr(node, "annotation", None)}
                    todo += [child for child in ast.iter_child_nodes(node) if child not in hidden]

    def _edits(self, node: ast.AST, returns: str) -> Iterator[Edit]:
        """What can be done to one node: from where to where, and the text that replaces it."""
        start, end = self._span(node) if hasattr(node, "end_lineno") else (0, 0)
        match node:
            case ast.Constant(value=bool(value)):
                yield start, end, str(not value)
            case ast.Constant(value=int(value) | float(value)) if value + 1 != value:
                yield start, end, repr(value + 1)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner, _ = self._span(operand)
                yield start, inner, self._text(start, inner).removeprefix("not").lstrip()
            case ast.Return(value=ast.expr() as value) if returns == "bool":
                yield start, end, f"return not ({self._text(*self._span(value))})"
            case ast.Return(value=ast.expr()) if "None" in returns:
                yield start, end, "return None"
            case ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break():
                yield start, end, "pass"
            case ast.Expr(value=ast.Call()):
                yield start, end, "pass"
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield start, end, "pass"
            case ast.Call(args=args):
                for one, two in pairwise(args):
                    like = type(one) is type(two)
                    if like and not isinstance(one, ast.Starred | ast.Constant):
                        yield from self._between(one, two)
            case ast.Compare(left=left, comparators=others):
                for one, two in pairwise([left, *others]):
                    yield from self._between(one, two)
            case ast.BoolOp(values=values):
                for one, two in pairwise(values):
                    yield from self._between(one, two)
            case ast.BinOp(left=left, right=right):
                parts = [getattr(side, "value", side) for side in (left, right)]
                if not any(isinstance(part, str | ast.JoinedStr) for part in parts):
                    yield from self._between(left, right)

    def _between(self, one: ast.expr, two: ast.expr) -> Iterator[Edit]:
        """Swap two arguments or factors of a matrix product; flip another operator."""
        (start, one_end), (two_start, end) = self._span(one), self._span(two)
        between = self._text(one_end, two_start)
        if between.strip() in (",", "@"):
            yield start, end, self._text(two_start, end) + between + self._text(start, one_end)
        elif found := OPERATOR.search(between):
            flipped = between[: found.start()] + FLIPS[found[0]] + between[found.end() :]
            yield one_end, two_start, flipped

    def _span(self, node: Any) -> tuple[int, int]:
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, start: int, end: int) -> str:
        return self._bytes[start:end].decode()

    def _mutant(self, function: str, start: int, end: int, text: str) -> Mutant:
        first, last = (self._bytes.count(b"\n", 0, place) for place in (start, end - 1))
        head = self._text(self._starts[first], start)
        tail = self._text(end, self._starts[last + 1])
        before = self._stripped[first : last + 1]
        after = [line.strip() for line in (head + text + tail).splitlines()]
        nth = self.places(before, function).index(first)
        values = (self.path, function, first + 1, nth, before, after)
        return dict(zip(KEPT, values, strict=True))

    def places(self, lines: list[str], function: str | None = None) -> list[int]:
        """Where these lines are, counted from 0: in functions of that name, or anywhere."""
        size = len(lines)
        found = [i for i in range(len(self.lines)) if self._stripped[i : i + size] == lines]
        homes = [range(f.lineno - 1, f.end_lineno or 0)
                 for f in self._functions if f.name == function]  # fmt: skip
        return [i for i in found if function is None or any(i in home for home in homes)]


def sample(root: Path, seed: int, count: int) -> list[Mutant]:
    """Mutants of lines that are drawn from all executable lines alike; one of each line."""
    lines: dict[tuple[str, int], list[Mutant]] = {}
    for path in modules(root):
        for mutant in Source(path, root).mutants():
            lines.setdefault((mutant["module"], mutant["line"]), []).append(mutant)
    draw = random.Random(seed)
    return [draw.choice(lines[place]) for place in draw.sample(sorted(lines), count)]


def located(mutant: Mutant, sources: list[Source]) -> tuple[Source, int] | None:
    """Where the mutant is: in a function of its name, its file first, or anywhere if only once."""
    lines, stem = mutant["before"], Path(mutant["module"]).name
    sources = sorted(sources, key=lambda s: (s.path != mutant["module"], Path(s.path).name != stem))
    for source in sources:
        if places := source.places(lines, mutant["function"]):
            return source, places[min(mutant["nth"], len(places) - 1)]
    anywhere = [(source, place) for source in sources for place in source.places(lines)]
    return anywhere[0] if len(anywhere) == 1 else None


def mutated(source: Source, place: int, mutant: Mutant) -> str:
    """The text of the module with the mutant in it, indented as what it replaces."""
    old = source.lines[place : place + len(mutant["before"])]
    new = [line[: len(line) - len(line.lstrip())] + text
           for line, text in zip(old, mutant["after"], strict=False)]  # fmt: skip
    lines = [*source.lines[:place], *new, *source.lines[place + len(old) :]]
    text = "\n".join(lines) + "\n"
    if ast.dump(ast.parse(text)) == ast.dump(source.tree):
        raise ValueError(f"mutant changes nothing: {mutant}")
    return text


def pytest_runtest_logstart(nodeid: str) -> None:
    """As a plugin of pytest, measure the CPU time of a case and of the processes that it starts."""
    _started[nodeid] = sum(os.times()[:4])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember whether a case failed without any mutant."""
    if report.failed:
        _failed.add(report.nodeid)


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Write what the case cost, in seconds, or that it failed."""
    if log := os.environ.get("MUTANTS_COSTS"):
        seconds = None if nodeid in _failed else round(sum(os.times()[:4]) - _started[nodeid], 3)
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps([nodeid, seconds]) + "\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the cases that a mutant is to meet, in their order."""
    if wanted := os.environ.get("MUTANTS_CASES"):
        order = {case: i for i, case in enumerate(json.loads(Path(wanted).read_text("utf-8")))}
        items[:] = sorted((i for i in items if i.nodeid in order), key=lambda i: order[i.nodeid])


_started: dict[str, float] = {}
_failed: set[str] = set()


@contextmanager
def changed(path: Path, text: str) -> Iterator[None]:
    """Let a file have another text meanwhile; afterwards it is as before, with its time."""
    old, status = path.read_bytes(), path.stat()
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(old)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _limit_cpu() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S + 5))


class Suite:
    """The suite of a clone: what its cases cost, and which are near to a module."""

    def __init__(self, tree: Path) -> None:
        self.tree, self.own = tree, tree / ".git" / "mutants"
        self.own.mkdir(exist_ok=True)
        shutil.copy(__file__, self.own / "mutants.py")  # the plugin, without its neighbours
        self.costs: dict[str, float | None] = {}
        paths = [path for root in ROOTS for path in tree.glob(f"{root}/**/*.py")]
        self._imports = {path: self._imported(path) for path in paths}

    @staticmethod
    def _imported(path: Path) -> set[str]:
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)  # for python -m
        # The test of the order of rooms names modules, and sees nothing of what they do.
        return set() if path.name == "test_architecture.py" else names

    def _importers(self, path: Path) -> set[Path]:
        if path.is_relative_to(self.tree / "src"):
            parts = path.relative_to(self.tree / "src").with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        elif path.parent == self.tree / "benchmarks":
            name = f"benchmarks.{path.stem}"
        else:
            name = path.stem  # a helper of the tests
        # Registries of the package name modules without their rooms.
        registries = {other for other in self._imports if other.stem.endswith("registry")}
        return {
            other
            for other, names in self._imports.items()
            if name in names or (other in registries and path.stem in names)
        }

    def measure(self) -> dict[str, float | None]:
        """CPU time of each case in seconds, None if it fails without a mutant.

        The package has a comment meanwhile: some cases may not bear a clone with changes.
        """
        module, log = self.tree / "src/syncsweep/__init__.py", self.own / "costs"
        log.unlink(missing_ok=True)
        with changed(module, module.read_text("utf-8") + "\n# changed\n"):
            suites = [suite for suite in SUITES if (self.tree / suite).exists()]
            self._pytest(suites, limited=False, MUTANTS_COSTS=str(log))
        return dict(json.loads(line) for line in log.read_text("utf-8").splitlines())

    def cases(self, module: str) -> list[str]:
        """The cases that a mutant of a module meets, the nearest first."""
        costs: dict[str, dict[str, float]] = defaultdict(dict)
        for case, cost in self.costs.items():
            if cost is not None and cost <= CASE_S:
                costs[case.partition("::")[0]][case] = cost
        path, cases, left = self.tree / module, list[str](), CASES_S
        rank, seen = {p for p in self._imports if p.name == f"test_{path.name}"}, {path}
        new = {path}
        while (rank or new) and left > 0:
            for test in sorted(rank, key=lambda test: (*self._distance(test, module), test)):
                for case, cost in costs.pop(test.relative_to(self.tree).as_posix(), {}).items():
                    if left > 0:
                        cases.append(case)
                        left -= cost + OVERHEAD_S
            rank = new = {other for one in new for other in self._importers(one)} - seen
            seen |= new
        return cases

    def _distance(self, test: Path, module: str) -> tuple[bool, float]:
        """How far tests are from a module, by the first word of their name and their imports."""
        *room, name = Path(module).with_suffix("").parts[1:]
        other_word = test.stem.split("_")[1:2] != name.split("_")[:1]
        own = [name for name in self._imports[test] if name.startswith("syncsweep.")]
        own_room = [name for name in own if name.startswith(".".join(room) + ".")]
        return other_word, -len(own_room) / max(1, len(own))

    def _pytest(
        self, arguments: list[str], limited: bool, **variables: str
    ) -> tuple[int | None, str]:
        """Exit status of pytest, None beyond the limit, and its output."""
        options = ["-q", "-n", "0", "-p", "no:cacheprovider", "-p", "mutants"]
        variables |= {"PYTHONPATH": str(self.own), "OPENBLAS_NUM_THREADS": "1"}
        output = self.own / "output"
        with output.open("w") as file:
            process = subprocess.Popen(
                [self.tree / ".venv/bin/python", "-m", "pytest", *options, *arguments],
                cwd=self.tree, env=os.environ | variables, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                preexec_fn=_limit_cpu if limited else None,
            )  # fmt: skip
            try:
                status = process.wait(LONGEST_WAIT_S if limited else None)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        return None if status == -signal.SIGXCPU else status, output.read_text("utf-8", "replace")

    def meet(self, mutant: Mutant, sources: list[Source]) -> Mutant:
        """What becomes of a mutant (gone, survived, killed or timeout), and which case kills it."""
        if (place := located(mutant, sources)) is None:
            return {"result": "gone"}
        source, line = place
        cases, wanted, start = self.cases(source.path), self.own / "cases", time.monotonic()
        wanted.write_text(json.dumps(cases), encoding="utf-8")
        files = list(dict.fromkeys(case.partition("::")[0] for case in cases))
        with changed(self.tree / source.path, mutated(source, line, mutant)):
            status, output = self._pytest(["-x", *files], limited=True, MUTANTS_CASES=str(wanted))
        if status in (3, 5):
            raise RuntimeError(f"pytest met no case with {mutant}:\n{output}")
        result = {None: "timeout", 0: "survived"}.get(status, "killed")
        by = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
        return {
            "result": result, "by": by[-1] if by else f"exit status {status}", "now": source.path,
            "cases": len(cases), "seconds": round(time.monotonic() - start, 1),
        }  # fmt: skip


def compared(old: list[Mutant], new: list[Mutant]) -> list[tuple[Mutant, Mutant]]:
    """The first mutants that both commits have, with what became of them."""
    both = [
        pair for pair in zip(old, new, strict=False) if "gone" not in [m["result"] for m in pair]
    ]
    return both[:COMPARED]


def report(old: list[Mutant], new: list[Mutant]) -> None:
    """Print how many mutants are killed at two commits, and where they differ."""
    both = compared(old, new)
    killed = [[m["result"] != "survived" for m in side] for side in zip(*both, strict=True)]
    print(f"{len(both)} mutants, killed: {sum(killed[0])} before, {sum(killed[1])} now")
    for (one, two), was, now in zip(both, *killed, strict=True):
        if was != now:
            print("now alone" if now else "no longer", "by", (two if now else one)["by"])
            print("   ", two["now"], *two["before"], "->", *two["after"])


def main() -> None:
    """Run the mutants, write the record and compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("record", type=Path, help="JSON file to write or to continue")
    parser.add_argument("--like", type=Path, help="record whose mutants to take")
    parser.add_argument("--work", type=Path, help="folder for the clone, which is then kept")
    options = parser.parse_args()
    old = json.loads(options.like.read_text("utf-8"))["mutants"] if options.like else []
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()
    record: dict[str, Any] = {"commit": head, "costs": {}, "mutants": []}
    if options.record.exists():
        record = json.loads(options.record.read_text("utf-8"))
    if record["commit"] != head:
        raise SystemExit(f"error: {options.record} is of commit {record['commit']}, not {head}")
    met = record["mutants"]
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary:
        tree = (options.work or Path(temporary) / "clone").absolute()
        if not tree.exists():
            subprocess.run(["git", "clone", "--quiet", ROOT, tree], check=True)
        subprocess.run(["git", "checkout", "--quiet", head], cwd=tree, check=True)
        subprocess.run(["make", "--quiet", "env"], cwd=tree, check=True)
        suite, sources = Suite(tree), [Source(path, tree) for path in modules(tree)]
        suite.costs = record["costs"] = record["costs"] or suite.measure()
        drawn = [{key: m[key] for key in KEPT} for m in old] or sample(tree, SEED, DRAWN)
        for mutant in drawn[len(met) :]:
            if old and len(compared(old, met)) == COMPARED:
                break
            met.append(mutant | suite.meet(mutant, sources))
            options.record.write_text(json.dumps(record, indent=1, ensure_ascii=False), "utf-8")
            print(len(met), *(met[-1].get(key) for key in SHOWN), flush=True)
    report(old or met, met)


if __name__ == "__main__":
    main()
