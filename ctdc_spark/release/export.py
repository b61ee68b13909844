"""Plain files from a published release, for people without Delta: tables, the peer's format, a publication package."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    CODEBOOK,
    COMBINATION,
    RELEASES,
    SYNTHETIC_MICRODATA,
    TABLES,
)
from ctdc_spark.release.ledger import read_row
from ctdc_spark.release.names import is_release_name
from ctdc_spark.release.package.about import read_about
from ctdc_spark.release.package.folder import write_documents_of, zip_folder
from ctdc_spark.release.package.json_stat import LONGEST, write_json_stat
from ctdc_spark.release.package.tables import DATA
from ctdc_spark.release.plain_files import write_file
from ctdc_spark.release.reading import lacks, read_table
from ctdc_spark.release.rows import read_published
from ctdc_spark.release.small_rows import collect_small_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.small_rows import SmallRows
    from ctdc_spark.release.table_location import TableLocation

EXPORTED = tuple(table for table in TABLES if table != RELEASES.name)

FORMATS = ("csv", "tsv", "parquet", "sds", "json-stat", "package")


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
        folder: local folder to write into; a package may also be a new file that ends in .zip.
        file_format: csv, tsv, parquet, sds (`<prefix>_synthetic_microdata.tsv` and
            `<prefix>_reportable_aggregates.tsv`), json-stat: counts.json, or package: tables, texts and metadata.
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
    if file_format in ("package", "json-stat") and plain:
        raise SettingsError(
            f"plain: found with format {file_format}; allowed: with csv, tsv and sds. Parquet and JSON are plain",
            parameters=["plain"],
        )
    if not is_release_name(prefix):
        raise SettingsError(
            "prefix: found another form; allowed: letters, digits, ., - and _, the first a letter or digit",
            parameters=["prefix"],
        )
    ledger = read_row(spark, place, release_id)
    target = _find_target(folder, file_format)
    present = [table for table in EXPORTED if not lacks(spark, place, table)]
    rows = {t: read_table(spark, place, t, release_id).drop("release_id") for t in present}

    def collect() -> SmallRows:
        return collect_small_rows({t: read_published(spark, place, t, release_id) for t in (*present, RELEASES.name)})

    if file_format == "package":
        with _new_package(target, release_id) as root:
            _write_package(root, rows)
            write_documents_of(root, collect())
        return [str(target)] if target.is_file() else [str(one) for one in sorted(target.rglob("*")) if one.is_file()]
    target.mkdir(parents=True, exist_ok=True)
    if file_format == "json-stat":
        return [_write_json_stat(target / "counts.json", rows[AGGREGATE_COUNTS.name], collect())]
    rows[CODEBOOK.name] = rows[CODEBOOK.name].orderBy("column", F.col("value").asc_nulls_last())
    if file_format == "sds":
        tables = _sds_tables(rows, ledger["protected_number_of_subjects"], prefix)
    else:
        if file_format != "parquet":
            rows[AGGREGATE_COUNTS.name] = _flat_rows(rows[AGGREGATE_COUNTS.name])
        tables = {f"{name}.{file_format}": frame for name, frame in rows.items()}
    return [write_file(frame, target / name, file_format, plain=plain) for name, frame in tables.items()]


def _write_json_stat(path: Path, counts: DataFrame, small: SmallRows) -> str:
    """The counts of columns and of pairs of columns, which are few enough for this process."""
    short = counts.where(F.col("length") <= LONGEST).select("combination", "protected_count")
    rows = [row.asDict(recursive=True) for row in short.collect()]
    path.write_text(write_json_stat(read_about(small.ledger[0]), rows, small.codebook), encoding="utf-8")
    return str(path)


def _find_target(folder: str, file_format: str) -> Path:
    path = files.local_path(folder)
    if path is None:
        raise SettingsError(
            f"folder: {folder} is not a local folder; export to a local folder and copy it from there",
            parameters=["folder"],
        )
    if file_format == "package" and path.suffix.lower() == ".zip":
        if path.exists():
            raise SettingsError(f"folder: {folder} exists; choose a new file", parameters=["folder"])
        return path
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise SettingsError(
            f"folder: {folder} exists and is not an empty folder; choose another one", parameters=["folder"]
        )
    return path


@contextmanager
def _new_package(target: Path, release_id: str) -> Iterator[Path]:
    """A folder to fill; it takes its place, or is zipped there, when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".writing-") as scratch:
        root = Path(scratch) / "package"
        (root / DATA).mkdir(parents=True)
        yield root
        if target.suffix.lower() == ".zip":
            zip_folder(root, Path(scratch) / target.name, release_id)
            root = Path(scratch) / target.name
        root.replace(target)


def _write_package(root: Path, rows: dict[str, DataFrame]) -> None:
    """Both files of each table, in the order of their rows, so that the same release gives the same bytes."""
    for name, frame in rows.items():
        flat = [quote_name(column) for column, kind in frame.dtypes if not kind.startswith("array")]
        ordered = frame.coalesce(1).sortWithinPartitions(*flat)
        write_file(ordered, root / DATA / f"{name}.parquet", "parquet", plain=False)
        write_file(_flat_rows(ordered), root / DATA / f"{name}.csv", "csv", plain=False)


def _flat_rows(rows: DataFrame) -> DataFrame:
    """The rows without what has no place in a delimited file: counts name their combination as text, too."""
    return rows.drop("combination") if ("combination", COMBINATION) in rows.dtypes else rows


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
