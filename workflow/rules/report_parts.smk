# What is on the page of all results.


@cache
def report_contents():
    named = studies_asked_for() if workflow.is_main_process else []
    asks_for_paper = not PAPER_TARGETS.isdisjoint(targets())
    return report_jobs.contents(CONFIG, named, asks_for_paper, study_files, shard_files)


def files_of_report():
    return report_jobs.files(CONFIG, report_contents(), study_files)


def report_request():
    return report_jobs.request(CONFIG, report_contents())


def asked_of_report():
    return report_jobs.asked(CONFIG, report_contents())
