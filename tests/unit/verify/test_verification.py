"""A results folder is verified file by file: each kind of damage is named, in one line."""

import json
import shutil
from dataclasses import replace
from math import nextafter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from damage import place_of_values, refuse_listing
from program import state_of
from studies import (
    ANALYSIS,
    CHAIN,
    PAIR,
    STUDIES,
    Block,
    block_of,
    put_shard,
    rows_of,
)

from syncsweep.config.physics import RESULTS_VERSION
from syncsweep.figures.figure_page import save_provenance
from syncsweep.layout import (
    CLAIMS_PAGE,
    figures_folder,
    jobs_folder,
    paper_folder,
    report_file,
    study_file,
    study_folder,
    tables_folder,
)
from syncsweep.tables import METADATA_KEY
from syncsweep.tables.freshness import said_by
from syncsweep.tables.integrity import problem_of_table
from syncsweep.tables.registry import names_of_averages
from syncsweep.verify import VerificationError, origins
from syncsweep.verify.origins import verify_origins
from syncsweep.verify.study_files import study_folders, verify_study
from syncsweep.verify.table_files import verify_tables
from syncsweep.verify.verify_text import Report
from syncsweep.wording import printable


@pytest.fixture
def block(results):
    return block_of(results, "pair", PAIR)


def verified(results, capsys):
    """The report of a verification and what it printed."""
    report = Report()
    for folder in study_folders(results):
        verify_study(folder, report)
    verify_tables(results, report)
    verify_origins(results, report)
    report.sum_up()
    return report, capsys.readouterr().out.splitlines()


@pytest.fixture
def verdict(results, capsys, snapshot):
    """What a verification says, in the words of the snapshot."""

    def of(kind, number, facts, folder):
        report, lines = verified(folder, capsys)
        (line,) = [line for line in lines if line.startswith(f"  {kind}: ")]
        assert (report.findings, report.notes) == number, lines
        assert not [fact for fact in facts if str(fact) not in line], line
        assert line.replace(str(folder), "RESULTS") == snapshot
        return lines

    class Verdict:
        @staticmethod
        def found(*facts, notes=0, folder=results):
            """Exactly one finding, which names the facts and what to run; returns all lines."""
            return of("wrong", (1, notes), [*facts, "run"], folder)

        @staticmethod
        def noted(*facts):
            """No finding, and one note, which names the facts."""
            return of("note", (0, 1), facts, results)

    return Verdict


def test_whole_results_are_one_line_each_and_a_sum(results, capsys):
    report, lines = verified(results, capsys)
    assert (report.findings, report.notes) == (0, 0)
    n = len(list(paper_folder(results).glob("*.csv")))
    assert n >= 3
    assert lines == [
        f"chain-{CHAIN.digest}: 3 shards, 15 rows (15 ok)",
        f"pair-{PAIR.digest}: 3 shards, 15 rows (15 ok)",
        f"tables/chain: {n + 1} tables",
        f"tables/pair: {n + 1} tables",
        f"paper: {n} tables",
        f"2 studies, 6 shards, 30 rows, {3 * n + 2} tables: all well",
    ]


def test_nothing_is_written(results, capsys):
    before = state_of(results)
    verified(results, capsys)
    assert state_of(results) == before


def test_rows_are_counted_by_status(tmp_path, capsys):
    rows = list(rows_of(PAIR)[:2])
    rows[1] = replace(rows[1], status=np.array(["failed", "degenerate", "failed"]))
    put_shard(tmp_path, "pair", PAIR, rows, 0)
    _, lines = verified(tmp_path, capsys)
    assert lines[0] == f"pair-{PAIR.digest}: 1 shard, 6 rows (1 degenerate, 2 failed, 3 ok)"
    assert lines[1] == "1 study, 1 shard, 6 rows: all well"


def flip(path, index=None):
    """Change a byte of a file: in a shard, of its values of S_max."""
    data = bytearray(path.read_bytes())
    if index is None:
        index = place_of_values(path, "s_max")
    data[index] ^= 0xFF
    path.write_bytes(data)


def test_damaged_shard_is_found_and_the_others_are_counted(results, block, verdict):
    path = block.shard(2, 4)
    flip(path)
    lines = verdict.found(path)
    assert f"pair-{PAIR.digest}: 2 shards, 9 rows (9 ok)" in lines


def test_shards_with_exchanged_names_are_both_found(results, block, capsys):
    one, other = block.shard(0, 2), block.shard(2, 4)
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)
    report, lines = verified(results, capsys)
    assert report.findings == 2
    assert sum("does not hold the rows that its name says" in line for line in lines) == 2


def test_shard_of_another_physics_is_found(results, block, verdict):
    path = block.shard(0, 2)
    path.write_bytes(block_of(results, "chain", CHAIN).shard(0, 2).read_bytes())
    verdict.found(path)


