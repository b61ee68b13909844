"""Plain files from a published release, for people without Delta, including the peer's format."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files
from ctdc_spark.io.formulas import quote_formulas
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    CODEBOOK,
    RELEASES,
    SYNTHETIC_MICRODATA,
    TABLES,
)
from ctdc_spark.release.ledger import read_row
from ctdc_spark.release.names import is_release_name
from ctdc_spark.release.reading import lacks, read_table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.table_location import TableLocation

EXPORTED = tuple(table for table in TABLES if table != RELEASES.name)

DELIMITERS = {"csv": ",", "tsv": "\t", "sds": "\t"}

FORMATS = ("csv", "tsv", "parquet", "sds")


def export_release(
    spark: SparkSession,
    place: TableLocation,
    release_id: str,
    folder: str,
    *,
    file_format: str,
    prefix: str = "release",
    plain: bool = False,
) -> list[str]:
    """Write the tables of one release as single files.

    Args:
        spark: the session.
        place: where the tables lie.
        release_id: of a complete release.
        folder: local folder to write into.
        file_format: csv, tsv, parquet, or sds: `<prefix>_synthetic_microdata.tsv` and
            `<prefix>_reportable_aggregates.tsv`.
        prefix: start of the sds file names.
        plain: leave unchanged the texts that a spreadsheet would take for formulas.

    Returns:
        The paths of the files written.

    Raises:
        SettingsError: `folder` is not an empty local folder, `prefix` cannot begin a file name, or the format is
            unknown.
    """
    if file_format not in FORMATS:
        raise SettingsError(f"format: found {file_format}; allowed: {', '.join(FORMATS)}", parameters=["format"])
    if not is_release_name(prefix):
        raise SettingsError(
            "prefix: found another form; allowed: letters, digits, ., - and _, the first a letter or digit",
            parameters=["prefix"],
        )
    ledger = read_row(spark, place, release_id)
    target = _target_folder(folder)
    present = [table for table in EXPORTED if not lacks(spark, place, table)]
    rows = {t: read_table(spark, place, t, release_id).drop("release_id") for t in present}
    rows[CODEBOOK.name] = rows[CODEBOOK.name].orderBy("column", F.col("value").asc_nulls_last())
    if file_format == "sds":
        tables = _sds_tables(rows, ledger["protected_number_of_subjects"], prefix)
    else:
        rows[AGGREGATE_COUNTS.name] = _flat_aggregates(rows[AGGREGATE_COUNTS.name], file_format)
        tables = {f"{name}.{file_format}": frame for name, frame in rows.items()}
    return [write_file(frame, target / name, file_format, plain=plain) for name, frame in tables.items()]


def _target_folder(folder: str) -> Path:
    path = files.local_path(folder)
    if path is None:
        raise SettingsError(
            f"folder: {folder} is not a local folder; export to a local folder and copy it from there",
            parameters=["folder"],
        )
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SettingsError(
            f"folder: {folder} exists and is not an empty folder; choose another one", parameters=["folder"]
        )
    path.mkdir(parents=True, exist_ok=True)
    return path


def _flat_aggregates(rows: DataFrame, file_format: str) -> DataFrame:
    return rows if file_format == "parquet" else rows.drop("combination")


def _sds_tables(rows: dict[str, DataFrame], subjects: int, prefix: str) -> dict[str, DataFrame]:
    """The peer's two files: absent values empty; aggregates by length ascending and count descending."""
    pair = F.transform("combination", lambda c: F.concat(c["column"], F.lit(":"), c["value"]))
    counts = rows[AGGREGATE_COUNTS.name].select("length", F.concat_ws(";", pair).alias("selections"), "protected_count")
    first = counts.sparkSession.createDataFrame([(0, "record_count", subjects)], counts.schema)
    ordered = first.unionByName(counts).orderBy("length", F.desc("protected_count"), "selections").drop("length")
    return {
        f"{prefix}_synthetic_microdata.tsv": rows[SYNTHETIC_MICRODATA].drop("record_id"),
        f"{prefix}_reportable_aggregates.tsv": ordered,
    }


def write_file(frame: DataFrame, path: Path, file_format: str, *, plain: bool) -> str:
    """Write one file, beside its place first, so that a half-written one is never taken for whole.

    Args:
        frame: its rows.
        path: its place.
        file_format: one of DELIMITERS, or parquet.
        plain: leave unchanged the texts that a spreadsheet would take for formulas, as parquet does.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as scratch:
        parts = Path(scratch) / "parts"
        if file_format == "parquet":
            frame.coalesce(1).write.parquet(str(parts))
        else:
            cells = frame if plain else quote_formulas(frame)
            as_they_are = {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false", "emptyValue": ""}
            writer = cells.coalesce(1).write.options(**as_they_are)
            writer.csv(str(parts), header=True, sep=DELIMITERS[file_format], escape='"')
        written = [part for part in parts.iterdir() if part.name.startswith("part-")]
        shutil.move(written[0], path)
    return str(path)
