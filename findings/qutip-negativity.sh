#!/usr/bin/env bash
# QuTiP's negativity of pure and other rank-deficient states, by its default method.
#
# Guess: both methods give the exact value up to some units of rounding, 1e-15.
# Seen on 2026-11-30 with qutip 5.3.1, numpy 2.4.6 and scipy 1.17.1: the default, "tracenorm", gives a
# product state the negativity 1e-8 and misses the 1/2 of a Bell state in rotated bases by as much.
# "eigenvalues" gives both to 1e-15. The default takes the matrix root of the squared partial transpose.
# Squares of zero eigenvalues are zero up to 1e-16, and their roots up to 1e-8. In the basis in which
# the states are usually written down, the zeros are exact, and both methods agree.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet qutip==5.3.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import sys

import qutip


def rotated(angle):
    """Two orthonormal states of a qubit whose amplitudes are not round numbers."""
    turn = (-1j * angle * (qutip.sigmax() + qutip.sigmaz() / 3)).expm()
    return [turn * qutip.basis(2, k) for k in range(2)]


def errors(a, b):
    """Largest errors for a product state and a Bell state, by method."""
    product = qutip.tensor(a[0], b[0])
    bell = (qutip.tensor(a[0], b[1]) + qutip.tensor(a[1], b[0])).unit()
    exact = ((qutip.ket2dm(product), 0.0), (qutip.ket2dm(bell), 0.5))
    return [
        max(abs(qutip.negativity(rho, 0, method=method) - value) for rho, value in exact)
        for method in ("tracenorm", "eigenvalues")
    ]


plain = errors([qutip.basis(2, k) for k in range(2)], [qutip.basis(2, k) for k in range(2)])
turned = [max(one) for one in zip(*(errors(rotated(0.1 * k), rotated(0.3 * k)) for k in range(1, 9)))]
print("usual basis: tracenorm {:.0e}, eigenvalues {:.0e}".format(*plain))
print("rotated:     tracenorm {:.0e}, eigenvalues {:.0e}".format(*turned))
sys.exit(not (max(*plain, turned[1]) < 1e-14 and 1e-9 < turned[0] < 1e-6))
PYTHON
