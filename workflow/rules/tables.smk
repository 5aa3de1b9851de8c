# Tables of the present configuration, from the shards of its sample range: averages and histograms; for
# studies that ask for them, also the maxima of S_d and the exact law of η → 0⁺.


for _rule, _kind, _names, _modules, _what in (
    ("make_tables", "tables", layout.SUMMARIES, source.tables, "tables from the shards"),
    (
        "make_maxima_table",
        "maxima",
        [layout.MAXIMA_TABLE],
        source.maxima,
        "table of the maxima from the shards",
    ),
    ("make_limit_tables", "limit", layout.LIMIT_TABLES, source.limit, "tables of the limit η → 0⁺"),
):

    rule:
        name:
            _rule
        input:
            lambda wildcards: shard_files(wildcards.study),
            lambda wildcards, names=_names, modules=_modules: unless_fresh(
                OUTPUTS.named_tables(wildcards.study, names, ["parquet"]),
                TablesRequest.of(CONFIG, wildcards.study).asked(modules()),
            ),
        output:
            reported_tables(OUTPUTS, _names),
        log:
            f"{layout.logs_folder(CONFIG.results)}/{_kind}-{{study}}.log",
        wildcard_constraints:
            study=r"[A-Za-z0-9_-]+",
        conda:
            "../../envs/syncsweep.yaml"
        resources:
            mem_mb=2000,
            runtime=lambda wildcards: OUTPUTS.table_minutes(wildcards.study),
        params:
            kind=_kind,
            folder=lambda wildcards: str(layout.tables_folder(CONFIG.results, wildcards.study)),
            request=lambda wildcards: TablesRequest.of(CONFIG, wildcards.study).text,
            asked=lambda wildcards, modules=_modules: TablesRequest.of(
                CONFIG, wildcards.study
            ).asked(modules()),
        message:
            "{wildcards.study}: " + _what
        shell:
            ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_tables.py'
            " {params.kind} --output {params.folder:q} --request {params.request:q}"
            " >> {log:q} 2>&1"
