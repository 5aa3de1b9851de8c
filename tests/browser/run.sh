#!/usr/bin/env bash
# The tests of the report in Chromium: run.sh PYTHON [pytest arguments...]
# Where there is no Chromium, root on Debian installs it; others are told to.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: run.sh PYTHON [pytest arguments...]" >&2; exit 1; }
python=$1
shift
. "$(dirname "$0")/../support/debian_packages.sh"
command -v chromium >/dev/null || install_packages chromium
exec "$python" -m pytest -m browser "$@" "$(dirname "$0")"
