"""The configuration: what is accepted, how a mistake is named, and what makes an identity."""

import copy
import json
import math
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from messages import assert_messages, is_one_line, lacking

from syncsweep.config import sizing
from syncsweep.config.blocks import Block
from syncsweep.config.configuration import json_schema, parse
from syncsweep.config.eta import EtaBlock, canonical_eta
from syncsweep.config.file import load_config, read_yaml
from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import RESULTS_VERSION, Physics

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "config.yaml"
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.json"
PLAIN = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
REMOVED = object()

PAIR = "studies.spin_half_pair"
CHAIN = "studies.spin1_chain"
N2 = "studies.spin1_chain_n2"
BLOCK = f"{PAIR}.eta_blocks.0"
BINS = {"low": 1.0e-5, "high": 1.0, "count": 4}
RATIO = {"numerator": 2, "denominator": 1, "meaning": "x"}
MEANS_ONLY = {
    "model": {"name": "spin_half_pair"},
    "samples": 1,
    "eta_blocks": [{"values": [1]}],
}
#: Two spins under a perturbation that draws nothing.
FIXED = PLAIN["studies"]["spin1_chain_n2"] | {"ensemble": {"kind": "two_spin1s"}}


def edited(path, value):
    """config.yaml with one value changed, added or removed; path with dots."""
    data = copy.deepcopy(PLAIN)
    *folders, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    target = data
    for key in folders:
        target = target[key]
    if value is REMOVED:
        del target[last]
    else:
        target[last] = value
    return data


def pair(path="", value=None):
    """The study of two spin-1/2s, with one value changed."""
    data = edited(f"{PAIR}.{path}", value) if path else PLAIN
    return parse(data).studies["spin_half_pair"]


def physics(path="", value=None):
    return parse(edited(path, value) if path else PLAIN).physics("spin_half_pair")


def refusal(data):
    """The message about a configuration that is refused, which is one line."""
    with pytest.raises(ConfigError) as error:
        parse(data)
    assert is_one_line(str(error.value))
    return str(error.value)


def named(path, value):
    """The name of a case in the snapshots."""
    return path if value is REMOVED else f"{path}: {value!r}"[:90]


def assert_refused(snapshot, cases):
    """Each change of config.yaml is refused with its path, and all in the words of the snapshot.

    cases: path, value and what else the message must name.
    """
    assert_messages(
        snapshot,
        {
            named(path, value): (refusal(edited(path, value)), [path, *facts])
            for path, value, *facts in cases
        },
    )


#: Misspelt or unknown keys: the path, a value, and the nearest spelling or what is allowed.
UNKNOWN_KEYS = [
    ("resluts", 1, "'results'"),
    ("sample", 1, "'samples'"),
    (f"{PAIR}.sampels", 1, "'samples'"),
    (f"{CHAIN}.sampels", 1, "'samples'"),
    (f"{CHAIN}.chunksize", 1, "'chunk_size'"),
    (f"{CHAIN}.eta_block", 1, "'eta_blocks'"),
    (f"{CHAIN}.r", 1, "model, ensemble, axes, samples, until, chunk_size"),
    (f"{CHAIN}.model.n_site", 1, "'n_sites'"),
    (f"{CHAIN}.model.B", 1, "name, n_sites, omega, J, delta, gamma"),
    (f"{PAIR}.model.detla", 1, "'delta'"),
    (f"{PAIR}.model.omega", 1, "name, J, delta, B, gamma"),
    (f"{PAIR}.model.n_sites", 2, "name, J, delta, B, gamma"),
    (f"{PAIR}.ensemble.zeta_cho", 1, "'zeta_coh'"),
    (f"{BLOCK}.per_decad", 1, "'per_decade'"),
    (f"{PAIR}.analysis.treshold", 1, "'threshold'"),
    (f"{PAIR}.analysis.s_max_bins.counts", 1, "'count'"),
    (f"{PAIR}.figure.panel", 1, "'panels'"),
]


def test_unknown_key_is_named_with_what_is_allowed(snapshot):
    assert_refused(snapshot, UNKNOWN_KEYS)


@pytest.mark.parametrize("name", ["analysis", "figure", "ensemble", "spin1_chain"])
def test_name_of_a_study_does_not_confuse_the_allowed_keys(name):
    data = {**PLAIN, "studies": {name: {**PLAIN["studies"]["spin_half_pair"], "sampels": 3}}}
    with pytest.raises(ConfigError, match=rf"studies.{name}.sampels\b.*'samples'"):
        parse(data)


#: The path, and what the key means.
MISSING_KEYS = [
    ("results", "output folder"),
    ("root_seed", "seed of every random stream"),
    ("ranks", "MPI ranks per job"),
    ("studies", "the sweeps, by name"),
    (f"{PAIR}.model", "unperturbed model"),
    (f"{PAIR}.model.name", "spin1_chain, spin_half_pair"),
    (f"{CHAIN}.model.name", "spin1_chain, spin_half_pair"),
    (f"{PAIR}.samples", "realisations per η"),
    (f"{CHAIN}.eta_blocks", "η grids or lists"),
    (f"{PAIR}.analysis.s_max_bins.low", "lower edge of the first bin"),
    (f"{PAIR}.figure.name", "file name without ending"),
]


def test_missing_key_is_named_with_its_meaning(snapshot):
    assert_refused(snapshot, [(path, REMOVED, meaning) for path, meaning in MISSING_KEYS])


