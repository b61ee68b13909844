"""How every command and job ends: an exit code that tells schedulers what happened, and one message for people."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterator

import click

from ctdc_spark.cli.printing import report
from ctdc_spark.engine.failures import error_condition
from ctdc_spark.errors import EXIT_CRASH, EXIT_STOPPED, CtdcError, StoppedError

DISK_FULL = "No space left on device"
"""What operating systems say, in the messages of Java and of Python alike."""

LOST = ("ExecutorLostFailure", "OutOfMemoryError", "Python worker exited unexpectedly")
"""What Spark says when one of its processes ran out of memory or was killed."""


def exit_code_of(action: Callable[[], object]) -> int:
    """Run an action and turn its outcome into an exit code and, on failure, one message on standard error.

    Nothing that libraries log is printed, unless the process says where to: it may hold values of the data.
    """
    with _quiet_libraries():
        return _outcome_of(action)


@contextlib.contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep Python from printing what is logged without a handler.

    Py4J logs a trace for every call to Java that is under way when a person stops a command.
    """
    nowhere, root = logging.NullHandler(), logging.getLogger()
    root.addHandler(nowhere)
    try:
        yield
    finally:
        root.removeHandler(nowhere)


def _outcome_of(action: Callable[[], object]) -> int:
    try:
        action()
    except CtdcError as error:
        report(f"error: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        report(shown.getvalue(), err=True, nl=False)
        return 2
    except (KeyboardInterrupt, click.Abort) as stop:
        report(_describe_stop(stop), err=True)
        return EXIT_STOPPED
    except Exception as error:
        if os.environ.get("CTDC_SPARK_DEBUG"):
            raise
        report(_describe_crash(error), err=True)
        return EXIT_CRASH
    return 0


def _describe_stop(stop: BaseException) -> str:
    """Say where somebody stopped a command, and what that means for a release."""
    if isinstance(stop, click.Abort):  # which click makes of any stop
        stop = stop.__cause__ or stop
    if not isinstance(stop, StoppedError):
        return "stopped before it was done; run the command again"
    left = {
        "release": "the release counts as published only if the ledger names it. Run the command again to find out",
        "explore": "the release is published, but its page was not written. Run the command again",
    }
    return f"stopped in {stop.title}: {left.get(stop.stage, 'nothing was published. Run the command again')}"


def _describe_crash(error: Exception) -> str:
    """Name the kind and the place of an unexpected error; its text stays out, as it may hold values of the data."""
    if DISK_FULL in str(error):
        return (
            "crash: no space left on a device. Free some where output_dir, sensitive_dir or Spark's temporary files "
            "(spark.local.dir) lie, and run the command again. An incomplete release does not count as published"
        )
    if any(said in str(error) for said in LOST):
        return (
            f"crash: Spark lost processes that did its work{_place_of(error)}, most often for lack of memory. Give the "
            "executors more (spark.executor.memory for Java, spark.executor.memoryOverhead for Python) or fewer cores "
            "each; in local mode, give the JVM more (CTDC_SPARK_DRIVER_MEMORY). `ctdc-spark plan` says what a worker "
            "needs. An incomplete release does not count as published"
        )
    condition = error_condition(error)
    kind = type(error).__name__ + (f" [{condition}]" if condition else "")
    return (
        f"crash: {kind}{_place_of(error)}. An incomplete release does not count as published; run the command again. "
        "With CTDC_SPARK_DEBUG=1 the whole trace is shown; it may hold values of the data"
    )


def _place_of(error: Exception) -> str:
    at, where = error.__traceback__, ""
    while at is not None:
        if "ctdc_spark" in at.tb_frame.f_code.co_filename:
            where = f" in {at.tb_frame.f_globals.get('__name__')}.{at.tb_frame.f_code.co_name}, line {at.tb_lineno}"
        at = at.tb_next
    return where
