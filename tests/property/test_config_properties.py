"""Properties of the configuration: no input breaks it, and chunks and names are what they say."""

import copy
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncsweep.config import Config, ConfigError, parse
from syncsweep.config_eta import EtaBlock, block_id, canonical_eta
from syncsweep.config_file import check_yaml
from syncsweep.config_physics import Physics

PLAIN = yaml.safe_load((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))
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
)
KEY = st.sampled_from(KEYS) | st.text() | st.integers(-2, 2) | st.booleans() | st.none()
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


def assert_parsed_or_named(data):
    try:
        parsed = parse(data)
    except ConfigError as error:
        message = str(error)
        assert len(message.splitlines()) == 1
        assert len(message) <= 300
    else:
        assert isinstance(parsed, Config)
        for study in parsed.studies.values():
            for block in study.eta_blocks:
                assert block.etas
                assert re.fullmatch(r"eta-[^/{}\s]+", block.id)


@settings(deadline=None, max_examples=300)
@given(changed())
def test_changed_configuration_is_parsed_or_refused_in_one_line(data):
    assert_parsed_or_named(data)


@settings(deadline=None, max_examples=200)
@given(ANYTHING)
def test_anything_is_parsed_or_refused_in_one_line(data):
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


@settings(deadline=None, max_examples=200)
@given(text=st.text(max_size=60) | st.text(alphabet=" \n-:?{}[],&*!<>'\"%@#|ab01.~", max_size=60))
@example(text="a: !!bool maybe")
@example(text="a: !!timestamp x")
@example(text="a: !!int ''")
@example(text="a: !!float ''")
def test_any_text_is_read_or_refused_in_one_line(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        check_yaml(path)
    except ConfigError as error:
        message = str(error).removeprefix(str(path))
        assert len(message.splitlines()) == 1
        assert len(message) <= 300
    else:
        assert isinstance(yaml.safe_load(text), dict)


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
    assert EtaBlock(values=etas[::-1]).id == block.id
    assert EtaBlock(values=[str(eta) for eta in etas]).id == block.id
    assert EtaBlock(values=json.loads(json.dumps(block.etas))).id == block.id


@settings(deadline=None)
@given(ETAS, ETAS)
def test_blocks_of_different_values_have_different_names(one, other):
    one, other = tuple(sorted(one)), tuple(sorted(other))
    assert (block_id(one) == block_id(other)) == (one == other)


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
