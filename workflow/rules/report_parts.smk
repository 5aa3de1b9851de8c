# What stands on the page of all results: the studies that are named in the same command, or else those
# that plain `snakemake` makes; and of the others and of the paper what is there already or is asked
# for in the same command. A job on a cluster does not know the command, but finds all of it there.


@cache
def files_made_for_report():
    if not workflow.is_main_process:
        return set()
    return {file for study in studies_asked_for() for file in study_files(study)}


def are_there(files):
    """Whether files exist, or will, because they belong to the studies that are asked for."""
    return all(file.exists() for file in set(files) - files_made_for_report())


def asks_for_paper():
    return not PAPER_TARGETS.isdisjoint(targets())


@cache
def studies_of_report():
    """Those asked for, and those whose shards, tables and figure are there."""
    named = set(studies_asked_for()) if workflow.is_main_process else set()
    return [
        study
        for study in CONFIG.studies
        if not study.startswith(paper_studies.RESERVED)
        and (study in named or study_folder(study).exists() and are_there(study_files(study)))
    ]


def can_have_paper():
    """Whether the two studies are on the page that the paper is about."""
    return not PAPER_PROBLEM and {CONFIG.paper.chain, CONFIG.paper.pair} <= set(studies_of_report())


@cache
def parts_of_report():
    """Parts of the paper whose tables are there, or are asked for."""
    if not can_have_paper():
        return []
    parts = [
        part
        for part in part_requests()
        if asks_for_paper() or are_there(part_files(part) + shards_of_part(part))
    ]
    checked = asks_for_paper() or are_there(validation_files())
    return [*parts, "validation"] if checked and len(parts) == len(part_requests()) else parts


def validation_files():
    return [*part_files("validation"), PAPER / layout.CLAIMS_PAGE]


def figures_of_report():
    """Figures of the paper that are there, or are asked for."""
    if not can_have_paper():
        return []
    parts = set(parts_of_report())
    return [
        figure
        for figure, settings in layout.PAPER_FIGURES.items()
        if parts.issuperset(settings.parts)
        and (asks_for_paper() or are_there(paper_figure_files(figure)))
    ]


def files_of_report():
    return [
        *(file for study in studies_of_report() for file in study_files(study)),
        *(file for part in parts_of_report() for file in part_files(part)),
        *(file for figure in figures_of_report() for file in paper_figure_files(figure)),
    ]


def report_request():
    request = {
        "config": CONFIG.model_dump(mode="json"),
        "studies": {study: rows_of(study) for study in studies_of_report()},
        "figures": figures_of_report(),
        "parts": parts_of_report(),
    }
    return json.dumps(request, sort_keys=True)


def asked_of_report():
    """Digest of what the page is made for."""
    return source.asked(report_request(), source.report())
