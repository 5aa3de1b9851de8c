"""Properties of the configuration: no input breaks it, and chunks and names are what they say."""

import copy
import datetime
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncsweep.config.blocks import Block
from syncsweep.config.configuration import Config, parse
from syncsweep.config.eta import EtaBlock, canonical_eta
from syncsweep.config.file import load_config, read_yaml
from syncsweep.config.messages import ConfigError
from syncsweep.config.physics import Physics
from syncsweep.layout import size_of_block, study_folder
from syncsweep.paper.paper_studies import with_paper_studies

ROOT = Path(__file__).parents[2]
PLAIN = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
#: With a model and an ensemble of the user's own.
OWN = yaml.safe_load((ROOT / "examples" / "mixed_pair.yaml").read_text(encoding="utf-8"))
PLAIN["studies"]["mixed_pair_local"] = OWN["studies"]["mixed_pair_local"]
for _part in ("model", "ensemble"):
    PLAIN["studies"]["mixed_pair_local"][_part]["file"] = str(ROOT / "examples" / "mixed_pair.py")
PAIR = PLAIN["studies"]["spin_half_pair"]


def places(data, path=()):
    """The path of every value in nested mappings and lists, itself included."""
    yield path
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))
        else:
            yield (*path, key)


PLACES = list(places(PLAIN))
KEYS = sorted({str(key) for path in PLACES for key in path})

#: Words that mean something to a shell, a path, Snakemake, a terminal or a number's reader.
HOSTILE = [
    *("a b", "'", '"', "a;b", "$(id)", "`id`", "a&&b", "|", ">x", "*", "{study}", "{{", "%s", "#"),
    *("~", "-n", "..", "../..", "/", "/dev/null", "a/../b", "c://x", "\\", "a\nb", "\r\n", "\t"),
    *("\0", "\x1b[2J", "\u2028", "\u202e", "\u200b", "\ud800", "\udcff", "é", "e\u0301", "ω", "Ｓ"),
    *("１", "٣", "𝟙", "nan", "-inf", "1e400", "1e-400", "-0", "+1", " 1 ", "1,5", "1e5000", "0b1"),
    *("true", "null", "x" * 5000),
]

#: What YAML makes of tags and dates; and what is too large to print. By name, because hypothesis
#: prints what it draws from.
STRANGE = {
    "bytes": b"\xff",
    "date": datetime.date(2025, 1, 1),
    "set": {"a", "b"},
    "pair": ("a", 1),
    "long integer": 10**5000,
    "long negative integer": -(10**5000),
    "long list": ["x"] * 20_000,
    "long mapping": {str(k): k for k in range(5000)},
    "deep list": [[[["deep"] * 9] * 9] * 9] * 9,
}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 30)
    | st.floats()
    | st.floats().map(str)
    | st.text()
    | st.sampled_from([*KEYS, "1e-6", "inf", "0x10", "1_0", "9" * 400, "paper", "spin1_chain"])
    | st.sampled_from([10**400, -(10**400), 1e308, 5e-324])
    | st.sampled_from(HOSTILE)
    | st.sampled_from(sorted(STRANGE)).map(lambda name: STRANGE[name])
)
KEY = (
    st.sampled_from(KEYS)
    | st.sampled_from(HOSTILE)
    | st.text()
    | st.integers(-2, 2)
    | st.booleans()
    | st.none()
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=5),
    max_leaves=12,
)


@st.composite
def changed(draw):
    """config.yaml with up to three values replaced, removed or added."""
    data = copy.deepcopy(PLAIN)
    for _ in range(draw(st.integers(1, 3))):
        *folders, last = draw(st.sampled_from(PLACES[1:]))
        target = data
        try:
            for key in folders:
                target = target[key]
            action = draw(st.sampled_from(["replace", "remove", "add"]))
            if action == "replace":
                target[last] = draw(ANYTHING)
            elif action == "remove":
                del target[last]
            elif isinstance(target, dict):
                target[draw(KEY)] = draw(ANYTHING)
            else:
                target.append(draw(ANYTHING))
        except (KeyError, IndexError, TypeError):  # an earlier change took the place away
            continue
    return data


