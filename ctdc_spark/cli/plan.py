"""The command `plan`: what a release will take, before it runs, and a comparison with what happened."""

from __future__ import annotations

import json

import click

from ctdc_spark.cli.options import given_option, open_session, read_settings, spark_options
from ctdc_spark.cli.printing import report
from ctdc_spark.forecast.request import ForecastRequest
from ctdc_spark.io import files


@click.command(short_help="Say what a release will take, before it runs.")
@click.argument("settings")
@click.option(
    "--times", type=click.IntRange(min=1), default=1, show_default=True, help="For this many times as many records."
)
@click.option("--cores", type=click.IntRange(min=1), help="Cores that work at once; default: those of this machine.")
@click.option(
    "--subjects",
    type=click.IntRange(min=1),
    help="With protection dp, where nothing is read: about how many there are.",
)
@click.option("--against", metavar="FILE", help="Compare with what a run printed: its JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@given_option
@spark_options
def plan(
    settings: str,
    times: int,
    cores: int | None,
    subjects: int | None,
    against: str | None,
    given: tuple[str, ...],
    *,
    as_json: bool,
    master: str,
    attach: bool,
) -> None:
    """Look at the data that SETTINGS name and say what a release will take: work, memory, sizes and time.

    With differential privacy nothing is read, since that would cost budget; the noise of the counts is stated instead.
    """
    from ctdc_spark.forecast.comparison import compare_forecast, describe_comparison, read_lines
    from ctdc_spark.forecast.forecast import Forecast
    from ctdc_spark.pipeline.forecast import foresee_release

    loaded = read_settings(settings, None, given)
    happened = read_lines(files.read_text(against)) if against else None
    request = ForecastRequest(times, cores, subjects, happened)
    foreseen = foresee_release(lambda: open_session(master, attach=attach), loaded, request)
    report(json.dumps(foreseen.to_dict()) if as_json else foreseen.describe())
    if happened is not None and isinstance(foreseen, Forecast):
        report("\n" + describe_comparison(compare_forecast(foreseen, happened)))
