#!/usr/bin/env bash
# Whether a rank of MPICH may end as it likes once MPI_Finalize has returned.
#
# Guess: yes, and os._exit(0) after it is a success, for MPI_Finalize is the last word of MPI.
# Seen on 2026-11-30 with mpich 5.0.2 and mpi4py 4.1.2:
#   os._exit: rank 0 ends
#   exit of C: rank 0 ends, rank 1 ends
# MPI_Finalize only notes that the rank takes leave of its launcher. An exit handler of the C library does it,
# and os._exit skips the handlers. If another rank still runs then, the launcher kills it, and ends with 0 or 9.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet mpich==5.0.2 mpi4py==4.1.2
cat > "$folder/ranks.py" <<'END'
import ctypes, os, sys, time
from mpi4py import MPI
rank = MPI.COMM_WORLD.rank
MPI.Finalize()
if rank == 1:
    time.sleep(2)
print("rank", rank, "ends", flush=True)
if sys.argv[1] == "os._exit":
    os._exit(0)
ctypes.PyDLL(None).exit(0)
END
seen=$(for way in os._exit "exit of C"; do
  lines=$("$folder/venv/bin/mpiexec" -n 2 "$folder/venv/bin/python" "$folder/ranks.py" "$way" | grep ends || :)
  echo "$way: ${lines//$'\n'/, }"
done)
echo "$seen"
[[ $seen == $'os._exit: rank 0 ends\nexit of C: rank 0 ends, rank 1 ends' ]]
