"""What the page and the dictionary say of a study with axes."""

import json

import numpy as np
import pandas as pd
import pytest
from plane_study import solve

from syncsweep.layout import figures_folder, tables_folder
from syncsweep.report import captions, realisations, report_tables, report_words
from syncsweep.report.dictionary import columns_of
from syncsweep.sample.rows import pack_coefficients

B, DELTA, ETAS = (0.1, 0.2, 0.3), (0.5, 1.0), (0.0, 1e-3, 0.5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    return results, *solve(results)


def shown(made):
    _, config, stored = made
    return realisations.of_study("plane", config.studies["plane"], stored, {})


def test_the_page_has_the_coefficients_of_every_point(made):
    found = shown(made)
    assert [axis["name"] for axis in found["axes"]] == ["model.B", "model.delta"]
    assert found["axes"][1]["values"] == ["Δ = 0.5 J", "Δ = 1 J"]
    assert [sample["sample"] for sample in found["samples"]] == [0, 1]
    _, _, stored = made
    every = {
        (rows.sample, *rows.point, eta): pack_coefficients(rows.coefficients)[k].tolist()
        for described in stored.describe()
        for rows in stored.read(described)
        for k, eta in enumerate(described.etas)
    }
    assert len(every) == 2 * 6 * 3
    for sample in found["samples"]:
        rows = iter(sample["rows"])
        for b in B:
            for delta in DELTA:
                for eta in ETAS:
                    assert next(rows)["s_d"] == every[sample["sample"], b, delta, eta]


def test_of_many_points_the_page_has_some(made, monkeypatch):
    # S_d of the pair has three numbers, at three η.
    monkeypatch.setattr(realisations, "_MOST_NUMBERS", 2 * 9)
    found = shown(made)
    assert [axis["name"] for axis in found["axes"]] == [
        "model.B (2 of 3 values)",
        "model.delta (1 of 2 values)",
    ]
    assert found["axes"][0]["values"] == ["B = 0.1", "B = 0.3"]
    (sample,) = found["samples"]
    assert len(sample["rows"]) == 2 * 3


def test_the_first_samples_of_a_block_are_those_of_all_points(made):
    _, _, stored = made
    for described in stored.describe():
        first = [(rows.sample, rows.point) for rows in stored.read(described, 1)]
        assert first == [(0, point) for point in described.points]


def test_tables_of_the_page_name_the_points(made):
    results, config, _ = made
    summary, _ = report_tables.of_study(tables_folder(results, "plane"), config.studies["plane"])
    assert summary.heads[:3] == ("η [J]", "B", "Δ [J]")
    assert [cell.text for cell in summary.rows[1][:3]] == ["0⁺", "0.1", "1"]
    assert "⟨φ₁ − φ₂⟩ [rad]" in summary.heads


def test_one_sample_has_no_error_on_the_page(tmp_path):
    config, _ = solve(tmp_path, samples=1)
    summary, _ = report_tables.of_study(tables_folder(tmp_path, "plane"), config.studies["plane"])
    assert "nan" not in " ".join(cell.text for row in summary.rows for cell in row)


def test_mean_angles_are_those_of_the_samples(made):
    results, _, _ = made
    summary, samples = (
        pd.read_parquet(tables_folder(results, "plane") / f"{name}.parquet")
        for name in ("summary", "samples")
    )
    point = ["eta", "B", "delta"]
    means = np.exp(1j * samples.set_index(point)["angle_1"]).groupby(point).mean()
    found = summary.set_index(point)
    assert len(found) == 18
    np.testing.assert_allclose(found["resultant_1"], np.abs(means), rtol=1e-12)
    np.testing.assert_allclose(
        found["angle_1_mean"], np.mod(np.angle(means), 2 * np.pi), rtol=1e-12
    )


def test_the_study_is_said_in_words(made):
    _, config, _ = made
    said = dict(report_words.of_study(config.studies["plane"], config.physics("plane")))["Sweep"]
    assert said.endswith(
        "model.B: 3 values from 0.1 to 0.3; model.delta (Δ): 2 values from 0.5 J to 1 J"
    )


def test_every_column_of_the_data_of_a_figure_has_an_entry_with_the_users_unit(made):
    results, _, _ = made
    for name in ("plane_map", "one_lines", "gone_edge"):
        entries = {
            column.name: column for column in columns_of(figures_folder(results) / f"{name}.csv")
        }
        assert list(entries) == list(pd.read_csv(figures_folder(results) / f"{name}.csv"))
        assert entries["delta"].unit == "J" and all(one.meaning for one in entries.values())
    assert "model.B" in entries["B"].meaning and entries["edge"].source
    said = json.loads((figures_folder(results) / "gone.json").read_text(encoding="utf-8"))
    assert said["columns"]["delta"]["unit"] == "J"


def test_captions_say_what_figures_show(made):
    _, config, _ = made
    said = [captions.of_figure(figure, "plane", None) for figure in config.studies["plane"].figures]
    assert said[0].text == "Colours of angle_1_mean over B and delta at eta = 0.5."
    assert "Each line is for one value of delta." in said[1].text and "at B = 0.2" in said[1].text
    assert "0.5 of its value in the limit η → 0⁺, against B" in said[2].text
    assert all(caption.restructured_text for caption in said)
