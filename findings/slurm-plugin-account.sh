#!/usr/bin/env bash
# Which account the Slurm plugin of Snakemake finds if none is given.
#
# Guess: that of the last job, as its message "No SLURM account given, trying to guess" promises.
# Seen on 2026-11-30 with snakemake-executor-plugin-slurm 2.8.0:
#   sacct gets the words: -nu USER -o Account%256 | tail -1
# The command has a pipe, but no shell runs it. The real sacct refuses the option -1, and no account is
# found. This script needs no cluster: its own sacct prints its arguments.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet snakemake-executor-plugin-slurm==2.8.0
printf '#!/bin/sh\necho "$*"\n' > "$folder/venv/bin/sacct"
chmod +x "$folder/venv/bin/sacct"
seen=$(PATH=$folder/venv/bin:$PATH "$folder/venv/bin/python" -c '
import logging
from snakemake_executor_plugin_slurm.accounts import get_account
print(get_account(logging.getLogger()))')
echo "sacct gets: $seen"
[[ $seen == *" | tail -1" ]]