#: Path, value, and what the message must hold beside the path: what was given, what is allowed.
BAD_VALUES = [
    ("results", "a\nb", "'a\\nb'", "control characters"),
    ("results", "a{b}", "'a{b}'", "braces"),
    ("results", "a\0b", "'a\\x00b'", "control characters"),
    ("results", "a\x85b", "'a\\x85b'", "control characters"),
    ("results", "", "''", "1", "1024"),
    ("results", "x" * 2000, "…", "1", "1024"),
    ("results", "a/" + "é" * 128, "…", "255"),
    ("results", "-x", "'-x'", "'-'"),
    ("results", "./~x", "'./~x'", "'~'"),
    ("results", "~no-such-user/x", "'~no-such-user/x'", "no such user"),
    ("results", "$SYNCSWEEP_UNSET/x", "'$SYNCSWEEP_UNSET/x'", "SYNCSWEEP_UNSET", "not set"),
    ("results", "${SYNCSWEEP_UNSET}/x", "'${SYNCSWEEP_UNSET}/x'", "SYNCSWEEP_UNSET", "not set"),
    ("results", 3, "3", "path"),
    ("results", ["x"], "['x']", "path"),
    ("root_seed", -1, "-1", "0"),
    ("root_seed", 1.5, "1.5", "integer"),
    ("root_seed", 2**63, str(2**63), "9223372036854775807"),
    ("ranks", 0, "0", "1"),
    ("ranks", "two", "'two'", "number"),
    ("ranks", 10**400, "…", "4096"),
    ("samples", 0, "0", "1"),
    ("studies", {}, "{}", "1"),
    ("studies", [1], "[1]", "key: value"),
    (PAIR, 3, "3", "key: value"),
    (PAIR, None, "None", "key: value"),
    (f"{PAIR}.samples", 0, "0", "1"),
    (f"{PAIR}.samples", True, "True", "number"),
    (f"{PAIR}.samples", 10**400, "…", "999999999"),
    (f"{PAIR}.chunk_size", 0, "0", "1"),
    (f"{PAIR}.chunk_size", False, "False", "number"),
    (f"{PAIR}.core_seconds", 0, "0", "0"),
    (f"{PAIR}.core_seconds", 1e7, "10000000.0", "1000000"),
    (f"{PAIR}.samples", 10**9, "1000000000", "999999999"),
    (f"{PAIR}.model", "spin_half_pair", "'spin_half_pair'", "key: value"),
    (f"{PAIR}.model.name", "spin_half_pairs", "'spin_half_pairs'", "'spin_half_pair'"),
    (f"{CHAIN}.model.name", "chain", "'chain'", "spin1_chain, spin_half_pair"),
    (f"{PAIR}.model.J", "2 Hz", "'2 Hz'", "number"),
    (f"{PAIR}.model.J", "1e400", "'1e400'", "finite"),
    (f"{PAIR}.model.J", 10**400, "…", "finite"),
    (f"{PAIR}.model.B", math.inf, "inf", "finite"),
    (f"{PAIR}.model.B", [0.3], "[0.3]", "number"),
    (f"{PAIR}.model.B", None, "None", "number"),
    (f"{PAIR}.model.B", {"value": 1}, "number"),
    (f"{PAIR}.model.gamma", -0.5, "-0.5", "0"),
    (f"{CHAIN}.model.n_sites", 1, "1", "2"),
    (f"{CHAIN}.model.n_sites", 7, "7", "6"),
    (f"{PAIR}.ensemble", [], "[]", "key: value"),
    (f"{PAIR}.ensemble.basis", "papr", "'papr'", "paper, orthonormal", "'paper'"),
    (f"{PAIR}.ensemble.basis", 3, "3", "paper, orthonormal"),
    (f"{PAIR}.ensemble.kind", "bond", "'bond'", "global, bonds, sites, two_spin1s", "'bonds'"),
    (f"{PAIR}.ensemble.zeta_coh", -1, "-1.0", "0"),
    (f"{PAIR}.ensemble.rank", 0, "0", "1"),
    (f"{PAIR}.eta_blocks", [], "[]", "1"),
    (f"{PAIR}.eta_blocks", {"values": [1]}, "{'values': [1]}", "list"),
    (BLOCK, [1.0], "[1.0]", "key: value"),
    (f"{BLOCK}.first", 0, "0", "0"),
    (f"{BLOCK}.first", 1e308, "1e+308", "1e-100", "1e100"),
    (f"{BLOCK}.per_decade", 0, "0", "1"),
    (f"{PAIR}.analysis.threshold", 0, "0.0", "0"),
    (f"{PAIR}.analysis.threshold", 1, "1.0", "1"),
    (f"{PAIR}.analysis.intervals", "all", "'all'", "list"),
    (f"{PAIR}.analysis.intervals", [[0, 0.1], [0.2, 0.3]], "0.3", "3"),
    (f"{PAIR}.analysis.intervals", [[0, 0.1]] * 7, "0.1", "6"),
    (f"{PAIR}.analysis.chi_bins", 0, "0", "1"),
    (f"{PAIR}.analysis.s_max_bins.low", 0, "0.0", "0"),
    (f"{PAIR}.analysis.s_max_bins.count", 0, "0", "1"),
    (f"{PAIR}.figure.panels", [], "[]", "1"),
    (f"{PAIR}.figure.panels", "chi", "'chi'", "list"),
]
UNSAFE_NAMES = ["../x", "a b", "", "ä", ".x", "-x", "x" * 70, "a\nb", "a/b", "a{b}", 3, None]
BAD_VALUES += [(f"{PAIR}.figure.name", name, repr(name), "1", "64") for name in UNSAFE_NAMES]


def test_bad_value_is_named_with_what_was_given_and_what_is_allowed(snapshot):
    assert_refused(snapshot, BAD_VALUES)


