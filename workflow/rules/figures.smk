# The figure of each study, as PDF and PNG with the data of each panel beside it.


def figure_files(study):
    figure = CONFIG.studies[study].figure
    folder = layout.figures_folder(CONFIG.results)
    images = [folder / f"{figure.name}.{kind}" for kind in ("pdf", "png")]
    return images + [folder / f"{figure.name}_{panel}.csv" for panel in figure.panels]


def figure_request(study):
    """All that the figure depends on beside the tables."""
    settings = CONFIG.studies[study]
    request = {
        "figure": settings.figure.model_dump(mode="json"),
        "analysis": settings.analysis.model_dump(mode="json"),
        "model": settings.model.name,
        "n_sites": settings.model.n_sites,
    }
    return json.dumps(request, sort_keys=True)


for _study in CONFIG.studies:

    rule:
        name:
            f"draw_{CONFIG.studies[_study].figure.name.replace('-', '_')}"
        input:
            [file for file in table_files(_study) if file.suffix == ".parquet"],
        output:
            figure_files(_study),
        log:
            f"{layout.logs_folder(CONFIG.results)}/figure-{_study}.log",
        params:
            request=figure_request(_study),
            code=source.digest(source.FIGURES),
        resources:
            mem_mb=2000,
            runtime=10,
        shell:
            "python {SCRIPTS:q}/make_figure.py --tables $(dirname {input[0]:q})"
            " --request {params.request:q} --stem $(dirname {output[0]:q})/$(basename {output[0]:q} .pdf)"
            " > {log:q} 2> >(tee -a {log:q} >&2)"
