"""The command `plan`: what a release will take, before it runs, and beside what then happened."""

from __future__ import annotations

import json
import os

import click

from ctdc_spark import files
from ctdc_spark.commands.options import given_option, open_session, read_settings, spark_options


@click.command(short_help="Say what a release will take, before it runs.")
@click.argument("settings")
@click.option(
    "--times", type=click.IntRange(min=1), default=1, show_default=True, help="For so many times as many records."
)
@click.option("--cores", type=click.IntRange(min=1), help="Cores that work at once; default: those of this machine.")
@click.option("--against", metavar="FILE", help="Compare with what a run printed: its JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Say it as one JSON object.")
@given_option
@spark_options
def plan(
    settings: str,
    times: int,
    cores: int | None,
    against: str | None,
    given: tuple[str, ...],
    *,
    as_json: bool,
    master: str,
    attach: bool,
) -> None:
    """Look at the data that SETTINGS name and say what a release will take: work, memory, sizes and time."""
    from ctdc_spark.forecast.comparison import compare_forecast, describe_comparison, read_lines
    from ctdc_spark.forecasting import foresee_release

    happened = read_lines(files.read_text(against)) if against else None
    asked = read_settings(settings, None, given)
    spark = open_session(master, attach=attach)
    foreseen = foresee_release(spark, asked, times=times, cores=cores or os.cpu_count() or 1)
    click.echo(json.dumps(foreseen.to_dict()) if as_json else foreseen.describe())
    if happened is not None:
        click.echo("\n" + describe_comparison(compare_forecast(foreseen, happened)))
