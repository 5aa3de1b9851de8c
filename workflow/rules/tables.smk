# Tables of the present configuration, from the shards of its sample range.
import json
from functools import cache

from syncsweep import source


def table_files(study):
    folder = layout.tables_folder(CONFIG.results, study)
    return [folder / f"{table}.{kind}" for table in layout.TABLES for kind in ("parquet", "csv")]


@cache
def sound_shard_files(study):
    """The shards of a study; one that is damaged is set aside first, so that it is made again.

    Only shards newer than the tables are looked at, and nothing is moved by a dry-run.
    """
    files = shard_files(study)
    if workflow.is_main_process and not workflow.dryrun:
        from syncsweep.sweep.takeover import set_aside_damaged

        settings = CONFIG.studies[study]
        for block in settings.eta_blocks:
            set_aside_damaged(
                study_folder(study),
                study,
                CONFIG.physics(study).digest,
                block.etas,
                settings.chunks,
                newer_than=table_files(study)[0],
            )
    return files


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


rule make_tables:
    input:
        lambda wildcards: sound_shard_files(wildcards.study),
    output:
        [
            f"{CONFIG.results}/tables/{{study}}/{table}.{kind}"
            for table in layout.TABLES
            for kind in ("parquet", "csv")
        ],
    log:
        f"{layout.logs_folder(CONFIG.results)}/tables-{{study}}.log",
    wildcard_constraints:
        study=r"[A-Za-z0-9_-]+",
    params:
        folder=lambda wildcards: study_folder(wildcards.study),
        request=lambda wildcards: table_request(wildcards.study),
        code=source.digest(source.TABLES),
    resources:
        mem_mb=2000,
        runtime=60,
    shell:
        "python {SCRIPTS:q}/make_tables.py --folder {params.folder:q} --request {params.request:q}"
        " --output $(dirname {output[0]:q}) > {log:q} 2> >(tee -a {log:q} >&2)"