TEXTS = ["", "{", "[]", "null", '{"study": 1}', "[" * 100_000, '{"etas": [1e999]}', "\udcff"]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("which", ["study", "block"])
def test_descriptions_that_say_nothing_are_found(results, block, capsys, which, text):
    path = block.description if which == "block" else study_file(block.path.parent)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    report, lines = verified(results, capsys)
    assert (report.findings, report.notes) == (1, 1)
    assert any(str(path.parent) in line and "wrong" in line for line in lines)
    assert any(f"{block.path}: not verified" in line for line in lines)


def test_study_that_does_not_fit_its_folder_is_found_once(results, block, verdict):
    path = study_file(block.path.parent)
    content = json.loads(path.read_text("utf-8"))
    content["physics"]["root_seed"] += 1
    path.write_text(json.dumps(content), encoding="utf-8")
    other = block.path.with_name("eta-1-1-n1-00000000")
    shutil.copytree(block.path, other)
    verdict.found(path, notes=2)


def test_block_that_does_not_fit_its_folder_is_found(results, block, verdict):
    block.description.write_text('{"etas": [0.0, 0.001, 0.25]}', encoding="utf-8")
    verdict.found(block.description, notes=1)


def test_study_of_another_results_version_is_named(tmp_path, verdict):
    old = PAIR.model_copy(update={"results_version": RESULTS_VERSION + 1})
    old = type(PAIR).model_validate(old.model_dump())
    put_shard(tmp_path, "pair", old, rows_of(PAIR)[:1], 0)
    verdict.found(RESULTS_VERSION + 1, RESULTS_VERSION, notes=1, folder=tmp_path)


def test_study_without_its_file_is_found(results, verdict):
    path = study_file(study_folder(results, "pair", PAIR.digest))
    path.unlink()
    verdict.found(path, notes=1)


def test_rows_of_another_number_of_spins_are_found(tmp_path, verdict):
    path = put_shard(tmp_path, "chain", CHAIN, rows_of(PAIR)[:1], 0)
    verdict.found(path, "another number of spins", folder=tmp_path)


@pytest.mark.parametrize("which", ["results", "study", "block", "tables"])
def test_folders_that_may_not_be_read_are_found(results, block, verdict, monkeypatch, which):
    refused = {
        "results": results,
        "study": block.path.parent,
        "block": block.path,
        "tables": paper_folder(results),
    }[which]
    refuse_listing(monkeypatch, refused)
    if which == "results":
        with pytest.raises(VerificationError, match=r"cannot be read \(Permission denied\)"):
            study_folders(results)
    else:
        verdict.found(refused, "Permission denied")


def test_part_of_a_running_job_is_noted(results, block, verdict):
    Block(results, 5).part(4, 6, [4])
    block.lock.touch()
    verdict.noted(block.parts, "1 file")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (f".samples-000000000-000000002.parquet.{'a' * 12}.tmp", "temporary file"),
        ("samples-000000000-000000002.parquet.damaged-0123abcd", "was set aside as damaged"),
        ("samples-0-2.parquet", "does not belong here"),
        ("parts/notes.txt", "does not belong here"),
        ("a\nname\x1b[31m\udcff", r"a\nname\x1b[31m\udcff"),
    ],
)
def test_files_beside_the_shards_are_noted(results, block, verdict, name, text):
    path = (block.path if "belong" in text and "/" not in name else block.jobs) / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    verdict.noted(text)


def test_files_beside_blocks_and_tables_are_noted(results, capsys):
    study = study_folder(results, "pair", PAIR.digest)
    tables = tables_folder(results, "pair")
    names = [study / "notes", study / "eta-x", tables / "notes", tables / CLAIMS_PAGE]
    paper_folder(results).mkdir(exist_ok=True)
    for path in [*names, paper_folder(results) / CLAIMS_PAGE]:  # which belongs there
        path.touch()
    report, lines = verified(results, capsys)
    assert (report.findings, report.notes) == (0, 4)
    assert all(any(f"{path}: does not belong" in line for line in lines) for path in names)


def test_a_gap_in_the_samples_is_noted(results, block, verdict):
    block.shard(2, 4).unlink()
    verdict.noted(block.path, "2 to 3")


def test_study_without_blocks_is_noted(results, block, verdict):
    shutil.rmtree(block.path)
    shutil.rmtree(block.jobs)
    verdict.noted(block.path.parent, "η-block")


def test_block_without_shards_is_noted(results, block, verdict):
    shutil.rmtree(block.path)
    verdict.noted(block.path, "no shard")


def test_other_folders_of_the_results_are_left_alone(results, capsys):
    for name in ("figures", "logs", "mine", ".snakemake"):
        (results / name).mkdir()
        (results / name / "file").touch()
    assert verified(results, capsys)[0].notes == 0


