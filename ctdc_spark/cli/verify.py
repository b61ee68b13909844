"""The command `verify`: a release, or files of any tool, proven on the sensitive data."""

from __future__ import annotations

import click

from ctdc_spark.cli.options import open_publisher, read_settings, spark_options
from ctdc_spark.cli.printing import report


@click.command(short_help="Prove a release, or files of any tool, on the sensitive data.")
@click.argument("settings")
@click.option("--release-id", metavar="ID", help="Which release; default: the one the settings make.")
@click.option("--microdata", metavar="FILE", help="Verify these synthetic records (CSV, TSV, Parquet) instead.")
@click.option("--aggregates", metavar="FILE", help="Verify these counts (CSV, TSV) instead.")
@click.option("--plain", is_flag=True, help="The cells of these files stand as they are, without quotes of formulas.")
@click.option("--json", "as_json", is_flag=True, help="Say the outcome as one JSON object.")
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

    Every record and every combination of any length is checked, every reported count and every metric. With --microdata
    or --aggregates files that any tool wrote are checked instead. Of a release with differential privacy: that its
    tables agree, that its budget adds up, and that its counts are not the exact ones. Exit code 3 if anything fails.
    """
    publisher = open_publisher(read_settings(settings, release_id), master, attach=attach)
    verification = publisher.verify(microdata=microdata, aggregates=aggregates, plain=plain)
    report(verification.to_json() if as_json else verification.describe())
    verification.require()
    if not as_json:
        report(f"verified: all {len(verification.findings)} checks hold")
    if verification.remark and not as_json:
        report(verification.remark)
