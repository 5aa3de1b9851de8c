"""Profiles of Snakemake, as `syncsweep plan` reads them."""

from pathlib import Path

import pytest

from syncsweep.config.messages import ConfigError
from syncsweep.plan.profile import Profile, read_profile

ROOT = Path(__file__).parents[3]


def test_shipped_profiles():
    slurm = read_profile(ROOT / "slurm")
    assert (slurm.most_ranks, slurm.jobs, slurm.slurm) == (16, 50, True)
    assert slurm.asked["nodes"] == 1
    assert read_profile(ROOT / "slurm" / "config.yaml") == slurm
    assert read_profile(ROOT / "profiles" / "default") == Profile(None, None, None, False, {})


def test_what_a_profile_fixes(tmp_path):
    text = "set-resources:\n  solve_shard:\n    runtime: 7\n  other:\n    runtime: 8\njobs: 3\n"
    (tmp_path / "config.yaml").write_text(text)
    assert read_profile(tmp_path) == Profile(None, 3, None, False, {"runtime": 7})


@pytest.mark.parametrize(
    ("text", "jobs", "cores"),
    [("cores: 3", None, 3), ("cores: all", None, None), ("jobs: unlimited", None, None)],
)
def test_what_may_be_in_use_at_once(tmp_path, text, jobs, cores):
    (tmp_path / "config.yaml").write_text(text)
    found = read_profile(tmp_path)
    assert (found.jobs, found.cores) == (jobs, cores)


def test_formulas_of_snakemake_are_left_to_it(tmp_path):
    text = "set-resources:\n  solve_shard:\n    mem_mb_per_cpu: attempt * 500\n"
    (tmp_path / "config.yaml").write_text(text)
    assert read_profile(tmp_path).asked == {"mem_mb_per_cpu": "attempt * 500"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ["cannot be read"]),
        ("[]", ["key: value"]),
        ("jobs: many", ["jobs", "positive integer", "'many'"]),
        ("jobs: true", ["jobs", "positive integer or 'unlimited'"]),
        ("cores: 0", ["cores", "positive integer or 'all'", "is 0"]),
        ("executor: [slurm]", ["executor", "a name such as slurm", "['slurm']"]),
        ("set-threads: [solve_shard=3]", ["set-threads", "key: value", "solve_shard"]),
        ("set-resources:\n  solve_shard:\n    runtime: -1", ["solve_shard: runtime", "is -1"]),
        ("set-resources:\n  solve_shard:\n    mem_mb_per_cpu: 0", ["mem_mb_per_cpu", "is 0"]),
        ("set-threads: 3", ["set-threads", "key: value"]),
        ("set-threads:\n  solve_shard: 0", ["set-threads: solve_shard", "positive integer"]),
        ("set-threads:\n  solve_shard: 1.5", ["set-threads: solve_shard", "1.5"]),
        ("set-resources:\n  solve_shard: 3", ["set-resources: solve_shard", "key: value"]),
        ("jobs: 3\njobs: 4", ["line 2", "twice"]),
    ],
)
def test_a_profile_that_cannot_be_read_is_one_line(tmp_path, text, words):
    if text is not None:
        (tmp_path / "config.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_profile(tmp_path)
    message = str(caught.value)
    assert len(message.splitlines()) == 1 and "config.yaml" in message
    for word in words:
        assert word in message


def test_an_empty_profile_is_refused_as_snakemake_does_not(tmp_path):
    """Rather a wrong name than a plan for something else."""
    with pytest.raises(ConfigError, match="cannot be read"):
        read_profile(tmp_path / "slrum")