def test_bad_member_of_a_list_is_named_by_its_place():
    message = refusal(edited(f"{PAIR}.figure.panels", ["chi", "smax"]))
    allowed = "s_max, chi_maxima, differences"
    assert not lacking(message, f"{PAIR}.figure.panels.1", "'smax'", allowed, "'s_max'")


def test_key_of_a_perturbation_that_draws_nothing_is_named():
    path = f"{CHAIN}.ensemble"
    message = refusal(edited(path, {"kind": "two_spin1s", "gamma_1_damp": -1}))
    assert not lacking(message, f"{path}.gamma_1_damp", "-1.0", "0")
    message = refusal(edited(path, {"kind": "two_spin1s", "zeta_coh": 1}))
    assert not lacking(message, f"{path}.zeta_coh", "epsilon, delta")


@pytest.mark.parametrize("name", UNSAFE_NAMES)
def test_name_of_a_study_must_be_safe_as_a_file_name(name):
    message = refusal({**PLAIN, "studies": {name: PLAIN["studies"]["spin_half_pair"]}})
    assert message.startswith("config: studies")
    assert not lacking(message, repr(name), "1", "64")


#: Values that do not fit each other: path, value, and what the message must hold.
CONTRADICTIONS = [
    (f"{PAIR}.ensemble", {"zeta_coh": 0, "zeta_diss": 0}, "zeta_coh", "zeta_diss", "0"),
    (f"{PAIR}.ensemble.rank", 16, "ensemble.rank", "D²−1 = 15", "16"),
    (f"{CHAIN}.ensemble.rank", 729, "ensemble.rank", "D²−1 = 728", "729"),
    (f"{PAIR}.ensemble", {"kind": "sites", "rank": 4}, "D²−1 = 3", "sites", "4"),
    (f"{CHAIN}.ensemble", {"kind": "bonds", "rank": 81}, "D²−1 = 80", "bonds", "81"),
    (f"{CHAIN}.model.n_sites", 5, "ensemble", "D/2 = 121", "full rank", "bonds or sites"),
    (f"{CHAIN}.ensemble", {"kind": "two_spin1s"}, "ensemble.kind", "two spin-1s", "1, 1, 1"),
    (f"{N2}.ensemble", {"kind": "two_spin1s"}, "samples must be 1", "two_spin1s", "10000"),
    (N2, {**FIXED, "samples": 1}, "analysis.limit_draws", "random ensemble"),
    (f"{BLOCK}.last", 3, "eta_blocks.0", "last", "first", "3"),
    (f"{BLOCK}.last", 1e-6, "eta_blocks.0", "last", "first", "1e-06", "0.0001"),
    (f"{BLOCK}.values", [1], "eta_blocks.0", "first", "last", "per_decade", "values"),
    (BLOCK, {"first": 1e-4, "last": 1}, "first", "last", "per_decade", "values"),
    (BLOCK, {}, "eta_blocks.0", "first", "last", "per_decade", "values"),
    (BLOCK, {"values": []}, "eta_blocks.0.values", "[]", "1"),
    (BLOCK, {"values": [0.1, -0.2]}, "eta_blocks.0", "values", "-0.2", "0"),
    (BLOCK, {"values": [0.1, 0.1]}, "eta_blocks", "0.1", "twice"),
    (BLOCK, {"values": [0.001, "1e-3"]}, "eta_blocks", "0.001", "twice"),
    (BLOCK, {"values": [0.3, 0.1 + 0.2]}, "eta_blocks", "0.3", "twice"),
    (BLOCK, {"values": [0, -0.0]}, "eta_blocks", "0", "twice"),
    ("paper.supplement", ["a", "a"], "['a', 'a']", "once"),
    (f"{PAIR}.eta_blocks", [{"values": [1, 2]}, {"values": [3, 2]}], "eta_blocks", "2", "twice"),
    (f"{PAIR}.eta_blocks", [{"values": [1, "x"]}], "eta_blocks.0.values.1", "'x'", "number"),
    (
        f"{PAIR}.eta_blocks",
        [{"first": 0.01, "last": 1, "per_decade": 1}, {"values": ["1e-1"]}],
        *("eta_blocks", "0.1", "twice"),
    ),
    (
        f"{PAIR}.analysis.intervals",
        [[0, 0.2], [0.5, 1], [0.1, 0.3]],
        *("intervals", "overlap", "[0.0, 0.2]", "[0.1, 0.3]"),
    ),
    *(
        (f"{PAIR}.analysis.intervals", intervals, "intervals", "0 ≤ low < high ≤ 1", wrong)
        for intervals, wrong in (
            ([[0, 0.2], [0.3, 0.25], [0.5, 1]], "[0.3, 0.25]"),
            ([[0, 0.2], [0.3, 0.4], [0.5, 1.1]], "[0.5, 1.1]"),
            ([[-0.1, 0.2], [0.3, 0.4], [0.5, 1]], "[-0.1, 0.2]"),
            ([[0, 0], [0.3, 0.4], [0.5, 1]], "[0.0, 0.0]"),
        )
    ),
    (
        f"{PAIR}.analysis.intervals",
        [[0, 0.1], [0.3, 0.4], [0.5]],
        "analysis.intervals.2.1",
        "missing",
    ),
    (f"{PAIR}.analysis.intervals", [[0, 0.1], [0.3, 0.4], 1], "analysis.intervals.2", "1", "list"),
    (f"{PAIR}.analysis.s_max_bins.high", 1e-9, "high", "low", "1e-09", "1e-05"),
    (f"{PAIR}.figure.panels", ["chi", "s_max", "chi"], "panels", "'chi'", "twice"),
    (f"{PAIR}.figure.panels", ["chi_maxima"], "'chi_maxima'", "analysis.maxima_bins"),
    (f"{PAIR}.figure.panels", ["chi", "ratio"], "'ratio'", "analysis.ratio"),
    (f"{PAIR}.analysis.chi_bins", None, "'chi'", "analysis.chi_bins"),
    (f"{PAIR}.analysis.s_max_bins", REMOVED, "'s_max'", "analysis.s_max_bins"),
    (f"{PAIR}.analysis", REMOVED, "'chi'", "analysis.chi_bins"),
    (f"{PAIR}.analysis", {"s_max_bins": BINS, "intervals": None, "ratio": RATIO}, "ratio needs"),
    (f"{PAIR}.analysis.intervals", None, "limit_draws", "intervals"),
    (
        PAIR,
        {**MEANS_ONLY, "figure": {"name": "x", "panels": ["probabilities"]}},
        *("'probabilities'", "analysis.intervals"),
    ),
    (
        CHAIN,
        {
            **MEANS_ONLY,
            "model": {"name": "spin1_chain", "n_sites": 5},
            "ensemble": {"kind": "bonds"},
            "measure": "absolute",
        },
        *("measure", "1 to 4", "5"),
    ),
    (f"{CHAIN}.analysis.ratio.numerator", 4, "ratio", "3", "P4"),
    (f"{CHAIN}.analysis.ratio.denominator", 2, "ratio", "P2", "twice"),
    (f"{BLOCK}.limit", False, "analysis.limit_draws", "η = 0", "eta_blocks", "limit: true"),
    (BLOCK, {"values": [0, 1], "limit": True}, "eta_blocks.0", "limit", "0"),
    (
        f"{PAIR}.eta_blocks",
        [{"first": f"1.{k:03}", "last": f"{1000 + k}e3", "per_decade": 1000} for k in range(20)],
        *("eta_blocks", "100000"),
    ),
    (f"{PAIR}.ensemble.zeta_diss", 0, "analysis.limit_draws", "ensemble.zeta_diss > 0"),
    (f"{PAIR}.by_default", "no", "by_default", "'no'", "true", "false"),
    (f"{PAIR}.by_default", 1, "by_default", "1", "true", "false"),
    (
        PAIR,
        {**PLAIN["studies"]["spin_half_pair"], "samples": 10**6, "chunk_size": 99},
        *("chunk_size", "10102", "99", "10000", "leave it out"),
    ),
    (f"{CHAIN}.samples", 999_999_999, "samples", "10000", "split the study"),
    (f"{PAIR}.figure.name", "fig3", "figure.name", "'fig3'", "differ"),
]


