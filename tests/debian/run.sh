#!/usr/bin/env bash
# Run a command in a copy of this project on another release of Debian: run.sh RELEASE COMMAND [ARGUMENTS...]
#
# Makes a root of that release in a temporary folder (TMPDIR), with Python, make, Git and PACKAGES, and copies
# what Git tracks or does not ignore into it. Mirror, proxies, certificates and the index of Python packages are
# those of this machine. When the command ends, or this script is killed, processes, mounts and root are gone.
# Where the command leaves JUnit files in $JUNIT, a line of the table in docs/clusters.md is written from them.
set -euo pipefail

namespaces=(--mount --pid)
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
. "$here/../support/namespaces.sh"
. "$here/../support/debian_packages.sh"

fail() {
  echo "error: $*" >&2
  exit 1
}

check_release() {
  local said
  said=$(/usr/lib/apt/apt-helper download-file "${mirror}dists/$release/Release" "$folder/Release" 2>&1) && return
  case $said in
  *" 404 "*) fail "Debian has no release $release; take bookworm, trixie or sid" ;;
  *) fail "the mirror of Debian in apt's settings does not answer: $(grep '^E: Failed' <<<"$said" | head -n 1)" ;;
  esac
}

# As process 1 of the namespaces.
inside() {
  local code=0
  make_root || return $?
  mount --bind "$root" "$root" # unshare in the root wants its / to be a mount
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  copy_settings
  mkdir "$root/srv/syncsweep" "$root/srv/junit" "$root/srv/docs"
  copy_project "$root/srv/syncsweep"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  for tmpfs in dev/shm run; do mount -t tmpfs -o mode=1777 root "$root/$tmpfs"; done
  mount --bind "$project/docs" "$root/srv/docs"
  in_root update-ca-certificates >/dev/null 2>&1
  in_root "$@" || code=$?
  if [ -n "$(ls "$root/srv/junit")" ]; then
    in_root .venv/bin/python tests/debian/write_line.py /srv/junit /srv/docs/clusters.md || code=$?
  fi
  return "$code"
}

make_root() {
  local options=() line code=0
  while read -r line; do options+=("--aptopt=$line"); done < <(
    apt-config dump --format '%F "%v";%n' Acquire | grep -E '^Acquire::(https?::|Check-|Retries|ForceIPv)'
  )
  echo "making a root of Debian $release" >&2
  TMPDIR=$folder mmdebstrap --mode=root --variant=minbase --dpkgopt=force-unsafe-io "${options[@]}" \
    --include="python3-venv make git ca-certificates ${PACKAGES:-}" \
    "$release" "$root" "$mirror" >"$folder/log" 2>&1 </dev/null || code=$?
  if [ "$code" = 0 ]; then return; fi
  grep -q 'received signal INT' "$folder/log" && return 130
  cat "$folder/log" >&2
  if grep -q 'No space left' "$folder/log"; then fail "the disk of $folder is full; set TMPDIR to another one"; fi
  fail "mmdebstrap could not make a root of Debian $release; its last lines are above"
}

# Certificates of this machine, and where pip and uv find packages.
copy_settings() {
  local name file
  cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
  for name in pip.conf .pip/pip.conf .config/pip/pip.conf uv/uv.toml .config/uv/uv.toml; do
    case $name in .*) file=$HOME/$name name=root/$name ;; *) file=/etc/$name name=etc/$name ;; esac
    if [ -e "$file" ]; then install -D -m 644 "$file" "$root/$name"; fi
  done
}

# A clone at the same commit with the same changes.
copy_project() {
  git -c safe.directory='*' clone --quiet --no-hardlinks --no-checkout "$project" "$1"
  git -C "$1" reset --quiet
  git -C "$project" -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
    tar --create --null --ignore-failed-read --no-recursion --directory "$project" --files-from - 2>/dev/null |
    tar --extract --no-same-owner --directory "$1"
}

in_root() {
  local settings
  readarray -t settings < <(
    env | grep -iE '^([a-z]+_proxy|(pip|uv|openblas)_[a-z0-9_]+|ssl_cert_(file|dir)|requests_ca_bundle|ci|term)='
  )
  chroot "$root" env -i --chdir=/srv/syncsweep HOME=/root JUNIT=/srv/junit \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${settings[@]}" "$@"
}

[ $# -ge 2 ] || fail "usage: run.sh RELEASE COMMAND [ARGUMENTS...]"
[ "$(id -u)" = 0 ] || fail "only root can make a root of another release"
command -v apt-get >/dev/null || fail "a root of another release needs Debian's apt-get and its mirror"
check_namespaces || fail "a root of another release needs namespaces (in a container: CAP_SYS_ADMIN, as --privileged)"
for program in mmdebstrap git; do
  command -v "$program" >/dev/null || install_packages "$program" || exit 1
done
git -C "$project" -c safe.directory='*' rev-parse HEAD >/dev/null 2>&1 || fail "$project is not a clone of Git"

release=$1
shift
[[ $release =~ ^[a-z][a-z0-9-]*$ ]] || fail "\"$release\" is no name of a Debian release; take bookworm, trixie or sid"
folder=$(mktemp --directory --tmpdir debian-XXXXXX) || fail "no folder can be made in ${TMPDIR:-/tmp}; set TMPDIR to another one"
chmod 755 "$folder"
root=$folder/root
trap 'rm -rf "$folder"' EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT
# No trap hears SIGKILL, so another process waits for the end of this one.
setsid bash -c 'tail --pid="$1" -f /dev/null; for _ in 1 2 3 4 5; do rm -rf "$2" && break; sleep 1; done' \
  watch "$$" "$folder" </dev/null >/dev/null 2>&1 &
free=$(df --output=avail --block-size=1M "$folder" | tail -n 1)
[ "$free" -ge 4000 ] || fail "${folder%/*} has ${free// /} MB free of the 4000 that a root takes; set TMPDIR to a larger disk"
mirror=$(find_mirror)
[ -n "$mirror" ] || fail "apt knows no mirror of Debian (/etc/apt/sources.list)"
check_release
export release mirror folder root project
run_in_namespaces inside "$@"
