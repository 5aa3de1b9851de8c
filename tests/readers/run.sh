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
. "$here/../support/debian_packages.sh"
[ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"

uv=$(dirname "$python")/uv
mkdir -p "$folder"
cp "$here/package.json" "$here/package-lock.json" "$folder"
"$uv" venv --quiet --clear --python "$python" "$folder/venv"
"$uv" pip install --quiet --python "$folder/venv/bin/python" --require-hashes -r "$root/envs/readers.lock"
npm ci --loglevel=error --no-audit --no-fund --prefix "$folder"
exec "$python" -m pytest -m readers "$@" "$here"
