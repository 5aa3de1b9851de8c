# What the rules share: which files a study has, and on what tables and figures depend.
import io
import json
import os
import re
import subprocess

from syncsweep.environment import source
from syncsweep.config import sizing
from syncsweep.files import NotReadableError, not_written, open_regular
from syncsweep.plan.followups import table_names
from syncsweep.sweep import launcher
from syncsweep.wording import number_of


def command_line():
    """The parsed command line: Snakemake tells a Snakefile its targets only after reading it."""
    from snakemake.cli import get_argument_parser

    return get_argument_parser().parse_known_args(sys.argv[1:])[0]


# Jobs have neither a profile nor targets of their own.
COMMAND_LINE = command_line() if workflow.is_main_process else None


def study_folder(study):
    return layout.study_folder(CONFIG.results, study, CONFIG.physics(study).digest)


def shard_size(wildcards, most_ranks):
    """Ranks, time and memory of the job of a shard."""
    samples = int(wildcards.stop) - int(wildcards.start)
    n_eta = layout.values_in_block(wildcards.block)
    return CONFIG.studies[wildcards.study].job_size(samples, n_eta, CONFIG.ranks, most_ranks)


def shard_ranks(wildcards, threads):
    return shard_size(wildcards, threads).ranks


def shard_minutes(wildcards, threads):
    return shard_size(wildcards, threads).time_limit


def shard_rank_memory(wildcards, threads, attempt):
    return attempt * shard_size(wildcards, threads).rank_memory


def table_minutes(wildcards):
    settings = CONFIG.studies[wildcards.study]
    n_eta = sum(len(block.etas) for block in settings.eta_blocks)
    return sizing.tables_time_limit(settings.samples * n_eta, settings.model.spins)


def shard_files(study):
    return [
        layout.BlockFolder(study_folder(study) / block.id).shard(start, stop)
        for block in CONFIG.studies[study].eta_blocks
        for start, stop in CONFIG.studies[study].chunks
    ]


def studies_of_jobs(rule):
    """Studies for which this run has jobs of a rule."""
    jobs = [job for job in workflow.dag.needrun_jobs() if job.name == rule]
    return sorted({job.wildcards.study for job in jobs})


def write_descriptions():
    """Tell the workers what each study is that has jobs: they never read the configuration."""
    from syncsweep.sweep import description

    of_jobs = {job.wildcards.get("study") for job in workflow.dag.needrun_jobs()}
    try:
        for study in of_jobs & CONFIG.studies.keys():
            settings = CONFIG.studies[study]
            description.write(
                study_folder(study),
                study,
                CONFIG.physics(study),
                [block.etas for block in settings.eta_blocks],
            )
    except OSError as error:
        sys.exit(f"error: {not_written(error)}")


def tell_plan(studies):
    """Say what there is to do for each study, beside the jobs that Snakemake tells of."""
    from snakemake.logging import logger

    from syncsweep.plan.outline import outlines

    for line in outlines(CONFIG, studies, most_ranks(), requested()):
        logger.info(line, extra={"is_plan": True})


def announce_samples():
    """Tell the line of progress which samples this run is about.

    Those that were solved before count where all samples of a study are asked for.
    """
    from snakemake.logging import logger

    from syncsweep.sample_range import SampleRange
    from syncsweep.status.requested import asked_blocks, asked_of_jobs

    jobs = [job.wildcards for job in workflow.dag.needrun_jobs() if job.name == "solve_shard"]
    at_work = {job.study for job in jobs} & CONFIG.studies.keys()
    whole = at_work & set(studies_of_jobs("make_tables"))
    chunks = [
        (job.study, job.block, SampleRange(int(job.start), int(job.stop)))
        for job in jobs
        if job.study in at_work - whole
    ]
    asked = asked_of_jobs(CONFIG, chunks)
    asked += asked_blocks(CONFIG, [study for study in CONFIG.studies if study in whole])
    if asked:
        samples = sum(block.samples for block in asked)
        logger.info(f"Samples of this run: {samples}", extra={"asked_blocks": asked})


