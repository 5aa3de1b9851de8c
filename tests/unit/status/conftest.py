"""A block on disk as jobs leave it."""

import pytest
from progress_block import Sweep


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path)
