"""Which studies a command is about: a function of its words and the configuration alone.

Snakemake tells a Snakefile its targets only after reading it, but checks and the plan need them
before.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from syncsweep import layout
from syncsweep.config.configuration import RESERVED, Config
from syncsweep.paper.paper_registry import FIGURES, PARTS
from syncsweep.paper.paper_studies import problem
from syncsweep.workflow import paper_jobs
from syncsweep.workflow.errors import RunError
from syncsweep.workflow.study_outputs import StudyOutputs


@dataclass(frozen=True)
class Command:
    """The words of a command line of Snakemake that decide what it is about.

    targets, until: names of rules and files; cores: None if the command line does not say;
    profile: of `--workflow-profile`; makes_report: whether `--report` is among the words.
    """

    targets: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    cores: object = None
    profile: str | None = None
    makes_report: bool = False


def read_command(words: Sequence[str]) -> Command:
    """The command of the words behind `snakemake`, as Snakemake's own parser reads them."""
    found = _parser().parse_known_args(words)[0]
    return Command(
        targets=tuple(found.targets or ()),
        until=tuple(found.until or ()),
        cores=found.cores,
        profile=found.workflow_profile,
        makes_report=found.report is not None,
    )


@cache
def _parser() -> Any:
    from snakemake.cli import get_argument_parser

    return get_argument_parser()


def rule_name(kind: str, name: str) -> str:
    """The rule about a study or figure: `study_…`, `preview_…` or `draw_…`, without a hyphen."""
    return f"{kind}_{name.replace('-', '_')}"


@dataclass(frozen=True)
class Target:
    """A target of a command, by its name, by another rule that makes it, or by a file.

    studies: the studies whose rows it needs; empty if other targets of the command decide.
    """

    name: str
    rules: tuple[str, ...] = ()
    files: Callable[[], Iterable[Path]] = tuple
    studies: Iterable[str] = ()


def by_default(config: Config) -> list[str]:
    """The studies that plain `snakemake` makes."""
    return [study for study, settings in config.studies.items() if settings.by_default]


def previews(config: Config) -> dict[str, list[str]]:
    """The targets that make previews, with their studies."""
    single = {rule_name("preview", study): [study] for study in config.studies}
    return {"preview": by_default(config), **single}


def are_only_previews(targets: Iterable[str], config: Config) -> bool:
    """Whether a run has targets, and all of them are previews."""
    return set() < set(targets) <= previews(config).keys()


def of_studies(outputs: StudyOutputs) -> list[Target]:
    """The targets about a study each, and the report."""
    config, targets = outputs.config, []
    for study, settings in config.studies.items():
        draw = tuple(rule_name("draw", figure.name) for figure in settings.figures)
        files = partial(outputs.all, study)
        targets.append(Target(rule_name("study", study), draw, files, [study]))
    page = layout.report_file(config.results)
    return [*targets, Target("report", ("make_report",), lambda: [page])]


def of_paper(config: Config) -> list[Target]:
    """The targets about the paper: all of it, its claims, larger chains, its parts and figures.

    If the configuration allows no paper, only the first ones exist, without studies.
    """
    possible = problem(config) is None
    checked = paper_jobs.studies_of_claims(config) if possible else set()
    every = checked.union(paper_jobs.studies_of_paper(config) if possible else ())
    manifest = layout.bundle_folder(config.results) / layout.BUNDLE_MANIFEST
    files_of_claims = partial(paper_jobs.part_files, config, "validation")
    targets = [
        Target("paper", studies=every),
        Target("bundle", ("make_bundle",), lambda: [manifest], every),
        Target("validate", ("paper_validation",), files_of_claims, checked),
    ]
    larger = paper_jobs.studies_of_larger_chains(config) if possible else ()
    targets.append(Target(LARGER_CHAINS, studies=larger))
    if not possible:
        return targets
    for part in PARTS:
        if part != "validation":
            files = partial(paper_jobs.part_files, config, part)
            studies = paper_jobs.studies_of_part(config, part)
            targets.append(Target(f"paper_{part}", files=files, studies=studies))
    for figure in FIGURES:
        files = partial(paper_jobs.figure_files, config, figure)
        behind = paper_jobs.studies_of_figure(config, figure)
        targets.append(Target(rule_name("draw", figure), files=files, studies=behind))
    return targets


#: Targets of the paper as a whole.
PAPER = {"paper", "validate", "bundle"}

#: The target that makes the part on chains of several lengths.
LARGER_CHAINS = "larger_chains"


class Asked:
    """What a command asks for."""

    def __init__(self, command: Command, config: Config, targets: Sequence[Target]) -> None:
        """targets: all that it can ask for."""
        self._command, self._config, self._targets = command, config, targets

    @cached_property
    def names(self) -> set[str]:
        """Rules and files that the command names; for some targets, the target's own name."""
        return {getattr(self._find(word), "name", word) for word in self._command.targets}

    @cached_property
    def studies(self) -> list[str]:
        """Studies that a run of the command solves, in the order of the configuration."""
        named = self._studies_of(self._command.targets)
        if not self.names or not {"all", "tables"}.isdisjoint(self.names):
            named |= set(by_default(self._config))
        elif not named and "report" in self.names:
            named = set(by_default(self._config))
        # A rule of all studies, as in `--until make_tables`, leaves out no study.
        ends = [self._studies_of([word]) for word in self._command.until]
        if ends and all(ends):
            named &= set().union(*ends)
        return [study for study in self._config.studies if study in named]

    def check(self) -> None:
        """RunError if the command is about a paper or a study that is not in the configuration."""
        why = problem(self._config)
        if why and not (PAPER | {LARGER_CHAINS}).isdisjoint(self.names):
            raise RunError(f"config: {why}")
        for word in sorted(self.names):
            if re.fullmatch("(study|preview)_[A-Za-z0-9_-]+", word):
                self._check_study(word)

    def _check_study(self, word: str) -> None:
        kind = word.partition("_")[0]
        if word in {rule_name(kind, study) for study in self._config.studies}:
            return
        # The paper adds studies that the user did not name.
        own = [study for study in self._config.studies if not study.startswith(RESERVED)]
        names = [rule_name(kind, study) for study in own]
        near = difflib.get_close_matches(word, names, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise RunError(
            f"{word}: the configuration has no such study; {hint}targets are " + ", ".join(names)
        )

    def _studies_of(self, words: Iterable[str]) -> set[str]:
        found = [target for word in words if (target := self._find(word))]
        return {study for target in found for study in target.studies}

    def _find(self, word: str) -> Target | None:
        for target in self._targets:
            if word == target.name or word in target.rules:
                return target
        # Snakemake treats the names of files in the same way.
        path = Path(word if os.path.isabs(word) else os.path.relpath(word))
        if path.name == word and not path.suffix:  # a rule; to list all files would take long
            return None
        return next((target for target in self._targets if path in target.files()), None)
