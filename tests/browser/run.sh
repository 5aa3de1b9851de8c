#!/usr/bin/env bash
# The tests of the report in Chromium: run.sh PYTHON [pytest arguments...]
# Where there is no Chromium, root on Debian installs it; others are told to.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: run.sh PYTHON [pytest arguments...]" >&2; exit 1; }
python=$1
shift
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "error: there is no chromium here; install the package of that name" >&2
    exit 1
  fi
  echo "installing chromium"
  log=$(mktemp)
  install=(apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends chromium)
  export DEBIAN_FRONTEND=noninteractive
  # A package list that is missing or old makes the first attempt fail, not the second.
  { "${install[@]}" || { apt-get update && "${install[@]}"; }; } </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    echo "error: apt-get could not install chromium" >&2
    exit 1
  }
  rm -f "$log"
fi
exec "$python" -m pytest -m browser "$@" "$(dirname "$0")"
