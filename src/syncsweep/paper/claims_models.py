"""Claims about the unperturbed models, χ, App. E and the ensemble, each with its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from syncsweep.paper.claims import Claim, Number, Tables, Verdict, column, number

#: What late-time fits leave over of transients, relative.
_TRANSIENTS = 1e-3


def claims(tables: Tables) -> Iterator[Claim]:
    """All of them, in the order of the paper."""
    yield from _modes(tables)
    yield from _chain_dynamics(tables)
    yield from _chi(tables)
    yield from _pair(tables)
    yield from _two_spin1s(tables)
    yield from _ensemble(tables)
    yield from _decoupled(tables)


def _modes(tables: Tables) -> Iterator[Claim]:
    counts, eigenvalues = tables("modes_counts"), tables("modes_eigenvalues")
    chain = counts[counts["model"] == "spin1_chain"]
    sizes = chain["n_sites"].to_list()
    zero, steady = chain["zero"].to_list(), chain["steady"].to_list()
    yield Claim(
        "App. B",
        "The chain of N spins has 2(N+1) independent steady states",
        "2(N+1)",
        ", ".join(f"{n} for N = {size}" for n, size in zip(zero, sizes, strict=True)),
        tuple(Number(float(n)) for n in zero),
        Verdict.AGREES,
        zero == [2 * (size + 1) for size in sizes] and steady == zero,
    )
    free = eigenvalues[(eigenvalues["model"] == "spin1_chain") & (eigenvalues["n_sites"] == 3)]
    frequencies = np.sort(free[free["kind"] == "oscillating coherence"]["im"].to_numpy())
    positive = frequencies[frequencies > 0]
    yield Claim(
        "below Eq. 6",
        "The coherence P·1_M oscillates at one frequency for every M",
        "2ω",
        "2Mω: " + ", ".join(f"{value:.6g}ω" for value in positive),
        tuple(map(Number, positive)),
        Verdict.CORRECTED,
        np.allclose(frequencies, [-6, -4, -2, 2, 4, 6], rtol=0, atol=1e-9),
    )


def _chain_dynamics(tables: Tables) -> Iterator[Claim]:
    fits = tables("dynamics_fits")
    free = fits[(fits["model"] == "spin1_chain") & (fits["eta"] == 0)]
    frequency = free["frequency"].to_numpy()
    yield Claim(
        "below Eq. 6",
        "⟨(S_j^x)²⟩ of the chain oscillates persistently at 2ω",
        "2ω",
        f"frequency {frequency.mean():.6f}ω, decay rate {free['decay_rate'].abs().max():.0e}ω",
        (Number(float(frequency.mean())),),
        Verdict.AGREES,
        bool(np.allclose(frequency, 2, atol=_TRANSIENTS))
        and bool((free["decay_rate"].abs() < _TRANSIENTS).all()),
    )
    phases = _phase_differences(free)
    yield Claim(
        "Fig. 2, text",
        "The (S_j^x)² of all sites oscillate in step",
        "–",
        f"largest phase difference {np.abs(phases).max():.0e} rad",
        (Number(float(np.abs(phases).max())),),
        Verdict.AGREES,
        bool(np.abs(phases).max() < _TRANSIENTS),
    )
    damped = fits[fits["eta"] > 0]
    ratio = (damped["decay_rate"] / damped["decay_rate_predicted"]).to_numpy()
    yield Claim(
        "Fig. 1",
        "A perturbation damps the oscillation (rate η|Re μ| to first order)",
        "–",
        f"measured rates are {ratio.min():.4f} to {ratio.max():.4f} of the predicted ones",
        (Number(float(ratio.min())), Number(float(ratio.max()))),
        Verdict.AGREES,
        bool(np.all(np.abs(ratio - 1) < 0.05)) and bool((damped["decay_rate"] > 0).all()),
    )


def _phase_differences(fits: object) -> np.ndarray:
    """Phases of the other sites less that of site 1, in [−π, π) rad, of every initial state."""
    table = fits.pivot(index="initial_state", columns="site", values="phase").to_numpy()  # type: ignore[attr-defined]
    return np.mod(table[:, 1:] - table[:, :1] + math.pi, 2 * math.pi) - math.pi


def _chi(tables: Tables) -> Iterator[Claim]:
    uniformity = tables("chi_map_uniformity")
    p_values = uniformity["p_value"].to_list()
    yield Claim(
        "App. C",
        "χ of uniformly distributed angles is uniform on [0, 1]",
        "uniform",
        "Kolmogorov–Smirnov p = "
        + ", ".join(f"{p:.2f}" for p in p_values)
        + f" for N = 2, 3, 4 ({uniformity['draws'].iloc[0]} draws each)",
        tuple(map(Number, p_values)),
        Verdict.AGREES,
        min(p_values) > 1e-4,
    )
    triangles = tables("chi_map_triangles")
    area = float(triangles["area"].sum()) / (2 * math.pi) ** 2
    yield Claim(
        "Eq. C2",
        "The triangles of Ω_d together have the area (2πd)²",
        "T³: 0 < φ'_2 − φ'_1 < 2πd",
        f"{area:.12g}·(2πd)² with T³: 0 < φ'_2 − 2φ'_1 < 2πd; as printed, T³ alone has 3/4 of it",
        (Number(area),),
        Verdict.CORRECTED,
        Number(area).agrees_with(1) and bool(np.allclose(triangles["area"], triangles["area"][0])),
    )


def _pair(tables: Tables) -> Iterator[Claim]:
    eigenvalues, symmetries = tables("modes_eigenvalues"), tables("modes_symmetries")
    modes = eigenvalues[eigenvalues["model"] == "spin_half_pair"]
    frequency = float(modes[modes["kind"] == "oscillating coherence"]["im"].max())
    yield Claim(
        "App. D",
        "The pair's coherence oscillates at ω = 2(J − Δ + B)",
        "2(J − Δ + B), here 0.6 J",
        f"|J + 2Δ − 2B| = {frequency:.10g} J",
        (Number(frequency),),
        Verdict.CORRECTED,
        Number(frequency).agrees_with(2.4),
    )
    of_pair = symmetries[symmetries["model"] == "spin_half_pair"]
    flip = [column(of_pair, name, generator="P") for name in ("hamiltonian_norm", "jump_norm")]
    swap = [column(of_pair, name, generator="SWAP") for name in ("hamiltonian_norm", "jump_norm")]
    yield Claim(
        "Eq. D3",
        "The global inversion P is a strong symmetry of the pair",
        "[H, P] = [P, L₋] = 0",
        f"‖[H, P]‖ = {flip[0]:.6g}, ‖[P, L₋]‖ = {flip[1]:.6g}; {swap[0]:.1g} and {swap[1]:.1g} for "
        "the exchange of the spins",
        tuple(map(Number, (*flip, *swap))),
        Verdict.CORRECTED,
        Number(flip[0]).agrees_with(1.2) and Number(flip[1]).agrees_with(1) and max(swap) < 1e-12,
    )
    fits = tables("dynamics_fits")
    free = fits[(fits["model"] == "spin_half_pair") & (fits["eta"] == 0)]
    away = math.pi - np.abs(_phase_differences(free))
    yield Claim(
        "App. D",
        "⟨σ_1^x⟩ and ⟨σ_2^x⟩ oscillate with phase difference π",
        "π",
        f"π within {np.abs(away).max():.0e} rad",
        (Number(math.pi - float(np.abs(away).max())),),
        Verdict.AGREES,
        bool(np.abs(away).max() < _TRANSIENTS),
    )


def _two_spin1s(tables: Tables) -> Iterator[Claim]:
    counts = tables("modes_counts")
    row = counts[counts["model"] == "two_spin1s"].iloc[0]
    yield Claim(
        "Eq. E4",
        "The two spin-1s have zero modes with off-diagonal entries",
        "|0,0⟩⟨1,−1| and its adjoint",
        f"{row['zero']} zero modes, of which {row['steady']} orthogonal steady states",
        (Number(float(row["zero"] - row["steady"])),),
        Verdict.AGREES,
        row["zero"] - row["steady"] == 2,
    )
    plane = tables("two_spin1s")
    weak = plane[plane["eta"] == plane["eta"][plane["eta"] > 0].min()]
    scale, best, bound = weak["eta"].iloc[0], weak["s_max"].max(), weak["s_max_bound"].iloc[0]
    yield Claim(
        "App. E",
        "The zero modes of the two spin-1s contribute to S_max for weak couplings",
        "–",
        f"at most {best:.5g} rad⁻¹ at scale {scale:g}; leading order {bound:.5g}; the difference "
        "decreases with the scale",
        (Number(float(best)),),
        Verdict.AGREES,
        bool(best > 0) and abs(best / bound - 1) < 10 * scale,
    )


def _ensemble(tables: Tables) -> Iterator[Claim]:
    summary = tables("ensemble_summary").rename(columns={"se": "value_se"})

    def measured(quantity: str) -> Number:
        return number(summary, "value", quantity=quantity)

    moment = measured("hamiltonian_second_moment")
    yield Claim(
        "App. F",
        "H₍₁₎ = (M + M†)/√2 is drawn from a Gaussian unitary ensemble of unit variance",
        "unit variance",
        f"E|H_jk|² = {moment}, real and imaginary part together",
        (moment,),
        Verdict.AGREES,
        moment.agrees_with(2),
    )
    literal, orthonormal = (
        measured(f"mean_real_part_{basis}") for basis in ("paper", "orthonormal")
    )
    yield Claim(
        "Eq. F3",
        "The operators F_n satisfy Tr[F_m F_n†] = δ_mn",
        "δ_mn",
        f"mean Re λ of the dissipator {literal} with the literal F_n (−754/27), {orthonormal} with "
        "orthonormal ones (−728/27)",
        (literal, orthonormal),
        Verdict.CORRECTED,
        literal.agrees_with(-754 / 27) and orthonormal.agrees_with(-728 / 27, 1e-9),
    )
    inside = measured("fraction_inside_orthonormal")
    yield Claim(
        "Ref. 57",
        "The spectrum of a random dissipator fills a universal region",
        "–",
        f"{inside} of the complex eigenvalues are inside its boundary at D = 27",
        (inside,),
        Verdict.AGREES,
        0.95 < inside.value < 1,
    )


def _decoupled(tables: Tables) -> Iterator[Claim]:
    coherences = tables("coherences")
    is_modulus = coherences["quantity"].str.startswith("modulus")
    is_phase = coherences["quantity"].str.startswith("phase")
    moduli = [Number.in_row(row, "solved") for _, row in coherences[is_modulus].iterrows()]
    phases = [Number.in_row(row, "solved") for _, row in coherences[is_phase].iterrows()]
    p_value = float(coherences["p_value"].min())
    widest = max(phases, key=lambda one: abs(one.value))
    yield Claim(
        "Eq. 5",
        "Decoupled spins lock in pairs for η → 0⁺, by complex numbers c that L₁ decides",
        "c_{λ=0}",
        f"⟨|c|⟩ = {', '.join(map(str, moduli))} for the pairs of N = 2 and 3; arg c is uniform: "
        f"⟨cos arg c⟩ is at most {widest}; Kolmogorov–Smirnov p ≥ {p_value:.2g} against the exact "
        "law",
        (*moduli, widest, Number(p_value)),
        Verdict.AGREES,
        p_value > 1e-4 and all(one.agrees_with(0) for one in phases),
    )
