# Files and requests of the paper, for the configuration of this run.
from functools import cache, partial

PAPER_TARGETS = paper_jobs.TARGETS
BUNDLE = layout.bundle_folder(CONFIG.results) / layout.BUNDLE_MANIFEST
PAPER_PROBLEM = paper_studies.problem(CONFIG)

part_files = partial(paper_jobs.part_files, CONFIG)
studies_of_part = partial(paper_jobs.studies_of_part, CONFIG)
asked_of_part = partial(paper_jobs.asked_of_part, CONFIG)
paper_figure_files = partial(paper_jobs.figure_files, CONFIG)

# `snakemake --report` reads the captions of the figures from here: see ../report/paper_figure.rst.
config["captions"] = {
    draw_rule(name): figure.restructured_text for name, figure in registry.FIGURES.items()
}


def inputs_of_part(part):
    """Shards with the rows that a part reads; for the claims the tables that they are about."""
    if part != "validation":
        return [shard for study in studies_of_part(part) for shard in shard_files(study)]
    others = [file for other in registry.PARTS if other != part for file in part_files(other)]
    studies = (CONFIG.paper.chain, CONFIG.paper.pair)
    return others + [table for study in studies for table in table_files(study)]
