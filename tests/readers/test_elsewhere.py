"""docs/elsewhere.md: its code, run by the readers of other programs on the results of a sweep."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from elsewhere import FOLDER, PAGE, SAMPLES, evaluate, lines_of, run_shell, snippets

pytestmark = pytest.mark.readers

READERS = ("duckdb", "polars", "pandas", "datafusion", "fastparquet", "R", "hyparquet")
CHAIN = "results/tables/spin1_chain/samples.parquet"
ETA, SAMPLE = 0.00316227766017, 7  # as the page writes them


def run(name, project):
    return evaluate(*snippets()[name], project)


def summary(project, study="spin1_chain"):
    """η, ⟨S_max⟩ and P₃ as our own tables have them."""
    table = pd.read_parquet(project / f"results/tables/{study}/summary.parquet")
    return table[["eta", "s_max_mean", "p3"]].to_numpy()


def differences(found, expected):
    """The largest relative differences of ⟨S_max⟩ and of P₃; η must be equal."""
    found = np.array(found, dtype=float)
    np.testing.assert_array_equal(found[:, 0], expected[:, 0])
    return np.max(np.abs(found[:, 1:3] / expected[:, 1:3] - 1), axis=0)


def version(reader):
    if reader == "R":
        return run_shell("Rscript -e 'cat(as.character(getRversion()))'", FOLDER)
    if reader == "hyparquet":
        package = FOLDER / "node_modules" / reader / "package.json"
        return json.loads(package.read_text())["version"]
    return evaluate("py", f"import importlib.metadata as m\nm.version('{reader}')", FOLDER)


@pytest.fixture(scope="module")
def table(request):
    """Lines of the page's table, which are written into the page if that is asked for."""
    lines = []
    yield lines
    if request.config.getoption("--write-table") and len(lines) == len(READERS):
        head = f"| reader | version | lines | ⟨S_max⟩ differs by | P₃ differs by |\n|{'---|' * 5}\n"
        text = re.sub(
            r"(<!-- made by: .*? -->\n).*(<!-- end, )\d{4}-\d\d-\d\d( -->)",
            lambda m: m[1] + head + "".join(lines) + m[2] + f"{datetime.now(UTC):%F}" + m[3],
            PAGE.read_text(),
            flags=re.DOTALL,
        )
        PAGE.write_text(text)


@pytest.fixture(scope="module")
def data(project):
    """The sweep, which has what goes wrong elsewhere: failed rows, and χ without a meaning."""
    counts = pd.read_parquet(project / "results/tables/spin1_chain/summary.parquet")
    assert (counts["failed"] > 0).all() and (counts["undefined_chi"] > 0).all()
    assert (counts["p3"] > 0).all()
    return project


@pytest.mark.parametrize("reader", READERS)
def test_means_are_those_of_summary(reader, data, table):
    language, code = snippets()[f"{reader} mean"]
    by_s_max, by_p3 = differences(evaluate(language, code, data), summary(data))
    assert max(by_s_max, by_p3) < 1e-12
    lines = lines_of(code) + (lines_of(snippets()["csv"][1]) if reader == "R" else 0)
    assert lines <= 3
    table.append(f"| {reader} | {version(reader)} | {lines} | {by_s_max:.1e} | {by_p3:.1e} |\n")


def test_table_of_the_page_names_each_reader():
    named = re.findall(r"^\| (\w+) \| [\d.]+ \| \d \|", PAGE.read_text(), re.MULTILINE)
    assert named == list(READERS)


@pytest.mark.parametrize("reader", READERS)
def test_angles_of_one_realisation(reader, data):
    rows = pd.read_parquet(data / CHAIN)
    expected = rows[(rows["eta"] == ETA) & (rows["sample"] == SAMPLE)][["angle_1", "angle_2"]]
    assert expected.notna().all(axis=None)
    np.testing.assert_allclose(run(f"{reader} angles", data), expected, rtol=1e-12)


#: A query of each reader, and what it writes for η = 0 and for η among some values.
FILTERS = {
    "duckdb": ("sql", "SELECT sample FROM 'FILE' WHERE eta FILTER", ("= 0", "IN (0.0)")),
    "polars": (
        "py",
        "import polars as pl\npl.scan_parquet('FILE').filter(pl.col('eta')FILTER).collect()",
        (" == 0", ".is_in([0.0])"),
    ),
    "pandas": (
        "py",
        "import pandas as pd\npd.read_parquet('FILE', filters=[('eta', FILTER)])",
        ("'==', 0", "'in', [0.0]"),
    ),
    "pyarrow": (
        "py",
        "import pyarrow.dataset as ds\nds.dataset('FILE').to_table(filter=ds.field('eta')FILTER)",
        (" == 0", ".isin([0.0])"),
    ),
    "datafusion": (
        "py",
        "import datafusion\ncontext = datafusion.SessionContext()\n"
        "context.register_parquet('samples', 'FILE')\n"
        "context.sql('SELECT sample FROM samples WHERE eta FILTER')",
        ("= 0", "IN (0.0)"),
    ),
    "fastparquet": (
        "py",
        "import fastparquet\n"
        "fastparquet.ParquetFile('FILE').to_pandas(filters=[('eta', FILTER)], row_filter=True)",
        ("'==', 0", "'in', [0.0]"),
    ),
    "hyparquet": (
        "js",
        "import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'\n"
        "const file = await asyncBufferFromFile('FILE')\n"
        "console.table(await parquetReadObjects({ file, filter: { eta: FILTER } }))",
        ("{ $eq: 0 }", "{ $in: [0] }"),
    ),
}


