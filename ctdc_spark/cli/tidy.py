"""The command `tidy`: housekeeping of published tables."""

from __future__ import annotations

import click

from ctdc_spark.cli.options import open_session, spark_options
from ctdc_spark.cli.printing import report


@click.command(short_help="Remove old releases, compact and vacuum the tables.")
@click.argument("place")
@click.option("--keep", type=click.IntRange(min=1), metavar="N", help="Keep the latest N releases; default: all.")
@click.option(
    "--retain-hours",
    "hours",
    type=click.IntRange(min=0),
    default=168,
    show_default=True,
    help="Keep files that versions of these last hours need. With 0, nothing else may write or read meanwhile.",
)
@click.option("--unfinished", is_flag=True, help="Remove rows of unfinished releases; no run may be publishing.")
@click.option("--dry-run", is_flag=True, help="List the releases that would be removed, and change nothing.")
@spark_options
def tidy(
    place: str, keep: int | None, hours: int, *, unfinished: bool, dry_run: bool, master: str, attach: bool
) -> None:
    """Remove all but the latest releases of PLACE (folder or schema), compact small files, delete unneeded ones.

    What is removed leaves the tables at once, and their files when no version of the last hours needs it.
    """
    from ctdc_spark.release.table_location import open_location
    from ctdc_spark.release.tidying import Tidying, list_superfluous
    from ctdc_spark.release.tidying import tidy as tidy_tables

    spark = open_session(master, attach=attach)
    source = open_location(spark, place)
    request = Tidying(keep, unfinished, hours)
    if dry_run:
        names = list_superfluous(spark, source, request)
        report("\n".join(f"would remove release {name}" for name in names) or "would remove no release")
        return
    tidy_tables(spark, source, request, lambda text: report(text, err=True))