def in_cell(row, column, change):
    """Change one cell of a table's text; row 0 is the header."""

    def damage(text):
        lines = [line.split(",") for line in text.splitlines()]
        lines[row][column] = change(lines[row][column])
        return "\n".join(map(",".join, lines)) + "\n"

    return damage


WRONG_CSV = {
    "other name": (in_cell(0, 1, lambda cell: "m"), "columns"),
    "row lost": (lambda text: text[: text[:-1].rindex("\n") + 1], "2"),
    "row doubled": (lambda text: text + text.splitlines()[-1] + "\n", "4"),
    "other count": (in_cell(1, 1, lambda cell: "6"), "row 1"),
    "last bit": (in_cell(3, 11, lambda cell: repr(nextafter(float(cell), 1))), "row 3"),
    "number for NaN": (in_cell(1, 15, lambda cell: "0.0"), "row 1"),
    "NaN for a number": (in_cell(2, 11, lambda cell: ""), "damaged"),
    "word for a number": (in_cell(2, 11, lambda cell: "half"), "damaged"),
    "cell lost": (lambda text: text[: text.rindex(",")], "row 3"),
    "empty": (lambda text: "", "damaged"),
    "no text": (lambda text: text + "\udcff", "damaged"),
}


@pytest.mark.parametrize("kind", WRONG_CSV)
@pytest.mark.parametrize("place", ["study", "paper"])
def test_csv_that_is_not_its_parquet_file_is_found(results, verdict, place, kind):
    folder = tables_folder(results, "pair") if place == "study" else paper_folder(results)
    path = folder / "summary.csv"
    damage, problem = WRONG_CSV[kind]
    text = path.read_text("utf-8")
    assert in_cell(1, 1, str)(text) == text
    path.write_bytes(damage(text).encode("utf-8", "surrogateescape"))
    verdict.found(path, problem)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_table_without_its_other_file_is_found(results, verdict, ending):
    path = tables_folder(results, "chain") / "chi_histogram"
    path.with_suffix(f".{ending}").unlink()
    verdict.found(f"chi_histogram.{ending}")


def test_damaged_parquet_table_is_found(results, verdict):
    path = tables_folder(results, "pair") / "summary.parquet"
    flip(path, path.stat().st_size - 20)
    verdict.found(path)


def test_table_that_does_not_say_what_it_was_made_from_is_found(results, verdict):
    path = tables_folder(results, "pair") / "summary.parquet"
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    verdict.found(path)


def change_samples(results, change):
    path = tables_folder(results, "pair") / "samples.parquet"
    table = pq.read_table(path)
    frame = change(table.to_pandas())
    changed = pa.Table.from_pandas(frame, table.schema, preserve_index=False)
    pq.write_table(changed.replace_schema_metadata(table.schema.metadata), path)
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.drop(index=len(frame) - 1),
        lambda frame: pd.concat([frame, frame]),
        lambda frame: frame.assign(p2=frame["p2"].where(frame.index != 14)),
        lambda frame: frame[frame["eta"] < 0.5],
        lambda frame: frame.assign(s_max=frame["s_max"] * 1.001),
    ],
    ids=["row lost", "rows twice", "number lost", "eta lost", "other numbers"],
)
def test_lost_and_doubled_rows_of_samples_are_found(results, capsys, change):
    path = change_samples(results, change)
    report, lines = verified(results, capsys)
    assert report.findings == 1 and any(f"wrong: {path}: " in line for line in lines)


def test_damaged_rows_of_all_samples_are_found(results, verdict):
    path = tables_folder(results, "pair") / "samples.parquet"
    column = pq.read_metadata(path).row_group(0).column(5)
    flip(path, column.data_page_offset + column.total_compressed_size - 5)
    verdict.found(path, "is damaged")


@pytest.mark.parametrize("name", ["s_max", "p3"])
def test_a_changed_name_of_a_column_of_all_samples_is_found(results, verdict, name):
    path = tables_folder(results, "pair") / "samples.parquet"
    content = path.read_bytes()
    flip(path, content.rindex(name.encode(), 0, content.rindex(b"ARROW:schema")) + 1)
    verdict.found(path, "is damaged")


def test_a_changed_byte_of_all_samples_is_found_wherever_it_is(results):
    path = tables_folder(results, "pair") / "samples.parquet"
    content = path.read_bytes()
    unseen = []
    for place in [*range(0, len(content), 41), *range(len(content) - 9000, len(content), 29)]:
        flip(path, place)
        problem = problem_of_table(path.with_suffix(""))
        if not (problem and problem.startswith(f"{path}: ") and len(problem.splitlines()) == 1):
            unseen.append(place)
        path.write_bytes(content)
    assert unseen == [] and problem_of_table(path.with_suffix("")) is None


