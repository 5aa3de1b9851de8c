# Tables of the present configuration, from the shards of its sample range: a rule for each job.
for _job in registry.JOBS:

    rule:
        name:
            _job.name
        input:
            lambda wildcards: shard_files(wildcards.study),
            lambda wildcards, job=_job: unless_tables_fresh(wildcards.study, job),
        output:
            tables_of_job(_job),
        log:
            f"{layout.logs_folder(CONFIG.results)}/{_job.log}-{{study}}.log",
        wildcard_constraints:
            study=r"[A-Za-z0-9_-]+",
        conda:
            "../../envs/syncsweep.yaml"
        resources:
            mem_mb=2000,
            runtime=table_minutes,
        params:
            name=_job.name,
            folder=lambda wildcards: str(study_folder(wildcards.study)),
            tables=lambda wildcards: str(layout.tables_folder(CONFIG.results, wildcards.study)),
            request=lambda wildcards: table_request(wildcards.study),
            asked=lambda wildcards, job=_job: asked_of_tables(wildcards.study, job),
        message:
            f"{{wildcards.study}}: {_job.message}"
        shell:
            ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_tables.py'
            " {params.name} --folder {params.folder:q} --output {params.tables:q}"
            " --request {params.request:q} >> {log:q} 2>&1"