def test_values_that_do_not_fit_each_other_are_named(snapshot):
    cases = {}
    for path, value, *facts in CONTRADICTIONS:
        # That of names concerns two studies.
        study = [] if path.endswith("figure.name") else [".".join(path.split(".")[:2])]
        message = refusal(edited(path, value))
        shared = message.replace(study[0], "", 1) if study else message
        assert study == [] or shared != message
        cases[named(path, value)] = shared, facts
    assert_messages(snapshot, cases)


@pytest.mark.parametrize(
    ("first", "last"),
    [(1e-4, 1e308), (1e-300, 1e300), (1e308, 1e-300), (5e-324, 1e-4), (1, sys.float_info.max)],
)
def test_grid_over_an_absurd_range_is_accepted_or_named(first, last):
    block = {"first": first, "last": last, "per_decade": 1}
    try:
        etas = pair("eta_blocks", [block]).eta_blocks[0].etas
    except ConfigError as error:
        assert "first" in str(error) or "last" in str(error)
        assert "\n" not in str(error)
    else:
        assert etas[0] == pytest.approx(first)
        assert etas[-1] == pytest.approx(last)
        assert all(map(math.isfinite, etas))


@pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["positive", "negative"])
@pytest.mark.parametrize(
    "path", ["ranks", f"{PAIR}.model.J", f"{PAIR}.figure.name", f"{PAIR}.ensemble.basis"]
)
def test_integer_too_long_to_print_is_refused_in_one_line(path, number):
    assert path in refusal(edited(path, number))


@pytest.mark.parametrize("data", [None, [], "text", 3, [PLAIN]], ids=repr)
def test_configuration_must_be_a_mapping(data):
    assert "key: value" in refusal(data)


def aliases(pattern, levels):
    """Text whose last value is the pattern of the one before, which is that of the one before."""
    names = [f"a{k}" for k in range(levels)]
    lines = [f"{name}: &{name} {pattern.format(old)}" for old, name in pairwise(names)]
    return "\n".join(["a0: &a0 {x: 1}", *lines])


