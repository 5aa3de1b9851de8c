# Tables of the present configuration, from the shards of its sample range: a rule for each job, and one
# more for studies whose analysis lacks some of its tables.


for _job in registry.JOBS:
    for _rule, _variant in OUTPUTS.variants(_job).items():

        rule:
            name:
                _rule
            input:
                lambda wildcards: shard_files(wildcards.study),
                lambda wildcards, job=_job, variant=_variant: unless_fresh(
                    OUTPUTS.named_tables(wildcards.study, variant.names, ["parquet"]),
                    TablesRequest.of(CONFIG, wildcards.study).asked(source.tables(job.module)),
                ),
            output:
                reported_tables(OUTPUTS, _variant.tables),
            log:
                f"{layout.logs_folder(CONFIG.results)}/{_job.kind}-{{study}}.log",
            wildcard_constraints:
                study="|".join(_variant.studies),
            conda:
                "../../envs/syncsweep.yaml"
            resources:
                mem_mb=2000,
                runtime=lambda wildcards: OUTPUTS.table_minutes(wildcards.study),
            params:
                kind=_job.kind,
                folder=lambda wildcards: str(layout.tables_folder(CONFIG.results, wildcards.study)),
                request=lambda wildcards: TablesRequest.of(CONFIG, wildcards.study).text,
                asked=lambda wildcards, job=_job: TablesRequest.of(CONFIG, wildcards.study).asked(
                    source.tables(job.module)
                ),
            message:
                f"{{wildcards.study}}: {_job.message}"
            shell:
                ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_tables.py'
                " {params.kind} --output {params.folder:q} --request {params.request:q}"
                " >> {log:q} 2>&1"
