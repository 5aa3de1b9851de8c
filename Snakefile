# The sweep: configuration -> shards (one MPI launch each) -> tables -> figures.
# README.md explains how to run it, config.yaml what it computes.
import os
import shlex
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.1")

try:
    from syncsweep import layout
    from syncsweep.environment import provenance
    from syncsweep.paper import paper_studies, registry
    from syncsweep.environment import checkout
    from syncsweep.workflow import interruption, paper_jobs, report_jobs
    from syncsweep.user_code import isolated
    from syncsweep.config import file as config_file
    from syncsweep.wording import write_anything
except ImportError as error:  # also of an older syncsweep than this
    sys.exit(
        f"error: {sys.executable} has no {error.name} that fits this project: run `make env`, then "
        ".venv/bin/snakemake"
    )

# Snakemake writes its log in the encoding of the locale.
write_anything(
    sys.stdout,
    sys.stderr,
    *(getattr(log, "stream", None) for log in workflow.logger_manager.logfile_handlers),
)

try:
    checkout.check(Path(workflow.basedir))
except checkout.ForeignCodeError as error:
    sys.exit(f"error: {error}")

if workflow.is_main_process:
    interruption.heed()

# Checked before Snakemake reads it: one line for a mistake, and doubled keys are seen.
# `config` holds by now what --configfile and --config say.
try:
    for path in workflow.overwrite_configfiles:
        config_file.read_yaml(path)
    SAID = config_file.merge(config, config_file.with_words(workflow.config_settings.config))
    if workflow.overwrite_configfiles and not Path("config.yaml").exists():
        CONFIG = config_file.parse(SAID)
    else:
        CONFIG = config_file.load_config("config.yaml", overrides=SAID)
    CONFIG = paper_studies.with_paper_studies(CONFIG)
    if workflow.is_main_process:
        # A dry-run writes nothing, so it may look at results that others keep.
        is_dry_run = workflow.output_settings.dryrun
        check = layout.check_usable if is_dry_run else layout.check_writable
        layout.check_records(Path())
        check(CONFIG.results)
except (config_file.ConfigError, layout.NotWritableError) as error:
    sys.exit(f"error: {error}")


configfile: "config.yaml"


report: "workflow/report/workflow.rst"


# Jobs run in the environment of this Snakemake, activated or not, and know its commit. They can print
# in any locale, and their logs are UTF-8. Names of files remain those of the locale. All ranks iterate
# over sets of text in the same order, because the user's own draws may depend on it.
VARIABLES = {
    "PYTHONIOENCODING": "utf-8:backslashreplace",
    # MPICH and UCX would take 5.4 MB of /dev/shm for each rank, and a container has 64 MB. With these
    # two variables they take 0.3 MB.
    "UCX_TLS": os.environ.get("UCX_TLS", "^posix"),
    "MPIR_CVAR_CH4_SHM_POSIX_IQUEUE_NUM_CELLS": "16",
    "SCRIPTS": str(Path(workflow.basedir, "scripts")),
    **provenance.environment(Path(workflow.basedir)),
    **isolated.HASH_SEED,
}
shell.prefix(
    "set -euo pipefail; "
    f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH "
    + " ".join(f"{name}={shlex.quote(value)}" for name, value in VARIABLES.items())
    + "; "
)


include: "workflow/rules/common.smk"
include: "workflow/rules/shards.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/preview.smk"
include: "workflow/rules/paper_parts.smk"
include: "workflow/rules/paper.smk"
include: "workflow/rules/report_parts.smk"
include: "workflow/rules/report.smk"


if workflow.is_main_process:
    check_profile()
    check_targets()
    most_ranks()
    keep_to_allotted_cores()
    try:
        check_places()
        if workflow.output_settings.dryrun:
            check_own_code(studies_asked_for())
            tell_plan(studies_asked_for())
        else:
            bring_back_from_the_future()
            set_aside_damaged_shards()
    except PermissionError as error:  # in another user's folder
        sys.exit(f"error: {error.filename}: cannot be read ({error.strerror})")


localrules:
    all,
    tables,


rule all:
    default_target: True
    input:
        [file for study in studies_by_default() for file in study_files(study)],
    message:
        f"Figures and tables are in {CONFIG.results}/figures and {CONFIG.results}/tables"


rule tables:
    input:
        [shard for study in studies_by_default() for shard in shard_files(study)],
        [table for study in studies_by_default() for table in table_files(study)],
    message:
        f"Tables are in {CONFIG.results}"


for _study in CONFIG.studies:

    rule:
        name:
            target_of(_study)
        input:
            study_files(_study),
        localrule: True
        message:
            f"{_study}: {what_is_made(_study)}"


STUDIES_OF_NEW_TABLES = set()


onstart:
    if not makes_only_previews():
        check_cluster()
        check_limits()
        check_own_code(studies_of_jobs("solve_shard"))
        write_descriptions()
        announce_samples()
        STUDIES_OF_NEW_TABLES.update(studies_of_jobs("make_tables"))
    interruption.heed_with_jobs()


onsuccess:
    if not makes_only_previews():
        warn_of_failures(STUDIES_OF_NEW_TABLES)
