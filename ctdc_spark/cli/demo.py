"""Commands about artificial case records: `demo-data` and `demo`."""

from __future__ import annotations

import click

from ctdc_spark.cli.options import open_session, read_settings, spark_options
from ctdc_spark.cli.printing import report
from ctdc_spark.cli.run import run_release


@click.command("demo-data", short_help="Write artificial case records; they describe nobody.")
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
    report(f"{records:,} artificial case records in {path}", err=True)


@click.command(short_help="Make a release of artificial case records.")
@click.argument("folder")
@click.option("--records", default=20_000, show_default=True, help="Number of artificial case records.")
@spark_options
def demo(folder: str, records: int, *, master: str, attach: bool) -> None:
    """Make artificial case records in FOLDER and a whole release of them."""
    report("making artificial case records ...", err=True)
    spark = open_session(master, attach=attach)
    from ctdc_spark.demo.release import prepare_demo

    settings_path = prepare_demo(spark, folder, records)
    run_release(read_settings(settings_path, None), force=True, master=master, attach=True, always_summarize=True)
