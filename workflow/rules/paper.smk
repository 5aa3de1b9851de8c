# The rest of the paper: parts, which make tables, and the figures drawn from them. If a configuration
# allows no paper, only a run that asks for the paper says so.


if not PAPER_PROBLEM:

    # The last part checks every claim against the tables of the others.
    for _part, _entry in paper_registry.PARTS.items():

        rule:
            name:
                f"paper_{_part}"
            input:
                paper_jobs.inputs_of_part(OUTPUTS, _part),
                lambda wildcards, part=_part: unless_fresh(
                    paper_jobs.parquet(part_files(part)), asked_of_part(part)
                ),
            output:
                reported(
                    part_files(_part),
                    ".csv" if _part == "validation" else (),
                    "validation",
                    "Validation",
                    table="claims",
                ),
            log:
                f"{layout.logs_folder(CONFIG.results)}/paper-{_part}.log",
            resources:
                mem_mb=_entry.memory,
                runtime=_entry.minutes,
            params:
                part=_part,
                tables=lambda wildcards, output: str(Path(output[0]).parent),
                request=lambda wildcards, part=_part: paper_jobs.request(CONFIG, part).text,
                asked=lambda wildcards, part=_part: asked_of_part(part),
            message:
                f"Paper: {_part}"
            shell:
                ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_paper_part.py'
                " {params.part} --output {params.tables:q} --request {params.request:q}"
                " >> {log:q} 2>&1"

    for _figure in paper_registry.FIGURES:

        rule:
            name:
                draw_rule(_figure)
            input:
                lambda wildcards, figure=_figure: unless_fresh(
                    [file for file in paper_figure_files(figure) if file.suffix == ".json"],
                    paper_jobs.asked_of_figure(figure),
                ),
                tables=paper_jobs.tables_of_figure(CONFIG, _figure),
            output:
                reported(
                    paper_figure_files(_figure),
                    (".png", ".pdf"),
                    "figure",
                    "Paper",
                    figure=_figure,
                ),
            log:
                f"{layout.logs_folder(CONFIG.results)}/figure-{_figure}.log",
            resources:
                mem_mb=2000,
                runtime=10,
            params:
                figure=_figure,
                stem=lambda wildcards, output: str(Path(output[0]).with_suffix("")),
                asked=paper_jobs.asked_of_figure(_figure),
            message:
                "Figure {output[0]}"
            shell:
                ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/draw_paper_figure.py'
                " {params.figure} --tables {input.tables:q} --stem {params.stem:q} >> {log:q} 2>&1"

    rule paper:
        input:
            [OUTPUTS.all(study) for study in paper_jobs.studies_of_paper(CONFIG)],
            [paper_figure_files(figure) for figure in paper_registry.PAPER_FIGURES],
            part_files("validation"),
        localrule: True
        message:
            f"The paper is in {CONFIG.results}: figures, paper, tables"

    rule larger_chains:
        input:
            [paper_figure_files(figure) for figure in paper_registry.LARGER_FIGURES],
            [part_files(part) for part in paper_registry.LARGER_PARTS],
        localrule: True
        message:
            f"Larger chains are in {CONFIG.results}: figures, paper"

    # This rule has no output, so each run names the claims that no longer hold.
    rule validate:
        input:
            part_files("validation"),
        log:
            f"{layout.logs_folder(CONFIG.results)}/validate.log",
        localrule: True
        params:
            tables=lambda wildcards, input: str(Path(input[0]).parent),
        message:
            "Checking whether the paper's claims hold"
        shell:
            'python "$SCRIPTS"/check_validation.py {params.tables:q} 2>&1 | tee {log:q}'

    rule bundle:
        input:
            BUNDLE,
        localrule: True
        message:
            f"To publish: {layout.bundle_folder(CONFIG.results)}"

    rule make_bundle:
        input:
            lambda wildcards: unless_fresh([BUNDLE], paper_jobs.asked_of_bundle(CONFIG)),
            files=[
                *(
                    file
                    for study in paper_jobs.studies_of_paper(CONFIG)
                    for file in (*table_files(study), *OUTPUTS.figures(study))
                ),
                *(
                    file
                    for figure in paper_registry.PAPER_FIGURES
                    for file in paper_figure_files(figure)
                ),
                *(file for part in paper_registry.PAPER_PARTS for file in part_files(part)),
            ],
        output:
            BUNDLE,
        log:
            f"{layout.logs_folder(CONFIG.results)}/bundle.log",
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            results=lambda wildcards, output: str(Path(output[0]).parents[1]),
            bundle=lambda wildcards, output: str(Path(output[0]).parent),
            project=str(PROJECT),
            config=paper_jobs.bundle_config(CONFIG),
            asked=paper_jobs.asked_of_bundle(CONFIG),
        message:
            "Bundle: {params.bundle}"
        shell:
            ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_bundle.py'
            " --results {params.results:q} --project {params.project:q} --config {params.config:q}"
            " --output {params.bundle:q} {input.files:q} >> {log:q} 2>&1"
