"""A small study of three spins from which the tables of the types can be made."""

from dataclasses import replace
from math import pi

import numpy as np
from studies import StudyOnDisk, rows_of

from syncsweep.config.physics import Ensemble, Physics, Spin1Chain
from syncsweep.physics.measures import s_max
from syncsweep.physics.phase_distribution import relative_frequencies
from syncsweep.sample.rows import pack_coefficients, unpack_coefficients
from syncsweep.sample.sample_solver import FAILED

PHYSICS = Physics(model=Spin1Chain(name="spin1_chain"), ensemble=Ensemble(), root_seed=5)
FREQUENCIES = relative_frequencies((1, 1, 1))

#: The block with the smallest positive η stands second, and in it that η too.
BLOCKS = [(0.0, 1e-3), (1.0, 1e-6)]
SAMPLES = 12


def limit_coefficients(b):
    """Coefficients of 1/4π² + (b/16π²)·(cos 2φ'₁ + cos 2φ'₂ + cos 2(φ'₁ − φ'₂))."""
    coefficients = np.zeros(len(FREQUENCIES), dtype=complex)
    coefficients[0] = 1 / (4 * pi**2)
    for k in ([2, 0], [0, 2], [2, -2]):
        coefficients[FREQUENCIES.tolist().index(k)] = b / (32 * pi**2)
    return coefficients


def with_distribution(rows, coefficients):
    """The rows of one sample with another S_d at the second η."""
    s_d = np.array(rows.s_d)
    s_d[1] = pack_coefficients(coefficients)
    found = s_max(unpack_coefficients(s_d), FREQUENCIES)
    return replace(rows, s_d=s_d, s_max=found.s_max, angles=found.angles)


def solve(samples=SAMPLES):
    """Rows of the second block: real samples, but two that must not be chosen and one other.

    Samples 0 and 1 are the first of either type; yet 0 has failed and 1 is not resolved. Sample 2
    has a single maximum, so that it is of neither type by its maxima.
    """
    rows = list(rows_of(PHYSICS, samples, BLOCKS[1]))
    rows[0] = with_distribution(rows[0], limit_coefficients(1e-4))
    rows[0] = replace(rows[0], status=np.array([rows[0].status[0], FAILED]))
    rows[1] = with_distribution(rows[1], limit_coefficients(-1e-12))
    single = limit_coefficients(1e-5)
    single[FREQUENCIES.tolist().index([1, 0])] = 1e-6
    single[FREQUENCIES.tolist().index([0, 1])] = 1e-6
    rows[2] = with_distribution(rows[2], single)
    return rows


def write_chain(parent, rows, chunk_size):
    """Write the rows below `parent`; of the first block there is no shard."""
    blocks = {BLOCKS[0]: [], BLOCKS[1]: rows}
    return StudyOnDisk(parent, "chain", PHYSICS, blocks, chunk_size).request
