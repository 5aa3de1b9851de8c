# All results on one page.


# The files are inputs beside the page, because Snakemake ignores a missing one once the page exists.
rule report:
    input:
        layout.report_file(CONFIG.results),
        lambda wildcards: [
            shard for study in report_contents().studies for shard in shard_files(study)
        ],
        lambda wildcards: report_jobs.files(OUTPUTS, report_contents()),
    localrule: True
    message:
        "All results are on one page: {input[0]}"


rule make_report:
    input:
        lambda wildcards: [
            shard for study in report_contents().studies for shard in shard_files(study)
        ],
        lambda wildcards: report_jobs.files(OUTPUTS, report_contents()),
        lambda wildcards: unless_fresh(
            [layout.report_file(CONFIG.results)],
            report_jobs.asked(OUTPUTS.decided, report_contents()),
        ),
    output:
        layout.report_file(CONFIG.results),
    log:
        f"{layout.logs_folder(CONFIG.results)}/report.log",
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        results=lambda wildcards, output: str(Path(output[0]).parent),
        citation=str(PROJECT / "CITATION.cff"),
        request=lambda wildcards: report_jobs.request(OUTPUTS.decided, report_contents()),
        asked=lambda wildcards: report_jobs.asked(OUTPUTS.decided, report_contents()),
    message:
        "Report: {output}"
    shell:
        ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_report.py'
        " --results {params.results:q} --citation {params.citation:q} --request {params.request:q}"
        " --output {output:q} >> {log:q} 2>&1"
