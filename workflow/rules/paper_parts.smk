# What the parts of the paper are asked for, and which files they read and make.
import json

PAPER_TARGETS = {"paper", "validate", "bundle"}
PAPER = layout.paper_folder(CONFIG.results)
BUNDLE = layout.bundle_folder(CONFIG.results) / layout.BUNDLE_MANIFEST
PAPER_PROBLEM = paper_studies.problem(CONFIG)


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
        "quality": {"chains": spectra, "etas": paper_studies.quality_etas(CONFIG)},
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


def studies_of_part(part):
    """Studies whose rows a part reads."""
    pairs = paper_studies.coupled_and_alone(CONFIG).values()
    chain, variants = CONFIG.paper.chain, paper_studies.variants(CONFIG)
    studies = {
        "locking": [study for pair in pairs for study in pair],
        "types": [chain],
        "ablations": [chain, *(variant.study for variant in variants)],
    }
    return list(dict.fromkeys(studies.get(part, [])))


def shards_of_part(part):
    """Shards whose rows a part reads."""
    return [shard for study in studies_of_part(part) for shard in shard_files(study)]


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
        tables = (registry.LIMIT_LAW, registry.LIMIT_CONTROL)
        return [folder / f"{table.name}.parquet" for table in tables]
    return [file for part in parts for file in part_files(part) if file.suffix == ".parquet"]


def study_files_to_publish(study):
    return table_files(study) + figure_files(study)


def paper_studies_asked_for():
    """Studies whose tables and figures belong to the paper."""
    return dict.fromkeys(name for _, name in CONFIG.paper.roles)


def validated_studies():
    """The studies whose claims are checked, by their role in the paper."""
    return {role: study for role, study in CONFIG.paper.roles if role != "supplement"}


@cache
def asked_of_part(part):
    """Digest of what the tables of a part are made for."""
    requests = {**part_requests(), "validation": validated_studies()}
    return source.asked(requests[part], source.part_of_paper(part))


def unless_part_fresh(part):
    """No input files, see `unless_fresh`."""
    files = [file for file in part_files(part) if file.suffix == ".parquet"]
    return unless_fresh(files, asked_of_part(part))


def asked_of_paper_figure(figure):
    """Digest of what a figure of the paper is made for."""
    return source.asked(figure, source.figure_of_paper(layout.PAPER_FIGURES[figure].module))


def unless_paper_figure_fresh(figure):
    """No input files, see `unless_fresh`."""
    file = layout.figures_folder(CONFIG.results) / f"{figure}.json"
    return unless_fresh([file], asked_of_paper_figure(figure))


def bundle_config():
    """The resolved configuration, for the folder to publish."""
    return json.dumps(CONFIG.model_dump(mode="json"), sort_keys=True)


def asked_of_bundle():
    """Digest of what the folder to publish is made for."""
    return source.asked(bundle_config(), ("report/bundle.py", "environment/provenance.py"))
