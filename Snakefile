# The sweep: configuration -> shards (one MPI launch each) -> tables -> figures.
# docs/running.md explains how to run it, config.yaml what it computes.
import sys
from pathlib import Path

from snakemake.logging import logger
from snakemake.utils import min_version

min_version("9.20")

try:
    from syncsweep import layout
    from syncsweep.paper import paper_studies
    from syncsweep.environment import checkout
    from syncsweep.wording import write_anything
    from syncsweep.workflow import announce, checks, cluster, dates, interruption, old_places
    from syncsweep.workflow import rule_names
    from syncsweep.workflow.embedding import Use
    from syncsweep.workflow.errors import ends_in_one_line, not_read
    from syncsweep.workflow.job_shell import shell_prefix
    from syncsweep.workflow.targets import are_only_previews, by_default, previews, rule_name
except ImportError as error:  # also of an older syncsweep than this
    sys.exit(
        f"error: {sys.executable} has no {error.name} for this project; run `make env`, then "
        ".venv/bin/snakemake"
    )

# Snakemake writes its log in the encoding of the locale.
write_anything(
    sys.stdout,
    sys.stderr,
    *(getattr(log, "stream", None) for log in workflow.logger_manager.logfile_handlers),
)

# Check the configuration before Snakemake reads it: a mistake gives one line, and no repeated key is
# missed. `config` already holds the values of --configfile and --config.
with ends_in_one_line(not_read):
    USE = Use(workflow, rules)
    PROJECT = USE.project
    checkout.check(PROJECT)
    if workflow.is_main_process:
        interruption.heed()
        checks.name_user()
    CONFIG = USE.configuration(config)
    if workflow.is_main_process:
        checks.check_folders(CONFIG.results, workflow.output_settings.dryrun)


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


# A class of its own, so that the rules of another Snakefile keep their shell.
shell = type("shell", (shell,), {})
shell.prefix(shell_prefix(PROJECT))


include: "workflow/rules/common.smk"
include: "workflow/rules/shards.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/preview.smk"
include: "workflow/rules/paper_parts.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/report_parts.smk"
include: "workflow/rules/report.smk"


rule all:
    input:
        *all_shards(by_default(CONFIG)),
        [file for study in by_default(CONFIG) for file in results_of(study)],
    localrule: True
    message:
        f"Figures and tables are in {CONFIG.results}/figures and {CONFIG.results}/tables"


rule tables:
    input:
        *all_shards(by_default(CONFIG)),
        [table for study in by_default(CONFIG) for table in table_files(study)],
    localrule: True
    message:
        f"Tables are in {CONFIG.results}"


for _study in CONFIG.studies:

    rule:
        name:
            rule_name("study", _study)
        input:
            *all_shards([_study]),
            results_of(_study),
        localrule: True
        message:
            f"{_study}: {OUTPUTS.made(_study)}"


# Report errors before Snakemake looks for files.
if workflow.is_main_process:
    with ends_in_one_line(not_read):
        checks.check_profile(COMMAND.profile, Path(workflow.basedir))
        USE.tell_names()
        USE.when_rules_are_known(rule_names.check)
        asked_for().check()
        MOST_RANKS = checks.most_ranks(allowed_ranks())
        checks.check_cores(
            cores=workflow.resource_settings.cores,
            max_threads=workflow.resource_settings.max_threads,
        )
        keep_to_allotted_cores()
        checks.check_places(OUTPUTS, asked_for().studies)
        if workflow.output_settings.dryrun:
            checks.check_large_models(CONFIG, asked_for().studies)
            checks.check_own_code(CONFIG, asked_for().studies)
            announce.tell_plan(
                logger, OUTPUTS.decided, asked_for().studies, MOST_RANKS, resources_said()
            )
        else:
            if asked_for().studies:
                old_places.move_old_files(CONFIG.results)
                dates.bring_back_results(Path(CONFIG.results))
            checks.set_aside_damaged_shards(OUTPUTS, asked_for().studies)


STUDIES_OF_NEW_TABLES = set()


onstart:
    if not makes_only_previews():
        _jobs = jobs_of_run()
        with ends_in_one_line():
            cluster.check_jobs(workflow.executor_plugin.name, MOST_RANKS, resources_of_jobs())
            checks.check_limits(CONFIG, announce.studies_of(_jobs, "make_limit_tables"))
            checks.check_large_models(CONFIG, announce.studies_of(_jobs, "solve_shard"))
            checks.check_own_code(CONFIG, announce.studies_of(_jobs, "solve_shard"))
            announce.write_descriptions(CONFIG, _jobs)
        announce.tell_samples(logger, OUTPUTS.decided, _jobs)
        STUDIES_TO_SOLVE.update(announce.studies_of(_jobs, "solve_shard"))
        STUDIES_OF_NEW_TABLES.update(announce.studies_of(_jobs, "make_tables"))
    interruption.heed_with_jobs()


onsuccess:
    if not makes_only_previews():
        announce.warn_of_failures(CONFIG, STUDIES_OF_NEW_TABLES)
        announce.warn_of_errors(CONFIG, studies_asked_for())


if USE.is_module:
    USE.run_too(onstart, onsuccess)
