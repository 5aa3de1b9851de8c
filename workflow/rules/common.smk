# Shared by the rules. Code that does not need Snakemake's own objects is in syncsweep.workflow, with its
# tests.
from functools import cache

from syncsweep.config.requests import ErrorsRequest, FigureRequest, PreviewRequest, TablesRequest
from syncsweep.environment import source
from syncsweep.sweep.launcher import ON_THIS_MACHINE, allotted_cores
from syncsweep.tables import registry, rounds
from syncsweep.workflow.announce import Job
from syncsweep.workflow.report_flags import reported, reported_tables
from syncsweep.workflow.study_outputs import StudyOutputs
from syncsweep.workflow.targets import PAPER, Asked, Command, of_paper, of_studies, read_command

OUTPUTS = StudyOutputs(CONFIG)
study_folder, table_files, results_of = OUTPUTS.folder, OUTPUTS.tables, OUTPUTS.results

# Jobs have neither a profile nor targets of their own.
COMMAND = read_command(sys.argv[1:]) if workflow.is_main_process else Command()


@cache
def asked_for():
    """The request of the command line."""
    command = USE.command(COMMAND, CONFIG.results)
    return Asked(command, CONFIG, [*of_studies(OUTPUTS), *of_paper(CONFIG)])


def targets():
    return asked_for().names


def studies_asked_for():
    return asked_for().studies


# The samples at which errors were asked for last, by study; and the studies of this run's jobs.
ROUNDS = {}
STUDIES_TO_SOLVE = set()


def shard_files(study):
    """All shards of a study; to be called from an input function.

    As long as the errors of a study with `until` are too large or not known, this asks Snakemake for
    the job that finds them at the next number of samples. After this job, Snakemake calls it again.
    """
    samples = OUTPUTS.samples_to_look_at(study)
    if workflow.is_main_process and CONFIG.studies[study].until and ROUNDS.get(study) != samples:
        announce.tell_round(logger, OUTPUTS.decided, study, STUDIES_TO_SOLVE)
        ROUNDS[study] = samples
    if samples is not None:
        checkpoints.find_errors.get(
            study=study, hash=CONFIG.physics(study).digest, samples=f"{samples:09d}"
        )
    return OUTPUTS.shards(study)


def all_shards(studies):
    """An input function for the shards of each study."""
    return [lambda wildcards, study=study: shard_files(study) for study in studies]


def draw_rule(figure):
    return rule_name("draw", figure)


def makes_only_previews():
    """Whether this run makes only previews; call it when Snakemake knows the targets."""
    names = USE.inside()
    targets = workflow.dag_settings.targets
    return are_only_previews([names.get(target, target) for target in targets], CONFIG)


def is_own(job):
    """Whether a job is of a rule of this project, not of an outer Snakefile or another module."""
    return job.rule.module_globals["__name__"] == __name__


def jobs_of_run():
    """The jobs of this run, of the rules of this project; call it when Snakemake knows them."""
    names, jobs = USE.inside(), workflow.dag.needrun_jobs()
    return [Job(names[job.rule.name], dict(job.wildcards_dict)) for job in jobs if is_own(job)]


def resources_of_jobs():
    """Resources of each job that a cluster gets, or of each job of this project on one machine.

    For Snakemake, all jobs on one machine are its own.
    """
    on_cluster = not workflow.local_exec
    jobs = workflow.dag.needrun_jobs()
    return [job.resources for job in jobs if (not job.is_local if on_cluster else is_own(job))]


def unless_fresh(files, asked):
    """Return no input files, but make Snakemake run the job if a file of its output is stale.

    files: those that record what they were made for. Call it from an input function, which runs while
    Snakemake finds out which jobs there are. Snakemake's own triggers fail for copies, and after
    `touch`.
    """
    if workflow.is_main_process:
        with ends_in_one_line():
            stale = checks.stale_files(files, asked, CONFIG.results, COMMAND.makes_report)
            workflow.dag.forcefiles.update(map(str, stale))
    return []


def allowed_ranks():
    """Most ranks of a job, from the configuration or from a profile."""
    said = workflow.resource_settings.overwrite_threads
    allowed = said.get(USE.outside("solve_shard"), CONFIG.ranks)
    # Snakemake would compute the value of an expression only for a job.
    return getattr(allowed, "raw", allowed)


def resources_said():
    """Resources of a shard's job in a profile or in --set-resources, by name."""
    said = workflow.resource_settings.overwrite_resources.get(USE.outside("solve_shard"), {})
    return {name: value.raw for name, value in said.items()}


def keep_to_allotted_cores():
    """Use no more cores than Slurm allots on this node, unless the command line says how many.

    `cores: all` of the profile means all cores that a process can use. If a site does not bind
    processes to cores, this is the whole node. Call it before there are jobs.
    """
    said = workflow.resource_settings
    if COMMAND.cores is None and said.nodes is None and said.cores is not None:
        workflow.global_resources["_cores"] = allotted_cores(said.cores)
