# The rest of the paper: parts, which make tables, and the figures drawn from them. What stands in the
# way of it is said when it is asked for, and troubles no other run.
PAPER_TARGETS = {"paper", "validate", "bundle"}
PAPER = layout.paper_folder(CONFIG.results)
PAPER_PROBLEM = paper_studies.problem(CONFIG)

if PAPER_PROBLEM and not PAPER_TARGETS.isdisjoint(sys.argv):
    sys.exit(f"error: config: {PAPER_PROBLEM}")


def rows_of(study):
    """Where the rows of a study lie, for the request of a part."""
    settings = CONFIG.studies[study]
    return {
        "folder": str(study_folder(study)),
        "blocks": [block.id for block in settings.eta_blocks],
        "samples": settings.samples,
        "chunk_size": settings.samples_per_chunk,
    }


def physics_of(study):
    return CONFIG.physics(study).model_dump(mode="json")


def part_requests():
    """What each part of the paper is asked for, beside the validation."""
    paper, seed = CONFIG.paper, {"root_seed": CONFIG.root_seed}
    chain = CONFIG.studies[paper.chain].analysis.model_dump(mode="json")
    pairs = paper_studies.coupled_and_alone(CONFIG)
    samples = {2: paper.quality_samples_n2, 3: paper.quality_samples_n3}
    spectra = [
        {"physics": physics_of(study), "samples": samples[CONFIG.studies[study].model.n_sites]}
        for study, _ in pairs.values()
    ]
    return {
        "modes": {},
        "dynamics": {**seed, "initial_states": 3, "chain_eta": 1e-3, "pair_eta": 5e-3},
        "quality": {"chains": spectra, "etas": [10 ** (k / 2) for k in range(-12, 3)]},
        "locking": {
            "pairs": [
                {"studied": rows_of(study), "alone": rows_of(alone)}
                for study, alone in pairs.values()
            ]
        },
        "types": {
            "chain": rows_of(paper.chain),
            "threshold": chain["threshold"],
            "intervals": chain["intervals"],
        },
        "chi_map": {**seed, "draws": 100_000},
        "two_spin1s": {},
        "ablations": {
            "variants": [
                {"axis": variant.axis, "rows": rows_of(variant.study)}
                for variant in paper_studies.variants(CONFIG)
            ],
            "chain": rows_of(paper.chain),
            "threshold": chain["threshold"],
            "intervals": chain["intervals"],
            "etas": paper_studies.ablation_etas(CONFIG),
        },
        "ensemble": {**seed, "samples": paper.ensemble_samples},
    }


def shards_of_part(part):
    """Shards whose rows a part reads."""
    pairs = paper_studies.coupled_and_alone(CONFIG).values()
    chain, variants = CONFIG.paper.chain, paper_studies.variants(CONFIG)
    studies = {
        "locking": [study for pair in pairs for study in pair],
        "types": [chain],
        "ablations": [chain, *(variant.study for variant in variants)],
    }
    return [shard for study in dict.fromkeys(studies.get(part, [])) for shard in shard_files(study)]


def part_files(part):
    return [
        PAPER / f"{table}.{kind}"
        for table in layout.PAPER_TABLES[part]
        for kind in ("parquet", "csv")
    ]


def paper_figure_files(figure):
    stem = layout.figures_folder(CONFIG.results) / figure
    names = [f"{figure}_{data}.csv" for data in layout.PAPER_FIGURES[figure].data]
    return [
        stem.with_name(name)
        for name in (f"{figure}.pdf", f"{figure}.png", f"{figure}.json", *names)
    ]


def tables_of_figure(figure):
    """Tables that a figure of the paper is drawn from."""
    parts = layout.PAPER_FIGURES[figure].parts
    if not parts:
        folder = layout.tables_folder(CONFIG.results, CONFIG.paper.chain)
        return [folder / f"{table}.parquet" for table in layout.LIMIT_TABLES]
    return [file for part in parts for file in part_files(part) if file.suffix == ".parquet"]


def study_files_to_publish(study):
    return table_files(study) + figure_files(study)


def paper_studies_asked_for():
    """Studies whose tables and figures belong to the paper."""
    return dict.fromkeys(name for _, name in CONFIG.paper.roles)


if not PAPER_PROBLEM:

    for _part, _request in part_requests().items():

        rule:
            name:
                f"paper_{_part}"
            input:
                shards_of_part(_part),
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
                tables=str(PAPER),
                request=json.dumps(_request, sort_keys=True),
                code=source.digest(source.part_of_paper(_part)),
            message:
                f"Paper: {_part}"
            shell:
                ': > {log:q}; python "$SCRIPTS"/make_paper_part.py {params.part} --output {params.tables:q}'
                " --request {params.request:q} >> {log:q} 2> >(tee -a {log:q} >&2)"

    for _figure, _settings in layout.PAPER_FIGURES.items():

        rule:
            name:
                f"draw_{_figure}"
            input:
                tables_of_figure(_figure),
            output:
                paper_figure_files(_figure),
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
                code=source.digest(source.figure_of_paper(_settings.module)),
            message:
                "Figure {output[0]}"
            shell:
                ': > {log:q}; python "$SCRIPTS"/draw_paper_figure.py {params.figure} --tables {input:q}'
                " --stem {params.stem:q} >> {log:q} 2> >(tee -a {log:q} >&2)"

    # Every claim beside our number, from all tables.
    rule paper_validation:
        input:
            [file for part in part_requests() for file in part_files(part)],
            [table_files(study) for study in (CONFIG.paper.chain, CONFIG.paper.pair)],
        output:
            part_files("validation"),
            PAPER / "validation.md",
        log:
            f"{layout.logs_folder(CONFIG.results)}/paper-validation.log",
        conda:
            "../../envs/syncsweep.yaml"
        resources:
            mem_mb=2000,
            runtime=10,
        params:
            tables=str(PAPER),
            request=json.dumps(
                {
                    role: str(layout.tables_folder(CONFIG.results, study))
                    for role, study in CONFIG.paper.roles
                    if role != "supplement"
                }
            ),
            code=source.digest(source.part_of_paper("validation")),
        message:
            "The paper's claims, checked: {output[2]}"
        shell:
            ': > {log:q}; python "$SCRIPTS"/make_paper_part.py validation --output {params.tables:q}'
            " --request {params.request:q} >> {log:q} 2> >(tee -a {log:q} >&2)"

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
        localrule: True
        params:
            tables=str(PAPER),
        message:
            "Whether the paper's claims hold"
        shell:
            'python "$SCRIPTS"/check_validation.py {params.tables:q}'

    rule bundle:
        input:
            [study_files_to_publish(study) for study in paper_studies_asked_for()],
            [paper_figure_files(figure) for figure in layout.PAPER_FIGURES],
            [file for part in part_requests() for file in part_files(part)],
            rules.paper_validation.output,
        output:
            directory(layout.bundle_folder(CONFIG.results)),
        log:
            f"{layout.logs_folder(CONFIG.results)}/bundle.log",
        conda:
            "../../envs/syncsweep.yaml"
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            results=CONFIG.results,
            project=str(workflow.basedir),
            config=json.dumps(CONFIG.model_dump(mode="json"), sort_keys=True),
            code=source.digest(("results/bundle.py", "provenance.py")),
        message:
            "Bundle: {output[0]}"
        shell:
            ': > {log:q}; python "$SCRIPTS"/make_bundle.py --results {params.results:q}'
            " --project {params.project:q} --config {params.config:q} --output {output:q} {input:q}"
            " >> {log:q} 2> >(tee -a {log:q} >&2)"