def check_limits():
    """End the run before its jobs if a study asks for a law of η → 0⁺ that its model has not."""
    of_jobs = studies_of_jobs("make_limit_tables")
    if not of_jobs:
        return
    from syncsweep.physics.weak_limit import UnknownSectorsError, sectors
    from syncsweep.user_code.study_model import build_model

    for study in of_jobs:
        try:
            sectors(build_model(CONFIG.physics(study)))
        except UnknownSectorsError:
            sys.exit(
                f"error: config: studies.{study}: the model has more steady states than its sectors, "
                "so η → 0⁺ has no law here: set analysis.limit_draws: null"
            )


def check_own_code(studies):
    """End the run if a model or an ensemble of the user's own cannot be swept."""
    for study in studies:
        if not CONFIG.studies[study].own_files:
            continue
        from syncsweep.user_code import process as own_process
        from syncsweep.config.messages import ConfigError

        try:
            for note in own_process.check(CONFIG, study):
                print(f"note: {note}", file=sys.stderr)
        except ConfigError as error:
            sys.exit(f"error: {error}")


def table_files(study):
    folder = layout.tables_folder(CONFIG.results, study)
    names = table_names(CONFIG.studies[study])
    return [folder / f"{table}.{kind}" for table in names for kind in ("parquet", "csv")]


def reported(files, endings, caption, category, **labels):
    """The files, those with some endings flagged for `snakemake --report`, under their labels."""
    path = f"../report/{caption}.rst"

    def flagged(file):
        if not str(file).endswith(endings):
            return file
        kind = {"file": Path(file).suffix[1:].upper()}
        return report(file, caption=path, category=category, labels=labels | kind)

    return [flagged(file) for file in files]


# Tables that people read are in the report of `snakemake --report`; histograms are in the figures.
READ_BY_PEOPLE = ("summary", layout.FAILURES_TABLE, *layout.LIMIT_TABLES)


# Tables that one job makes from the shards.
SUMMARIES = (*layout.TABLES, layout.FAILURES_TABLE)


def tables_named(names):
    """Files of tables of any study."""
    folder = layout.tables_folder(CONFIG.results, "{study}")
    return [
        file
        for table in names
        for file in reported(
            [f"{folder}/{table}.{kind}" for kind in ("parquet", "csv")],
            ".csv" if table in READ_BY_PEOPLE else (),
            table,
            "Tables",
            study="{study}",
            table=table,
        )
    ]


def rows_in(table):
    """Rows of a CSV table below its header; 0 without one, NotReadableError if it is no such file."""
    try:
        with open_regular(table) as file:
            return max(sum(1 for _ in io.TextIOWrapper(file, encoding="utf-8")) - 1, 0)
    except FileNotFoundError:
        return 0
    except UnicodeDecodeError:
        raise NotReadableError("it is no text in UTF-8") from None


def warn_of_failures(said):
    """Say at the end of a run which studies have rows that are not in their averages.

    said: studies whose tables this run has made, which have said so.
    """
    for study in [study for study in CONFIG.studies if study not in said]:
        table = layout.tables_folder(CONFIG.results, study) / f"{layout.FAILURES_TABLE}.csv"
        try:
            rows = rows_in(table)
        except NotReadableError as error:
            print(
                f"warning: {study}: {table} cannot be read ({error}), so which rows failed is not "
                "known; remove it and run the same snakemake command again",
                file=sys.stderr,
            )
            continue
        if rows:
            line = f"warning: {study}: {number_of(rows, 'rows')} failed and are not in the averages"
            print(f"{line}; {table} names them", file=sys.stderr)


def study_files(study):
    """All that a study is asked to make.

    The shards stand among them, because a missing one does not trouble Snakemake once the tables are
    there.
    """
    return shard_files(study) + table_files(study) + figure_files(study)


