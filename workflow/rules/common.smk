# What the rules share: which files a study has, and on what tables and figures depend.
import json

from syncsweep import source


def study_folder(study):
    return layout.study_folder(CONFIG.results, study, CONFIG.physics(study).digest)


def rank_memory_mb(study):
    """Memory of one rank: libraries, and a dozen real matrices of D² rows."""
    model = CONFIG.studies[study].model
    dim = round(2 * model.spin + 1) ** model.n_sites
    return 300 + round(12 * 8e-6 * dim**4)


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
        "chunk_size": settings.chunk_size,
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


if workflow.is_main_process and not workflow.output_settings.dryrun:
    set_aside_damaged_shards()
