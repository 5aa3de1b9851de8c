# The figure of each study, as PDF and PNG with the data of each panel beside it.


for _study, _settings in CONFIG.studies.items():
    if _settings.figure is None:
        continue

    rule:
        name:
            rule_name("draw", _settings.figure.name)
        input:
            lambda wildcards, study=_study: unless_fresh(
                [file for file in figure_files(study) if file.suffix == ".json"],
                FigureRequest.of(CONFIG, study).asked(source.figure_of_sweep()),
            ),
            tables=OUTPUTS.averages(_study),
        output:
            reported(
                figure_files(_study),
                (".png", ".pdf"),
                "sweep",
                "Figures",
                figure=_settings.figure.name,
                study=_study,
            ),
        log:
            f"{layout.logs_folder(CONFIG.results)}/figure-{_study}.log",
        conda:
            "../../envs/syncsweep.yaml"
        resources:
            mem_mb=2000,
            runtime=10,
        params:
            stem=lambda wildcards, output: str(Path(output[0]).with_suffix("")),
            request=lambda wildcards, study=_study: FigureRequest.of(CONFIG, study).text,
            asked=lambda wildcards, study=_study: FigureRequest.of(CONFIG, study).asked(
                source.figure_of_sweep()
            ),
        message:
            "Figure {output[0]}"
        shell:
            ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_figure.py'
            " --tables {input.tables:q} --stem {params.stem:q} --request {params.request:q}"
            " >> {log:q} 2>&1"
