"""What to write into the configuration, and that it gives the jobs that it promises."""

from dataclasses import replace

import pytest
import yaml
from planned import config, cost_of
from studies import PAIR, block_of, put_shard, rows_of

from syncsweep.config.configuration import parse
from syncsweep.config.file import merge
from syncsweep.plan import proposal
from syncsweep.plan.cost import Source
from syncsweep.plan.estimate import Means, estimate
from syncsweep.plan.inventory import take_inventory
from syncsweep.plan.plan_text import fragment
from syncsweep.tables.rounds import with_samples

MEANS = Means(most_ranks=16, cores=64)


def proposed(settings, means=MEANS, source=Source.CALIBRATION, **cost):
    found = take_inventory(settings, "pair")
    sample = replace(cost_of(settings, **cost), source=source)
    of_study = estimate(settings, "pair", found, sample, means)
    return proposal.propose(settings, of_study, means)


def under(settings, found):
    """The configuration with a proposal put over it."""
    text = fragment(proposal.configuration([found]))
    return parse(merge(settings.model_dump(mode="json"), yaml.safe_load(text)))


def check_promise(settings, found, means=MEANS):
    """Put over the configuration, the fragment gives the stated jobs by the workflow's rules."""
    changed = under(settings, found)
    study = changed.studies["pair"]
    assert study.samples_per_chunk == found.chunk_size
    assert len(take_inventory(changed, "pair").jobs) == found.jobs
    n_eta = max(len(block.etas) for block in study.eta_blocks)
    samples = min(found.chunk_size, study.samples)
    size = study.job_size(samples, n_eta, changed.ranks, means.most_ranks)
    assert size == found.size


def test_a_chunk_size_for_the_cost(tmp_path):
    settings = config(tmp_path, samples=10**5, chunk_size=None)
    found = proposed(settings, seconds=1.0)
    assert (found.core_seconds, found.why) == (1.0, "for this cost")
    # Ten jobs: 10⁵ core-seconds are less than ten minutes of 16 ranks for each.
    assert (found.chunk_size, found.jobs, found.size.ranks) == (10**4, 10, 16)
    check_promise(settings, found)
    assert settings.studies["pair"].samples_per_chunk != 10**4


def test_cost_has_three_digits_in_the_fragment_and_the_promise(tmp_path):
    settings = config(tmp_path, samples=10**5, chunk_size=None)
    found = proposed(settings, seconds=0.123456)
    assert found.core_seconds == 0.123
    check_promise(settings, found)


def test_blocks_together_are_what_the_configuration_calls_core_seconds(tmp_path):
    settings = config(tmp_path, samples=10**5, chunk_size=None, blocks=((0.1,), (0.2, 0.3)))
    found = proposed(settings, seconds=1.0)
    assert found.core_seconds == 2.0
    check_promise(settings, found)


def test_a_chunk_size_of_the_user_is_kept(tmp_path):
    settings = config(tmp_path, samples=10**5, chunk_size=12345)
    found = proposed(settings)
    assert (found.chunk_size, found.why) == (12345, "from the configuration")
    check_promise(settings, found)


def test_a_chunk_size_that_shards_have_is_kept(tmp_path):
    settings = config(tmp_path, samples=3 * 10**5, chunk_size=None, core_seconds=100)
    chunk = settings.studies["pair"].samples_per_chunk
    shard = block_of(tmp_path, "pair", PAIR).shard(0, chunk)  # which counts by its name
    shard.parent.mkdir(parents=True)
    shard.touch()
    found = proposed(settings, seconds=1.0)
    assert (found.chunk_size, found.why) == (chunk, "as in the existing shards")
    check_promise(settings, found)


def test_nothing_measured_is_no_cost_to_write(tmp_path):
    for source in (Source.FORMULA, Source.CONFIGURATION):
        found = proposed(config(tmp_path), source=source)
        assert found.core_seconds is None
        assert proposal.configuration([found]) == {"studies": {"pair": {"chunk_size": 4}}}
    assert proposed(config(tmp_path), source=Source.LOG).core_seconds == 2.0


def test_nothing_to_solve_is_no_proposal(tmp_path):
    settings = config(tmp_path, samples=4)
    put_shard(tmp_path, "pair", PAIR, rows_of(PAIR)[:4], 0)
    assert proposed(settings) is None
    assert fragment(proposal.configuration([])) == "{}\n"
    assert fragment(proposal.profile([], MEANS)) == "{}\n"


def test_profile_has_the_most_ranks_and_the_needs_of_the_largest_job(tmp_path):
    small = proposed(config(tmp_path))
    large = proposed(config(tmp_path, samples=10**5, chunk_size=10**5), seconds=3.0)
    said = yaml.safe_load(fragment(proposal.profile([small, large], MEANS)))
    assert said == {
        "set-threads": {"solve_shard": 16},
        "set-resources": {
            "solve_shard": {
                "mem_mb_per_cpu": large.size.rank_memory,
                "runtime": large.size.time_limit,
            }
        },
    }
    assert large.size.time_limit > small.size.time_limit


def test_memory_that_a_trial_used_beyond_the_estimate_is_added(tmp_path):
    usual = proposed(config(tmp_path), peak=100 * 10**6)
    large = proposed(config(tmp_path), peak=1000 * 10**6)
    assert usual.size.rank_memory == pytest.approx(302, abs=2)
    assert large.size.rank_memory == pytest.approx(1002, abs=4)


def test_studies_that_the_paper_adds_are_not_the_configuration_s(tmp_path):
    settings = config(tmp_path)
    named = settings.model_copy(update={"studies": {"paper-x": settings.studies["pair"]}})
    found = take_inventory(named, "paper-x")
    cost = cost_of(settings)
    assert proposal.propose(named, estimate(named, "paper-x", found, cost, MEANS), MEANS) is None


@pytest.mark.parametrize("chunk_size", [None, 50])
def test_a_study_with_until_has_a_proposal_too(tmp_path, chunk_size):
    whole = config(tmp_path, chunk_size=chunk_size).model_dump(mode="json")
    study = {key: value for key, value in whole["studies"]["pair"].items() if key != "samples"}
    study["until"] = {"most_samples": 400, "s_max_se": 0.1}
    settings = with_samples(parse({**whole, "studies": {"pair": study}}), {"pair": 200})
    found = proposed(settings)
    changed = with_samples(under(settings, found), {"pair": 200})
    assert changed.studies["pair"].samples_per_chunk == found.chunk_size
    assert len(take_inventory(changed, "pair").jobs) == found.jobs > 1


def test_a_proposal_is_for_the_blocks_with_their_observables(tmp_path):
    whole = config(tmp_path).model_dump(mode="json")
    whole["studies"]["pair"]["observables"] = ["purity"]
    settings = parse(whole)
    changed = proposal._changed(settings, "pair", {"core_seconds": 2.0})
    assert changed.studies["pair"].blocks == settings.studies["pair"].blocks
    assert changed.observables("pair") == settings.observables("pair") != ()
