# The rest of the paper: parts, which make tables, and the figures drawn from them. What stands in the
# way of it is said when it is asked for, and troubles no other run.


if not PAPER_PROBLEM:

    for _part, _request in part_requests().items():

        rule:
            name:
                f"paper_{_part}"
            input:
                shards_of_part(_part),
                lambda wildcards, part=_part: unless_part_fresh(part),
            output:
                part_files(_part),
            log:
                f"{layout.logs_folder(CONFIG.results)}/paper-{_part}.log",
            conda:
                "../../envs/syncsweep.yaml"
            resources:
                mem_mb=2000,
                runtime=60,
            params:
                part=_part,
                tables=lambda wildcards, output: str(Path(output[0]).parent),
                request=json.dumps(_request, sort_keys=True),
                asked=asked_of_part(_part),
            message:
                f"Paper: {_part}"
            shell:
                ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_paper_part.py'
                " {params.part} --output {params.tables:q} --request {params.request:q}"
                " >> {log:q} 2>&1"

    for _figure, _settings in layout.PAPER_FIGURES.items():

        rule:
            name:
                draw_rule(_figure)
            input:
                lambda wildcards, figure=_figure: unless_paper_figure_fresh(figure),
                tables=tables_of_figure(_figure),
            output:
                reported(
                    paper_figure_files(_figure), (".png", ".pdf"), _figure, "Paper", figure=_figure
                ),
            log:
                f"{layout.logs_folder(CONFIG.results)}/figure-{_figure}.log",
            conda:
                "../../envs/syncsweep.yaml"
            resources:
                mem_mb=2000,
                runtime=10,
            params:
                figure=_figure,
                stem=lambda wildcards, output: str(Path(output[0]).with_suffix("")),
                asked=asked_of_paper_figure(_figure),
            message:
                "Figure {output[0]}"
            shell:
                ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/draw_paper_figure.py'
                " {params.figure} --tables {input.tables:q} --stem {params.stem:q} >> {log:q} 2>&1"

    # Every claim beside our number, from all tables.
    rule paper_validation:
        input:
            [file for part in part_requests() for file in part_files(part)],
            [table_files(study) for study in (CONFIG.paper.chain, CONFIG.paper.pair)],
            lambda wildcards: unless_part_fresh("validation"),
        output:
            reported(part_files("validation"), ".csv", "validation", "Validation", table="claims"),
            PAPER / layout.CLAIMS_PAGE,
        log:
            f"{layout.logs_folder(CONFIG.results)}/paper-validation.log",
        conda:
            "../../envs/syncsweep.yaml"
        resources:
            mem_mb=2000,
            runtime=10,
        params:
            tables=lambda wildcards, output: str(Path(output[0]).parent),
            request=json.dumps(
                {
                    role: str(layout.tables_folder(CONFIG.results, study))
                    for role, study in validated_studies().items()
                }
            ),
            asked=asked_of_part("validation"),
        message:
            "The paper's claims, checked: {output[2]}"
        shell:
            ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_paper_part.py'
            " validation --output {params.tables:q} --request {params.request:q} >> {log:q} 2>&1"

    rule paper:
        input:
            [study_files(study) for study in paper_studies_asked_for()],
            [paper_figure_files(figure) for figure in layout.PAPER_FIGURES],
            rules.paper_validation.output,
        localrule: True
        message:
            f"The paper is in {CONFIG.results}: figures, paper, tables"

    # Has no output, so that a claim that stopped holding is said each time.
    rule validate:
        input:
            rules.paper_validation.output,
        log:
            f"{layout.logs_folder(CONFIG.results)}/validate.log",
        localrule: True
        conda:
            "../../envs/syncsweep.yaml"
        params:
            tables=lambda wildcards, input: str(Path(input[0]).parent),
        message:
            "Whether the paper's claims hold"
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
            lambda wildcards: unless_fresh([BUNDLE], asked_of_bundle()),
            files=[
                *(f for study in paper_studies_asked_for() for f in study_files_to_publish(study)),
                *(f for figure in layout.PAPER_FIGURES for f in paper_figure_files(figure)),
                *(f for part in part_requests() for f in part_files(part)),
                *rules.paper_validation.output,
            ],
        output:
            BUNDLE,
        log:
            f"{layout.logs_folder(CONFIG.results)}/bundle.log",
        conda:
            "../../envs/syncsweep.yaml"
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            results=lambda wildcards, output: str(Path(output[0]).parents[1]),
            bundle=lambda wildcards, output: str(Path(output[0]).parent),
            project=str(workflow.basedir),
            config=bundle_config(),
            asked=asked_of_bundle(),
        message:
            "Bundle: {params.bundle}"
        shell:
            ': > {log:q}; SYNCSWEEP_ASKED={params.asked} python "$SCRIPTS"/make_bundle.py'
            " --results {params.results:q} --project {params.project:q} --config {params.config:q}"
            " --output {params.bundle:q} {input.files:q} >> {log:q} 2>&1"
