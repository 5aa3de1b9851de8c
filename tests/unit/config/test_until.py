"""Studies with `until` in place of samples: what is refused, and what they become."""

import math

import pytest
from messages import assert_messages

from syncsweep.config.configuration import parse
from syncsweep.config.messages import ConfigError

STUDY = {
    "model": {"name": "spin_half_pair"},
    "eta_blocks": [{"values": [0.1, 1.0]}],
    "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
}
UNTIL = {"p3_se": 0.002, "most_samples": 20000}


def config(until, **more):
    top = {"results": "results", "root_seed": 7, "ranks": 2}
    study = {**STUDY, "until": until, **more.pop("study", {})}
    return parse({**top, **more, "studies": {"pair": study}})


def test_mistakes_are_named(snapshot):
    cases = {
        "unknown": ({**UNTIL, "p9_se": 1}, {}, "studies.pair", "p9_se", "p3_se", "most_samples"),
        "no ratio": ({**UNTIL, "ratio_se": 1}, {}, "ratio_se", "s_max_relative_se"),
        "both": (UNTIL, {"samples": 300}, "samples", "until"),
        "few": (
            {**UNTIL, "most_samples": 199},
            {},
            "studies.pair.until.most_samples",
            "199",
            "200",
        ),
        "zero": ({**UNTIL, "p3_se": 0}, {}, "studies.pair.until.p3_se", "0"),
        "word": ({**UNTIL, "p3_se": "small"}, {}, "studies.pair.until.p3_se", "small"),
        "no end": ({"p3_se": 0.1}, {}, "studies.pair.until.most_samples", "missing"),
        "no error": ({"most_samples": 300}, {}, "studies.pair.until", "standard error"),
        "number": (300, {}, "studies.pair.until", "300"),
        "shards": (UNTIL, {"chunk_size": 1}, "chunk_size", "20000", "10000"),
    }
    messages = {}
    for name, (until, study, *facts) in cases.items():
        with pytest.raises(ConfigError) as error:
            config(until, study=study)
        messages[name] = str(error.value), [*facts]
    assert_messages(snapshot, messages)


def test_most_samples_size_the_work_and_the_written_study_has_no_samples():
    study = config(UNTIL).studies["pair"]
    assert study.samples == 20000
    assert (
        study.samples_per_chunk
        == config(None, study={"samples": 20000}).studies["pair"].samples_per_chunk
    )
    written = config(UNTIL).model_dump(mode="json")
    assert "samples" not in written["studies"]["pair"]
    assert written["studies"]["pair"]["until"] == UNTIL
    assert parse(written) == config(UNTIL)
    fewer = study.model_copy(update={"samples": 315})
    assert fewer.samples_per_chunk == study.samples_per_chunk
    assert fewer.chunks == study.chunks[: len(fewer.chunks)]


def test_samples_of_the_whole_configuration_replace_until():
    assert config(UNTIL, samples=50).studies["pair"].samples == 50
    assert config(UNTIL, samples=50).studies["pair"].until is None
    other = {**STUDY, "samples": 9}
    for samples, expected in ((50, 50), (50_000, 20_000)):
        top = {"results": "results", "root_seed": 7, "ranks": 2, "samples": samples}
        studies = {"pair": {**STUDY, "until": UNTIL, "by_default": False}, "other": other}
        assert parse({**top, "studies": studies}).studies["pair"].samples == expected


def test_errors_that_are_too_large_or_not_known_are_missing():
    until = config({**UNTIL, "s_max_se": 1e-4}).studies["pair"].until
    assert until.missing({"p3_se": 0.002, "s_max_se": 1e-4, "p1_se": 1.0}) == {}
    assert until.missing({"p3_se": 0.0021, "s_max_se": 1e-5}) == {"p3_se": 0.0021}
    (missing,) = until.missing({"p3_se": 0.001}).items()
    assert missing[0] == "s_max_se" and math.isnan(missing[1])
    assert list(until.missing({"p3_se": math.nan, "s_max_se": 0.0})) == ["p3_se"]
    assert until.needs_chi
    assert not config({"s_max_se": 1, "most_samples": 300}).studies["pair"].until.needs_chi
