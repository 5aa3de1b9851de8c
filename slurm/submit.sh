#!/usr/bin/env bash
# Run snakemake itself inside Slurm, so that no login has to stay open.
#
#   slurm/submit.sh head    [sbatch options] [-- snakemake arguments]
#       a job of one core that submits the others, as the login node would
#   slurm/submit.sh onejob  --ntasks=64 [sbatch options] [-- snakemake arguments]
#       everything inside one allocation: nothing else is submitted
#
# Account, partition and launcher are those of slurm/config.yaml. Two minutes before the time limit
# snakemake is interrupted: what is solved is kept, no lock stays, and the same command continues.
set -euo pipefail

submitted=no
if [[ ${1:-} == submitted ]]; then
  submitted=yes
  shift
fi
mode=${1:-}
if [[ $mode != head && $mode != onejob ]]; then
  echo "error: usage: slurm/submit.sh head|onejob [sbatch options] [-- snakemake arguments]" >&2
  exit 1
fi
shift

site() { # a setting of the profile, without the quotes that Snakemake wants
  .venv/bin/python - "$@" <<'PYTHON'
import sys
import yaml

path = "slurm/config.yaml"
try:
    with open(path, encoding="utf-8") as file:
        value = yaml.safe_load(file)
    for key in sys.argv[1:]:
        value = value[key]
    if not isinstance(value, str) or not value.strip("'\""):
        raise ValueError
except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
    sys.exit(f"error: {path}: cannot be read, or has no text as {'.'.join(sys.argv[1:])}")
print(value.strip("'\""))
PYTHON
}

if [[ $submitted == no ]]; then
  cd "$(dirname "$(readlink -f "$0")")/.."
  [[ -x .venv/bin/snakemake ]] || { echo "error: no environment here: run make env" >&2; exit 1; }
  command -v sbatch >/dev/null ||
    { echo "error: no sbatch here: run this on a login node of a Slurm cluster" >&2; exit 1; }
  account=$(site default-resources slurm_account)
  partition=$(site default-resources slurm_partition)
  options=(--account="$account" --partition="$partition"
    --job-name="syncsweep-$mode" --output=slurm-%x-%j.log
    --signal=B:INT@120 --time=1-00:00:00 --mem-per-cpu=1000M)
  [[ $mode == head ]] && options+=(--ntasks=1)
  while (($#)) && [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  (($#)) && shift
  if [[ $mode == onejob && ! " ${options[*]}" =~ \ (--ntasks[=\ ]|-n) ]]; then
    echo "error: say how many ranks the allocation holds, as in onejob --ntasks=64" >&2
    exit 1
  fi
  exec sbatch "${options[@]}" slurm/submit.sh submitted "$mode" "$@"
fi

if [[ $mode == head ]]; then
  # What Slurm says of this job must not reach those that snakemake submits.
  unset "${!SLURM_@}" "${!SBATCH_@}"
  run=(--workflow-profile slurm)
else
  # Shards share the allocation: each step takes its own cores and leaves the others free.
  launcher=$(site set-resources solve_shard mpi)
  run=(--set-resources "solve_shard:mpi='$launcher --exact'" --cores "$SLURM_NTASKS" --retries 2)
fi

set -m # so that snakemake can be interrupted: without job control it would ignore it
.venv/bin/snakemake "${run[@]}" "$@" &
snakemake=$!
interrupt() {
  kill -INT "$snakemake" # which starts no other job, and waits for those at work
  # In an allocation these are its steps, whose ranks stop after the samples in hand.
  if [[ $mode == onejob ]]; then scancel --signal=USR1 "$SLURM_JOB_ID"; fi
}
trap interrupt INT TERM
code=0
wait "$snakemake" || code=$?
while kill -0 "$snakemake" 2>/dev/null; do # a trap ended the wait
  code=0
  wait "$snakemake" || code=$?
done
exit "$code"
