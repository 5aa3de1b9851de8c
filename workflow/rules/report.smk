# All results on one page.


# The files stand beside the page, because a missing one does not trouble Snakemake once that is there.
rule report:
    input:
        layout.report_file(CONFIG.results),
        lambda wildcards: files_of_report(),
    localrule: True
    message:
        "All results are on one page: {input[0]}"


rule make_report:
    input:
        lambda wildcards: files_of_report(),
        lambda wildcards: unless_fresh([layout.report_file(CONFIG.results)], asked_of_report()),
    output:
        layout.report_file(CONFIG.results),
    log:
        f"{layout.logs_folder(CONFIG.results)}/report.log",
    conda:
        "../../envs/syncsweep.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        results=lambda wildcards, output: str(Path(output[0]).parent),
        citation=str(Path(workflow.basedir, "CITATION.cff")),
        request=lambda wildcards: report_request(),
        asked=lambda wildcards: asked_of_report(),
    message:
        "Report: {output}"
    shell:
        ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_report.py'
        " --results {params.results:q} --citation {params.citation:q} --request {params.request:q}"
        " --output {output:q} >> {log:q} 2>&1"
