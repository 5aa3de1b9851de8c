#!/usr/bin/env bash
# A small sweep, its report, the dry-run for Slurm and tests with other versions of what pyproject.toml
# names: run.sh PYTHON lowest|newest [pytest arguments...]
# `lowest` takes the lower bounds, and `newest` what is the newest today, with each warning an error.
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: run.sh PYTHON lowest|newest [pytest arguments...]" >&2; exit 1; }
here=$(cd "$(dirname "$1")" && pwd)
uv=$here/uv python=$here/$(basename "$1") which=$2
shift 2
cd "$(dirname "$0")/../.."
folder=build/versions/$which
bin=$folder/venv/bin

case $which in
  lowest)
    # The lowest versions have wheels for this Python and not for later ones.
    "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || python=3.11
    resolution=lowest-direct
    warnings=default # old versions warn of packages that are newer than they
    of_programs=default
    ;;
  newest)
    resolution=highest
    warnings=error
    of_programs=error,ignore::ResourceWarning # Snakemake leaves a temporary folder to Python
    ;;
  *) echo "error: $which is neither lowest nor newest" >&2; exit 1 ;;
esac
rm -rf "$folder"
"$uv" venv --quiet --no-python-downloads --python "$python" "$folder/venv" || {
  echo "error: there is no Python $python here; install it, and make its venv work" >&2
  exit 1
}
"$uv" pip install --quiet --python "$bin/python" --resolution "$resolution" --upgrade \
  -r pyproject.toml --extra mpi --extra test
"$uv" pip install --quiet --python "$bin/python" --no-deps --no-build-isolation -e .
"$bin/python" tests/versions/direct.py "$which"

results=$folder/results
PYTHONWARNINGS=$of_programs "$bin/snakemake" all report --config samples=4 "results=$results"
PYTHONWARNINGS=$of_programs "$bin/snakemake" -n --workflow-profile slurm --config "results=$folder/on-slurm"
exec "$bin/python" -W "$warnings" -m pytest -W "$warnings" -n 2 --dist worksteal -m 'not slow' "$@" \
  tests/versions tests/workflow/test_sweep.py \
  tests/unit/{clean,cli,config,environment,logger_plugin,plan,report,status,sweep,tables,workflow}
