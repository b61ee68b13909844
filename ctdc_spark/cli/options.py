"""What commands share: options that choose the Spark and the release, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ctdc_spark.cli.printing import report

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.api.publisher import Publisher
    from ctdc_spark.pipeline.progress import Progress
    from ctdc_spark.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def spark_options(command: Command) -> Command:
    """Options that choose the Spark to run on."""
    for option in (  # the last one comes first in the help
        click.option("--attach", is_flag=True, help="Use the session that spark-submit or a notebook provides."),
        click.option(
            "--master",
            default="local[*]",
            show_default=True,
            help="Local Spark to start, or a Spark Connect server: sc://host:15002.",
        ),
    ):
        command = option(command)
    return command


def given_option(command: Command) -> Command:
    """Settings that are given beside the file."""
    option = click.option(
        "--set", "given", multiple=True, metavar="KEY=VALUE", help="Used instead of the file's setting."
    )
    return option(command)


def release_options(command: Command) -> Command:
    """Options of every command that works on a release."""
    command = given_option(spark_options(command))
    for option in (  # the last one comes first in the help
        click.option("--force", is_flag=True, help="Replace a release that is already complete."),
        click.option("--release-id", metavar="ID", help="Name of the release, instead of the one in the settings."),
        click.argument("settings"),
    ):
        command = option(command)
    return command


def open_session(master: str, *, attach: bool) -> SparkSession:
    """The session that the options choose."""
    from ctdc_spark.engine.connect import SCHEME, remote_session
    from ctdc_spark.engine.session import attached_session, local_session

    if attach:
        return attached_session()
    return remote_session(master) if master.startswith(SCHEME) else local_session(master)


def read_settings(
    path: str, release_id: str | None, given: Sequence[str] = (), *, needs_input: bool = True
) -> Settings:
    """Load the settings, with those given beside the file, and report their warnings.

    Args:
        path: of the file.
        release_id: instead of the one in the file; None: that one.
        given: KEY=VALUE, instead of those in the file.
        needs_input: False for a command that reads no case records; what was prepared may have been a DataFrame.
    """
    from ctdc_spark.cli.given import read_given
    from ctdc_spark.settings import load_settings

    overrides = read_given(given) | ({"release_id": release_id} if release_id else {})
    settings, warnings = load_settings(path, overrides, needs_input=needs_input)
    for warning in warnings:
        report_warning(warning)
    return settings


def open_publisher(settings: Settings, master: str, *, attach: bool, starting: bool = False) -> Publisher:
    """The publisher of these settings, which opens its session when it needs it.

    Args:
        settings: those of the release.
        master: where Spark is.
        attach: use the session that is there.
        starting: tell a waiting person that Spark starts.
    """
    from ctdc_spark.api.publisher import Publisher

    def begin(release_id: str) -> Progress:
        from ctdc_spark.pipeline.progress import Progress

        progress = Progress(release_id)
        if starting:
            progress.show("starting Spark ...")
        return progress

    return Publisher(lambda: open_session(master, attach=attach), settings, progress=begin, warn=report_warning)


def report_warning(text: str) -> None:
    """Report what deserves a second look."""
    report(f"warning: {text}", err=True)


def identify(settings: Settings, stages: Sequence[str]) -> Settings:
    """The settings with the release's id and whatever else these stages need; warn if a secret was lost."""
    from ctdc_spark.pipeline import identity

    return identity.identify(settings, stages, report_warning)
