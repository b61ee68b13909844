"""The command `plan`: what a release will take, before it runs, and a comparison with what happened."""

from __future__ import annotations

import json

import click

from ctdc_spark.cli.options import given_option, open_publisher, read_settings, spark_options
from ctdc_spark.cli.printing import report


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
    publisher = open_publisher(read_settings(settings, None, given), master, attach=attach)
    foreseen = publisher.plan(cores=cores, times=times, subjects=subjects, against=against)
    report(json.dumps(foreseen.to_dict()) if as_json else foreseen.describe())
