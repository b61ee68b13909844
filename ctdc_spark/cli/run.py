"""Commands that make a release: `run` for all stages, and one command for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ctdc_spark.cli.options import identify, open_session, read_settings, release_options
from ctdc_spark.cli.printing import report

if TYPE_CHECKING:
    from ctdc_spark.settings import Settings

STAGES = {
    "cases": "Stage 1: read, prepare and encode the sensitive data.",
    "combinations": "Stage 2: count all frequent short combinations.",
    "synthesis": "Stage 3: make synthetic records and prove every one.",
    "evaluation": "Stage 4: compare the synthetic records with the aggregates.",
    "proof": "Stage 5: verify what will be published.",
    "release": "Stage 6: publish the tables; the ledger comes last.",
}
"""What the command of each stage does; that of the page stands apart."""

WHOLE = (*STAGES, "explore")


@click.command(short_help="Make a whole release from a settings file.")
@release_options
def run(
    settings: str, release_id: str | None, given: tuple[str, ...], *, force: bool, master: str, attach: bool
) -> None:
    """Make a whole release from the SETTINGS file (YAML, or the JSON of Synthetic Data Showcase)."""
    run_release(read_settings(settings, release_id, given), force=force, master=master, attach=attach)


def run_release(settings: Settings, *, force: bool, master: str, attach: bool, always_summarize: bool = False) -> None:
    """Run all stages, then say where the artifacts lie and what was achieved."""
    from ctdc_spark.pipeline.progress import Progress

    settings = identify(settings, WHOLE)
    progress = Progress(settings.resolved_release_id)
    progress.show("starting Spark ...")
    spark = open_session(master, attach=attach)
    # what was loaded while Spark started
    from ctdc_spark.pipeline.run import run_stages
    from ctdc_spark.release.documents import page_path
    from ctdc_spark.release.summary import summarize_release
    from ctdc_spark.release.table_location import TableLocation

    run_stages(spark, settings, progress, force=force)
    summary = summarize_release(spark, settings, page_path(TableLocation.of(settings), settings.resolved_release_id))
    if always_summarize:
        report(summary)
    else:
        progress.show(summary)


def stage_command(name: str) -> click.Command:
    """The command that runs one stage."""

    @release_options
    def command(
        settings: str, release_id: str | None, given: tuple[str, ...], *, force: bool, master: str, attach: bool
    ) -> None:
        from ctdc_spark.pipeline.progress import Progress

        asked = identify(read_settings(settings, release_id, given), [name])
        progress = Progress(asked.resolved_release_id)
        spark = open_session(master, attach=attach)
        from ctdc_spark.pipeline.run import run_stages, stage_named

        run_stages(spark, asked, progress, chosen=[stage_named(name)], force=force)

    return click.command(name, help=STAGES[name])(command)
