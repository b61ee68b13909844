"""Entry point of the files in jobs/: the same stages as the command line, on the session that spark-submit provides."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ctdc_spark.cli.exit_codes import exit_code_of
from ctdc_spark.cli.naming import NamingCommand
from ctdc_spark.cli.options import given_option, open_publisher, read_settings
from ctdc_spark.pipeline.jobs import reads_sensitive


def submit(job: str, arguments: Sequence[str] | None = None) -> None:
    """Run the stages of a job, and exit with the outcome's code.

    Args:
        job: as in `Publisher.run_job`.
        arguments: command-line arguments; default: those of the process.
    """
    command = command_of_job(job)
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(exit_code_of(lambda: command.main(given, standalone_mode=False)))


def command_of_job(job: str) -> click.Command:
    """The command behind a file in jobs/."""

    @click.command(name=job, cls=NamingCommand)
    @click.option("--settings", required=True, help="Settings file: a path or a URI.")
    @click.option("--release-id", help="Name of the release, instead of the one in the settings.")
    @click.option("--force", is_flag=True, help="Replace a release that is already complete.")
    @given_option
    def command(settings: str, release_id: str | None, given: tuple[str, ...], *, force: bool) -> None:
        loaded = read_settings(settings, release_id, given, needs_input=reads_sensitive(job))
        open_publisher(loaded, "", attach=True).run_job(job, force=force)

    return command
