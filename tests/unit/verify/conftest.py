"""Results on disk for the tests of `verify`."""

import shutil

import pytest
from studies import make_results


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("made") / "results")


@pytest.fixture
def results(made, tmp_path):
    """A copy that may be damaged."""
    return shutil.copytree(made, tmp_path / "results")
