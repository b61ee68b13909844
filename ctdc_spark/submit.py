"""Entry point of the files in jobs/: the same stages as the command line, on the session that spark-submit brings."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from ctdc_spark.commands.options import read_settings
from ctdc_spark.guard import run_guarded


def submit(stage: str, arguments: Sequence[str] | None = None) -> None:
    """Run one stage, or with "run" all of them, and exit with the code of the outcome.

    Args:
        stage: a stage's name, or "run".
        arguments: command-line arguments; default: those of the process.
    """
    command = _command_for(stage)
    asked = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run_guarded(lambda: command.main(asked, standalone_mode=False)))


def _command_for(stage: str) -> click.Command:
    @click.command(name=stage)
    @click.option("--settings", required=True, help="Settings file: a path or a URI.")
    @click.option("--release-id", help="Name of the release, instead of the one in the settings.")
    @click.option("--force", is_flag=True, help="Replace a release that is already complete.")
    def command(settings: str, release_id: str | None, *, force: bool) -> None:
        from ctdc_spark.pipeline import STAGES, run_stages, stage_named
        from ctdc_spark.progress import Progress
        from ctdc_spark.session import attached_session

        asked = read_settings(settings, release_id)
        chosen = STAGES if stage == "run" else (stage_named(stage),)
        run_stages(attached_session(), asked, Progress(asked.resolved_release_id), chosen=chosen, force=force)

    return command
