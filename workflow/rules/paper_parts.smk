# Files and requests of the paper, for the configuration of this run.
from functools import partial

from syncsweep.paper import paper_registry
from syncsweep.workflow import paper_jobs

BUNDLE = layout.bundle_folder(CONFIG.results) / layout.BUNDLE_MANIFEST
PAPER_PROBLEM = paper_studies.problem(CONFIG)

part_files = partial(paper_jobs.part_files, CONFIG)
asked_of_part = partial(paper_jobs.asked_of_part, CONFIG)
paper_figure_files = partial(paper_jobs.figure_files, CONFIG)

config["captions"] |= {
    USE.outside(rule_name("draw", name)): figure.restructured_text
    for name, figure in paper_registry.FIGURES.items()
}
