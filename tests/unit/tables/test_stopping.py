"""When a study with `until` stops: its errors are those of the table, and decide as they should."""

import json

import numpy as np
import pandas as pd
import pytest
from studies import ANALYSIS, put_shard, rows_of

from syncsweep.config.chunks import chunks
from syncsweep.config.configuration import parse
from syncsweep.config.requests import ErrorsRequest
from syncsweep.layout import errors_file, running_errors_file, study_folder
from syncsweep.tables import rounds
from syncsweep.tables.freshness import is_stale
from syncsweep.tables.samples import Shards, describe
from syncsweep.tables.stopping import RunningErrors, find_errors
from syncsweep.tables.summary import make_tables

SAMPLES, CHUNK = 315, 130
ETAS = (1e-3, 0.5)


def config_of(results, analysis=ANALYSIS, **until):
    study = {
        "model": {"name": "spin_half_pair"},
        "until": {"most_samples": SAMPLES, **(until or {"p1_se": 0.02})},
        "chunk_size": CHUNK,
        "eta_blocks": [{"values": [eta]} for eta in ETAS],
        "analysis": analysis.model_dump(),
    }
    top = {"results": str(results), "root_seed": 3, "ranks": 1}
    return parse({**top, "studies": {"pair": study}})


class Study:
    """A study with `until` whose samples are all in shards; each η is a block."""

    def __init__(self, results, **until):
        self.config = config_of(results, **until)
        physics = self.config.physics("pair")
        self.folder = study_folder(results, "pair", physics.digest)
        for eta in ETAS:
            rows = rows_of(physics, SAMPLES, (eta,))
            for start, stop in chunks(SAMPLES, CHUNK, in_rounds=True):
                put_shard(results, "pair", physics, rows[start:stop], start, (eta,))

    def find(self, samples, monkeypatch, config=None):
        """Find the errors at some samples, as the workflow does; returns their file."""
        config = rounds.with_samples(config or self.config, {"pair": samples})
        output = errors_file(self.folder, samples)
        output.parent.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv("SYNCSWEEP_ASKED", rounds.asked(config, "pair"))
        find_errors(ErrorsRequest.of(config, "pair"), output)
        return output


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("solved"))


def test_errors_are_those_of_the_table_or_the_longer_reach_of_the_interval(
    solved, tmp_path, monkeypatch
):
    errors = json.loads(solved.find(SAMPLES, monkeypatch).read_text())["errors"]
    blocks = describe(solved.folder, [path.name for path in solved.folder.iterdir()])
    make_tables(Shards(solved.folder, blocks, SAMPLES, CHUNK, True), ANALYSIS, tmp_path)
    summary = pd.read_parquet(tmp_path / "summary.parquet")
    for column in ("p1", "p2", "p3", "ratio"):
        known = [summary[column] - summary[f"{column}_low"], summary[f"{column}_se"]]
        known += [summary[f"{column}_high"] - summary[column]]
        largest = np.max(known, axis=0)
        if np.isfinite(largest).all():
            assert errors[f"{column}_se"]["error"] == largest.max()
            assert errors[f"{column}_se"]["at"]["eta"] == summary.eta[largest.argmax()]
        else:
            # There is no ratio where χ is never near 0.
            assert errors[f"{column}_se"] == {"error": None, "at": {"eta": ETAS[0]}}
    assert errors["ratio_se"]["error"] is None and errors["p1_se"]["error"] is not None
    assert errors["s_max_se"]["error"] == summary.s_max_se.max()
    relative = summary.s_max_se / summary.s_max_mean
    assert errors["s_max_relative_se"]["error"] == pytest.approx(relative.max(), rel=1e-14)


def test_a_job_reads_only_new_samples_and_finds_the_same_to_the_last_bit(
    solved, monkeypatch, capsys
):
    kept = running_errors_file(solved.folder)
    kept.unlink(missing_ok=True)
    at_once = solved.find(SAMPLES, monkeypatch).read_bytes()
    assert f"pair: 100 of {SAMPLES} samples" in capsys.readouterr().out
    kept.unlink()
    for samples in (200, 250):
        solved.find(samples, monkeypatch)
    capsys.readouterr()
    assert solved.find(SAMPLES, monkeypatch).read_bytes() == at_once
    assert capsys.readouterr().out.count("samples (") == len(ETAS)
    # Nothing that was kept is trusted if it is damaged or belongs to other settings.
    for content in (b"", kept.read_bytes()[:-40]):
        kept.write_bytes(content)
        assert solved.find(SAMPLES, monkeypatch).read_bytes() == at_once
    other = config_of(solved.config.results, ANALYSIS.model_copy(update={"threshold": 0.9}))
    found = json.loads(solved.find(SAMPLES, monkeypatch, other).read_text())["errors"]
    assert found["p1_se"] != json.loads(at_once)["errors"]["p1_se"]
    assert solved.find(SAMPLES, monkeypatch).read_bytes() == at_once


