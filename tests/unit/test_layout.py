"""Where everything lies: names that are found again."""

import ast
from pathlib import Path

from syncsweep.layout import (
    BlockFolder,
    attempt_of_part,
    figures_folder,
    jobs_folder,
    logs_folder,
    report_file,
    shard_name,
    study_file,
    study_folder,
    tables_folder,
)

ATTEMPT = "0123456789ab"


def test_folders_are_those_that_the_documentation_names():
    folder = study_folder("out/results", "chain", "87c593cc1051")
    assert folder == Path("out/results/chain-87c593cc1051")
    jobs = Path("out/results/jobs/chain-87c593cc1051")
    assert jobs_folder(folder) == jobs
    assert study_file(folder) == jobs / "study.json"
    assert tables_folder("out", "chain") == Path("out/tables/chain")
    assert figures_folder("out") == Path("out/figures")
    assert logs_folder("out") == Path("out/logs")
    assert report_file("out") == Path("out/report.html")
    block = BlockFolder(folder / "eta-1-1-n1-01234567")
    assert block.description == jobs / "eta-1-1-n1-01234567/block.json"
    assert block.log == jobs / "eta-1-1-n1-01234567/log.jsonl"
    assert block.parts == jobs / "eta-1-1-n1-01234567/parts"
    assert block.shard(0, 500) == block.path / "samples-000000000-000000500.parquet"


def test_names_sort_like_their_samples_up_to_the_largest_number():
    ranges = [(0, 1), (1, 20), (20, 100), (100, 10**9 - 1)]
    names = [shard_name(*pair) for pair in ranges]
    assert names == sorted(names)
    assert len({len(name) for name in names}) == 1


def test_part_tells_its_attempt(tmp_path):
    assert attempt_of_part(BlockFolder(tmp_path).part(0, 500, ATTEMPT, 11)) == ATTEMPT


def test_files_are_found_again_by_their_names_in_order(tmp_path):
    block = BlockFolder(tmp_path / "pair-0123456789ab" / "eta-1-1-n1-01234567")
    assert list(block.shards()) == list(block.part_files()) == list(block.leftovers()) == []
    block.path.mkdir(parents=True)
    block.parts.mkdir(parents=True)
    for start, stop in [(500, 1000), (0, 500), (0, 250)]:
        block.shard(start, stop).touch()
        block.part(start, stop, ATTEMPT, 11).touch()
    temporary = block.jobs / f".{shard_name(0, 500)}.{ATTEMPT}.tmp"
    temporary.touch()
    for foreign in (
        "samples-0-500.parquet",
        "samples-000000000-000000500.parquet.damaged-01234567",
        "samples-000000000-000000500.csv",
        "log.jsonl",
        "parts/part-000000000-000000500-0123456789ab-0.rows.tmp",
        "parts/part-0-500-0123456789ab-0.rows",
        "parts/notes.txt",
    ):
        (block.jobs / foreign).touch()
    ranges = [(0, 250), (0, 500), (500, 1000)]
    assert list(block.shards()) == [(pair, block.shard(*pair)) for pair in ranges]
    parts = [(pair, block.part(*pair, ATTEMPT, 11)) for pair in ranges]
    assert list(block.part_files()) == parts
    assert set(block.leftovers()) == {*parts, ((0, 500), temporary)}


def test_no_other_module_knows_the_names_of_rows_and_descriptions():
    package = Path(__file__).parents[2] / "src" / "syncsweep"
    names = ("study.json", "block.json", "log.jsonl", "samples-", "part-", ".rows")
    found = {}
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {
            node.body[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        found[path.relative_to(package).as_posix()] = {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in documentation
            for name in names
            if name in node.value
        }
    assert found.pop("layout.py") == set(names)
    assert {module: used for module, used in found.items() if used} == {}
