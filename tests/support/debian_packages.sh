# Sourced by the scripts of tests that need programs of Debian.

# install_packages PACKAGE...: install them as root on Debian; anybody else is asked to.
install_packages() {
  local log install
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "error: programs are missing here; install these packages: $*" >&2
    return 1
  fi
  echo "installing $*"
  log=$(mktemp)
  install=(apt-get -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@")
  export DEBIAN_FRONTEND=noninteractive
  # A package list that is missing or old makes the first attempt fail, not the second.
  { "${install[@]}" || { apt-get update && "${install[@]}"; }; } </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    echo "error: apt-get could not install $*" >&2
    return 1
  }
  rm -f "$log"
}

# The mirror of Debian in apt's own settings.
find_mirror() {
  local found
  found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian')
  if [ -z "$found" ]; then # there are no package lists yet
    apt-get update -qq >&2
    found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian')
  fi
  echo "${found%%$'\n'*}"
}
