#!/usr/bin/env bash
# What Snakemake says if --set-threads and --set-resources, or these keys of a profile, name a rule that the
# workflow does not have.
#
# Guess: an error, or at least a warning, as for a target that does not exist.
# Seen on 2026-11-30 with snakemake 9.27.1:
#   misspelt: exit code 0, said nothing
#   spelt: exit code 0, threads: 4
# A misspelt name in a profile takes nodes, time limits and memory away from the jobs, without a word.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet snakemake==9.27.1
cd "$folder"
export HOME=$folder
printf 'rule solve:\n    output: "x"\n    threads: 1\n    shell: "echo {threads} > {output}"\n' > Snakefile
plan() {
  code=0
  venv/bin/snakemake -n --cores 8 --set-threads "$1=4" --set-resources "$1:mem_mb=500" > said 2>&1 || code=$?
}
plan solv
found=$(grep -v Command: said | grep -iE "solv\b|unknown|warn|error" || echo nothing)
seen="misspelt: exit code $code, said $found"
plan solve
seen+=$'\n'"spelt: exit code $code, $(grep -o 'threads: .*' said)"
echo "$seen"
[[ $seen == $'misspelt: exit code 0, said nothing\nspelt: exit code 0, threads: 4' ]]
