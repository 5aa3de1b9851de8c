#!/usr/bin/env bash
# The tests that need Slurm: run.sh PYTHON [pytest arguments...]
# Another program that does:  run.sh PYTHON -- program [arguments...]
#
# Installs Slurm where it is missing, then runs pytest, or the program, in namespaces of its own.
# When that ends, or is killed, or this script is, the kernel ends every daemon and drops every file
# with them. Without arguments every test file runs in namespaces of its own, several at once: most
# of their time they wait for Slurm.
set -euo pipefail

packages=(slurmctld slurmd slurmdbd slurm-client slurm-wlm-basic-plugins munge
  mariadb-server-core mariadb-client-core iproute2)
namespaces=(--mount --pid --net --uts)
policy=/usr/sbin/policy-rc.d
own_policy=no
log=

here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/namespaces.sh"

fail() {
  echo "error: $*" >&2
  exit 1
}

clean() {
  if [ "$own_policy" = yes ]; then rm -f "$policy"; fi
  if [ -n "$log" ]; then rm -f "$log"; fi
}

is_installed() {
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1
}

install_missing() {
  local name missing=()
  for name in "${packages[@]}"; do
    is_installed "$name" || missing+=("$name")
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  echo "installing ${missing[*]}"
  log=$(mktemp)
  # Debian starts a service as it installs it, unless this file says no (exit code 101).
  if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  # A package list that is missing or old makes the first attempt fail, not the second.
  apt install --yes --no-install-recommends "${missing[@]}" ||
    { apt update && apt install --yes --no-install-recommends "${missing[@]}"; } ||
    { cat "$log" >&2; fail "apt-get could not install ${missing[*]}"; }
  clean
  own_policy=no
}

# Runs as process 1 of the namespaces: bash, because it reaps the daemons' orphans.
inside() {
  local folder
  for folder in /etc/slurm /dev/shm /run; do # configuration; MPICH's segments; all else
    mount -t tmpfs -o mode=755 slurm-test "$folder"
  done
  chmod 1777 /dev/shm
  mkdir -m 755 /run/tmp
  ip link set lo up
  # getaddrinfo resolves nothing, as Slurm asks it, where 127.0.0.1 is the only address.
  ip address add 127.0.0.2/8 dev lo
  # Slurm resolves the name of the machine, which may have no address here.
  echo localhost >/proc/sys/kernel/hostname
  local code=0
  TMPDIR=/run/tmp "$@" || code=$?
  exit "$code"
}

# Each test file by itself, four at once, the longest first; what one prints is shown at its end.
run_all() {
  local file code=0 ended ended_code stopping=no
  local queue=("$here"/test_time_limits.py "$here"/test_job_faults.py)
  for file in "$here"/test_*.py; do
    case " ${queue[*]} " in *" $file "*) ;; *) queue+=("$file") ;; esac
  done
  declare -A running=()
  results=$(mktemp -d)
  trap 'stopping=yes; kill -TERM "${!running[@]}" 2>/dev/null || true' TERM HUP
  trap 'stopping=yes' INT # each child ends by itself
  while :; do
    while [ "$stopping" = no ] && [ ${#queue[@]} -gt 0 ] && [ ${#running[@]} -lt 4 ]; do
      file=${queue[0]}
      queue=("${queue[@]:1}")
      "$here/run.sh" "$python" "$file" ${JUNIT:+"--junitxml=$JUNIT/${file##*/}.xml"} >"$results/${file##*/}" 2>&1 &
      running[$!]=$file
      echo "$(date +%T) started ${file##*/}"
    done
    if [ ${#running[@]} = 0 ]; then break; fi
    ended=
    ended_code=0
    wait -n -p ended "${!running[@]}" || ended_code=$?
    if [ -z "${ended:-}" ]; then continue; fi # a trap ended the wait
    file=${running[$ended]##*/}
    unset "running[$ended]"
    echo "$(date +%T) ended ${file}"
    cat "$results/$file"
    if [ "$ended_code" != 0 ]; then code=$ended_code; fi
  done
  rm -rf "$results"
  if [ "$stopping" = yes ]; then code=130; fi
  exit "$code"
}

[ $# -ge 1 ] || fail "usage: run.sh PYTHON [pytest arguments...]"
[ "$(id -u)" = 0 ] || fail "the Slurm tests must run as root, for their daemons and namespaces"
command -v apt-get >/dev/null || fail "the Slurm tests install Debian packages, and need apt-get"
check_namespaces || fail "the Slurm tests need to make namespaces (in a container: CAP_SYS_ADMIN, as --privileged)"
trap clean EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
install_missing

python=$1
shift
if [ $# = 0 ]; then run_all; fi
program=(-m pytest -m slurm --durations=0 --durations-min=5)
if [ "$1" = -- ]; then
  program=()
  shift
fi
run_in_namespaces inside "$python" "${program[@]}" "$@"
