#!/usr/bin/env bash
# Build the image of envs/Containerfile without a daemon or a registry, and sweep in it: run.sh
#
# The base is a root of Debian that mmdebstrap makes from apt's own mirror. The image runs as a cluster runs
# it: read-only, by a user without a home, with 64 MB of /dev/shm and the results on a folder that is mounted.
# All is in a temporary folder (TMPDIR).
set -euo pipefail

namespaces=(--mount --pid)
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
. "$here/../support/namespaces.sh"
. "$here/../support/debian_packages.sh"
release=trixie

fail() {
  echo "error: $*" >&2
  exit 1
}

# build OPTIONS...: with low limits, because Buildah has its own, and raising one may be refused.
build() {
  in_store bud --isolation chroot --quiet --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 "$@" >/dev/null
}

clean() {
  in_store umount --all >/dev/null 2>&1 || true
  if mountpoint -q "$folder/store/overlay"; then umount "$folder/store/overlay"; fi # as Buildah leaves it
  rm -rf "$folder"
}

in_store() {
  buildah --storage-driver "$driver" --root "$folder/store" --runroot "$folder/run" "$@"
}

# With the certificates of this machine, and where pip and uv find packages.
make_base() {
  local file hooks=()
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pip.conf /etc/uv/uv.toml; do
    if [ -e "$file" ]; then hooks+=("--customize-hook=install -D -m 644 $file \"\$1$file\""); fi
  done
  TMPDIR=$folder mmdebstrap --quiet --variant=minbase --include=ca-certificates "${hooks[@]}" \
    "$release" "$folder/base/root.tar" "$(find_mirror)" </dev/null
  printf 'FROM scratch\nADD root.tar /\n' >"$folder/base/Containerfile"
  build --tag localhost/base "$folder/base"
}

# sweep COMMAND...: two commands of the image in the folder of the results, by what runs a program in it.
sweep() {
  local said
  "$@" snakemake --snakefile /opt/syncsweep/Snakefile tables --configfile few.yaml
  said=$("$@" snakemake --snakefile /opt/syncsweep/Snakefile tables --configfile few.yaml 2>&1)
  grep -q 'Nothing to be done' <<<"$said" || fail "a second run did something: $said"
  "$@" syncsweep verify results | grep 'all well'
}

write_folder() {
  mkdir "$1"
  cat >"$1/few.yaml" <<'YAML'
root_seed: 7
results: results
ranks: 2
studies:
  pair:
    model: {name: spin_half_pair}
    samples: 60
    chunk_size: 30
    eta_blocks: [{first: 1.0e-4, last: 1.0, per_decade: 1}]
    figure: null
YAML
  chown -R 1000:1000 "$1"
}

# As process 1 of the namespaces.
inside() {
  local image=$1 settings
  readarray -t settings < <(in_store inspect --type image --format '{{range .OCIv1.Config.Env}}{{println .}}{{end}}' localhost/syncsweep)
  mount --bind "$image" "$image"
  mount -o remount,bind,ro "$image"
  mount --bind "$folder/read-only" "$image/work"
  mount -t proc proc "$image/proc"
  mount --rbind /dev "$image/dev"
  mount -t tmpfs -o mode=1777 image "$image/tmp"
  mount -t tmpfs -o mode=1777,size=64m image "$image/dev/shm"
  in_image() { chroot --userspec=1000:1000 "$image" env -i --chdir=/work "${settings[@]}" HOME=/nowhere "$@"; }
  ! in_image touch /opt/syncsweep/written 2>/dev/null || fail "the image is not read-only"
  sweep in_image
}

[ "$(id -u)" = 0 ] || fail "only root can build the image without a daemon"
check_namespaces || fail "the image needs namespaces (in a container: CAP_SYS_ADMIN, as --privileged)"
for program in mmdebstrap buildah; do
  command -v "$program" >/dev/null || install_packages "$program" || exit 1
done
folder=$(mktemp --directory --tmpdir container-XXXXXX)
chmod 755 "$folder"
mkdir "$folder/base"
trap clean EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT
driver=overlay
in_store info >/dev/null 2>&1 || driver=vfs # in a container
make_base
build --build-arg BASE=localhost/base --tag localhost/syncsweep --file "$project/envs/Containerfile" "$project"
write_folder "$folder/read-only"
container=$(in_store from localhost/syncsweep)
image=$(in_store mount "$container")
export folder driver
(run_in_namespaces inside "$image")
in_store umount "$container" >/dev/null