BAD_TEXTS = {
    "empty": ("", "pairs"),
    "comment only": ("# nothing\n", "pairs"),
    "list": ("[1, 2]", "pairs"),
    "text": ("results", "pairs"),
    "double key": ("ranks: 1\nresults: x\nranks: 2\n", "line 3", "'ranks'", "twice"),
    "nested double key": ("a:\n  b: 1\n  c: 2\n  b: 3\n", "line 4", "'b'", "twice"),
    "double key in flow": ("a: {b: 1, b: 2}", "'b'", "twice"),
    "double key by quotes": ("ranks: 1\n'ranks': 2\n", "'ranks'", "twice"),
    "double key in a list": ("a:\n- {b: 1}\n- b: 1\n  b: 2\n", "line 4", "'b'", "twice"),
    "very long double key": ("k" * 999 + ": 1\n" + "k" * 999 + ": 2\n", "twice"),
    "list as a key": ("? [1]\n: 2", "a key must be a word"),
    "date as a key": ("2025-01-01: 2", "a key must be a word"),
    "unclosed list": ("a: [1,\n", "line 2"),
    "unclosed quote": ("a: 'x\n", "line 2"),
    "colon in a value": ("a: b: c", "line 1"),
    "tab": ("a:\n\tb: 1", "line 2"),
    "list and mapping": ("- a\nb: 1", "line 2"),
    "two documents": ("a: 1\n---\nb: 2\n", "another document"),
    "unknown alias": ("a: *b", "alias 'b'"),
    "recursive alias": ("a: &a {b: *a}", "recursive"),
    "merge of a number": ("<<: 3", "merging"),
    "python object": ("a: !!python/object:os.path x", "python/object:os.path"),
    "python call": ("a: !!python/object/apply:os.getcwd []", "python/object/apply:os.getcwd"),
    "bad bool": ("ranks: !!bool maybe", "YAML"),
    "bad timestamp": ("ranks: !!timestamp x", "YAML"),
    "bad int": ("ranks: !!int ''", "YAML"),
    "bad float": ("ranks: !!float ''", "YAML"),
    "impossible date": ("a: 2025-99-99", "YAML"),
    "NUL": ("a: \0", "YAML"),
    "deep nesting": ("a: " + "[" * 500 + "]" * 500, "YAML"),
    "long integer": ("a: " + "9" * 5000, "YAML"),
    "aliases of aliases": (aliases("[*{0}, *{0}, *{0}, *{0}]", 10), "50000"),
    "merges of merges": (aliases("{{<<: [*{0}, *{0}, *{0}, *{0}]}}", 10), "50000"),
    "very long": ("# " + "x" * 250_000, "250000 bytes"),
    "not UTF-8": (b"results: \xe9\n", "not UTF-8"),
    "UTF-16": ("results: x\n".encode("utf-16"), "not UTF-8"),
}


def test_bad_yaml_is_refused_in_one_line_that_names_file_and_place(tmp_path, snapshot):
    path, cases = tmp_path / "my.yaml", {}
    for name, (text, *facts) in BAD_TEXTS.items():
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(ConfigError) as error:
            read_yaml(path)
        message = str(error.value)
        assert message.startswith(f"{path}: ")
        cases[name] = message.removeprefix(f"{path}: "), facts
        with pytest.raises(ConfigError):
            load_config(path)
    assert_messages(snapshot, cases)


def test_pipe_in_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=r"pipe: cannot be read \(it is not a regular file\)"):
        load_config(tmp_path / "pipe")


def test_name_of_a_file_that_would_not_print_is_escaped(tmp_path):
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "a\n\x1b[2J.yaml")
    assert str(error.value).isprintable()


def test_missing_file_and_folder_in_place_of_a_file(tmp_path):
    with pytest.raises(ConfigError, match=r"no\.yaml: cannot be read \(No such file") as error:
        load_config(tmp_path / "no.yaml")
    assert "\n" not in str(error.value)
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load_config(tmp_path)


def test_aliases_and_merged_keys_are_understood(tmp_path):
    data = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    chain = data["studies"]["spin1_chain"]
    data["studies"]["spin_half_pair"]["ensemble"] = chain["ensemble"]  # dumped as an alias
    text = yaml.safe_dump(data, allow_unicode=True)
    assert "&id001" in text
    path = tmp_path / "alias.yaml"
    path.write_text(text, encoding="utf-8")
    assert load_config(path) == load_config(CONFIG)
    # A key beside a merged mapping overrides the merged one; that is not the same key twice.
    merged = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n"
    path.write_text(merged, encoding="utf-8")
    read_yaml(path)


def test_numeric_strings_are_numbers():
    # YAML 1.1 reads 1e-6 as a string.
    assert yaml.safe_load("a: 1e-6") == {"a": "1e-6"}
    for path, text, number in [
        (f"{BLOCK}.last", "1e1", 10.0),
        (f"{PAIR}.model.B", "3e-1", 0.3),
        (f"{PAIR}.samples", "1e4", 10_000),
        (f"{PAIR}.analysis.s_max_bins.low", "1e-5", 1e-5),
        ("root_seed", "20251014", 20251014),
        ("ranks", "2", 2),
    ]:
        assert parse(edited(path, text)) == parse(edited(path, number))
    assert pair("eta_blocks", [{"values": ["1e-6", 2, "0"]}]).eta_blocks[0].etas == (0, 1e-6, 2)
    assert isinstance(pair("samples", "1e4").samples, int)


@pytest.mark.parametrize("seed", [2**63 - 1, 2**53 + 1])
@pytest.mark.parametrize("spelt", [int, str, " {} ".format, "+{}".format])
def test_large_integers_keep_every_digit(seed, spelt):
    assert parse(edited("root_seed", spelt(seed))).root_seed == seed


