"""Targets and keys of a profile that name no rule are refused, misspelt resources told."""

import pytest

from syncsweep.workflow.errors import RunError
from syncsweep.workflow.rule_names import check_rules, check_targets, warn_of_resources

RULES = ["all", "solve_shard", "make_tables", "draw_pair"]


def same(rule):
    return rule


def of_module(rule):
    """As `use rule * from sweep exclude all as s_*`."""
    return None if rule == "all" else f"s_{rule}"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({"set-threads": ["solve_shards"]}, "set-threads: .* solve_shards; did you mean solve_sh"),
        (
            {"set-threads": ["solve_shrd"], "set-resources": ["all", "solve_shrd"], "groups": []},
            "^set-threads, set-resources: there is no rule solve_shrd; did you mean solve_shard?",
        ),
        ({"groups": ["xyz"]}, "^groups: there is no rule xyz$"),
    ],
)
def test_a_key_that_names_no_rule_is_refused(said, line):
    with pytest.raises(RunError, match=line):
        check_rules(said, RULES, [same])


@pytest.mark.parametrize(
    "rule",
    [
        "solve_shard",
        "draw_other",
        "study_other",
        "paper_sizes",
        "draw_figS_sizes",
        "bundle",
        "make_tables_without_edge",
        "make_limit_tables",
    ],
)
def test_a_key_may_name_a_rule_of_another_configuration(rule):
    check_rules({"set-resources": [rule]}, RULES, [same])


def test_names_in_a_module_are_those_of_the_outer_snakefile():
    rules = ["mine", *(name for rule in RULES if (name := of_module(rule)))]
    for rule in ("mine", "s_solve_shard", "s_paper_sizes"):
        check_rules({"set-threads": [rule]}, rules, [of_module])
    for rule in ("solve_shard", "s_solve_shards"):
        with pytest.raises(RunError, match=f"no rule {rule}; did you mean s_solve_shard?"):
            check_rules({"set-threads": [rule]}, rules, [of_module])
    with pytest.raises(RunError, match=r"no rule paper_sizes$"):
        check_rules({"set-threads": ["paper_sizes"]}, rules, [of_module])
    check_rules({"set-threads": ["paper_sizes", "s_paper_sizes"]}, rules, [of_module, same])


def test_a_target_that_nothing_makes_is_refused_with_a_rule_that_is_close(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alls").touch()
    rules = ["mine", *(name for rule in RULES if (name := of_module(rule)))]
    for fine in ("mine", "s_draw_pair", "alls", "made_tables", "results/s_draw_pai", "unlike"):
        check_targets([fine], "made_tables".__eq__, rules, [of_module])
    for word in ("draw_pair", "s_draw_pai"):
        with pytest.raises(RunError, match=f"^{word}: .*; did you mean s_draw_pair?"):
            check_targets(["mine", word], "made_tables".__eq__, rules, [of_module])


def test_only_resources_that_are_close_to_known_ones_are_told(capfd):
    said = {"set-resources: solve_shard": ["mpi", "mpl", "licences", "node", "io"]}
    warn_of_resources(said, ["io", "node"])
    line = "nothing here knows a resource mpl; did you mean mpi?"
    assert capfd.readouterr().err == f"warning: set-resources: solve_shard: {line}\n"
