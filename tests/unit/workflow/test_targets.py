"""Which studies a command is about, for words as a user types them."""

import shlex
from pathlib import Path

import pytest

from syncsweep.config.configuration import RESERVED, parse
from syncsweep.config.file import load_config
from syncsweep.paper.paper_studies import with_paper_studies
from syncsweep.workflow.errors import RunError
from syncsweep.workflow.study_outputs import StudyOutputs
from syncsweep.workflow.targets import (
    Asked,
    are_only_previews,
    by_default,
    of_paper,
    of_studies,
    previews,
    read_command,
)

ROOT = Path(__file__).parents[3]

#: The studies that the paper of the project's configuration names.
EVERY = "spin1_chain spin_half_pair spin1_chain_n2 spin1_chain_n4"

#: Those behind its Fig. 1.
OF_FIG1 = "spin1_chain paper-chain-n2 paper-free-n2 paper-free-n3 paper-alone-n2 paper-alone-n3"

#: Those of chains of several lengths.
SIZES = {
    f"paper-size-{name}-n{n}"
    for name, most in {"full": 4, "rank-4": 6, "rank-1": 6, "bonds": 6, "sites": 6}.items()
    for n in range(2, most + 1)
}


def study(figure=None, **more):
    return {
        "model": {"name": "spin_half_pair"},
        "samples": 4,
        "chunk_size": 2,
        "eta_blocks": [{"values": [0.5]}],
        "analysis": {"s_max_bins": {"low": 1e-6, "high": 1.0, "count": 20}},
        "figure": figure and {"name": figure},
        **more,
    }


def config(results="results"):
    studies = {
        "pair": study("pair"),
        "my-chain": study("of-chain"),
        "other": study("other", by_default=False),
        "bare": study(by_default=False),
    }
    return parse({"results": results, "root_seed": 1, "ranks": 2, "studies": studies})


@pytest.fixture(scope="module")
def of_the_paper():
    """The configuration of the project, from which the paper can be made."""
    return with_paper_studies(load_config(ROOT / "config.yaml"))


def asked(words, config):
    targets = [*of_studies(StudyOutputs(config)), *of_paper(config)]
    return Asked(read_command(shlex.split(words)), config, targets)


@pytest.mark.parametrize(
    ("words", "studies"),
    [
        ("", "pair my-chain"),
        ("-n --cores 4", "pair my-chain"),
        ("all", "pair my-chain"),
        ("tables study_bare", "pair my-chain bare"),
        ("study_other", "other"),
        ("study_my_chain", "my-chain"),
        ("study_bare study_pair", "pair bare"),
        ("--cores 2 -- study_other", "other"),
        ("draw_of_chain", "my-chain"),
        ("results/figures/of-chain.png", "my-chain"),
        ("./results//tables/other/summary.csv", "other"),
        ("{here}/results/tables/other/summary.csv", ""),  # Snakemake finds no rule for it either
        ("results/figures/other.png study_pair", "pair other"),
        ("{shard}", "other"),
        ("results/tables/other/maxima_histogram.csv", ""),  # which this study does not have
        ("report", "pair my-chain"),
        ("results/report.html", "pair my-chain"),
        ("make_report", "pair my-chain"),
        ("report study_bare", "bare"),
        ("results/report.html all study_bare", "pair my-chain bare"),
        ("preview", ""),
        ("preview_other", ""),
        ("preview study_other", "other"),
        ("solve_shard", ""),
        ("no_such_rule no/such/file.csv", ""),
        ("paper", ""),  # without a paper in the configuration, which `check` refuses
        ("--until make_tables", "pair my-chain"),
        ("--until draw_of_chain", "my-chain"),
        ("--until results/tables/pair/summary.csv draw_of_chain", "pair my-chain"),
        ("--until draw_of_chain make_tables", "pair my-chain"),
        ("study_other --until draw_of_chain", ""),
        ("all --until study_pair", "pair"),
        ("--omit-from draw_pair", "pair my-chain"),
        ("study_other --omit-from make_tables", "other"),
        ("study_other --config samples=3", "other"),
    ],
)
def test_studies_of_words(words, studies):
    (shard, _) = StudyOutputs(config()).shards("other")
    found = asked(words.format(here=Path.cwd(), shard=shard), config())
    assert found.studies == studies.split()