def test_configuration_as_it_stands_is_that_of_the_paper():
    parsed = load_config(CONFIG)
    by_default = [name for name, study in parsed.studies.items() if study.by_default]
    assert by_default == ["spin1_chain", "spin_half_pair"]
    assert {name: study.model.n_sites for name, study in parsed.studies.items()} == {
        "spin1_chain": 3, "spin_half_pair": 2, "spin1_chain_n2": 2, "spin1_chain_n4": 4,
        "spin1_chain_n5": 5, "spin1_chain_n6": 6, "two_spin1s": 2,
    }  # fmt: skip
    assert parsed.samples is None
    chain, spins = parsed.studies["spin1_chain"], parsed.studies["spin_half_pair"]
    assert chain.model.model_dump() == {
        "name": "spin1_chain", "n_sites": 3, "omega": 1, "J": 0.5, "delta": 0.5, "gamma": 2,
    }  # fmt: skip
    assert spins.model.model_dump() == {
        "name": "spin_half_pair", "J": 1, "delta": 1, "B": 0.3, "gamma": 0.5,
    }  # fmt: skip
    for study, first, count in ((chain, 1e-6, 30), (spins, 1e-4, 22)):
        assert study.samples == 10_000
        (block,) = study.eta_blocks
        assert len(block.etas) == count
        assert (block.etas[0], block.etas[1], block.etas[-1]) == (0, first, 10)
        for small, large in pairwise(block.etas[1:]):
            assert large / small == pytest.approx(10**0.25, rel=1e-11)
        assert study.analysis.threshold == 0.95
        assert study.analysis.intervals == ((0, 0.125), (0.1875, 0.3125), (0.875, 1))
        assert study.ensemble.model_dump() == {
            "zeta_coh": 1, "zeta_diss": 1, "basis": "paper", "rank": None,
        }  # fmt: skip


def test_defaults_are_those_of_the_paper():
    data = edited(f"{CHAIN}.model", {"name": "spin1_chain"})
    for study in ("spin1_chain", "spin_half_pair"):
        value = data["studies"][study]
        del value["ensemble"], value["analysis"]["threshold"], value["analysis"]["intervals"]
        del value["analysis"]["chi_bins"]
        if study == "spin_half_pair":
            value["model"] = {"name": "spin_half_pair"}
    assert parse(data) == load_config(CONFIG)


def test_an_analysis_changes_no_physics_and_the_shipped_ratio_is_that_of_three_spins_alone():
    config = load_config(CONFIG)
    with_ratio = [name for name, study in config.studies.items() if study.analysis.ratio]
    assert with_ratio == ["spin1_chain"]
    data = edited(f"{CHAIN}.analysis.ratio.weight", 4)
    assert parse(data).physics("spin1_chain") == config.physics("spin1_chain")


def test_an_analysis_may_be_left_out_and_absolute_angles_have_no_chi_by_default():
    analysis = parse({**PLAIN, "paper": None, "studies": {"s": MEANS_ONLY}}).studies["s"].analysis
    assert (analysis.intervals, analysis.chi_bins, analysis.s_max_bins) == (None, None, None)
    assert not analysis.samples_chi
    given = {"analysis": {"s_max_bins": BINS}}
    for measure, samples_chi in (("relative", True), ("absolute", False)):
        study = {**MEANS_ONLY, **given, "measure": measure}
        found = parse({**PLAIN, "paper": None, "studies": {"s": study}})
        assert found.studies["s"].analysis.samples_chi is samples_chi
        assert found.studies["s"].analysis.s_max_bins.count == 4
        # Written out in full, it is read as the same.
        again = {"s": found.studies["s"].model_dump(mode="json")}
        assert parse({**PLAIN, "paper": None, "studies": again}).studies == found.studies


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("intervals", [[0, 0.1], [0.2, 0.3], [0.4, 0.5]]),
        ("chi_bins", 8),
        ("maxima_bins", 8),
    ],
)
def test_absolute_angles_refuse_what_is_about_their_differences(key, value):
    study = {**MEANS_ONLY, "measure": "absolute", "analysis": {key: value}}
    assert not lacking(refusal(edited(PAIR, study)), PAIR, f"analysis.{key}", "leave it out")


def test_names_of_the_studies_that_the_paper_adds_are_reserved():
    studies = {
        **PLAIN["studies"],
        "paper-x": {**PLAIN["studies"]["spin_half_pair"], "figure": None},
    }
    assert not lacking(refusal({**PLAIN, "studies": studies}), "'paper-'", "'paper-x'")


@pytest.mark.parametrize(
    ("n_sites", "ensemble", "jumps"),
    [
        (3, {"kind": "bonds"}, None),
        (4, {}, None),
        (4, {"rank": 41}, None),
        (4, {"kind": "bonds", "zeta_diss": 0}, None),
        (4, {"rank": 40}, 40),
        (4, {"kind": "bonds"}, 0),
        (5, {"kind": "sites", "rank": 2}, 0),
        (6, {"rank": 1}, 1),
    ],
)
def test_a_study_costs_what_the_solver_that_serves_it_does(n_sites, ensemble, jumps):
    study = {**PLAIN["studies"]["spin1_chain"], "ensemble": ensemble, "chunk_size": None}
    study["model"] = {"name": "spin1_chain", "n_sites": n_sites}
    study["analysis"] = {**study["analysis"], "limit_draws": None}
    found = parse({**PLAIN, "studies": {"spin1_chain": study}, "paper": None})
    found = found.studies["spin1_chain"]
    if jumps is None:
        assert found.cost == sizing.DenseCost(3**n_sites, found.full_rank)
    else:
        # Of the 30 η, GMRES serves those with ηκ > 1, up to 10 and four in a decade.
        decay = ensemble_decay(n_sites, ensemble.get("kind"))
        large = sum(10 ** (k / 4 - 6) * decay > 1 for k in range(29))
        assert found.cost == sizing.OperatorCost(3**n_sites, jumps, large / 30)


def ensemble_decay(n_sites, kind):
    """Means as docs/sizes.md has them."""
    dim = 3**n_sites
    by_kind = {"bonds": (n_sites - 1) * 88 / 9, "sites": n_sites * 10 / 3}
    return by_kind.get(kind, (dim**2 + dim - 2) / dim)


