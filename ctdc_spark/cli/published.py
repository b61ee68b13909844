"""Commands that read published tables alone: `compare`, `export` and `sample`."""

from __future__ import annotations

from typing import Any

import click

from ctdc_spark.cli.options import open_session, spark_options
from ctdc_spark.cli.printing import report

plain_option = click.option(
    "--plain",
    is_flag=True,
    help="Leave unchanged the cells that a spreadsheet would take for formulas: for programs.",
)


@click.command(short_help="Say what changed from one release to another.")
@click.argument("release_a")
@click.argument("release_b")
@click.option("--release", "place", required=True, metavar="DIR", help="Folder or schema of published tables.")
@spark_options
def compare(release_a: str, release_b: str, place: str, *, master: str, attach: bool) -> None:
    """Say what changed from RELEASE_A to RELEASE_B, and warn where their difference may concern few people.

    Both are ids of releases in the place that --release names.
    """
    from ctdc_spark.api.release import Release
    from ctdc_spark.release.table_location import open_location

    spark = open_session(master, attach=attach)
    report(Release(spark, open_location(spark, place), release_b).compare(release_a).describe())


@click.command(short_help="Write a published release as plain files.")
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
    type=click.Choice(["csv", "tsv", "parquet", "sds", "json-stat", "package"]),
    required=True,
    help="sds: the files of Synthetic Data Showcase; json-stat: counts for programs of statistics; package: all that a "
    "publication needs.",
)
@click.option(
    "--to",
    "folder",
    required=True,
    metavar="DIR",
    help="Folder to write into; must be empty or not exist yet. A package may also be a new file NAME.zip.",
)
@click.option("--prefix", default="release", show_default=True, help="Start of the names of the sds files.")
@plain_option
@spark_options
def export(
    place: str,
    release_id: str | None,
    file_format: str,
    folder: str,
    prefix: str,
    *,
    plain: bool,
    master: str,
    attach: bool,
) -> None:
    """Write a published release as files, for people without Delta.

    A package holds tables as CSV and Parquet, README, method, codebook, licence, citation, checksums, and metadata for
    catalogues: Frictionless, Croissant, schema.org, DCAT and DDI.
    """
    from ctdc_spark.api.release import open_release

    release = open_release(open_session(master, attach=attach), place, release_id)
    report("\n".join(release.export(folder, format=file_format, prefix=prefix, plain=plain)))


@click.command(short_help="Draw further records from the trained model of a release.")
@click.option("--release", "place", required=True, metavar="DIR", help="Folder or schema of published tables.")
@click.option("--release-id", metavar="ID", help="Which release; default: the latest complete one.")
@click.option(
    "--model",
    required=True,
    metavar="DIR",
    help="Folder of the release in the sensitive place; it holds trained_model.",
)
@click.option("--records", type=click.IntRange(min=1), help="How many; default: as many as the release has.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Different seeds give different records."
)
@click.option("-o", "--output", required=True, metavar="FILE", help="New file: .csv, .tsv or .parquet.")
@plain_option
@spark_options
def sample(output: str, place: str, release_id: str | None, *, master: str, attach: bool, **drawing: Any) -> None:
    """Draw further records from the trained model of a release, without the case records.

    The model lies in the sensitive place and is itself sensitive: only those who may read there can draw from it. The
    records keep the guarantee of the release: everything the model can draw was proven with it.
    """
    from ctdc_spark.api.release import open_release

    made = open_release(open_session(master, attach=attach), place, release_id).write_sample(output, **drawing)
    report(f"{made:,} records in {output}", err=True)
