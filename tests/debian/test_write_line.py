"""A run renews its line of the table in docs/clusters.md, and no other."""

from __future__ import annotations

from pathlib import Path

import write_line

PAGE_OF_CLUSTERS = Path(__file__).parents[2] / "docs" / "clusters.md"

PAGE = "# Page\n\n" + "".join(write_line.MARKS) + "\nThe end.\n"


def line(debian: str, tests: str, passed: str, compiler: str = "no") -> dict[str, str]:
    return {"Debian": debian, "tests": tests, "compiler": compiler, "passed": passed}


def test_a_run_takes_the_place_of_an_older_one_of_the_same():
    page = PAGE
    for passed in ("1 of 2", "2 of 2"):
        for debian in ("forky/sid", "13 trixie"):
            page = write_line.with_line(page, line(debian, "`make test`", passed))
    page = write_line.with_line(page, line("13 trixie", "`make test`", "3 of 3", compiler="yes"))
    table = page.removeprefix("# Page\n\n" + write_line.MARKS[0])
    table = table.removesuffix(write_line.MARKS[1] + "\nThe end.\n")
    assert table.splitlines()[2:] == [
        "| 13 trixie | `make test` | no | 2 of 2 |",
        "| 13 trixie | `make test` | yes | 3 of 3 |",
        "| forky/sid | `make test` | no | 2 of 2 |",
    ]


def test_tests_of_all_files_count_and_failed_ones_did_not_pass(tmp_path):
    suites = {
        "a": '<testsuite tests="5" failures="1" errors="0" skipped="0"/>',
        "b": '<testsuite tests="4" failures="0" errors="1" skipped="1"/>',
    }
    for name, suite in suites.items():
        text = f"<testsuites>{suite}</testsuites>"
        (tmp_path / f"{name}.xml").write_text(text, encoding="utf-8")
    assert write_line.read_counts(tmp_path) == (6, 9)


def test_the_page_has_a_table_with_a_column_for_each_value(tmp_path):
    (tmp_path / "test.xml").write_text("<testsuites/>", encoding="utf-8")
    columns = list(write_line.describe_run(tmp_path))
    table = PAGE_OF_CLUSTERS.read_text(encoding="utf-8").split(write_line.MARKS[0])[1]
    assert table.splitlines()[0] == f"| {' | '.join(columns)} |"
