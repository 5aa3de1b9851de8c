# Tables and figures of the samples solved so far, also while another Snakemake solves the rest. These
# rules have neither input nor output, so they always run, solve nothing and wait for nothing.


def without_lock(wildcards):
    """No input files; and no lock for a run of previews alone.

    The lock is of files, and a preview has none. But at its end Snakemake removes the locks of all.
    To be called when there is a lock to be taken and before it is, as input functions are.
    """
    if makes_only_previews():
        workflow.persistence.lock = workflow.persistence.noop  # as --nolock does
        workflow.persistence.unlock = workflow.persistence.noop
    return []


for _target, _studies in previews(CONFIG).items():

    rule:
        name:
            _target
        input:
            without_lock,
        log:
            f"{layout.logs_folder(CONFIG.results)}/{_target}.log",
        localrule: True
        params:
            request=lambda wildcards, studies=_studies: PreviewRequest.of(
                OUTPUTS.decided, studies
            ).text,
        message:
            "Preview of the samples solved so far"
        shell:
            'python "$SCRIPTS"/make_preview.py --request {params.request:q} 2>&1 | tee {log:q}'
