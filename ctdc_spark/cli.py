"""The command line: `ctdc-spark run SETTINGS` and its companions."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

import ctdc_spark
from ctdc_spark import files
from ctdc_spark.errors import SettingsError
from ctdc_spark.guard import run_guarded
from ctdc_spark.options import given_option, open_session, read_settings, release_options, spark_options

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.settings import Settings

EXIT_CODES = """\b
Exit codes: 0 done, 1 crash, 2 settings or data cannot be used,
3 privacy gate failed (nothing was published), 4 already published,
5 another run of the same release took over."""


def main() -> None:
    """Run the command line; errors of the user's kind end as one message, never as a stack trace.

    Success returns: schedulers that call this function in their own process take any `sys.exit` for a failure.
    """
    if code := run_guarded(lambda: cli.main(standalone_mode=False)):
        sys.exit(code)


class CommandsInOrder(click.Group):
    """Lists its commands in the order of a first release, which is that of this file."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """The names of the commands."""
        return list(self.commands)


@click.group(
    cls=CommandsInOrder,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(ctdc_spark.__version__, package_name="ctdc-spark")
def cli() -> None:
    """Publish sensitive case records safely: synthetic microdata, protected aggregates, and a page to explore both."""


@cli.command(short_help="Propose a settings file from a look at data.")
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
        click.echo(f"settings proposed in {output}; read them, then: ctdc-spark check {output}", err=True)
    else:
        click.echo(text)


@cli.command(short_help="Validate settings and data without computing a release.")
@click.argument("settings")
@given_option
@spark_options
def check(settings: str, given: tuple[str, ...], *, master: str, attach: bool) -> None:
    """Validate SETTINGS and the data they name, without computing a release."""
    from ctdc_spark.pipeline import check_data, describe_plan

    asked = read_settings(settings, None, given)
    for warning in check_data(open_session(master, attach=attach), asked):
        click.echo(f"warning: {warning}", err=True)
    click.echo("settings and data can be used")
    click.echo(describe_plan(asked))


@cli.command(short_help="Say what a release will take, before it runs.")
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
    foreseen = foresee_release(
        open_session(master, attach=attach), asked, times=times, cores=cores or os.cpu_count() or 1
    )
    click.echo(json.dumps(foreseen.to_dict()) if as_json else foreseen.describe())
    if happened is not None:
        click.echo("\n" + describe_comparison(compare_forecast(foreseen, happened)))


@cli.command(short_help="Make a whole release from a settings file.")
@release_options
def run(
    settings: str, release_id: str | None, given: tuple[str, ...], *, force: bool, master: str, attach: bool
) -> None:
    """Make a whole release from the SETTINGS file (YAML, or the JSON of Synthetic Data Showcase)."""
    run_release(read_settings(settings, release_id, given), force=force, master=master, attach=attach)


def run_release(settings: Settings, *, force: bool, master: str, attach: bool, always_summarize: bool = False) -> None:
    """Run all stages, then say where the artifacts lie and what was achieved."""
    from ctdc_spark.pipeline import run_stages
    from ctdc_spark.progress import Progress
    from ctdc_spark.release.summary import summarize_release
    from ctdc_spark.stages import page_path

    progress = Progress(settings.resolved_release_id)
    progress.show("starting Spark ...")
    spark = open_session(master, attach=attach)
    run_stages(spark, settings, progress, force=force)
    summary = summarize_release(spark, settings, page_path(settings))
    if always_summarize:
        click.echo(summary)
    else:
        progress.show(summary)


def _add_stage_command(name: str, doc: str) -> None:
    def command(
        settings: str, release_id: str | None, given: tuple[str, ...], *, force: bool, master: str, attach: bool
    ) -> None:
        from ctdc_spark.pipeline import run_stages, stage_named
        from ctdc_spark.progress import Progress

        asked = read_settings(settings, release_id, given)
        progress = Progress(asked.resolved_release_id)
        run_stages(open_session(master, attach=attach), asked, progress, chosen=[stage_named(name)], force=force)

    command.__doc__ = doc
    cli.command(name)(release_options(command))


for _name, _doc in {
    "cases": "Stage 1: read, prepare and encode the sensitive data.",
    "combinations": "Stage 2: count all frequent short combinations.",
    "synthesis": "Stage 3: make synthetic records and prove every one.",
    "evaluation": "Stage 4: compare the synthetic records with the aggregates.",
    "proof": "Stage 5: verify what will be published.",
    "release": "Stage 6: publish the tables; the ledger comes last.",
}.items():
    _add_stage_command(_name, _doc)


@cli.command(short_help="Stage 7: write the page from the published tables.")
@click.argument("release")
@click.option("-o", "--output", metavar="FILE", help="Where to write the page; default: beside the tables.")
@click.option("--release-id", metavar="ID", help="Which release; default: that of the settings, or the latest.")
@click.option("--force", is_flag=True, expose_value=False, help="As for every stage; a page is always replaced.")
@given_option
@spark_options
def explore(
    release: str, output: str | None, release_id: str | None, given: tuple[str, ...], *, master: str, attach: bool
) -> None:
    """Write the page of RELEASE: the settings file of a release, or the folder or schema of its published tables."""
    if release.lower().endswith((".yaml", ".yml", ".json")):
        explore_settings(read_settings(release, release_id, given), output, master=master, attach=attach)
    else:
        click.echo(explore_place(open_session(master, attach=attach), release, release_id, output))


def explore_settings(settings: Settings, output: str | None, *, master: str, attach: bool) -> None:
    """The stage as the settings have it, or the same page in another file."""
    from ctdc_spark.explorer.write import write_page
    from ctdc_spark.pipeline import run_stages, stage_named
    from ctdc_spark.progress import Progress
    from ctdc_spark.release.place import Place

    spark = open_session(master, attach=attach)
    if output is None:
        progress = Progress(settings.resolved_release_id)
        run_stages(spark, settings, progress, chosen=[stage_named("explore")])
        return
    write_page(spark, Place.of(settings), settings.resolved_release_id, output, logo=settings.report_logo)
    click.echo(output)


def explore_place(spark: SparkSession, place: str, release_id: str | None, output: str | None) -> str:
    """Write the page of published tables alone; return where it lies."""
    from ctdc_spark.explorer.write import write_page
    from ctdc_spark.release.place import open_place
    from ctdc_spark.release.reading import choose_release

    source = open_place(spark, place)
    chosen = choose_release(spark, source, place, release_id)
    if output is None and source.output_dir is None:
        raise SettingsError(f"--output: {place} is a schema and has no folder for the page; name a file with -o")
    path = output or files.join(place, f"{chosen}.html")
    write_page(spark, source, chosen, path)
    return path


@cli.command(short_help="Prove a release, or files of any tool, on the sensitive data.")
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


@cli.command(short_help="Say what changed from one release to another.")
@click.argument("release_a")
@click.argument("release_b")
@click.option("--release", "place", required=True, metavar="DIR", help="Folder or schema of published tables.")
@spark_options
def compare(release_a: str, release_b: str, place: str, *, master: str, attach: bool) -> None:
    """Say what changed from RELEASE_A to RELEASE_B, and warn where their difference may be of a few people."""
    from ctdc_spark.release.difference import compare_releases
    from ctdc_spark.release.place import open_place

    spark = open_session(master, attach=attach)
    click.echo(compare_releases(spark, open_place(spark, place), release_a, release_b).describe())


@cli.command(short_help="Write a published release as plain files.")
@click.option(
    "--release",
    "place",
    required=True,
    metavar="DIR",
    help="Folder (output_dir) or schema of published tables.",
)
@click.option("--release-id", metavar="ID", help="Which release; default: the latest complete one.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "tsv", "parquet", "sds"]),
    required=True,
    help="sds: the files of Synthetic Data Showcase.",
)
@click.option("--to", "target", required=True, metavar="DIR", help="Folder to write into; must not exist or be empty.")
@click.option("--prefix", default="release", show_default=True, help="Beginning of the file names of sds.")
@spark_options
def export(
    place: str,
    release_id: str | None,
    file_format: str,
    target: str,
    prefix: str,
    *,
    master: str,
    attach: bool,
) -> None:
    """Write a published release as plain files, for people without Delta."""
    from ctdc_spark.release.export import export_release

    spark = open_session(master, attach=attach)
    for path in export_release(spark, place, release_id, target, file_format=file_format, prefix=prefix):
        click.echo(path)


@cli.command(short_help="Draw further records from the trained model of a release.")
@click.option("--release", "place", required=True, metavar="DIR", help="Folder or schema of published tables.")
@click.option("--release-id", metavar="ID", help="Which release; default: the latest complete one.")
@click.option(
    "--model",
    required=True,
    metavar="DIR",
    help="Folder of the release in the sensitive place; it holds trained_model.",
)
@click.option("--records", type=click.IntRange(min=1), help="How many; default: as many as the release has.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Another seed, other records.")
@click.option("-o", "--output", required=True, metavar="FILE", help="New file: .csv, .tsv or .parquet.")
@spark_options
def sample(output: str, *, master: str, attach: bool, **asked: Any) -> None:
    """Draw further records from the trained model of a release, without the sensitive data.

    They keep the guarantee of the release: all that the model can draw was proven with it.
    """
    from ctdc_spark.resampling import Resampling, resample

    made = resample(open_session(master, attach=attach), Resampling(**asked), output)
    click.echo(f"{made:,} records in {output}", err=True)


@cli.command("demo-data", short_help="Write artificial case records; they describe nobody.")
@click.argument("path")
@click.option("--records", default=10_000, show_default=True, help="Number of records, 1,000 to 10,000,000.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same data.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "tsv", "parquet"]),
    help="Default: by the path's ending, else csv.",
)
@spark_options
def demo_data(path: str, records: int, seed: int, file_format: str | None, *, master: str, attach: bool) -> None:
    """Write artificial case records to PATH; they describe nobody."""
    from ctdc_spark.demo.cases import demo_cases, write_demo_cases

    ending = path.rsplit(".", 1)[-1].lower()
    chosen = file_format or (ending if ending in {"csv", "tsv", "parquet"} else "csv")
    spark = open_session(master, attach=attach)
    write_demo_cases(demo_cases(spark, records, seed), path, chosen)
    click.echo(f"{records:,} artificial case records in {path}", err=True)


@cli.command("warm-up", short_help="Prepare this machine for faster starts in local mode.")
def warm_up() -> None:
    """Prepare this machine for local mode, once: fetch Delta's jars, and make later starts faster.

    Makes a small release of artificial case records in a scratch folder and keeps an archive of the Java classes it
    loaded. Optional; it can be repeated at any time.
    """
    import tempfile

    from ctdc_spark.class_archive import record_classes
    from ctdc_spark.session import require_java

    click.echo("preparing this machine: jars and an archive of Java classes (about a minute) ...", err=True)
    with tempfile.TemporaryDirectory() as scratch:
        path = record_classes(require_java(), ["demo", f"{scratch}/demo", "--records", "1000"])
    click.echo(f"done: {path}", err=True)


@cli.command(short_help="Make a release of artificial case records.")
@click.argument("folder")
@click.option("--records", default=20_000, show_default=True, help="Number of artificial case records.")
@spark_options
def demo(folder: str, records: int, *, master: str, attach: bool) -> None:
    """Make artificial case records in FOLDER and a whole release of them."""
    from ctdc_spark.demo.release import prepare_demo

    click.echo("making artificial case records ...", err=True)
    spark = open_session(master, attach=attach)
    settings_path = prepare_demo(spark, folder, records)
    run_release(read_settings(settings_path, None), force=True, master=master, attach=True, always_summarize=True)
