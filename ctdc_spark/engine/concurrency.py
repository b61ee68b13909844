"""Independent Spark jobs side by side: a small job waits mostly for the driver, not for the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

MOST = 4
"""The most jobs that run at a time; a cluster's scheduler shares its cores between them."""


def run_concurrently(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run jobs that do not depend on each other, a few at a time.

    Args:
        jobs: called once each, every one in a thread of its own.

    Returns:
        Their results, in the order of the jobs.

    Raises:
        Exception: the error of the first job that failed, after all have ended.
    """
    with ThreadPoolExecutor(min(MOST, max(1, len(jobs)))) as pool:
        running = [pool.submit(job) for job in jobs]
    return [job.result() for job in running]