def assert_one_line(error, before=""):
    message = str(error).removeprefix(before)
    assert message.isprintable()
    assert 0 < len(message) <= 300


def assert_parsed_or_named(data):
    try:
        parsed = parse(data)
    except ConfigError as error:
        assert_one_line(error)
    else:
        assert isinstance(parsed, Config)
        assert_means_itself(parsed)
        for config in (parsed, with_paper_studies(parsed)):
            for name, study in config.studies.items():
                folder = study_folder(config.results, name, config.physics(name).digest)
                for block in study.blocks:
                    assert block.etas
                    assert re.fullmatch(r"eta-[^/{}\s]+", block.id)
                    assert str(folder / block.id).isprintable()


def assert_means_itself(config):
    """What is written down of a configuration, and read again, is the same with the same hashes."""
    text = json.dumps(config.model_dump(mode="json"), allow_nan=False)
    for again in (config.model_dump(), json.loads(text)):
        same = parse(again)
        assert same == config
        assert list(same.studies) == list(config.studies)
        for study in config.studies:
            assert same.physics(study).digest == config.physics(study).digest


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True).filter(
    lambda name: not name.startswith("paper-")
)


def spelt(number):
    """A number as users write it."""
    return st.sampled_from([number, str(number), f"{number:g}" if number == 0 else repr(number)])


def numbers(low, high):
    return (st.floats(low, high) | st.integers(int(low) + 1, int(high))).flatmap(spelt)


COUNTS = st.integers(1, 10**6).flatmap(spelt) | st.integers(1, 900).map(float)
MODELS = st.fixed_dictionaries(
    {"name": st.just("spin_half_pair")},
    optional={"J": numbers(-9, 9), "B": numbers(1e-90, 1e90), "gamma": numbers(0, 2)},
) | st.fixed_dictionaries(
    {"name": st.just("spin1_chain"), "n_sites": st.integers(2, 4).flatmap(spelt)},
    optional={"omega": numbers(-9, 9), "delta": st.sampled_from([-0.0, "-0", "1e-100", 1e100])},
)
BLOCK = st.fixed_dictionaries(
    {"values": st.lists(numbers(1e-9, 10), min_size=1, max_size=4, unique_by=float)}
) | st.integers(1, 30).map(
    lambda n: {"first": 1e-3, "last": "10", "per_decade": str(n), "limit": n % 2 == 0}
)
STUDY = st.fixed_dictionaries(
    {
        "model": MODELS,
        "samples": COUNTS,
        "eta_blocks": BLOCK.map(lambda block: [block]),
        "analysis": st.fixed_dictionaries(
            {"s_max_bins": st.just({"low": "1e-9", "high": 1, "count": 7})},
            optional={"threshold": st.floats(0.01, 0.99), "maxima_bins": COUNTS | st.none()},
        ),
    },
    optional={
        "ensemble": st.fixed_dictionaries(
            {}, optional={"zeta_coh": numbers(0, 3), "rank": st.integers(1, 15) | st.just("null")}
        ),
        "core_seconds": numbers(1e-3, 1e5) | st.just("null") | st.none(),
    },
)
CONFIGURATION = st.fixed_dictionaries(
    {
        "results": st.text(st.characters(categories="LNPS"), min_size=1, max_size=9)
        | st.sampled_from([*HOSTILE[:20], "a//b/./c/"]),
        "root_seed": (
            st.integers(0, 2**63 - 1) | st.integers(2**53, 2**63 - 1)  # where floats have gaps
        ).flatmap(spelt),
        "ranks": st.integers(1, 4096),
        "studies": st.dictionaries(NAMES, STUDY, min_size=1, max_size=2),
    }
)


@settings(deadline=None, max_examples=100)
@given(CONFIGURATION)
def test_numbers_and_names_in_any_spelling_are_parsed_or_refused_in_one_line(data):
    assert_parsed_or_named(data)
    try:
        parsed = parse(data)
    except ConfigError:
        return
    assert parsed.root_seed == int(data["root_seed"])
    for name, study in data["studies"].items():
        assert parsed.studies[name].samples == int(float(study["samples"]))


@settings(deadline=None, max_examples=200)
@given(changed())
def test_changed_configuration_is_parsed_or_refused_in_one_line(data):
    assert_parsed_or_named(data)


