# What the rules share: which files a study has, and on what tables and figures depend.
import json

from syncsweep import sizing, source


def study_folder(study):
    return layout.study_folder(CONFIG.results, study, CONFIG.physics(study).digest)


def job_size(study, samples, n_eta, most_ranks):
    """Ranks and minutes of a job."""
    seconds = CONFIG.studies[study].sample_seconds(n_eta)
    ranks = sizing.ranks(samples, seconds, CONFIG.ranks, most_ranks)
    return ranks, sizing.job_minutes(samples, seconds, ranks)


def shard_size(wildcards):
    """Samples and values of η of the shard of a job."""
    return int(wildcards.stop) - int(wildcards.start), layout.values_in_block(wildcards.block)


def shard_ranks(wildcards, threads):
    return job_size(wildcards.study, *shard_size(wildcards), threads)[0]


def shard_minutes(wildcards, threads):
    return sizing.time_limit(job_size(wildcards.study, *shard_size(wildcards), threads)[1])


def shard_rank_memory(wildcards, threads, attempt):
    settings = CONFIG.studies[wildcards.study]
    samples, n_eta = shard_size(wildcards)
    ranks, _ = job_size(wildcards.study, samples, n_eta, threads)
    rows = samples * n_eta * settings.row_bytes
    return attempt * sizing.rank_memory(settings.dim, rows, ranks)


def table_minutes(wildcards):
    settings = CONFIG.studies[wildcards.study]
    n_eta = sum(len(block.etas) for block in settings.eta_blocks)
    return sizing.tables_time_limit(settings.samples * n_eta)


def shard_files(study):
    return [
        layout.BlockFolder(study_folder(study) / block.id).shard(start, stop)
        for block in CONFIG.studies[study].eta_blocks
        for start, stop in CONFIG.studies[study].chunks
    ]


def write_descriptions():
    """Tell the workers what each study is: they never read the configuration."""
    from syncsweep.sweep import description

    try:
        for study, settings in CONFIG.studies.items():
            description.write(
                study_folder(study),
                study,
                CONFIG.physics(study),
                [block.etas for block in settings.eta_blocks],
            )
    except OSError as error:
        sys.exit(f"error: {error.filename}: cannot be written ({error.strerror})")


def table_files(study):
    folder = layout.tables_folder(CONFIG.results, study)
    return [folder / f"{table}.{kind}" for table in layout.TABLES for kind in ("parquet", "csv")]


def set_aside_damaged_shards():
    """Set aside the damaged shards that tables are to be made from, so that they are made again.

    Only shards that changed after the tables were made are looked at. To be called before Snakemake looks for files,
    and not in a dry-run, which moves nothing.
    """
    for study, settings in CONFIG.studies.items():
        if not study_folder(study).exists():
            continue
        from syncsweep.sweep.takeover import set_aside_damaged

        tables = table_files(study)
        oldest = next((table for table in tables if not table.exists()), tables[0])
        for block in settings.eta_blocks:
            set_aside_damaged(
                study_folder(study),
                study,
                CONFIG.physics(study).digest,
                block.etas,
                settings.chunks,
                newer_than=oldest,
            )


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


def figure_stem(study):
    return layout.figures_folder(CONFIG.results) / CONFIG.studies[study].figure.name


def figure_files(study):
    stem = figure_stem(study)
    panels = CONFIG.studies[study].figure.panels
    images = [stem.with_name(f"{stem.name}.{kind}") for kind in ("pdf", "png")]
    return images + [stem.with_name(f"{stem.name}_{panel}.csv") for panel in panels]


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


def print_plan():
    """What a run has to do, and what it costs: a line per study."""
    for study, settings in CONFIG.studies.items():
        jobs, core_seconds = 0, 0.0
        for block in settings.eta_blocks:
            folder = layout.BlockFolder(study_folder(study) / block.id)
            missing = [c for c in settings.chunks if not folder.shard(*c).exists()]
            jobs += len(missing)
            samples = sum(stop - start for start, stop in missing)
            core_seconds += samples * settings.sample_seconds(len(block.etas))
        largest = max(settings.eta_blocks, key=lambda block: len(block.etas))
        chunk = min(settings.samples_per_chunk, settings.samples)
        ranks, minutes = job_size(study, chunk, len(largest.etas), most_ranks())
        rows = chunk * len(largest.etas) * settings.row_bytes
        print(
            f"plan: {study}: {jobs} of {len(settings.chunks) * len(settings.eta_blocks)} shards to "
            f"solve, {chunk} samples each, at most {core_seconds / 3600:.2g} core-hours in all; "
            f"per job {ranks} ranks, {sizing.rank_memory(settings.dim, rows, ranks)} MB each, "
            f"about {minutes:.2g} min, time limit {sizing.time_limit(minutes)} min",
            file=sys.stderr,
        )


if workflow.is_main_process:
    most_ranks()
    if workflow.output_settings.dryrun:
        print_plan()
    else:
        set_aside_damaged_shards()
