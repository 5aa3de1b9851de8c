"""Tables and figure of zero modes, oscillating coherences and strong symmetries."""

import numpy as np
import pytest
from paper_results import draw_figure, make_part

from syncsweep.paper.parts.modes import Request, cases

TABLES = ("modes_counts", "modes_eigenvalues", "modes_symmetries")

#: decay-free modes, zero modes, orthogonal steady states and slowest decay.
EXPECTED = {
    ("spin1_chain", 2): (14, 6, 6, 0.7636),
    ("spin1_chain", 3): (14, 8, 8, 0.11586),
    ("spin1_chain", 4): (18, 10, 10, 0.27322),
    ("spin1_decoupled", 2): (25, 11, 9, 1.0),
    ("spin1_decoupled", 3): (125, 45, 27, 1.0),
    ("spin_half_pair", 2): (4, 2, 2, 0.25),
    ("two_spin1s", 2): (16, 6, 4, 0.5),
}

STRONG = {
    "spin1_chain": {"M": True, "P": False, "P 1_0": True, "reflection": False},
    "spin1_decoupled": {
        "M": True,
        "P": False,
        "P 1_0": True,
        "reflection": False,
        "S_1^z": True,
    },
    "spin_half_pair": {"M": False, "P": False, "SWAP": True},
    "two_spin1s": {"M": False, "P": False, "SWAP": False, "|1><1|_1": True, "|-1><-1|_2": True},
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return make_part("modes", Request(), tmp_path_factory.mktemp("modes"))


def labels(row):
    return row["model"], row["n_sites"]


def test_counts_are_those_expected_and_predicted(tables):
    counts = tables["counts"]
    assert [labels(row) for _, row in counts.iterrows()] == list(EXPECTED)
    for _, row in counts.iterrows():
        *numbers, slowest = EXPECTED[labels(row)]
        for name, expected in zip(("decay_free", "zero", "steady"), numbers, strict=True):
            assert row[name] == row[f"{name}_predicted"] == expected
        assert row["slowest_decay"] == pytest.approx(slowest, rel=1e-4)


def test_closed_forms_agree_to_rounding(tables):
    counts = tables["counts"]
    assert counts["residual"].max() < 1e-12
    assert counts["subspace_error"].max() < 1e-10


def test_every_eigenvalue_is_there_with_its_kind(tables):
    eigenvalues = tables["eigenvalues"]
    for (model, n_sites), rows in eigenvalues.groupby(["model", "n_sites"]):
        decay_free, zero, steady, slowest = EXPECTED[model, n_sites]
        of = {kind: part for kind, part in rows.groupby("kind")}
        assert len(of["steady state"]) == steady
        assert len(of.get("zero-frequency coherence", ())) == zero - steady
        assert len(of["oscillating coherence"]) == decay_free - zero
        assert -of["decaying"]["re"].max() == pytest.approx(slowest, rel=1e-4)
        assert of["steady state"][["re", "im"]].abs().to_numpy().max() < 1e-9
        oscillating = of["oscillating coherence"]
        assert oscillating["re"].abs().max() < 1e-9 and oscillating["im"].abs().min() > 0.9


def test_eigenvalues_are_as_many_as_operators(tables):
    sizes = tables["eigenvalues"].groupby(["model", "n_sites"]).size()
    expected = {key: (2 if key[0] == "spin_half_pair" else 3) ** (2 * key[1]) for key in EXPECTED}
    assert sizes.to_dict() == expected


def test_strong_symmetries_are_those_of_the_errata(tables):
    symmetries = tables["symmetries"]
    for model, rows in symmetries.groupby("model"):
        for _, one in rows.groupby("n_sites"):
            assert dict(zip(one["generator"], one["strong"], strict=True)) == STRONG[model]
    pair = symmetries[symmetries["model"] == "spin_half_pair"].set_index("generator")
    norms = pair[["hamiltonian_norm", "jump_norm"]]
    assert norms.loc["P"].tolist() == pytest.approx([1.2, 1.0])
    assert norms.loc["SWAP"].tolist() == [0.0, 0.0]
    # [P, H] = 2ωPM, whose norm is 2ωN.
    flip = symmetries[(symmetries["model"] == "spin1_chain") & (symmetries["generator"] == "P")]
    assert flip["hamiltonian_norm"].tolist() == pytest.approx([4, 6, 8])
    assert flip["jump_norm"].max() < 1e-14


def test_generators_are_hermitian():
    for case in cases():
        for generator in case.generators.values():
            np.testing.assert_array_equal(generator, generator.conj().T)


def test_tables_keep_what_all_parts_promise(tables, tmp_path):
    tables.check(tmp_path)


def test_figure_keeps_what_all_figures_promise_and_shows_the_tables(tables, tmp_path):
    drawn = draw_figure("figS_modes", tables.folder, tmp_path / "drawn")
    drawn.check(tmp_path)
    eigenvalues = tables["eigenvalues"]
    for letter, (model, n_sites) in zip("abcdefg", EXPECTED, strict=True):
        same = (eigenvalues["model"] == model) & (eigenvalues["n_sites"] == n_sites)
        expected = eigenvalues.loc[same, ["re", "im", "kind"]]
        assert drawn.text(letter) == expected.to_csv(index=False, lineterminator="\n")