@settings(deadline=None, max_examples=150)
@given(st.tuples(*[SCALARS] * 3) | st.tuples(*[st.floats(min_value=0)] * 2, st.integers(1, 9)))
@example((1e-4, 1e308, 1))
@example((1e308, 1e-300, 1))
@example((5e-324, 5e-324, 1))
@example((1.0, 1.7976931348623157e308, 1000))
def test_any_grid_is_parsed_or_refused_in_one_line(values):
    block = dict(zip(("first", "last", "per_decade"), values, strict=True))
    study = {**PAIR, "eta_blocks": [block]}
    assert_parsed_or_named({**PLAIN, "studies": {"pair": study}})


#: One study, as text: short, so that reading it takes a few milliseconds.
TEXT = yaml.safe_dump(
    {**{k: PLAIN[k] for k in ("results", "root_seed", "ranks")}, "studies": {"pair": PAIR}}
)
LINES = TEXT.splitlines(keepends=True)
SYNTAX = " \n-:?{}[],&*!<>'\"%@#|ab01.~\t"
TAGS = [
    "!!binary x",
    "!!set {a}",
    "!!omap [a: 1]",
    "!!python/name:os.system",
    "!x y",
    "&a [*a]",
    "*a",
    "<<: *a",
]
PIECE = st.text(SYNTAX, max_size=6) | st.sampled_from([*HOSTILE[:36], *TAGS]) | st.text(max_size=6)


