"""Commands about a settings file before anything is computed: `init` and `check`."""

from __future__ import annotations

import click

from ctdc_spark.cli.options import given_option, open_session, read_settings, spark_options
from ctdc_spark.cli.printing import report
from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files
from ctdc_spark.pipeline.identity import name_if_known


@click.command(short_help="Propose a settings file from a look at data.")
@click.argument("data")
@click.option("-o", "--output", metavar="FILE", help="Where to write the settings; default: standard output.")
@click.option("--delimiter", help="One character; default: guessed from the data.")
@spark_options
def init(data: str, output: str | None, delimiter: str | None, *, master: str, attach: bool) -> None:
    """Propose a settings file from a look at DATA (a file, a folder or a glob)."""
    from ctdc_spark.cases.proposal import propose_settings

    if output and files.exists(output):
        raise SettingsError(f"--output: {output} exists already; choose another name or remove it")
    text = propose_settings(open_session(master, attach=attach), data, delimiter=delimiter)
    if output:
        files.write_text(output, text)
        report(f"settings proposed in {output}; read them, then: ctdc-spark check {output}", err=True)
    else:
        report(text)


@click.command(short_help="Validate settings and data without computing a release.")
@click.argument("settings")
@given_option
@spark_options
def check(settings: str, given: tuple[str, ...], *, master: str, attach: bool) -> None:
    """Validate SETTINGS and the data they name, without computing a release."""
    asked = read_settings(settings, None, given)
    spark = open_session(master, attach=attach)
    from ctdc_spark.pipeline.check import check_data
    from ctdc_spark.pipeline.run import describe_plan

    for warning in check_data(spark, asked):
        report(f"warning: {warning}", err=True)
    report("settings and data can be used")
    report(describe_plan(name_if_known(asked)))
