# Tables of the present configuration, from the shards of its sample range: a rule for each job, and one
# more for studies whose analysis lacks some of its tables.


for _job in registry.JOBS:
    for _rule, _variant in OUTPUTS.variants(_job).items():

        rule:
            name:
                _rule
            input:
                lambda wildcards: shard_files(wildcards.study),
                lambda wildcards, job=_job: OUTPUTS.named_tables(
                    wildcards.study, job.reads, ["parquet"]
                ),
                lambda wildcards, job=_job, variant=_variant: unless_fresh(
                    OUTPUTS.named_tables(wildcards.study, variant.names, ["parquet"]),
                    TablesRequest.of(OUTPUTS.decided, wildcards.study).asked(
                        source.tables(job.module)
                    ),
                ),
            output:
                reported_tables(OUTPUTS, _variant.tables),
            log:
                f"{layout.logs_folder(CONFIG.results)}/{_job.kind}-{{study}}.log",
            wildcard_constraints:
                study="|".join(_variant.studies),
            resources:
                mem_mb=2000,
                runtime=lambda wildcards: OUTPUTS.table_minutes(wildcards.study),
            params:
                kind=_job.kind,
                folder=lambda wildcards: str(layout.tables_folder(CONFIG.results, wildcards.study)),
                request=lambda wildcards: TablesRequest.of(OUTPUTS.decided, wildcards.study).text,
                asked=lambda wildcards, job=_job: TablesRequest.of(
                    OUTPUTS.decided, wildcards.study
                ).asked(source.tables(job.module)),
            message:
                f"{{wildcards.study}}: {_job.message}"
            shell:
                ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_tables.py'
                " {params.kind} --output {params.folder:q} --request {params.request:q}"
                " >> {log:q} 2>&1"


# Whether a study with `until` needs more samples: a job for each number of samples at which it looks at
# its errors. Snakemake finds out what follows when the job is done (docs/decisions/0016).


checkpoint find_errors:
    input:
        lambda wildcards: OUTPUTS.shards_until(wildcards.study, int(wildcards.samples)),
        lambda wildcards: unless_fresh(
            [OUTPUTS.errors_file(wildcards.study, int(wildcards.samples))],
            rounds.must_record(CONFIG, wildcards.study, int(wildcards.samples)),
        ),
    output:
        str(layout.errors_file(Path(CONFIG.results, "{study}-{hash}"), "{samples}")),
    log:
        f"{layout.logs_folder(CONFIG.results)}/{{study}}-{{hash}}/errors-{{samples}}.log",
    wildcard_constraints:
        study=r"[A-Za-z0-9_-]+",
        hash=r"[0-9a-f]{12}",
        samples=r"\d{9}",
    resources:
        mem_mb=2000,
        runtime=lambda wildcards: OUTPUTS.table_minutes(wildcards.study),
    params:
        request=lambda wildcards: ErrorsRequest.of(
            OUTPUTS.at(wildcards.study, int(wildcards.samples)), wildcards.study
        ).text,
        asked=lambda wildcards: rounds.asked(CONFIG, wildcards.study),
    message:
        "{wildcards.study}: errors of {wildcards.samples} samples"
    shell:
        ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/find_errors.py'
        " --output {output:q} --request {params.request:q} >> {log:q} 2>&1"
