"""Studies that `snakemake paper` adds: what they share with the chain, and what stops them."""

from pathlib import Path

import pytest
import yaml

from syncsweep.config.configuration import parse
from syncsweep.paper.compared_studies import (
    ablation_etas,
    coupled_and_alone,
    quality_etas,
    sizes,
    two_spin1s,
    variants,
)
from syncsweep.paper.paper_studies import problem, with_paper_studies

PLAIN = yaml.safe_load((Path(__file__).parents[3] / "config.yaml").read_text(encoding="utf-8"))
#: The analysis of the chain, without the law that a study with axes cannot have.
OF_J = {"model.J": {"values": [1]}}
WITHOUT_LAW = {**PLAIN["studies"]["spin1_chain"]["analysis"], "limit_draws": None}


def changed(**paper):
    return {**PLAIN, "paper": {**PLAIN["paper"], **paper}}


def chain_with(**change):
    studies = {**PLAIN["studies"]}
    studies["spin1_chain"] = {**studies["spin1_chain"], **change}
    return {**PLAIN, "studies": studies}


def app_e_with(**change):
    study = {**PLAIN["studies"]["two_spin1s"], **change}
    return {**PLAIN, "studies": {**PLAIN["studies"], "two_spin1s": study}}


@pytest.fixture(scope="module")
def plain():
    return with_paper_studies(parse(PLAIN))


def test_none_of_them_is_made_by_default_or_has_a_figure(plain):
    added = set(plain.studies) - set(PLAIN["studies"])
    assert len(added) == 5 + 1 + 5 + 6 + (3 + 4 * 5)
    assert not any(plain.studies[name].by_default or plain.studies[name].figure for name in added)


def test_samples_with_and_without_the_model_have_the_same_perturbations(plain):
    for with_model, alone in coupled_and_alone(plain).values():
        first, second = plain.physics(with_model), plain.physics(alone)
        assert first.ensemble == second.ensemble and first.root_seed == second.root_seed
        assert first.model.n_sites == second.model.n_sites
        parameters = second.model.model_dump(exclude={"name", "n_sites"})
        assert set(parameters.values()) == {0}
        assert 0 in plain.studies[with_model].eta_blocks[0].etas
    free = plain.physics("paper-free-n3").model
    assert (free.J, free.delta, free.omega, free.gamma) == (0, 0, 1, 2)


def test_variants_change_one_thing_of_the_chain(plain):
    chain = plain.physics("spin1_chain")
    seen = set()
    for variant in variants(plain):
        physics = plain.physics(variant.study)
        assert physics.model == chain.model and physics.root_seed == chain.root_seed
        differing = {
            key
            for key, value in physics.ensemble.model_dump().items()
            if value != getattr(chain.ensemble, key)
        }
        allowed = {"basis": {"basis"}, "rank": {"rank"}, "weights": {"zeta_coh", "zeta_diss"}}
        assert differing and differing <= allowed[variant.axis]
        seen.add((physics.ensemble.zeta_coh, physics.ensemble.zeta_diss, physics.ensemble.rank))
    assert {(0, 1, None), (1, 0, None), (1, 1, 1)} <= seen


def test_a_quick_look_is_quick_in_all_studies():
    small = with_paper_studies(parse({**PLAIN, "samples": 30}))
    samples = {name: study.samples for name, study in small.studies.items()}
    dear = {name: number for name, number in samples.items() if number < 30}  # and never raised
    assert dear.pop("spin1_chain_n4") == dear.pop("paper-size-full-n4") == 24
    assert set(samples.values()) == {1, 6, 24, 30}
    assert dear.pop("two_spin1s") == 1  # which draws nothing
    assert {name[-2:] for name in dear} == {"n5", "n6"}


def test_chains_of_several_lengths_differ_in_length_and_ensemble_alone(plain):
    chain, samples = plain.physics("spin1_chain"), {}
    for size in sizes(plain):
        physics, study = plain.physics(size.study), plain.studies[size.study]
        assert physics.model == chain.model.model_copy(update={"n_sites": size.n_sites})
        assert physics.root_seed == chain.root_seed
        same = {"zeta_coh", "zeta_diss", "basis"}
        assert physics.ensemble.model_dump(include=same) == chain.ensemble.model_dump(include=same)
        (block,) = study.eta_blocks
        assert block.etas[0] == 0 and block.etas[-1] == (1e-3 if size.n_sites == 6 else 10)
        samples[size.name, size.n_sites] = study.samples
    assert samples["full", 4] == 24 and max(n for name, n in samples if name == "full") == 4
    for name in ("rank-4", "rank-1", "bonds", "sites"):
        assert [samples[name, n] for n in range(2, 7)] == [200, 200, 200, 50, 6]


