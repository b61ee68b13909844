"""Commands that make a release: `run` for all stages, and one command for each."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ctdc_spark.cli.options import open_publisher, read_settings, release_options
from ctdc_spark.cli.printing import report
from ctdc_spark.pipeline.jobs import reads_sensitive

if TYPE_CHECKING:
    from ctdc_spark.settings import Settings

STAGE_HELP = {
    "cases": "Stage 1: read, prepare and encode the sensitive data.",
    "combinations": "Stage 2: count all frequent short combinations.",
    "synthesis": "Stage 3: make synthetic records and prove every one.",
    "evaluation": "Stage 4: compare the synthetic records with the aggregates.",
    "proof": "Stage 5: verify what will be published.",
    "release": "Stage 6: publish the tables; the ledger comes last.",
}
"""What the command of each stage does; `explore` stands apart."""


@click.command(short_help="Make a whole release from a settings file.")
@release_options
def run(
    settings: str, release_id: str | None, given: tuple[str, ...], *, force: bool, master: str, attach: bool
) -> None:
    """Make a whole release from the SETTINGS file (YAML, or the JSON of Synthetic Data Showcase)."""
    run_release(read_settings(settings, release_id, given), force=force, master=master, attach=attach)


def run_release(settings: Settings, *, force: bool, master: str, attach: bool, always_summarize: bool = False) -> None:
    """Run all stages, then say where the artifacts lie and what was achieved."""
    publisher = open_publisher(settings, master, attach=attach, starting=True)
    release = publisher.run(force=force)
    if always_summarize:
        report(f"\n{release.describe()}")
    elif sys.stderr.isatty():
        from ctdc_spark.pipeline.progress import Progress

        Progress(release.id).show(f"\n{release.describe()}")


def stage_command(name: str) -> click.Command:
    """The command that runs one stage."""

    @release_options
    def command(
        settings: str, release_id: str | None, given: tuple[str, ...], *, force: bool, master: str, attach: bool
    ) -> None:
        loaded = read_settings(settings, release_id, given, needs_input=reads_sensitive(name))
        open_publisher(loaded, master, attach=attach).run_job(name, force=force)

    return click.command(name, help=STAGE_HELP[name])(command)