def studies_by_default():
    return [study for study, settings in CONFIG.studies.items() if settings.by_default]


def target_of(study):
    """The rule that makes one study."""
    return f"study_{study.replace('-', '_')}"


def draw_rule(figure):
    """The rule that draws a figure."""
    return f"draw_{figure.replace('-', '_')}"


def previews():
    """The targets that make previews, with their studies."""
    targets = {f"preview_{study.replace('-', '_')}": [study] for study in CONFIG.studies}
    return {"preview": studies_by_default(), **targets}


def makes_only_previews():
    """Whether this run is about previews alone."""
    return set() < set(workflow.dag_settings.targets) <= previews().keys()


def targets():
    """Rules and files that the command line asks for; some files stand for the rule that makes them."""
    known = {
        str(layout.report_file(CONFIG.results)): "report",
        "make_report": "report",
        str(layout.bundle_folder(CONFIG.results) / layout.BUNDLE_MANIFEST): "bundle",
        "make_bundle": "bundle",
        "paper_validation": "validate",
        **{str(file): "validate" for file in validation_files()},
    }
    said = COMMAND_LINE.targets if COMMAND_LINE else []
    # Snakemake treats the names of files in the same way.
    names = [name if os.path.isabs(name) else os.path.relpath(name) for name in said]
    return {known.get(name, name) for name in names}


def studies_of_target(target):
    """The studies that a rule or a file is about."""
    for study, settings in CONFIG.studies.items():
        names = {target_of(study), settings.figure and draw_rule(settings.figure.name)}
        if target in names or Path(target) in study_files(study):
            return {study}
    if PAPER_PROBLEM:
        return set()
    if target in PAPER_TARGETS:
        named = {CONFIG.paper.chain, CONFIG.paper.pair}
        named |= {study for study in CONFIG.studies if study.startswith(paper_studies.RESERVED)}
        return named if target == "validate" else named | paper_studies_asked_for().keys()
    for part in part_requests():
        if target == f"paper_{part}" or Path(target) in part_files(part):
            return set(studies_of_part(part))
    for figure, settings in layout.PAPER_FIGURES.items():
        if target == draw_rule(figure) or Path(target) in paper_figure_files(figure):
            parts = [studies_of_part(part) for part in settings.parts] or [[CONFIG.paper.chain]]
            return {study for studies in parts for study in studies}
    return set()


def studies_asked_for():
    """Studies that this run solves, as far as the command line tells before Snakemake reads it."""
    asked = targets()
    named = {study for target in asked for study in studies_of_target(target)}
    if not asked or not {"all", "tables"}.isdisjoint(asked) or not named and "report" in asked:
        named |= set(studies_by_default())
    return [study for study in CONFIG.studies if study in named]


def check_profile():
    """End the run if its profile does not exist: Snakemake would run on this machine without it."""
    import difflib

    name = COMMAND_LINE.workflow_profile
    if name in (None, "none"):
        return
    # Snakemake looked in the folder in which it was called. It may be in another folder by now.
    folders = [Path(), Path(os.environ.get("PWD", "."))]
    places = [folder / "profiles" for folder in (*folders, Path(workflow.basedir))]
    if not any((folder / name).exists() for folder in (*folders, *places)):
        there = [file.parent.name for file in Path().glob("*/config.yaml")]
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        sys.exit(f"error: --workflow-profile: there is no folder or file {name}{hint}")