def test_a_study_may_have_no_figure():
    assert pair("figure", None).figure is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("$SCRATCH/sweep", "/scratch/me/sweep"),
        ("${SCRATCH}/sweep/", "/scratch/me/sweep"),
        ("$SCRATCH/$RUN-2", "/scratch/me/first-2"),
        ("~/sweep", "/home/me/sweep"),
        ("~", "/home/me"),
        ("$(pwd)/5$", "$(pwd)/5$"),
        ("~root/x", f"{os.path.expanduser('~root')}/x"),
    ],
)
def test_folder_of_results_is_what_a_shell_would_have(monkeypatch, written, meant):
    for name, value in {"SCRATCH": "/scratch/me", "RUN": "first", "HOME": "/home/me"}.items():
        monkeypatch.setenv(name, value)
    assert load_config(CONFIG, {"results": written}).results == meant


@pytest.mark.parametrize("value", ["", "a{b}", "a\nb", "a$b", "-a", "x" * 256])
def test_variable_whose_value_makes_no_folder_is_refused(monkeypatch, value):
    monkeypatch.setenv("SCRATCH", value)
    assert not lacking(refusal(edited("results", "$SCRATCH/x")), "results", "'$SCRATCH/x'")


def test_top_level_samples_replace_those_of_studies_made_by_default():
    parsed = parse(edited("samples", 200))
    assert [study.samples for study in parsed.studies.values()] == [200, 200, 200, 24, 24, 6, 1]
    assert load_config(CONFIG, overrides={"samples": "30"}).studies["spin1_chain"].samples == 30
    few = load_config(CONFIG, overrides={"samples": 20}).studies.values()
    assert [study.samples for study in few] == [20] * 5 + [6, 1]


def test_top_level_samples_raise_only_what_is_made_by_default():
    many = load_config(CONFIG, overrides={"samples": 20_000}).studies.values()
    assert [study.samples for study in many] == [20_000, 20_000, 10_000, 24, 24, 6, 1]


def test_top_level_samples_leave_a_perturbation_that_draws_nothing_its_one():
    analysis = {**FIXED["analysis"], "limit_draws": None}
    fixed = {**FIXED, "samples": 1, "by_default": True, "analysis": analysis}
    data = {**edited(N2, fixed), "samples": 200}
    assert parse(data).studies["spin1_chain_n2"].samples == 1


def test_overrides_go_key_by_key():
    parsed = load_config(
        CONFIG, {"studies": {"spin1_chain": {"model": {"J": 0.25}, "chunk_size": 7}}}
    )
    changed = edited(f"{CHAIN}.model.J", 0.25)
    changed["studies"]["spin1_chain"]["chunk_size"] = 7
    assert parsed == parse(changed)
    assert load_config(CONFIG, PLAIN) == load_config(CONFIG)
    blocks = [{"values": [0, 1]}]
    parsed = load_config(CONFIG, {"studies": {"spin_half_pair": {"eta_blocks": blocks}}})
    assert parsed.studies["spin_half_pair"].eta_blocks[0].etas == (0, 1)


def test_configuration_is_frozen():
    parsed = parse(PLAIN)
    with pytest.raises(ValueError, match="frozen"):
        parsed.ranks = 3
    with pytest.raises(ValueError, match="frozen"):
        parsed.studies["spin1_chain"].model.J = 3


def test_eta_is_rounded_to_twelve_digits_and_sorted():
    assert pair("eta_blocks", [{"values": [0.1 + 0.2, 0, 1e-6]}]).eta_blocks[0].etas == (
        0,
        1e-6,
        0.3,
    )
    assert canonical_eta(1 / 3) == 0.333333333333


def test_block_is_named_from_its_values():
    block = pair().blocks[0]
    assert re.fullmatch(r"eta-0-10-n22-[0-9a-f]{8}", block.id)
    # The names of folders that exist must never change.
    assert block.id == "eta-0-10-n22-0bee4f0d"
    assert parse(PLAIN).studies["spin1_chain"].blocks[0].id == "eta-0-10-n30-73dd37a2"
    same = {
        EtaBlock(first=1e-4, last=1, per_decade=1).etas,
        EtaBlock(first="1e-4", last="1", per_decade=1.0).etas,
        EtaBlock(values=[1, 0.1, "1e-2", 1e-3, 1e-4]).etas,
        EtaBlock(values=[1, 0.1, 0.01 * (1 + 1e-15), 1e-3, 1e-4]).etas,
    }
    assert len(same) == 1
    # Equal to the four digits of the name, but not equal.
    assert Block((0.123451,)).id != Block((0.123452,)).id
    assert str(EtaBlock(values=[-0.0]).etas) == "(0.0,)"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("results", "elsewhere"),
        ("ranks", 7),
        ("samples", 3),
        (f"{PAIR}.samples", 3),
        (f"{PAIR}.chunk_size", 3),
        (f"{PAIR}.core_seconds", 3),
        (f"{PAIR}.eta_blocks", [{"values": [0, 0.5]}]),
        (f"{PAIR}.analysis.threshold", 0.5),
        (f"{PAIR}.analysis.intervals", [[0, 0.1], [0.2, 0.3], [0.4, 0.5]]),
        (f"{PAIR}.analysis.chi_bins", 3),
        (f"{PAIR}.analysis.maxima_bins", 3),
        (f"{PAIR}.by_default", False),
        (f"{PAIR}.analysis.s_max_bins.low", 1e-7),
        (f"{PAIR}.figure.name", "other"),
        (f"{PAIR}.figure.panels", ["chi"]),
        (f"{CHAIN}.model.J", 0.1),
        # Other spellings of the same value.
        (f"{PAIR}.model.B", "3e-1"),
        (f"{PAIR}.model.J", 1),
        (f"{PAIR}.ensemble", {"zeta_diss": "1"}),
        (f"{PAIR}.ensemble.kind", "global"),
        (f"{PAIR}.measure", "relative"),
        ("root_seed", "20251014"),
    ],
)
def test_physics_hash_is_untouched_by_what_does_not_change_a_row(path, value):
    assert physics(path, value).digest == physics().digest


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("root_seed", 1),
        (f"{PAIR}.model.J", 1.0000001),
        (f"{PAIR}.model.delta", 0.9),
        (f"{PAIR}.model.B", 0),
        (f"{PAIR}.model.gamma", 0.25),
        (f"{PAIR}.model", {"name": "spin1_chain"}),
        (f"{PAIR}.ensemble.zeta_coh", 0),
        (f"{PAIR}.ensemble.zeta_diss", 2),
        (f"{PAIR}.ensemble.basis", "orthonormal"),
        (f"{PAIR}.ensemble.rank", 3),
    ],
)
def test_physics_hash_changes_with_what_changes_a_row(path, value):
    assert physics(path, value).digest != physics().digest