def test_first_total_at_which_all_errors_hold_decides(solved, monkeypatch):
    for samples in (200, 250, SAMPLES):
        errors_file(solved.folder, samples).unlink(missing_ok=True)
    results = solved.config.results
    assert rounds.last_round(solved.config, "pair").samples == 200
    found = {}
    for samples in (200, 250, SAMPLES):
        one = json.loads(solved.find(samples, monkeypatch).read_text())
        found[samples] = {name: error["error"] for name, error in one["errors"].items()}
    for column in ("p3_se", "s_max_se"):
        for samples in found:
            # Errors are decided upon without a job, also if the configuration has others.
            config = config_of(results, **{"p1_se": 1, column: found[samples][column]})
            assert rounds.decided(config).studies["pair"].samples == samples
            assert rounds.last_round(config, "pair").missing == {}
    both = config_of(results, p3_se=found[200]["p3_se"], s_max_se=found[250]["s_max_se"])
    assert rounds.last_round(both, "pair").samples == 250
    never = config_of(results, p3_se=1e-9, ratio_se=1.0)
    last = rounds.last_round(never, "pair")
    assert (
        last.is_decided
        and last.samples == SAMPLES
        and list(last.missing)
        == [
            "p3_se",
            "ratio_se",
        ]
    )
    # Other settings need other errors, and so does a damaged file.
    other = config_of(results, ANALYSIS.model_copy(update={"threshold": 0.9}), p3_se=1e-9)
    assert not rounds.last_round(other, "pair").is_decided
    for text in ("", "[]", "{}", '{"errors": 3}', errors_file(solved.folder, 200).read_text()):
        errors_file(solved.folder, 250).write_text(text)
        last = rounds.last_round(never, "pair")
        assert (last.samples, last.is_decided, last.errors) == (250, False, None)


def test_damaged_errors_decide_nothing_and_are_found_again(solved, monkeypatch):
    path = solved.find(200, monkeypatch)
    config = config_of(solved.folder.parent, p1_se=1e-9)
    whole = path.read_text()
    assert rounds.last_round(config, "pair").samples == 250
    assert rounds.must_record(config, "pair", 200) == json.loads(whole)["asked"]
    changes = [{"errors": []}, {"errors": {}}, {"errors": {"s_max_se": {"error": 1e-10}}}]
    for change in changes:
        path.write_text(json.dumps({**json.loads(whole), **change}))
        last = rounds.last_round(config, "pair")
        assert (last.samples, last.is_decided, last.errors) == (200, False, None), change
        assert is_stale(path, rounds.must_record(config, "pair", 200), solved.folder.parent)
    path.write_text(whole)
    assert not is_stale(path, rounds.must_record(config, "pair", 200), solved.folder.parent)


def test_equal_values_have_an_error_as_large_as_what_was_not_seen():
    running = RunningErrors(3, ANALYSIS, ["purity"])
    everywhere = np.ones(3, dtype=bool)
    for sample in range(200):
        # Always 2; always 0; 0 or 8. The purity is always 1/3, and at one η it is not known.
        s_max = np.array([2.0 + 1e-14 * sample, 0.0, 8.0 * (sample % 2)])
        running.add_values({"s_max": s_max, "purity": np.array([1 / 3, 1 / 3, np.nan])})
        running.probabilities.add(np.tile([0.0, 1.0, 0.5], (3, 1)), everywhere)
    errors = running.errors()
    unseen = 1 - 0.158655 ** (1 / 200)
    assert errors["s_max_se"] == pytest.approx([8 * unseen, 8 * unseen, 4 / np.sqrt(199)], rel=1e-5)
    assert errors["purity_se"][:2] == pytest.approx(unseen / 3, rel=1e-5)
    assert np.isnan(errors["purity_se"][2])
    assert errors["p1_se"] == pytest.approx(unseen, rel=1e-5)
    assert errors["p2_se"] == pytest.approx(unseen, rel=1e-5)
    assert not np.isfinite(errors["s_max_relative_se"][1])
    # Without any larger value in the whole study, 0 is 0.
    zeros = RunningErrors(1, ANALYSIS, needs_chi=False)
    for _ in range(200):
        zeros.add_values({"s_max": np.zeros(1)})
    assert zeros.errors()["s_max_se"] == 0 and "p1_se" not in zeros.errors()


def test_what_no_sample_tells_is_not_known():
    running = RunningErrors(1, ANALYSIS)
    for value in [1.0] + 199 * [np.nan]:
        running.add_values({"s_max": np.array([value])})
    assert not any(np.isfinite(error).any() for error in running.errors().values())
