# The figures of each study, as PDF and PNG with the data of their panels beside them.
from syncsweep.report import captions

# `snakemake --report` reads the captions of figures from here: see ../report/figure.rst. The mapping of
# an outer Snakefile stays as it is.
config = {**config, "captions": {}}
config["captions"] |= {
    USE.outside(rule_name("draw", figure.name)): captions.of_figure(
        figure, study, settings.analysis.ratio
    ).restructured_text
    for study, settings in CONFIG.studies.items()
    for figure in settings.figures
}


for _study, _settings in CONFIG.studies.items():
    for _figure in _settings.figures:

        rule:
            name:
                rule_name("draw", _figure.name)
            input:
                lambda wildcards, study=_study, figure=_figure: unless_fresh(
                    [file for file in OUTPUTS.figure(study, figure) if file.suffix == ".json"],
                    FigureRequest.of(CONFIG, study, figure).asked(),
                ),
                tables=OUTPUTS.averages(_study),
            output:
                reported(
                    OUTPUTS.figure(_study, _figure),
                    (".png", ".pdf"),
                    "sweep" if _figure.tag == "panels" else "figure",
                    "Figures",
                    figure=_figure.name,
                    study=_study,
                ),
            log:
                f"{layout.logs_folder(CONFIG.results)}/figure-{_figure.name}.log",
            resources:
                mem_mb=2000,
                runtime=10,
            params:
                stem=lambda wildcards, output: str(Path(output[0]).with_suffix("")),
                request=lambda wildcards, study=_study, figure=_figure: FigureRequest.of(
                    CONFIG, study, figure
                ).text,
                asked=lambda wildcards, study=_study, figure=_figure: FigureRequest.of(
                    CONFIG, study, figure
                ).asked(),
            message:
                "Figure {output[0]}"
            shell:
                ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_figure.py'
                " --tables {input.tables:q} --stem {params.stem:q} --request {params.request:q}"
                " >> {log:q} 2>&1"