def test_the_measure_changes_the_physics_hash_and_is_read_back():
    study = {**PLAIN["studies"]["spin_half_pair"], "analysis": {}, "figure": None}
    found = [physics(PAIR, {**study, "measure": one}) for one in ("relative", "absolute")]
    assert found[0].digest == physics().digest != found[1].digest
    assert [one.n_angles for one in found] == [1, 2]
    for one in found:
        assert Physics.model_validate_json(one.model_dump_json()) == one


@pytest.mark.parametrize(
    ("key", "value"), [("n_sites", 2), ("omega", 2), ("J", 2), ("delta", 2), ("gamma", 1)]
)
def test_physics_hash_changes_with_each_parameter_of_the_chain(key, value):
    before, after = parse(PLAIN), parse(edited(f"{CHAIN}.model.{key}", value))
    assert before.physics("spin1_chain").digest != after.physics("spin1_chain").digest


@pytest.mark.parametrize("kind", ["bonds", "sites"])
def test_physics_hash_changes_with_the_kind_of_the_ensemble(kind):
    ensemble = {**physics().model_dump(), "ensemble": {"kind": kind}}
    assert Physics(**ensemble).digest != physics().digest


def test_physics_hash_holds_the_version_of_the_results():
    plain = physics()
    assert plain.results_version == RESULTS_VERSION
    fields = plain.model_dump()
    assert Physics(**fields).digest == plain.digest
    fields["results_version"] += 1
    assert Physics(**fields).digest != plain.digest


@pytest.mark.parametrize("n_sites", [2, 6])
@pytest.mark.parametrize("ensemble", [{"rank": 4}, {"kind": "bonds"}, {"kind": "sites"}], ids=str)
def test_an_ensemble_of_operators_may_be_of_six_spins(ensemble, n_sites):
    data = edited(f"{CHAIN}.model", {"name": "spin1_chain", "n_sites": n_sites})
    study = data["studies"]["spin1_chain"]
    study["ensemble"], study["analysis"]["limit_draws"] = ensemble, None
    found = parse(data).physics("spin1_chain")
    assert found.dim == 3**n_sites
    again = Physics.model_validate_json(found.model_dump_json())
    assert (again, again.digest) == (found, found.digest)


def test_physics_hash_never_changes_for_the_same_physics():
    # The rows that exist are found by it; whoever adds a field keeps the hash of the old ones.
    fields = {**physics().model_dump(), "results_version": 1, "root_seed": 20251014}
    digest = Physics(**fields).digest
    assert re.fullmatch(r"[0-9a-f]{12}", digest)
    assert digest == "5a0903bac065"


def test_configuration_imports_no_numpy():
    code = (
        "import sys, syncsweep.config.configuration, syncsweep.layout;"
        "import syncsweep.environment.source;"
        "print(sorted({'numpy', 'scipy', 'pandas', 'pyarrow', 'mpi4py'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_schema_file_is_that_of_the_code():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


def test_every_field_is_described():
    schema = json_schema()
    lacking = [
        f"{name}.{field}"
        for name, model in {**schema["$defs"], "Config": schema}.items()
        for field, content in model.get("properties", {}).items()
        if not content.get("description")
    ]
    assert lacking == []


def test_every_key_of_the_configuration_file_is_explained():
    """Each key has a comment on its line, or on the line above, where it stands first."""
    explained, lacking = set(), []
    above = ""
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        match = re.match(r"\s*(?:- )?([A-Za-z]\w*):", line)
        if match and match[1] not in explained:
            explained.add(match[1])
            if "#" not in line and not above.lstrip().startswith("#"):
                lacking.append(match[1])
        above = line
    assert len(explained) > 30
    assert lacking == []


def test_studies_that_make_rules_of_one_name_are_refused():
    data = edited("ranks", 1)
    pair = data["studies"]["spin_half_pair"]
    for index, name in enumerate(("a-b_c", "a_b-c")):
        data["studies"][name] = {**pair, "figure": {"name": f"other{index}"}}
    assert not lacking(refusal(data), "names", "differ", "studies")


def test_one_study_at_least_is_made_by_default():
    data = edited(f"{PAIR}.by_default", False)
    data["studies"] = {"spin_half_pair": data["studies"]["spin_half_pair"]}
    assert not lacking(refusal(data), "by_default: true")
