#!/usr/bin/env bash
# How much of /dev/shm ranks of MPICH's wheel take after MPI_Init, before any message.
#
# Guess: almost nothing, or the size of MPICH's own queues, about 1 MB for each rank.
# Seen on 2026-11-29 with mpich 5.0.2 and mpi4py 4.1.2, 4 ranks on one Linux machine:
#   as installed:      5.4 MB a rank
#   UCX_TLS=^posix:    1.1 MB a rank
# The wheel is built on UCX. Its shared-memory transport allocates another 4.3 MB for each rank, although
# MPICH does not use it for messages within a machine. So twelve ranks fill the 64 MB that a container
# has by default. More ranks end with a bus error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet mpich==5.0.2 mpi4py==4.1.2
cat > "$folder/held.py" <<'PYTHON'
import os
from mpi4py import MPI

world = MPI.COMM_WORLD
before = world.bcast(int(os.environ["BEFORE"]), root=0)
world.Barrier()
if world.rank == 0:
    filesystem = os.statvfs("/dev/shm")
    used = (filesystem.f_blocks - filesystem.f_bfree) * filesystem.f_frsize
    print(f"{(used - before) / world.size / 1e6:.1f}")
world.Barrier()
PYTHON
held() { # megabytes of /dev/shm per rank
  BEFORE=$(df --block-size=1 --output=used /dev/shm | tail -1) \
    env HYDRA_LAUNCHER=fork PATH="$folder/venv/bin:$PATH" "$@" \
    "$folder/venv/bin/mpiexec" -n 4 "$folder/venv/bin/python" "$folder/held.py"
}
plain=$(held)
without=$(held UCX_TLS=^posix)
echo "as installed: $plain MB a rank; UCX_TLS=^posix: $without MB a rank"
python3 -c "import sys; sys.exit(not (4.5 < $plain < 6.5 and $without < 2.0))"
