"""Plain files from a published release, for people without Delta; the peer's formats among them."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark import files
from ctdc_spark.cases.opened import quote_name
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.release.contracts import (
    AGGREGATE_COUNTS,
    CODEBOOK,
    EVALUATION_METRICS,
    RELEASES,
    SYNTHETIC_MICRODATA,
)
from ctdc_spark.release.place import Place

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

EXPORTED = (SYNTHETIC_MICRODATA, AGGREGATE_COUNTS.name, EVALUATION_METRICS.name, CODEBOOK.name)

DELIMITERS = {"csv": ",", "tsv": "\t", "sds": "\t"}


def export_release(
    spark: SparkSession,
    place: str,
    release_id: str | None,
    target: str,
    *,
    file_format: str,
    prefix: str = "release",
) -> list[str]:
    """Write the tables of one release as single files.

    Args:
        spark: the session.
        place: folder of the published tables, or `schema` or `catalog.schema`.
        release_id: None for the latest complete one.
        target: local folder to write into.
        file_format: csv, tsv, parquet, or sds: `<prefix>_synthetic_microdata.tsv` and
            `<prefix>_reportable_aggregates.tsv`.
        prefix: beginning of the sds file names.

    Returns:
        The paths of the files written.

    Raises:
        DataError: no complete release (of this id) lies in `place`.
        SettingsError: `target` is not an empty local folder.
    """
    source = open_place(spark, place)
    chosen = choose_release(spark, source, place, release_id)
    folder = _target_folder(target)
    rows = {t: source.read(spark, t).where(F.col("release_id") == chosen).drop("release_id") for t in EXPORTED}
    rows[CODEBOOK.name] = rows[CODEBOOK.name].orderBy("column", F.col("value").asc_nulls_last())
    ledger = source.read(spark, RELEASES.name).where(F.col("release_id") == chosen).collect()[0]
    # the table may have more columns: those of other releases
    columns = [quote_name(name) for name in json.loads(ledger["settings"])["use_columns"]]
    rows[SYNTHETIC_MICRODATA] = rows[SYNTHETIC_MICRODATA].select("record_id", *columns)
    if file_format == "sds":
        tables = _sds_tables(rows, ledger["protected_number_of_subjects"], prefix)
    else:
        rows[AGGREGATE_COUNTS.name] = _flat_aggregates(rows[AGGREGATE_COUNTS.name], file_format)
        tables = {f"{name}.{file_format}": frame for name, frame in rows.items()}
    return [write_file(frame, folder / name, file_format) for name, frame in tables.items()]


def open_place(spark: SparkSession, place: str) -> Place:
    """The folder or schema of published tables that `--release` names.

    Raises:
        DataError: there is no release.
    """
    by_folder = Place(output_dir=place)
    looks_like_schema = "/" not in place and not Path(place).exists()
    source = Place(None, place) if looks_like_schema else by_folder
    if not source.exists(spark, RELEASES.name):
        raise DataError(f"--release: {place} holds no published release (no table {RELEASES.name} in it)")
    return source


def choose_release(spark: SparkSession, source: Place, place: str, release_id: str | None) -> str:
    """The release that was asked for, or the latest complete one.

    Raises:
        DataError: it is not there.
    """
    ledger = (
        source.read(spark, RELEASES.name).select("release_id", "published_at").orderBy(F.desc("published_at")).collect()
    )
    known = [row["release_id"] for row in ledger]
    if not known or (release_id is not None and release_id not in known):
        raise DataError(
            f"--release-id: found {release_id or 'none'}; complete releases in {place}: {', '.join(known) or 'none'}"
        )
    return release_id or str(known[0])


def _target_folder(target: str) -> Path:
    folder = files.local_path(target)
    if folder is None:
        raise SettingsError(f"--to: {target} is not a local folder; export to a local folder and copy it from there")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError(f"--to: {target} exists and is not an empty folder; choose another one")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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


def write_file(frame: DataFrame, path: Path, file_format: str) -> str:
    """One file, written beside its place first, so that a half-written one is never taken for whole."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as scratch:
        parts = Path(scratch) / "parts"
        writer = frame.coalesce(1).write
        if file_format == "parquet":
            writer.parquet(str(parts))
        else:
            writer.option("header", "true").option("sep", DELIMITERS[file_format]).option("emptyValue", "").option(
                "escape", '"'
            ).csv(str(parts))
        written = [part for part in parts.iterdir() if part.name.startswith("part-")]
        shutil.move(written[0], path)
    return str(path)