@pytest.mark.parametrize("which", [0, 1], ids=["equal", "in"])
@pytest.mark.parametrize("reader", FILTERS)
def test_filter_finds_all_rows_of_the_limit(reader, which, data):
    language, code, filters = FILTERS[reader]
    code = code.replace("FILE", CHAIN).replace("FILTER", filters[which])
    assert len(evaluate(language, code, data)) == SAMPLES


@pytest.mark.parametrize("reader", ["duckdb", "polars", "pandas"])
def test_studies_under_one_glob_stay_apart(reader, data):
    rows = run(f"{reader} studies", data)
    for study, angles in (("spin1_chain", 28), ("spin1_chain_n2", 0)):
        of_study = [row[1:] for row in rows if row[0] == study]
        assert max(differences(of_study, summary(data, study))) < 1e-12
        assert {row[3] for row in of_study} == {angles}


#: How a reader counts the rows in a folder.
COUNTS = {
    "pandas": "import pandas as pd\nlen(pd.read_parquet('FOLDER'))",
    "polars": "import polars as pl\npl.scan_parquet('FOLDER').collect().height",
    "pyarrow": "import pyarrow.dataset as ds\nds.dataset('FOLDER').count_rows()",
    "fastparquet": "import fastparquet\nfastparquet.ParquetFile('FOLDER').count()",
}


@pytest.mark.parametrize("reader", COUNTS)
def test_folder_of_shards_opens(reader, data):
    study = next(data.glob("results/spin1_chain-*"))
    for folder in (study, next(study.iterdir())):
        rows = sum(pq.read_metadata(path).num_rows for path in folder.rglob("*.parquet"))
        code = COUNTS[reader].replace("FOLDER", str(folder))
        assert evaluate("py", code, data) == rows > 0


def test_mean_over_shards_is_wrong(data):
    """Old chunk sizes, other seeds and other studies, as the page says."""
    expected = summary(data, "spin1_chain_n2")[:, 1]
    (present,) = {
        path.parents[1].name
        for path in data.glob("results/spin1_chain_n2-*/*/samples-*-000000030.parquet")
    }
    wrong = []
    for folders in (present, "spin1_chain_n2-*", "*"):
        rows = evaluate(
            "sql",
            "SELECT eta, avg(s_max), count(*), count(DISTINCT sample) "
            f"FROM read_parquet('results/{folders}/*/*.parquet', union_by_name = true) "
            "WHERE eta IN (0, 0.001, 0.1) GROUP BY eta ORDER BY eta",
            data,
        )
        assert all(row[2] > row[3] == SAMPLES for row in rows)
        wrong.append([row[1] for row in rows])
    assert np.isnan(wrong.pop()).all()  # the failed rows of the other study
    for means in wrong:
        assert np.all(np.abs(means / expected - 1) > 1e-5)
    assert not np.allclose(*wrong, rtol=1e-3)


def test_units_and_meanings(data):
    said = run("pyarrow units", data)
    assert list(said) == pq.read_schema(data / CHAIN).names
    assert said["eta"][1] and said["angle_1"][0] == "rad"


@pytest.mark.parametrize("reader", ["duckdb", "polars", "pyarrow"])
def test_seed(reader, data):
    found = run(f"{reader} seed", data)
    assert int(found[0][0] if reader == "duckdb" else found) == 7


def test_formula_of_r_drops_rows_as_the_page_says(data):
    code = "aggregate(cbind(s_max, p3) ~ eta, read.csv('samples.csv'), mean)"
    by_s_max, by_p3 = differences(evaluate("r", code, data), summary(data))
    assert by_p3 < 1e-12 and by_s_max > 0.01


class TestSpreadsheet:
    """LibreOffice with a German locale."""

    @pytest.fixture
    def folder(self, data, tmp_path):
        """The results, and samples.csv with formulas in a column of its own.

        The first is that of the page, and the second has a number in place of its cell.
        """
        (tmp_path / "results").symlink_to(data / "results")
        formula = snippets()["cell"][1].strip()
        ends = ["mean", formula, formula.replace("D2", "0.001")]
        lines = (data / "samples.csv").read_text().splitlines()
        lines[:3] = [f"{line},{end}" for line, end in zip(lines, ends, strict=False)]
        (tmp_path / "samples.csv").write_text("\n".join(lines))
        return tmp_path

    def sheet(self, folder, name):
        code = f"import pandas as pd\npd.read_excel('{name}.xlsx', dtype=object)"
        return evaluate("py", code, folder)

    def convert(self, folder, code):
        run_shell(code, folder, HOME=str(folder), LC_ALL="", LANG="de_DE.UTF-8")

    def test_recipe_keeps_the_numbers(self, data, folder):
        self.convert(folder, snippets()["spreadsheet"][1])
        expected = pd.read_parquet(data / "results/tables/spin1_chain/summary.parquet")
        np.testing.assert_allclose(self.sheet(folder, "summary"), expected, rtol=1e-12)
        means = [row[-1] for row in self.sheet(folder, "samples")[:2]]
        # A number in a formula is read in the user's locale: the second is the mean at η = 1.
        np.testing.assert_allclose(means, summary(data)[[0, -1], 1], rtol=1e-12)

    def test_plain_opening_takes_points_for_thousands(self, folder):
        table = "results/tables/spin1_chain/summary.csv"
        self.convert(folder, f"soffice --headless --convert-to xlsx {table}")
        row = self.sheet(folder, "summary")[1]
        assert row[0] == 1 and isinstance(row[3], str)


def test_all_code_of_the_page_is_run():
    used = {"csv", "spreadsheet", "cell", "pyarrow units"}
    used |= {f"{reader} {task}" for reader in READERS for task in ("mean", "angles")}
    used |= {f"{reader} studies" for reader in ("duckdb", "polars", "pandas")}
    used |= {f"{reader} seed" for reader in ("duckdb", "polars", "pyarrow")}
    assert set(snippets()) == used
