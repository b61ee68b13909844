"""The names of the jobs and the stages each runs; known before any of Spark is loaded."""

from __future__ import annotations

from ctdc_spark.errors import ArgumentError
from ctdc_spark.pipeline.identity import PUBLISHING

STAGE_NAMES = ("cases", "combinations", "synthesis", "evaluation", "proof", "release", "explore")
"""All stages, in order."""

JOBS = ("run", "prepare", "publish", *STAGE_NAMES)


def stage_names(job: str) -> list[str]:
    """What a job runs: `run` all stages, `prepare` those that read sensitive data, `publish` the others, else one.

    Raises:
        ArgumentError: there is no such job.
    """
    if job not in JOBS:
        raise ArgumentError(f"job: found {job}; allowed: {', '.join(JOBS)}", parameters=["job"])
    if job == "run":
        return list(STAGE_NAMES)
    if job in ("prepare", "publish"):
        return [name for name in STAGE_NAMES if (name in PUBLISHING) == (job == "publish")]
    return [job]


def reads_sensitive(job: str) -> bool:
    """Whether a job reads anything sensitive; what does not needs no input either.

    Raises:
        ArgumentError: there is no such job.
    """
    return not PUBLISHING.issuperset(stage_names(job))
