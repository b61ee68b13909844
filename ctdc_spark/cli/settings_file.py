"""Commands about a settings file before anything is computed: `init` and `check`."""

from __future__ import annotations

import click

from ctdc_spark.cli.options import (
    given_option,
    open_publisher,
    open_session,
    read_settings,
    report_warning,
    spark_options,
)
from ctdc_spark.cli.printing import report
from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files


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
    findings = open_publisher(read_settings(settings, None, given), master, attach=attach).check()
    for warning in findings.data:  # those of the settings were said when they were read
        report_warning(warning)
    report("settings and data can be used")
    report(findings.plan)
