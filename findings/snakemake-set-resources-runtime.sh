#!/usr/bin/env bash
# Which unit a bare number has in `--set-resources RULE:runtime=77`.
#
# Guess: minutes, as in `resources: runtime=77` of a rule, whatever the release.
# Seen on 2026-11-30 with one rule whose runtime is 77, and the same number on the command line:
#   snakemake 9.19.0:  rule 77, command line 1
#   snakemake 9.20.0:  rule 77, command line 77
# Up to 9.19 the number on the command line counts as seconds, and a job on a cluster gets a time limit that
# is 60 times too short. From 9.20 on both are minutes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/Snakefile" <<'PYTHON'
rule one:
    output: "out"
    resources: runtime=77
    shell: "echo {resources.runtime} > {output}"
PYTHON
cd "$folder"
export XDG_CACHE_HOME=$folder/cache
seen=
for version in 9.19.0 9.20.0; do
  python3 -m venv "$version"
  "$version/bin/pip" install --quiet "snakemake==$version"
  for words in "" "--set-resources one:runtime=77"; do
    "$version/bin/snakemake" --cores 1 --quiet all --force one $words >/dev/null
    seen+="$(cat out) "
  done
done
echo "9.19.0: rule, command line; 9.20.0: rule, command line: $seen"
[ "$seen" = "77 1 77 77 " ]
