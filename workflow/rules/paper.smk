# The rest of the paper: parts, which make tables, and the figures drawn from them. What stands in the
# way of it is said when it is asked for, and troubles no other run.
PAPER_TARGETS = {"paper", "validate"}
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
    default = paper_studies.default_variant(CONFIG)
    return {
        "modes": {},
        "dynamics": {**seed, "initial_states": 3, "chain_eta": 1e-3, "pair_eta": 1e-2},
        "quality": {"chains": spectra, "etas": [10 ** (k / 2) for k in range(-12, 3)]},
        "locking": {
            "pairs": [
                {"studied": rows_of(study), "alone": rows_of(alone)}
                for study, alone in pairs.values()
            ]
        },
        "types": {"chain": rows_of(paper.chain), "threshold": chain["threshold"]},
        "chi_map": {**seed, "draws": 100_000},
        "two_spin1s": {},
        "ablations": {
            "variants": [
                {
                    "axis": variant.axis,
                    "value": variant.value,
                    "rows": rows_of(variant.study),
                    "is_default": variant == default,
                }
                for variant in [default, *paper_studies.variants(CONFIG)]
            ],
            "chain": rows_of(paper.chain),
            "threshold": chain["threshold"],
            "intervals": chain["intervals"],
            "etas": paper_studies.ablation_etas(CONFIG),
        },
        "ensemble": {**seed, "samples": paper.ensemble_samples},
    }
