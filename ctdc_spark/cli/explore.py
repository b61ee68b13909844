"""The command `explore`: the page of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ctdc_spark.cli.options import given_option, identify, open_publisher, open_session, read_settings, spark_options
from ctdc_spark.cli.printing import report

if TYPE_CHECKING:
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
            read_settings(place, release_id, given, needs_input=False), output, master=master, attach=attach
        )
        return
    from ctdc_spark.api.release import open_release

    report(open_release(open_session(master, attach=attach), place, release_id).write_page(output))


def explore_settings(settings: Settings, output: str | None, *, master: str, attach: bool) -> None:
    """Run the stage as the settings describe it, or write the same page to another file."""
    if output is None:
        open_publisher(settings, master, attach=attach).run_job("explore")
        return
    named = identify(settings, ["explore"])
    spark = open_session(master, attach=attach)
    from ctdc_spark.api.release import Release
    from ctdc_spark.release.table_location import TableLocation

    release = Release(spark, TableLocation.of(named), named.resolved_release_id)
    report(release.write_page(output, logo=named.report_logo))