def test_app_e_without_a_study_of_its_own_is_that_of_the_shipped_configuration():
    shipped = parse(PLAIN)
    added = with_paper_studies(parse(changed(two_spin1s=None)))
    name = two_spin1s(added)
    assert name not in shipped.studies and two_spin1s(shipped) == "two_spin1s"
    assert added.physics(name) == shipped.physics("two_spin1s")
    assert added.studies[name].blocks == shipped.studies["two_spin1s"].blocks


def test_two_spins_have_the_rank_that_they_can_have():
    data = chain_with(ensemble={"rank": 600})
    studies = with_paper_studies(parse(data)).studies
    assert studies["paper-free-n2"].ensemble.rank == 80
    assert studies["paper-free-n3"].ensemble.rank == 600


def test_grids_of_the_paper_are_in_units_of_omega(plain):
    model = {"name": "spin1_chain", "omega": 3.0, "J": 1.5, "delta": 1.5, "gamma": 6.0}
    blocks = [{"first": 3e-6, "last": 30.0, "per_decade": 4, "limit": True}]
    scaled = with_paper_studies(parse(chain_with(model=model, eta_blocks=blocks)))

    def grids(config):
        (locking,) = config.studies["paper-chain-n2"].eta_blocks
        of_sizes = [config.studies[f"paper-size-bonds-n{n}"].eta_blocks[0].etas for n in (5, 6)]
        return [*locking.etas, *ablation_etas(config), *quality_etas(config), *sum(of_sizes, ())]

    assert grids(scaled) == pytest.approx([3 * eta for eta in grids(plain)], rel=1e-11)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({**PLAIN, "paper": None}, "is null"),
        (chain_with(axes=OF_J, analysis=WITHOUT_LAW, figure=None), "has axes"),
        (changed(two_spin1s="no"), "paper.two_spin1s: 'no' is not a study"),
        (changed(two_spin1s="spin1_chain_n2"), "must have ensemble.kind: two_spin1s"),
        (app_e_with(axes={"ensemble.epsilon": {"values": [1]}}, figure=None), "and the axes"),
        (app_e_with(measure="absolute"), "measure: relative"),
        (app_e_with(eta_blocks=[{"values": [1e-3]}]), "must have η = 0 and some η > 0"),
        (app_e_with(eta_blocks=[{"values": [0]}]), "must have η = 0 and some η > 0"),
        (changed(chain="spin1_chain_n2"), "not a spin1_chain of three"),
        (changed(pair="spin1_chain"), "not a spin_half_pair"),
        (changed(supplement=["nothing"]), "paper.supplement: 'nothing' is not a study"),
        (chain_with(figure={"name": "fig1"}), "'fig1' is the name of a figure of the paper"),
        (chain_with(figure=None), "paper.chain: 'spin1_chain' has no figure"),
        (
            chain_with(
                analysis={**PLAIN["studies"]["spin1_chain"]["analysis"], "limit_draws": None}
            ),
            "has no analysis.limit_draws",
        ),
        (
            chain_with(eta_blocks=[{"values": [0.0]}]),
            "paper.chain: 'spin1_chain' has no η > 0",
        ),
        (
            chain_with(model={"name": "spin1_chain", "omega": 0.0}),
            "paper.chain: 'spin1_chain' has omega ≤ 0",
        ),
        (
            chain_with(
                analysis={**PLAIN["studies"]["spin1_chain"]["analysis"], "ratio": None},
                figure={"name": "fig3", "panels": ["chi"]},
            ),
            "has no analysis.ratio P₂/(3P₁)",
        ),
    ],
)
def test_what_the_paper_cannot_be_made_from_is_said_in_one_line(data, words):
    config = parse(data)
    said = problem(config)
    assert words in said and "\n" not in said
    assert with_paper_studies(config) is config