@pytest.mark.parametrize("size", [0, 3, 8, 100, -1])
def test_all_samples_cut_off_are_found(results, verdict, size):
    path = tables_folder(results, "pair") / "samples.parquet"
    path.write_bytes(path.read_bytes()[:size])
    verdict.found(path, "is damaged")


def test_all_samples_with_a_huge_footer_are_found(results, verdict):
    path = tables_folder(results, "pair") / "samples.parquet"
    path.write_bytes(path.read_bytes()[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1")
    verdict.found(path, "is damaged")


def test_csv_file_of_a_table_that_has_none_is_noted(results, verdict):
    path = tables_folder(results, "pair") / "samples.csv"
    path.touch()
    verdict.noted(path, "does not belong here")


def test_temporary_file_of_a_table_is_noted(results, verdict):
    (paper_folder(results) / f".summary.csv.{'a' * 12}.tmp").touch()
    verdict.noted("temporary file")


def test_file_in_place_of_the_folder_of_the_tables_is_found(results, capsys):
    folder = paper_folder(results)
    shutil.rmtree(folder)
    folder.touch()
    report, lines = verified(results, capsys)
    assert report.findings == 1
    assert any(f"wrong: {folder}: cannot be read (Not a directory)" in line for line in lines)


def test_folder_that_holds_no_study_cannot_be_verified(results, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(VerificationError, match="not a results folder"):
        study_folders(empty)
    with pytest.raises(VerificationError, match="cannot be read"):
        study_folders(tmp_path / "nowhere")
    with pytest.raises(VerificationError, match="folder of one study"):
        study_folders(study_folder(results, "pair", PAIR.digest))
    names = [f"{study}-{physics.digest}" for study, physics in STUDIES.items()]
    assert [folder.name for folder in study_folders(results)] == names


def test_progress_is_said_now_and_then(capsys, monkeypatch):
    now = iter([0.0, 1.0, 6.0, 7.0, 12.0])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    report = Report()
    for step in range(4):
        report.progress(f"step {step}")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "step 1\nstep 3\n")


def test_text_becomes_one_line():
    assert printable("a\nb\tη\u2028\udcff") == r"a\nb\tη\u2028\udcff"


@pytest.fixture
def figure(results):
    """A figure of all tables of the pair."""
    figures_folder(results).mkdir()
    stem = figures_folder(results) / "fig"
    folder = tables_folder(results, "pair")
    tables = [folder / f"{name}.parquet" for name in names_of_averages(ANALYSIS)]
    save_provenance(stem, tables)
    return stem.with_name("fig.json")


def write_again(path, **said):
    """A table with the same values and another record of its origin."""
    metadata = {METADATA_KEY: json.dumps(said_by(path) | said)}
    pq.write_table(pq.read_table(path).replace_schema_metadata(metadata), path)


def test_figures_are_compared_with_the_tables_that_they_were_drawn_from(
    results, figure, capsys, verdict
):
    _, lines = verified(results, capsys)
    assert "made from tables: 1 file" in lines and lines[-1].endswith("all well")
    for name in names_of_averages(ANALYSIS):
        write_again(tables_folder(results, "pair") / f"{name}.parquet", samples=4)
    first = "tables/pair/chi_histogram.parquet and 3 more files"
    lines = verdict.found(figure, first)
    assert "remove it" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("report.html", "`snakemake report`"),
        ("bundle/SHA256SUMS", "`snakemake bundle`"),
        ("paper/validation.parquet", "`snakemake validate`"),
        ("figures/fig1.json", "`snakemake paper`"),
        ("figures/mine.json", "the snakemake command for it"),
    ],
)
def test_the_command_that_replaces_a_result_of_older_tables_is_named(tmp_path, name, command):
    told = origins._command(tmp_path, tmp_path / name)
    assert told == f"to replace it, run {command} again with the same --config and --configfile"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("s_max_histogram", "(analysis)"), ("samples", "(it has another checksum)")],
)
def test_a_table_of_other_settings_than_those_beside_it_is_found(results, verdict, name, reason):
    path = tables_folder(results, "pair") / f"{name}.parquet"
    write_again(path, analysis=said_by(path)["analysis"] | {"threshold": 0.5})
    verdict.found(path, reason, "summary.parquet")


def test_tables_of_rows_that_are_not_here_are_noted(results, verdict):
    folder = study_folder(results, "pair", PAIR.digest)
    shutil.rmtree(folder)
    shutil.rmtree(jobs_folder(folder))
    verdict.noted(tables_folder(results, "pair"), f"pair-{PAIR.digest}")


@pytest.mark.parametrize("content", ["", "<html>", '<meta name="syncsweep" content="{">'])
def test_a_report_that_says_nothing_of_its_tables_is_noted(results, verdict, content):
    report_file(results).write_text(content, encoding="utf-8")
    verdict.noted(report_file(results))
