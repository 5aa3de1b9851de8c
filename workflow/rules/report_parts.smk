# The content of the page of all results.
from syncsweep.workflow import report_jobs


@cache
def report_contents():
    named = studies_asked_for() if workflow.is_main_process else []
    return report_jobs.contents(OUTPUTS, named, not PAPER.isdisjoint(targets()))
