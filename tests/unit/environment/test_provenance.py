"""Where numbers say they come from."""

import json
import os
import subprocess
import sys

import pytest

from syncsweep import __version__
from syncsweep.environment import provenance


@pytest.fixture
def repository(tmp_path):
    """A project under Git with a lock file, committed."""
    folder = tmp_path / "a project"
    (folder / "envs").mkdir(parents=True)
    (folder / "envs" / "requirements.lock").write_text("numpy==1\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "tag.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_commit_is_that_of_the_project_and_says_when_files_differ(repository):
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "-a", "v9", "-m", "a tag does not stand for the commit")
    assert provenance.commit(repository) == head
    (repository / "envs" / "requirements.lock").write_text("numpy==2\n")
    assert provenance.commit(repository) == f"{head}-dirty"


def test_commit_is_known_in_a_folder_that_the_locale_has_no_letters_for(repository):
    folder = repository.rename(repository.with_name("jürgen"))
    program = "from syncsweep.environment import provenance; import pathlib, sys;"
    program += "print(provenance.commit(pathlib.Path(sys.argv[1])))"
    c_locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program, folder],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **c_locale},
    )
    assert done.stdout.strip() == git(folder, "rev-parse", "HEAD")


def test_commit_of_another_repository_around_the_project_is_not_taken(repository, tmp_path):
    assert provenance.commit(repository / "envs") == provenance.UNKNOWN
    assert provenance.commit(tmp_path) == provenance.UNKNOWN
    assert provenance.commit(tmp_path / "missing") == provenance.UNKNOWN


def test_lock_digest_changes_with_the_lock_and_is_unknown_without(repository, tmp_path):
    name = "SYNCSWEEP_LOCK"
    before = provenance.environment(repository)[name]
    (repository / "envs" / "requirements.lock").write_text("numpy==2\n")
    assert provenance.environment(repository)[name] != before
    assert provenance.environment(tmp_path)[name] == provenance.UNKNOWN


def test_processes_hear_the_commit_from_their_environment(repository):
    program = (
        "from syncsweep.environment import provenance; import json; "
        "print(json.dumps(provenance.code()))"
    )
    variables = provenance.environment(repository)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=variables
    )
    said = json.loads(done.stdout)
    assert said["commit"] == git(repository, "rev-parse", "HEAD")
    assert said["lock"] == variables["SYNCSWEEP_LOCK"]
    assert said["version"] == __version__
    assert said["source"] == provenance.code()["source"]


def test_versions_are_those_installed_and_unknown_otherwise():
    import numpy

    found = provenance.libraries("numpy", "no-such-package")
    assert found["numpy"] == numpy.__version__
    assert found["no-such-package"] == provenance.UNKNOWN
    assert found["python"] == sys.version.split()[0]


def test_machine_names_its_slurm_job(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    machine = provenance.machine()
    assert machine["job_id"] == "17" and machine["host"] and machine["cpu"]
