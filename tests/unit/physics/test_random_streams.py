"""Random streams: each purpose draws the same numbers for ever, and no two draw alike."""

import ast
from pathlib import Path

import numpy as np
import pytest

import syncsweep
from syncsweep.physics.random_streams import Purpose, stream

#: What results of the past were made from, by purpose and number.
FIRST = {
    (Purpose.PERTURBATION, 3): (0.10668330331109033, 0.0877306307256367),
    (Purpose.CHI_SHIFT, 3): (0.398222055895764, 0.78020787530037),
    (Purpose.LIMIT, 0): (0.1383963529523099, 0.8978162812288524),
    (Purpose.UNIFORM_ANGLES, 2): (0.13169314905962382, 0.42602056347274964),
    (Purpose.UNIFORM_ANGLES, 4): (0.5301108265149931, 0.8217648079638309),
    (Purpose.INITIAL_STATES, 0): (0.45476911232068695, 0.5799756121905384),
    (Purpose.BONDS, 3): (0.3339532041294111, 0.12945013770039038),
    (Purpose.SITES, 3): (0.16655265180361323, 0.7228386991411357),
}


@pytest.mark.parametrize(("purpose", "number"), FIRST)
def test_the_first_numbers_of_a_purpose_stay(purpose, number):
    drawn = stream(20251014, number, purpose).random(2)
    assert tuple(drawn.tolist()) == FIRST[purpose, number]


def test_every_purpose_is_pinned():
    assert {purpose for purpose, _ in FIRST} == set(Purpose)


def test_streams_of_seeds_numbers_and_purposes_differ():
    keys = [
        (seed, number, purpose)
        for seed in (0, 1, 20251014)
        for purpose, numbers in {
            Purpose.PERTURBATION: (0, 1, 2, 10**9),
            Purpose.CHI_SHIFT: (0, 1, 2, 10**9),
            Purpose.LIMIT: (0,),
            Purpose.UNIFORM_ANGLES: (2, 3, 4),
            Purpose.INITIAL_STATES: (0,),
            Purpose.BONDS: (0, 1, 2, 10**9),
            Purpose.SITES: (0, 1, 2, 10**9),
        }.items()
        for number in numbers
    ]
    draws = [tuple(stream(*key).random(4)) for key in keys]
    assert len(set(draws)) == len(keys)
    assert draws == [tuple(stream(*key).random(4)) for key in keys]


def test_streams_of_samples_are_as_if_the_root_spawned_samples_and_these_their_purposes():
    of_purposes = np.random.SeedSequence(5).spawn(9)[8].spawn(4)
    purposes = (Purpose.PERTURBATION, Purpose.CHI_SHIFT, Purpose.BONDS, Purpose.SITES)
    for child, purpose in zip(of_purposes, purposes, strict=True):
        expected = np.random.default_rng(child).random(2)
        assert stream(5, 8, purpose).random(2).tolist() == expected.tolist()


#: Modules that make a generator by themselves, and why.
OTHERS = {
    "physics/block_generator.py": "vectors in general position, with a fixed seed",
    "physics/dephasing.py": "an operator and a vector in general position, fixed seed",
    "physics/gain_probe.py": "random signs of a projection, with a fixed seed",
    "physics/region_points.py": "points near maxima, seeded by the offset of the χ grid",
    "physics/slow_modes.py": "changes of entries that show what is rounding, with a fixed seed",
    "paper/parts/modes.py": "a conserved quantity in general position, with a fixed seed",
    "user_code/trial_states.py": "a state in general position, with a fixed seed",
    "verify/recompute.py": "the choice of rows, with a seed of the command",
}


def test_everything_else_draws_from_here():
    package = Path(syncsweep.__file__).parent
    makers = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("default_rng", "SeedSequence"):
                makers.add(path.relative_to(package).as_posix())
    assert makers == {"physics/random_streams.py", *OTHERS}
