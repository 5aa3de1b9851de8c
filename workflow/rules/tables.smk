# Tables of the present configuration, from the shards of its sample range.
rule make_tables:
    input:
        lambda wildcards: shard_files(wildcards.study),
        lambda wildcards: unless_tables_fresh(wildcards.study, SUMMARIES, source.tables()),
    output:
        tables_named(SUMMARIES),
    log:
        f"{layout.logs_folder(CONFIG.results)}/tables-{{study}}.log",
    wildcard_constraints:
        study=r"[A-Za-z0-9_-]+",
    conda:
        "../../envs/syncsweep.yaml"
    resources:
        mem_mb=2000,
        runtime=table_minutes,
    params:
        folder=lambda wildcards: str(study_folder(wildcards.study)),
        tables=lambda wildcards: str(layout.tables_folder(CONFIG.results, wildcards.study)),
        request=lambda wildcards: table_request(wildcards.study),
        asked=lambda wildcards: asked_of_tables(wildcards.study, source.tables()),
    message:
        "{wildcards.study}: tables from the shards"
    shell:
        ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_tables.py'
        " --folder {params.folder:q} --output {params.tables:q} --request {params.request:q}"
        " >> {log:q} 2>&1"


# The maxima of S_d, for studies that ask for them.
rule make_maxima_table:
    input:
        lambda wildcards: shard_files(wildcards.study),
        lambda wildcards: unless_tables_fresh(
            wildcards.study, [layout.MAXIMA_TABLE], source.maxima()
        ),
    output:
        tables_named([layout.MAXIMA_TABLE]),
    log:
        f"{layout.logs_folder(CONFIG.results)}/maxima-{{study}}.log",
    wildcard_constraints:
        study=r"[A-Za-z0-9_-]+",
    conda:
        "../../envs/syncsweep.yaml"
    resources:
        mem_mb=2000,
        runtime=table_minutes,
    params:
        folder=lambda wildcards: str(study_folder(wildcards.study)),
        tables=lambda wildcards: str(layout.tables_folder(CONFIG.results, wildcards.study)),
        request=lambda wildcards: table_request(wildcards.study),
        asked=lambda wildcards: asked_of_tables(wildcards.study, source.maxima()),
    message:
        "{wildcards.study}: table of the maxima from the shards"
    shell:
        ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_tables.py --maxima'
        " --folder {params.folder:q} --output {params.tables:q} --request {params.request:q}"
        " >> {log:q} 2>&1"


# The exact law of η → 0⁺, for studies that ask for it.
rule make_limit_tables:
    input:
        lambda wildcards: shard_files(wildcards.study),
        lambda wildcards: unless_tables_fresh(wildcards.study, layout.LIMIT_TABLES, source.limit()),
    output:
        tables_named(layout.LIMIT_TABLES),
    log:
        f"{layout.logs_folder(CONFIG.results)}/limit-{{study}}.log",
    wildcard_constraints:
        study=r"[A-Za-z0-9_-]+",
    conda:
        "../../envs/syncsweep.yaml"
    resources:
        mem_mb=2000,
        runtime=table_minutes,
    params:
        folder=lambda wildcards: str(study_folder(wildcards.study)),
        tables=lambda wildcards: str(layout.tables_folder(CONFIG.results, wildcards.study)),
        request=lambda wildcards: table_request(wildcards.study),
        asked=lambda wildcards: asked_of_tables(wildcards.study, source.limit()),
    message:
        "{wildcards.study}: tables of the limit η → 0⁺"
    shell:
        ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_tables.py --limit'
        " --folder {params.folder:q} --output {params.tables:q} --request {params.request:q}"
        " >> {log:q} 2>&1"