@st.composite
def changed_text(draw):
    """The text of a configuration with up to three places or lines changed."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        action = draw(st.sampled_from(["value", "remove", "repeat", "move", "insert"]))
        if action == "value":
            key, colon, _ = lines[at].partition(":")
            lines[at] = f"{key}{colon} {draw(PIECE)}\n"
        elif action == "remove" and len(lines) > 1:
            del lines[at]
        elif action == "repeat":
            lines.insert(draw(st.integers(0, len(lines))), lines[at])
        elif action == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        else:
            place = draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:place] + draw(PIECE) + lines[at][place:]
    return "".join(lines)


def assert_loaded_or_named(text, path):
    # A lone surrogate is no text, and a file with its bytes is refused like any that is not UTF-8.
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        config = load_config(path)
    except ConfigError as error:
        assert_one_line(error, str(path))
    else:
        assert_means_itself(config)
        assert parse(yaml.safe_load(yaml.safe_dump(config.model_dump(mode="json")))) == config


@settings(deadline=None, max_examples=150)
@given(changed_text())
@example(TEXT)
def test_changed_file_is_loaded_or_refused_in_one_line(tmp_path_factory, text):
    assert_loaded_or_named(text, tmp_path_factory.getbasetemp() / "changed.yaml")


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=60) | st.text(SYNTAX, max_size=60) | PIECE.map("a: {}".format))
@example(text="a: !!bool maybe")
@example(text="a: !!timestamp x")
@example(text="a: !!int ''")
@example(text="a: !!float ''")
@example(text='"\\ud800": 1')
@example(text='a: "\\e[2J"')
@example(text="? 0x" + "f" * 5000 + "\n: 1")
@example(text="a: 0x" + "f" * 5000)
def test_any_text_is_read_or_refused_in_one_line(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        data = read_yaml(path)
    except ConfigError as error:
        assert_one_line(error, str(path))
    else:
        assert isinstance(data, dict)
        plain = yaml.safe_load(text)
        assert data == plain or repr(data) == repr(plain)  # NaN is not itself
    assert_loaded_or_named(text, path)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(KEY, ANYTHING, max_size=4))
def test_anything_put_over_a_file_is_loaded_or_refused_in_one_line(tmp_path_factory, overrides):
    path = tmp_path_factory.getbasetemp() / "plain.yaml"
    if not path.exists():
        path.write_text(TEXT, encoding="utf-8")
    try:
        load_config(path, overrides)
    except ConfigError as error:
        assert_one_line(error)


@given(samples=st.integers(1, 3000), chunk_size=st.integers(1, 3500))
@example(samples=1, chunk_size=1)
@example(samples=1, chunk_size=10**6)
@example(samples=3000, chunk_size=3000)
@example(samples=3000, chunk_size=2999)
@settings(deadline=None)
def test_chunks_hold_every_sample_exactly_once(samples, chunk_size):
    study = {**PAIR, "samples": samples, "chunk_size": chunk_size}
    chunks = parse({**PLAIN, "studies": {"pair": study}}).studies["pair"].chunks
    assert [i for start, stop in chunks for i in range(start, stop)] == list(range(samples))
    sizes = [stop - start for start, stop in chunks]
    assert all(size == chunk_size for size in sizes[:-1])
    assert 1 <= sizes[-1] <= chunk_size


ETAS = st.lists(
    (st.just(0.0) | st.floats(1e-90, 1e6)).map(canonical_eta), min_size=1, max_size=8, unique=True
)


@settings(deadline=None)
@given(ETAS)
def test_name_of_a_block_is_that_of_its_values_in_any_order(etas):
    block = EtaBlock(values=etas)
    assert block.etas == tuple(sorted(etas))
    assert EtaBlock(values=etas[::-1]).etas == block.etas
    assert EtaBlock(values=[str(eta) for eta in etas]).etas == block.etas
    assert EtaBlock(values=json.loads(json.dumps(block.etas))).etas == block.etas


@settings(deadline=None)
@given(ETAS, ETAS)
def test_blocks_of_different_values_have_different_names(one, other):
    one, other = tuple(sorted(one)), tuple(sorted(other))
    assert (Block(one).id == Block(other).id) == (one == other)


@given(st.integers(10**11 + 1, 10**12 - 1), st.integers(10**11, 10**12 - 1), st.integers(-111, 88))
@example(10**11 + 1, 10**11 + 2, 0)
def test_values_of_twelve_digits_stay_apart_and_longer_ones_have_the_name_of_the_nearest(
    one, other, power
):
    eta = float(f"{one}e{power}")
    assert canonical_eta(eta) == eta
    assert canonical_eta(float(f"{one}.3e{power}")) == canonical_eta(float(f"{one - 1}.7e{power}"))
    second = canonical_eta(float(f"{other}e{power}"))
    assert (second == eta) == (other == one)
    assert (Block((second,)).id == Block((eta,)).id) == (other == one)


@settings(deadline=None)
@given(ETAS)
def test_name_of_a_block_says_how_many_values_it_has(etas):
    block = Block(tuple(sorted(etas)))
    assert size_of_block(block.id) == (len(etas), 1)
    points = tuple((float(k), eta) for k, eta in enumerate(etas))
    assert size_of_block(Block(block.etas, points).id) == (len(etas), len(etas))


@given(st.floats(1e-300, 1e300))
def test_rounding_of_eta_is_idempotent_and_moves_it_by_less_than_1e_11(eta):
    rounded = canonical_eta(eta)
    assert canonical_eta(rounded) == rounded
    assert rounded == pytest.approx(eta, rel=1e-11)
    assert float(json.dumps(rounded)) == rounded


@settings(deadline=None)
@given(st.floats(1e-12, 1e6), st.integers(1, 12), st.integers(0, 40))
def test_grid_reaches_both_ends_in_even_steps(first, per_decade, steps):
    last = first * 10 ** (steps / per_decade)
    etas = EtaBlock(first=first, last=last, per_decade=per_decade).etas
    assert len(etas) == steps + 1
    assert etas[0] == canonical_eta(first)
    assert etas[-1] == pytest.approx(last, rel=1e-11)
    for small, large in pairwise(etas):
        assert large / small == pytest.approx(10 ** (1 / per_decade), rel=1e-10)


@settings(deadline=None)
@given(seed=st.integers(0, 2**63 - 1), J=st.floats(1e-9, 1e6), other=st.floats(1e-9, 1e6))
def test_physics_hash_is_that_of_the_values_after_a_round_trip(seed, J, other):
    def physics(value):
        model = {"name": "spin_half_pair", "J": value}
        return Physics(model=model, ensemble={}, root_seed=seed)

    text = json.dumps(physics(J).model_dump(mode="json"))
    assert Physics.model_validate(json.loads(text)).digest == physics(J).digest
    assert (physics(J).digest == physics(other).digest) == (other == J)
