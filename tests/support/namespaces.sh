# Sourced by the scripts of tests that run a program in namespaces of its own.
# Which ones the array `namespaces` says, as options of unshare: --mount, --pid and others.

check_namespaces() {
  unshare "${namespaces[@]}" --fork true 2>/dev/null
}

# run_in_namespaces FUNCTION [ARGUMENTS...]: run a function of the script as process 1 of the namespaces, and
# exit as it does. When it ends, or this script is killed, the kernel ends all its processes and mounts.
run_in_namespaces() {
  local child code
  # In the background, so that this script hears of SIGTERM at once. Bash has background processes
  # ignore Ctrl-C, so env undoes that: the program hears it. The death of this script ends unshare
  # (pdeathsig), whose death ends process 1 (kill-child), and so all others.
  env --default-signal=INT,QUIT setpriv --pdeathsig KILL \
    unshare "${namespaces[@]}" --fork --mount-proc --kill-child \
    bash -euo pipefail -c "$(declare -p namespaces); $(declare -f); \"\$@\"" "$0" "$@" <&0 &
  child=$!
  trap 'kill -KILL "$child"; wait "$child" 2>/dev/null || exit 143' TERM HUP
  trap : INT # which interrupts only the wait
  while :; do
    code=0
    wait "$child" || code=$?
    kill -0 "$child" 2>/dev/null || exit "$code"
  done
}
