#!/usr/bin/env bash
# Which time limit a job gets from `runtime`, in minutes, where the minutes are not whole.
#
# Guess: Snakemake rounds up, or refuses the number.
# Seen on 2026-11-30 with snakemake 9.27.1:
#   runtime=0.5: 0    runtime=1.5: 2    runtime=2.5: 2    runtime="30s": 1
# Numbers are rounded to even, and text of a time is rounded up. So half a minute becomes 0, and a plugin
# that reads 0 as "not given" submits the job without a limit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet snakemake==9.27.1
cat > "$folder/Snakefile" <<'PYTHON'
rule all:
    input: "a", "b", "c", "d"
rule half:
    output: "a"
    resources: runtime=0.5
    shell: "echo {resources.runtime} > {output}"
rule one_and_a_half:
    output: "b"
    resources: runtime=1.5
    shell: "echo {resources.runtime} > {output}"
rule two_and_a_half:
    output: "c"
    resources: runtime=2.5
    shell: "echo {resources.runtime} > {output}"
rule text:
    output: "d"
    resources: runtime="30s"
    shell: "echo {resources.runtime} > {output}"
PYTHON
cd "$folder"
XDG_CACHE_HOME=$folder/cache venv/bin/snakemake --cores 1 --quiet all >/dev/null
seen=$(cat a b c d | tr '\n' ' ')
echo "0.5, 1.5, 2.5, 30s: $seen"
[ "$seen" = "0 2 2 1 " ]
