"""One start of Spark at a time for each user of a machine.

The first start fetches jars, and two that fetch at once read each other's unfinished files. Where there is no lock
(Windows, a read-only home) they start as they come.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ctdc_spark.engine.class_archive import cache_folder
from ctdc_spark.errors import SparkSetupError

SAID_AFTER = 3.0
"""Seconds of waiting after which a person is told."""

LONGEST_WAIT = 600.0
"""Seconds: a start that fetches jars over a slow network takes some minutes."""

_PAUSE = 0.1


@contextlib.contextmanager
def one_start_at_a_time() -> Iterator[None]:
    """Hold the lock, once every other process of this user has let go of it.

    Raises:
        SparkSetupError: one of them held it for longer than LONGEST_WAIT.
    """
    with contextlib.ExitStack() as held:
        path = cache_folder() / "start.lock"
        with contextlib.suppress(ImportError, OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            _wait_for(held.enter_context(path.open("w")), path)
        yield


def _wait_for(lock: IO[str], path: Path) -> None:
    import fcntl

    began, said = time.monotonic(), False
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        waited = time.monotonic() - began
        if waited > LONGEST_WAIT:
            raise SparkSetupError(
                f"another process of yours has been starting Spark for {LONGEST_WAIT / 60:.0f} minutes and holds "
                f"{path}: look for one that hangs, such as a download of jars, and end it; then run again"
            )
        if waited > SAID_AFTER and not said:
            sys.stderr.write("waiting: another process of yours is starting Spark\n")
            sys.stderr.flush()
            said = True
        time.sleep(_PAUSE)
