"""The environment in which the commands of jobs run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from syncsweep.workflow.job_shell import shell_prefix


def environment(project, **variables):
    """What a job's command finds in its environment."""
    program = (
        "python -c 'import json, os, sys; print(json.dumps(dict(os.environ, exe=sys.prefix)))'"
    )
    done = subprocess.run(
        ["bash", "-c", shell_prefix(project) + program],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_jobs_have_the_python_of_this_process_and_know_their_project(tmp_path):
    found = environment(tmp_path, PATH="/usr/bin:/bin", PYTHONHASHSEED="random")
    assert found["exe"] == sys.prefix
    assert found["SCRIPTS"] == str(tmp_path / "scripts")
    assert found["SYNCSWEEP_COMMIT"] == "unknown"
    assert found["PYTHONIOENCODING"].startswith("utf-8")
    assert found["PYTHONHASHSEED"].isdecimal()


def test_a_folder_with_an_unusual_name_runs_no_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = tmp_path / "a $(touch oops) 'b\" ; c"
    assert environment(project)["SCRIPTS"] == str(project / "scripts")
    assert not Path("oops").exists()


def test_a_choice_of_the_user_for_ucx_is_kept(tmp_path, monkeypatch):
    monkeypatch.delenv("UCX_TLS", raising=False)
    assert environment(tmp_path)["UCX_TLS"] == "^posix"
    monkeypatch.setenv("UCX_TLS", "tcp")
    assert environment(tmp_path)["UCX_TLS"] == "tcp"


def test_a_failing_command_fails_the_job(tmp_path):
    failing = shell_prefix(tmp_path) + "true; false | cat; true"
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run(["bash", "-c", failing], check=True)
