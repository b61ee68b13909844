"""The command `plan`: what a release will take, before it runs, and beside what then happened."""

from __future__ import annotations

import json
import os

import click

from ctdc_spark.cli.options import given_option, open_session, read_settings, spark_options
from ctdc_spark.cli.printing import report
from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files


@click.command(short_help="Say what a release will take, before it runs.")
@click.argument("settings")
@click.option(
    "--times", type=click.IntRange(min=1), default=1, show_default=True, help="For so many times as many records."
)
@click.option("--cores", type=click.IntRange(min=1), help="Cores that work at once; default: those of this machine.")
@click.option(
    "--subjects", type=click.IntRange(min=1), help="With protection dp: about how many there are; nothing is read."
)
@click.option("--against", metavar="FILE", help="Compare with what a run printed: its JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Say it as one JSON object.")
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

    With differential privacy nothing is read, since that would cost budget: said is the noise of the counts.
    """
    from ctdc_spark.forecast.comparison import compare_forecast, describe_comparison, read_lines
    from ctdc_spark.forecast.measure import foresee_release
    from ctdc_spark.forecast.noise import foresee_noise

    asked = read_settings(settings, None, given)
    if asked.protection == "dp":
        _refuse_forecast({"--times": times > 1, "--cores": cores, "--against": against})
        noise = foresee_noise(asked, _given_subjects(subjects))
        report(json.dumps(noise.to_dict()) if as_json else noise.describe())
        return
    if subjects:
        raise SettingsError("--subjects: found with protection: k, where subjects are counted; allowed with dp")
    happened = read_lines(files.read_text(against)) if against else None
    spark = open_session(master, attach=attach)
    foreseen = foresee_release(spark, asked, times=times, cores=cores or os.cpu_count() or 1)
    report(json.dumps(foreseen.to_dict()) if as_json else foreseen.describe())
    if happened is not None:
        report("\n" + describe_comparison(compare_forecast(foreseen, happened)))


def _refuse_forecast(given: dict[str, object]) -> None:
    for option in (name for name, value in given.items() if value):
        raise SettingsError(
            f"{option}: found with protection: dp, whose time is not foreseen; allowed with protection: k"
        )


def _given_subjects(subjects: int | None) -> int:
    if subjects is None:
        raise SettingsError(
            "--subjects: missing; with protection: dp nothing is read of the data, so say about how many subjects "
            "there are, such as --subjects 50000"
        )
    return subjects
