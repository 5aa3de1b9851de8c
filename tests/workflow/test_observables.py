"""Observables as users add and drop them: what is solved, and that rows stay what they were."""

import pandas as pd
import pyarrow.parquet as pq

from syncsweep.sweep.row_table import column

OWN = '''
def tilt(rho, spins, power=1):
    """Fails for states that are nearly pure."""
    purity = (abs(rho) ** 2).sum()
    return {"tilt": (rho[1, 1] - rho[2, 2]).real ** power / (purity < 0.7)}
'''

PAIR = {
    "model": {"name": "spin_half_pair"},
    "axes": {"model.J": {"values": [0.5, 1.0]}},
    "samples": 10,
    "chunk_size": 5,
    "eta_blocks": [{"values": [0, 0.01, 1.0]}],
}
ALL = 2 * 10
NEGATIVITY = {"name": "negativity", "sites": [[1], [2]]}


def s_d_of(project):
    """S_d of the rows in each block of a study, once each, in the order of point, sample and η."""
    keys = ["J", "sample", "eta"]
    for block in project.blocks("pair"):
        tables = [pq.ParquetFile(path).read() for path in block.glob("*.parquet")]
        rows = [
            pd.DataFrame({name: column(table, name) for name in keys}).assign(
                s_d=[row.tobytes() for row in column(table, "s_d")]
            )
            for table in tables
        ]
        yield pd.concat(rows).drop_duplicates(keys).sort_values(keys, ignore_index=True)


def test_an_observable_is_solved_once_and_rows_stay(make_project):
    project = make_project(pair=PAIR)
    study = project.config["studies"]["pair"]

    def run(observables, solved, **changed):
        """Run with other observables; solved: how many samples must be solved in all."""
        study.update(observables=observables, **changed)
        project.write_config()
        project.snakemake()
        assert project.solved("pair") == solved

    run([], ALL)
    study["observables"] = ["purity"]
    project.write_config()
    output = project.snakemake("-n")
    assert f"{ALL} of {ALL} samples to solve" in output
    assert f"{ALL} samples were solved without some of the observables" in output
    run(["purity", NEGATIVITY], 2 * ALL)
    tables = project.table_bytes("pair")

    # Another order, fewer of them, and another chunk size need rows that are there.
    run([NEGATIVITY, "purity"], 2 * ALL, chunk_size=4)
    run([NEGATIVITY], 2 * ALL, chunk_size=5)
    run(["purity", NEGATIVITY], 2 * ALL)
    assert project.table_bytes("pair") == tables
    first, *others = s_d_of(project)
    assert len(first) == 3 * ALL
    assert len(others) == 3
    assert all(first.equals(other) for other in others)
    summary = pd.read_csv(project.results / "tables" / "pair" / "summary.csv")
    assert [*summary][-4:] == [
        f"{name}_{ending}" for name in ("purity", "negativity_1_2") for ending in ("mean", "se")
    ]
    assert summary["purity_mean"].between(0.25, 1).all()
    assert "all well" in project.syncsweep("verify", "results")


def test_own_code_decides_its_columns_alone(make_project):
    own = {"file": "own.py", "function": "tilt", "returns": ["tilt"]}
    project = make_project(pair={**PAIR, "observables": [own]})
    file = project.path / "own.py"
    file.write_text(OWN, encoding="utf-8")
    output = project.snakemake()
    assert "tilt() failed for" in output
    assert project.solved("pair") == ALL
    failures = pd.read_csv(project.results / "tables" / "pair" / "failures.csv")
    assert set(failures["status"]) == {"ok"}
    assert set(failures["tilt_status"]) == {"failed"}
    samples = pd.read_parquet(project.results / "tables" / "pair" / "samples.parquet")
    assert samples["s_max"].notna().all()
    assert samples["tilt"].isna().sum() == len(failures)

    file.write_text("# a comment\n" + OWN, encoding="utf-8")
    project.snakemake()
    assert project.solved("pair") == ALL
    file.write_text(OWN.replace("power=1", "power=2"), encoding="utf-8")
    project.snakemake()
    assert project.solved("pair") == 2 * ALL
    file.write_text(OWN, encoding="utf-8")
    project.snakemake()
    assert project.solved("pair") == 2 * ALL
    file.write_text(OWN.replace("tilt(rho", "other(rho"), encoding="utf-8")
    assert "own.py: must define a function tilt" in project.snakemake("-n", code=1)