def check_targets():
    """End the run if it is to make a study or a paper that is not in the configuration."""
    import difflib

    if PAPER_PROBLEM and not PAPER_TARGETS.isdisjoint(targets()):
        sys.exit(f"error: config: {PAPER_PROBLEM}")
    known = {*map(target_of, CONFIG.studies), *previews()}
    for word in targets():
        prefix = word.partition("_")[0]
        if re.fullmatch("(study|preview)_[A-Za-z0-9_-]+", word) and word not in known:
            own = [s for s in CONFIG.studies if not s.startswith(paper_studies.RESERVED)]
            names = [f"{prefix}_{name.replace('-', '_')}" for name in own]
            near = difflib.get_close_matches(word, names, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            sys.exit(
                f"error: {word}: there is no such study in the configuration; {hint}targets are "
                + ", ".join(names)
            )


def check_places():
    """End the run if something else lies where a study that it makes has a folder or a file.

    Shards are none of these files: damaged ones are set aside.
    """
    for study in studies_asked_for():
        folder, tables = study_folder(study), layout.tables_folder(CONFIG.results, study)
        blocks = [layout.BlockFolder(folder / b.id) for b in CONFIG.studies[study].eta_blocks]
        within = [path for block in blocks for path in (block.path, block.parts)]
        logs = layout.logs_folder(CONFIG.results) / folder.name
        try:
            files = [*table_files(study), *figure_files(study), layout.report_file(CONFIG.results)]
            layout.check_places([folder, *within, tables, logs], files)
        except layout.NotWritableError as error:
            sys.exit(f"error: {error}")


def bring_back_from_the_future():
    """Give files dated in the future the present date. Call it before Snakemake looks for files."""
    results = Path(CONFIG.results)
    if not studies_asked_for() or not results.exists():
        return
    from syncsweep.workflow.dates import FutureError, bring_back

    try:
        late = bring_back(layout.made_files(results), results)
    except FutureError as error:
        sys.exit(f"error: {error}")
    if late:
        print(
            f"warning: {results}: {number_of(len(late), 'files')} dated in the future, such as "
            f"{late[-1]}; they get the present date",
            file=sys.stderr,
        )


def set_aside_damaged_shards():
    """Set aside the damaged shards that tables are to be made from, so that they are made again.

    Only shards that changed after the tables were made are looked at. To be called before Snakemake looks for files,
    and not in a dry-run, which moves nothing.
    """
    for study in studies_asked_for():
        settings = CONFIG.studies[study]
        if not study_folder(study).exists():
            continue
        from syncsweep.sweep.description import Description
        from syncsweep.sweep.takeover import set_aside_damaged

        tables = table_files(study)
        oldest = min(tables, key=lambda table: table.stat().st_mtime if table.exists() else 0)
        for block in settings.eta_blocks:
            described = Description(study, CONFIG.physics(study), block.etas)
            set_aside_damaged(study_folder(study), described, settings.chunks, oldest)


def table_request(study):
    """All that the tables depend on beside the shards."""
    settings = CONFIG.studies[study]
    request = {
        "blocks": [block.id for block in settings.eta_blocks],
        "samples": settings.samples,
        "chunk_size": settings.samples_per_chunk,
        "analysis": settings.analysis.model_dump(mode="json"),
    }
    return json.dumps(request, sort_keys=True)


def unless_fresh(files, asked):
    """Return no input files, but make Snakemake run the job if a file of its output is stale.

    files: those that record what they were made for. Call it from an input function, which runs while
    Snakemake finds out which jobs there are. Snakemake's own triggers fail for copies, and after
    `touch`.
    """
    if workflow.is_main_process and any(map(os.path.lexists, files)):
        from syncsweep.tables.freshness import is_stale

        if any(is_stale(file, asked, Path(CONFIG.results)) for file in files):
            if any(re.fullmatch("--report(=.*)?", word) for word in sys.argv):
                sys.exit(
                    f"error: {files[0]}: was made for other settings; run the same command "
                    "without --report first"
                )
            workflow.dag.forcefiles.update(map(str, files))
    return []


def asked_of_tables(study, modules):
    """Digest of what the tables of a study are made for; modules: those that make them."""
    folder = {"folder": study_folder(study).name}
    return source.asked(folder | json.loads(table_request(study)), modules)


def unless_tables_fresh(study, names, modules):
    """No input files, see `unless_fresh`; names: of tables that are made together."""
    folder = layout.tables_folder(CONFIG.results, study)
    files = [folder / f"{name}.parquet" for name in names]
    return unless_fresh(files, asked_of_tables(study, modules))


def figure_stem(study):
    return layout.figures_folder(CONFIG.results) / CONFIG.studies[study].figure.name


def figure_files(study):
    if CONFIG.studies[study].figure is None:
        return []
    stem = figure_stem(study)
    panels = CONFIG.studies[study].figure.panels
    images = [stem.with_name(f"{stem.name}.{kind}") for kind in ("pdf", "png", "json")]
    if CONFIG.studies[study].analysis.limit_draws is not None:
        panels = (*panels, "limit")
    return images + [stem.with_name(f"{stem.name}_{panel}.csv") for panel in panels]


def what_is_made(study):
    """Where a user finds what a study was run for."""
    figures = [file for file in figure_files(study) if file.suffix == ".png"]
    return " and ".join(map(str, [*figures, layout.tables_folder(CONFIG.results, study)]))


def figure_request(study):
    """All that the figure depends on beside the tables."""
    settings = CONFIG.studies[study]
    request = {
        "figure": settings.figure.model_dump(mode="json"),
        "analysis": settings.analysis.model_dump(mode="json"),
        "model": settings.model.name,
        "n_sites": settings.model.n_sites,
    }
    return json.dumps(request, sort_keys=True)


def asked_of_figure(study):
    """Digest of what the figure of a study is made for."""
    return source.asked(json.loads(figure_request(study)), source.figure_of_sweep())


def unless_figure_fresh(study):
    """No input files, see `unless_fresh`."""
    stem = figure_stem(study)
    return unless_fresh([stem.with_name(f"{stem.name}.json")], asked_of_figure(study))


def most_ranks():
    """Ranks that a job may have: those of the configuration, or what a profile allows."""
    allowed = workflow.resource_settings.overwrite_threads.get("solve_shard", CONFIG.ranks)
    allowed = getattr(allowed, "value", allowed)
    if not str(allowed).isdecimal() or int(allowed) < 1:
        sys.exit(
            f"error: set-threads: solve_shard must be an integer from 1, but is {allowed}; see "
            "slurm/config.yaml"
        )
    return int(allowed)


def requested():
    """What a profile or --set-resources says of a shard's job, by resource."""
    said = workflow.resource_settings.overwrite_resources.get("solve_shard", {})
    return {name: value.raw for name, value in said.items()}


def keep_to_allotted_cores():
    """Use no more cores than Slurm allots on this node, unless the command line says how many.

    `cores: all` of the profile means all cores that a process can use. If a site does not bind
    processes to cores, this is the whole node. Call it before there are jobs.
    """
    said = workflow.resource_settings
    if COMMAND_LINE.cores is None and said.nodes is None and said.cores is not None:
        workflow.global_resources["_cores"] = launcher.allotted_cores(said.cores)


def check_cluster():
    """End the run if its jobs are to go to a Slurm cluster that cannot take them."""
    if workflow.executor_plugin.name != "slurm":
        return
    if most_ranks() == 1:
        sys.exit(
            "error: set-threads: solve_shard is 1, but Snakemake takes no MPI job of one rank to "
            "Slurm: give at least 2, see slurm/config.yaml"
        )
    try:
        asked = subprocess.run(
            ["squeue", "--me", "--noheader"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=120,
        )
        failure = (
            asked.returncode and (asked.stderr.strip().splitlines() or ["it says nothing"])[-1]
        )
    except OSError:
        failure = "there is no squeue here; run this where sbatch works"
    except subprocess.TimeoutExpired:
        failure = "squeue gave no answer in two minutes"
    if failure:
        sys.exit(f"error: the Slurm cluster does not answer: {failure}")
