"""Logger plugin of Snakemake: one line of progress in place of a text for each job.

Snakemake finds it by the name of this package, and a profile switches it on: `logger: [syncsweep]`.
"""

from snakemake_logger_plugin_syncsweep.handler import LogHandler

__all__ = ["LogHandler"]
