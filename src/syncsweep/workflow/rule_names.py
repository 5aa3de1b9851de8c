"""Whether a profile and a command line name rules and resources that there are.

Snakemake ignores settings of others, so a job would go out without what its site needs.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from syncsweep.tables import registry
from syncsweep.workflow.embedding import Use
from syncsweep.workflow.errors import RunError, ends_in_one_line

#: Gives the name that a rule of the Snakefile has for the user; None if it is not used.
Naming = Callable[[str], str | None]

#: Rules that depend on the configuration, so a profile for several of them may name any of them.
_SOMETIMES = (
    *("draw_*", "study_*", "preview_*", "paper", "paper_*"),
    *("larger_chains", "validate", "bundle", "make_bundle"),
    *(f"{job.name}{end}" for job in registry.JOBS for end in ("", "_without_*")),
)

#: Resources that rules of ours, Snakemake or version 2.8.0 of its Slurm plugin know.
_RESOURCES = (
    *("mem", "mem_mb", "mem_mib", "disk", "disk_mb", "disk_mib", "runtime", "tmpdir", "threads"),
    *("mpi", "nodes", "tasks", "tasks_per_node", "cpus_per_task", "mem_mb_per_cpu", "slurm_extra"),
    *("slurm_account", "slurm_partition", "slurm_cluster", "cluster", "clusters", "constraint"),
    *("qos", "gres", "gpu", "gpu_model", "tasks_per_gpu", "cpus_per_gpu"),
)


def check(workflow: Any, uses: Sequence[Use]) -> None:
    """End the process with one line if a name is misspelt, but only tell of resources.

    workflow: Snakemake's own object, when it knows all rules and settings; uses: of our Snakefile.
    """
    said = workflow.resource_settings
    rules = {rule.name: rule for rule in workflow.rules}
    namings = [use.outside for use in uses]

    def is_made(file: str) -> bool:
        return any(rule.is_producer(file) for rule in rules.values())

    with ends_in_one_line():
        check_targets(workflow.dag_settings.targets, is_made, rules, namings)
        check_rules(
            {
                "set-threads": said.overwrite_threads,
                "set-resources": said.overwrite_resources,
                "groups": workflow.group_settings.overwrite_groups,
                "consider-ancient": workflow.workflow_settings.consider_ancient,
            },
            rules,
            namings,
        )
    own = {rule for use in uses for rule in use.inside()}
    resources = {
        f"set-resources: {rule}": names
        for rule, names in said.overwrite_resources.items()
        if rule in own
    }
    warn_of_resources(
        {**resources, "default-resources": said.default_resources or ()}, said.resources
    )


def check_targets(
    targets: Iterable[str],
    is_made: Callable[[str], bool],
    rules: Collection[str],
    namings: Collection[Naming],
) -> None:
    """Refuse a target that is neither a rule nor a file, if it is close to a rule; RunError.

    is_made: whether a rule makes a file. Of another target, Snakemake says that no rule makes it.
    """
    for word in targets:
        if word in rules or os.path.dirname(word) or os.path.lexists(word) or is_made(word):
            continue
        if near := _near(word, rules, namings):
            raise RunError(f"{word}: there is no such rule or file; did you mean {near}?")


def check_rules(
    said: Mapping[str, Iterable[str]], rules: Collection[str], namings: Collection[Naming]
) -> None:
    """Refuse keys that name a rule that is not there; RunError.

    said: what each key of a profile names; rules: all that there are; namings: of each use of the
    Snakefile.
    """
    sometimes = [name for naming in namings for rule in _SOMETIMES if (name := naming(rule))]
    unknown: dict[str, list[str]] = {}
    for key, words in said.items():
        for word in words:
            if word not in rules and not any(fnmatchcase(word, name) for name in sometimes):
                unknown.setdefault(word, []).append(key)
    for word, keys in unknown.items():
        near = _near(word, rules, namings)
        hint = f"; did you mean {near}?" if near else ""
        raise RunError(f"{', '.join(keys)}: there is no rule {word}{hint}")


def _near(word: str, rules: Collection[str], namings: Iterable[Naming]) -> str | None:
    """The rule that a user probably means, by the name that it has for the user."""
    outside = (naming(word) for naming in namings)
    near = [name for name in outside if name in rules] or difflib.get_close_matches(word, rules, 1)
    return near[0] if near else None


def warn_of_resources(said: Mapping[str, Iterable[str]], declared: Iterable[str]) -> None:
    """Print on stderr which resources are probably misspelt.

    said: names of resources by the key that gives them; declared: names of the user's own.
    """
    known = {*_RESOURCES, *declared}
    for key, names in said.items():
        for name in sorted(set(names) - known):
            if near := difflib.get_close_matches(name, _RESOURCES, n=1):
                print(
                    f"warning: {key}: nothing here knows a resource {name}; did you mean "
                    f"{near[0]}?",
                    file=sys.stderr,
                )
