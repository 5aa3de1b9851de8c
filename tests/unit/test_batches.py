"""Samples solved together: every bit is that of a sample solved alone, whatever the batch."""

from dataclasses import fields

import numpy as np
import pytest
from assertions import assert_bit_equal

from syncsweep.config.observables import StateObservable
from syncsweep.config.physics import Ensemble, Physics, Spin1Chain, SpinHalfPair
from syncsweep.physics.diagnosis import Status
from syncsweep.physics.stacked_systems import MOST_SAMPLES
from syncsweep.sample import Rows, SampleSolver, joined
from syncsweep.user_code import study_solver
