"""The command `verify`: a release, or files from any tool, proven on the sensitive data."""

from __future__ import annotations

import click

from ctdc_spark.cli.options import open_publisher, read_settings, spark_options
from ctdc_spark.cli.printing import report


@click.command(short_help="Prove a release, or files of any tool, on sensitive data.")
@click.argument("settings")
@click.option("--release-id", metavar="ID", help="Which release; default: the one the settings make.")
@click.option("--microdata", metavar="FILE", help="Verify these synthetic records (CSV, TSV, Parquet) instead.")
@click.option("--aggregates", metavar="FILE", help="Verify these counts (CSV, TSV) instead.")
@click.option("--plain", is_flag=True, help="Take the cells of these files as they are: no formula in them was quoted.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
@spark_options
def verify(
    settings: str,
    release_id: str | None,
    microdata: str | None,
    aggregates: str | None,
    *,
    plain: bool,
    as_json: bool,
    master: str,
    attach: bool,
) -> None:
    """Prove the release that SETTINGS made against the sensitive data, read anew.

    Every record, every combination of any length, every reported count and every metric is checked. With --microdata or
    --aggregates, files from any tool are checked instead. For a release with differential privacy, the checks are that
    its tables agree, its budget adds up, and its counts are not the exact ones. Exit code 3 if anything fails.
    """
    publisher = open_publisher(read_settings(settings, release_id), master, attach=attach)
    verification = publisher.verify(microdata=microdata, aggregates=aggregates, plain=plain)
    report(verification.to_json() if as_json else verification.describe())
    verification.require()
    if not as_json:
        report(f"verified: all {len(verification.findings)} checks hold")
    if verification.remark and not as_json:
        report(verification.remark)
