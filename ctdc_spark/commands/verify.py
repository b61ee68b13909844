"""The command `verify`: a release, or files of any tool, proven on the sensitive data."""

from __future__ import annotations

import click

from ctdc_spark.commands.options import open_session, read_settings, spark_options


@click.command(short_help="Prove a release, or files of any tool, on the sensitive data.")
@click.argument("settings")
@click.option("--release-id", metavar="ID", help="Which release; default: the one the settings make.")
@click.option("--microdata", metavar="FILE", help="Verify these synthetic records (CSV, TSV, Parquet) instead.")
@click.option("--aggregates", metavar="FILE", help="Verify these counts (CSV, TSV) instead.")
@click.option("--json", "as_json", is_flag=True, help="Say the outcome as one JSON object.")
@spark_options
def verify(
    settings: str,
    release_id: str | None,
    microdata: str | None,
    aggregates: str | None,
    *,
    as_json: bool,
    master: str,
    attach: bool,
) -> None:
    """Prove the release that SETTINGS made against the sensitive data, read anew.

    Every record and every combination of any length is checked, and every reported count. With --microdata or
    --aggregates files that any tool wrote are checked instead. Exit code 3 if anything fails.
    """
    from ctdc_spark.verifying import verify_files, verify_release

    asked = read_settings(settings, release_id)
    spark = open_session(master, attach=attach)
    if microdata or aggregates:
        verification = verify_files(spark, asked, microdata, aggregates)
    else:
        verification = verify_release(spark, asked)
    click.echo(verification.to_json() if as_json else verification.describe())
    verification.require()
    if not as_json:
        click.echo(f"verified: all {len(verification.findings)} checks hold")
