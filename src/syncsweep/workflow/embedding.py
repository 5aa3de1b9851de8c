"""How the Snakefile is used: by itself, or as a `module` of another one, here called the outer one.

The outer one gives the module its configuration and may rename its rules and move its files.
Snakemake registers handlers such as onstart only for the outer one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from syncsweep import wording
from syncsweep.config import file as config_file
from syncsweep.config.configuration import Config, parse
from syncsweep.config.messages import ConfigError
from syncsweep.paper import paper_studies
from syncsweep.workflow.errors import RunError
from syncsweep.workflow.targets import Command

#: How deep in the outer configuration that of a module is looked for.
_DEPTH = 4


class Use:
    """One use of the Snakefile; make it at the top of the Snakefile, before any rule."""

    def __init__(self, workflow: Any, rules: Any) -> None:
        """workflow, rules: Snakemake's own objects of these names; RunError."""
        self._workflow, self._rules, self._modifier = workflow, rules, workflow.modifier
        self.is_module = not self._modifier.is_main_snakefile()
        folder = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
        # It may be a copy of the Snakefile alone, or the address of a repository.
        if not (folder / "scripts").is_dir():
            raise RunError(
                f"{folder}: is not a checkout of syncsweep, but jobs run what is in its folders "
                "workflow and scripts; name the Snakefile of a whole checkout"
            )
        self.project = folder

    def configuration(self, values: Mapping[str, Any]) -> Config:
        """The configuration of this use; values: Snakemake's `config`; RunError, ConfigError."""
        settings = self._workflow.config_settings
        if not self.is_module:
            for path in settings.configfiles:
                config_file.read_yaml(path)
            words = config_file.with_words(settings.config)
            over = config_file.merge(values, words)
            return paper_studies.load_project(settings.configfiles, over)
        name = self._modifier.namespace
        if not self._modifier.skip_configfile:
            raise RunError(
                f'module {name}: it has no configuration; write config: config["{name}"], and its '
                f"keys under {name}: in your configuration, as in {self.project}/examples/as_module"
            )
        place = _place(values, self._workflow.modifier_stack[0].globals["config"])
        words = config_file.with_words(settings.config)
        for key in place or ():
            words = words.get(key) if isinstance(words, Mapping) else None
        if place and self._workflow.is_main_process:
            self._warn_of_words(place)
        if place is not None and isinstance(words, Mapping):
            values = config_file.merge(values, words)
        try:
            config = parse(values)
        except ConfigError as error:
            where = "".join(f"[{key!r}]" for key in place or ())
            said = str(error).removeprefix("config: ")
            raise ConfigError(f"config{where} of module {name}: {said}") from None
        return paper_studies.with_paper_studies(self._moved(config))

    def _warn_of_words(self, place: tuple[str, ...]) -> None:
        """Tell of our keys in `--config` that only the outer Snakefile gets, each once.

        place: keys under which the outer configuration holds ours.
        """
        module, words = self._modifier.namespace, self._workflow.config_settings.config
        told: set[tuple[str, str]] = vars(self._workflow).setdefault("_syncsweep_words", set())
        for key, value in words.items():
            is_told = key in place or key not in Config.model_fields or (module, key) in told
            if is_told or key in _keys_of(self._workflow.configfiles):
                continue
            told.add((module, key))
            shown = f"{{{key}: {'…' if isinstance(value, (dict, list)) else value}}}"
            for outer in reversed(place[1:]):
                shown = f"{{{outer}: {shown}}}"
            print(
                f"warning: module {module} does not get {key} of --config; for the module, write "
                f'--config "{place[0]}={shown}"',
                file=sys.stderr,
            )

    def _moved(self, config: Config) -> Config:
        """The configuration with the results where `prefix` of the module puts them.

        Jobs find all their files below the results, so these are moved once, and Snakemake then
        moves nothing.
        """
        moves = self._modifier.path_modifier
        results = str(Path(moves.replace_prefix(f"{config.results}/")))
        self._modifier.path_modifier = type(moves)(None, None, self._workflow)
        self._claim(results)
        return config.model_copy(update={"results": results})

    def _claim(self, results: str) -> None:
        """RunError if another module makes the same files."""
        name, place = self._modifier.namespace, os.path.realpath(results)
        owners: dict[str, str] = vars(self._workflow).setdefault("_syncsweep_results", {})
        if (owner := owners.setdefault(place, name)) != name:
            raise RunError(
                f"module {name}: its results, {results}, are those of module {owner} too; give one "
                "of them other results, or a prefix"
            )

    def outside(self, rule: str) -> str | None:
        """The name that a rule of the Snakefile has in the outer one; None if it is not used."""
        name: str | None = self._modifier.avail_rulename(rule)
        return name

    def inside(self) -> dict[str, str]:
        """The names of the Snakefile's rules by those in the outer one; call it after all rules."""
        # `use rule` reads the Snakefile each time, for other rules.
        known = vars(self._workflow).setdefault("_syncsweep_names", {})
        names: dict[str, str] = known.setdefault(self._modifier.namespace, {})
        for rule in self._rules._rules:
            if outside := self.outside(rule):
                names[outside] = rule
        return names

    def command(self, command: Command, results: str) -> Command:
        """A command in the Snakefile's own names.

        A rule or file of the outer one may need all that the Snakefile makes by default.
        """
        if not self.is_module:
            return command
        inside = self.inside()

        def own(word: str) -> str:
            is_result = Path(results).absolute() in Path(word).absolute().parents
            return word if is_result else inside.get(word, "all")

        return replace(
            command,
            targets=tuple(map(own, command.targets)),
            until=tuple(inside.get(word, word) for word in command.until),
        )

    def tell_names(self) -> None:
        """Have messages use the Snakefile's own names of rules; call it after all rules."""
        wording.OWN_RULES.update(self.inside())

    def run_too(self, onstart: Callable[[], None], onsuccess: Callable[[], None]) -> None:
        """Call these handlers of a module beside those that the outer Snakefile has or gets."""
        self._also_at("onstart", onstart)
        self._also_at("onsuccess", onsuccess)

    def when_rules_are_known(self, call: Callable[[Any, Sequence[Use]], None]) -> None:
        """Call it with Snakemake's workflow and all uses in it, when the outer Snakefile is read.

        It is called before there are jobs, and in a dry-run too, which has no onstart.
        """
        uses: list[Use] = vars(self._workflow).setdefault("_syncsweep_uses", [])
        uses.append(self)
        if len(uses) > 1:
            return
        prepare = self._workflow._prepare_dag

        def call_and_prepare(*arguments: Any, **options: Any) -> Any:
            call(self._workflow, uses)
            return prepare(*arguments, **options)

        self._workflow._prepare_dag = call_and_prepare

    def _also_at(self, event: str, call: Callable[[], None]) -> None:
        workflow = self._workflow
        calls = vars(workflow).setdefault(f"_syncsweep_{event}", {})
        if not calls:
            register = getattr(workflow, event)

            def register_all(handler: Callable[..., None]) -> None:
                is_outer = workflow.modifier.is_main_snakefile()
                register(_all_of(calls, handler) if is_outer else handler)

            setattr(workflow, f"_{event}", _all_of(calls, getattr(workflow, f"_{event}")))
            setattr(workflow, event, register_all)  # for what the outer Snakefile registers later
        calls.setdefault(self._modifier.namespace, call)  # that of the first `use rule`


def _all_of(calls: Mapping[str, Callable[[], None]], handler: Callable[..., None]) -> Any:
    def call_all(log: Any) -> None:
        for call in calls.values():
            call()
        handler(log)

    return call_all


def _keys_of(files: Iterable[Path]) -> set[str]:
    """Keys of configuration files, as far as they can be read."""
    keys: set[str] = set()
    for file in files:
        with suppress(ConfigError):
            keys.update(config_file.read_yaml(file))
    return keys


def _place(values: object, config: object) -> tuple[str, ...] | None:
    """Keys under which an outer configuration holds exactly this mapping; None if it does not."""
    return next(_places(values, config, ()), None)


def _places(values: object, config: object, keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if config is values:
        yield keys
    elif isinstance(config, Mapping) and len(keys) < _DEPTH:
        for key, value in config.items():
            yield from _places(values, value, (*keys, key))
