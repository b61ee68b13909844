"""The command `assess`: attacks on records and learning from them, judged against people who are held out."""

from __future__ import annotations

import sys

import click

from ctdc_spark.assessment.rates import ATTACKS
from ctdc_spark.cli.options import identify, open_session, read_settings, spark_options
from ctdc_spark.cli.printing import report


@click.command(short_help="Attack records made without some people, and learn from them.")
@click.argument("settings")
@click.option(
    "--holdout",
    "share",
    default=0.2,
    show_default=True,
    type=click.FloatRange(0.01, 0.9),
    help="Share of people left out.",
)
@click.option(
    "--target", "targets", multiple=True, metavar="COLUMN", help="Column to guess and to learn; may be repeated."
)
@click.option(
    "--attack", "attacks", multiple=True, type=click.Choice(ATTACKS), help="May be repeated; default: all of them."
)
@click.option(
    "--attempts", default=1_000, show_default=True, type=click.IntRange(100, 10_000), help="Attempts of each attack."
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
@spark_options
def assess(
    settings: str,
    share: float,
    targets: tuple[str, ...],
    attacks: tuple[str, ...],
    *,
    attempts: int,
    as_json: bool,
    master: str,
    attach: bool,
) -> None:
    """Make records as SETTINGS say, but without some people; attack them, and learn from them.

    The success of attacks on the people behind the records is compared with their success on those held out. The report
    is written into the sensitive place: it is not for publication. Nothing is published.
    """
    from ctdc_spark.assessment.assess import AssessmentOptions, assess_release
    from ctdc_spark.pipeline.progress import Progress

    loaded = identify(read_settings(settings, None), ["cases"])
    progress = Progress(loaded.resolved_release_id, lines=sys.stderr)
    options = AssessmentOptions(share, targets, attacks or ATTACKS, attempts)
    made = assess_release(open_session(master, attach=attach), loaded, options, progress)
    report(made.to_json() if as_json else made.to_markdown(), nl=False)