def test_files_in_an_absolute_folder_are_named_by_absolute_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = config(str(tmp_path / "results"))
    assert asked(f"{tmp_path}/results/figures/other.png", settings).studies == ["other"]
    assert asked(f"{tmp_path}//results/report.html", settings).names == {"report"}
    assert asked("results/figures/other.png", settings).studies == []


@pytest.mark.parametrize(
    ("words", "studies", "adds"),
    [
        ("paper", EVERY, True),
        ("bundle", EVERY, True),
        ("results/bundle/SHA256SUMS", EVERY, True),
        ("validate", "spin1_chain spin_half_pair", True),
        ("paper_validation", "spin1_chain spin_half_pair", True),
        ("results/paper/validation.md", "spin1_chain spin_half_pair", True),
        ("results/paper/validation.csv", "spin1_chain spin_half_pair", True),
        ("paper_types", "spin1_chain", False),
        ("results/paper/types_counts.csv", "spin1_chain", False),
        ("paper_modes", "", False),
        ("draw_fig4", "", False),
        ("draw_fig2", "spin1_chain", False),
        (
            "results/figures/fig1.png",
            OF_FIG1,
            False,
        ),
        ("draw_figS_limit", "spin1_chain", False),
        ("paper_types study_spin_half_pair", "spin1_chain spin_half_pair", False),
        ("study_paper_free_n2", "paper-free-n2", False),
        ("larger_chains", " ".join(sorted(SIZES)), False),
    ],
)
def test_studies_of_the_paper(of_the_paper, words, studies, adds):
    added = {name for name in of_the_paper.studies if name.startswith(RESERVED)} - SIZES
    expected = set(studies.split()) | (added if adds else set())
    assert set(asked(words, of_the_paper).studies) == expected


@pytest.mark.parametrize(
    "words", ["paper", "larger_chains", "make_bundle", "results/paper/validation.md"]
)
def test_a_paper_that_cannot_be_made_is_refused_when_it_is_asked_for(words):
    with pytest.raises(RunError, match=r"^config: paper: is null"):
        asked(words, config()).check()
    asked("report", config()).check()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("study_piar", r"^study_piar: .*did you mean study_pair\? targets are study_pair, study_"),
        ("preview_my-chain", r"did you mean preview_my_chain\?"),
        (
            "study_qqqqqqqqqqq",
            r"^study_qqqqqqqqqqq: the configuration has no such study; targets are ",
        ),
    ],
)
def test_a_study_that_is_not_there_is_named_with_those_that_are(of_the_paper, word, said):
    with pytest.raises(RunError, match=said):
        asked(word, config()).check()
    with pytest.raises(RunError) as error:
        asked(word, of_the_paper).check()
    assert RESERVED.replace("-", "_") not in str(error.value)


def test_known_words_and_those_of_snakemake_are_not_refused(of_the_paper):
    words = "study_my_chain preview preview_bare all no_such_rule study_.csv"
    asked(words, config()).check()
    asked("paper validate bundle study_paper_free_n2", of_the_paper).check()


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ((), False),
        (("preview",), True),
        (("preview", "preview_my_chain"), True),
        (("preview", "report"), False),
        (("all",), False),
    ],
)
def test_previews_alone(targets, expected):
    assert are_only_previews(targets, config()) is expected
    assert previews(config())["preview"] == by_default(config()) == ["pair", "my-chain"]
    assert previews(config())["preview_my_chain"] == ["my-chain"]


def test_the_command_says_its_profile_its_cores_and_whether_it_makes_a_report():
    plain = read_command([])
    assert (plain.cores, plain.profile, plain.makes_report) == (None, None, False)
    words = "--cores 3 --workflow-profile slurm --report x.html"
    command = read_command(words.split())
    assert (command.cores, command.profile, command.makes_report) == (3, "slurm", True)
    assert read_command(["all", "--report"]).makes_report
