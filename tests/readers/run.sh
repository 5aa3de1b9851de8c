#!/usr/bin/env bash
# The queries of docs/elsewhere.md, by the readers that people use: run.sh PYTHON [pytest arguments...]
# Readers for Python and Node are installed into build/readers. If R, Node or LibreOffice is missing, root
# on Debian installs it; others are told to.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: run.sh PYTHON [pytest arguments...]" >&2; exit 1; }
python=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
folder=$root/build/readers

missing=()
command -v Rscript >/dev/null || missing+=(r-base-core)
command -v npm >/dev/null || missing+=(nodejs npm)
command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui)
if [ ${#missing[@]} != 0 ]; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "error: readers are missing here; install these packages: ${missing[*]}" >&2
    exit 1
  fi
  echo "installing ${missing[*]}"
  log=$(mktemp)
  install=(apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "${missing[@]}")
  export DEBIAN_FRONTEND=noninteractive
  # A package list that is missing or old makes the first attempt fail, not the second.
  { "${install[@]}" || { apt-get update && "${install[@]}"; }; } </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    echo "error: apt-get could not install ${missing[*]}" >&2
    exit 1
  }
  rm -f "$log"
fi

uv=$(dirname "$python")/uv
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder"
"$uv" venv --quiet --clear --python "$python" "$folder/venv"
"$uv" pip install --quiet --python "$folder/venv/bin/python" --require-hashes -r "$root/envs/readers.lock"
npm ci --loglevel=error --no-audit --no-fund --prefix "$folder"
exec "$python" -m pytest -m readers "$@" "$here"
