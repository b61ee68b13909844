"""The command `explore`: the page of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ctdc_spark.cli.options import given_option, identify, open_session, read_settings, spark_options
from ctdc_spark.cli.printing import report
from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.settings import Settings


@click.command(short_help="Stage 7: write the page from the published tables.")
@click.argument("place", metavar="RELEASE")
@click.option("-o", "--output", metavar="FILE", help="Where to write the page; default: beside the tables.")
@click.option("--release-id", metavar="ID", help="Which release; default: that of the settings, or the latest.")
@click.option("--force", is_flag=True, expose_value=False, help="As for every stage; a page is always replaced.")
@given_option
@spark_options
def explore(
    place: str, output: str | None, release_id: str | None, given: tuple[str, ...], *, master: str, attach: bool
) -> None:
    """Write the page of RELEASE: the settings file of a release, or the folder or schema of its published tables."""
    if place.lower().endswith((".yaml", ".yml", ".json")):
        explore_settings(
            identify(read_settings(place, release_id, given), ["explore"]), output, master=master, attach=attach
        )
    else:
        report(explore_place(open_session(master, attach=attach), place, release_id, output))


def explore_settings(settings: Settings, output: str | None, *, master: str, attach: bool) -> None:
    """The stage as the settings have it, or the same page in another file."""
    spark = open_session(master, attach=attach)
    from ctdc_spark.explorer.write import write_page
    from ctdc_spark.pipeline.progress import Progress
    from ctdc_spark.pipeline.run import run_stages, stage_named
    from ctdc_spark.release.table_location import TableLocation

    if output is None:
        progress = Progress(settings.resolved_release_id)
        run_stages(spark, settings, progress, chosen=[stage_named("explore")])
        return
    write_page(spark, TableLocation.of(settings), settings.resolved_release_id, output, logo=settings.report_logo)
    report(output)


def explore_place(spark: SparkSession, place: str, release_id: str | None, output: str | None) -> str:
    """Write the page of published tables alone; return where it lies."""
    from ctdc_spark.explorer.write import write_page
    from ctdc_spark.release.reading import choose_release
    from ctdc_spark.release.table_location import open_location

    source = open_location(spark, place)
    chosen = choose_release(spark, source, place, release_id)
    if output is None and source.output_dir is None:
        raise SettingsError(
            f"output: {place} is a schema and has no folder for the page; name a file with -o", parameters=["output"]
        )
    path = output or files.join(place, f"{chosen}.html")
    write_page(spark, source, chosen, path)
    return path
