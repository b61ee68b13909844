"""Spark shell of the demo data: runs the kernel over blocks of records in parallel and writes files.

Everything made here says that it is artificial: the table in the metadata of its first column (which Parquet
files keep), the files in a note beside them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ctdc_spark.demo.model import GENERATOR_VERSION
from ctdc_spark.demo.profiles import BLOCK_ROWS, generate_block
from ctdc_spark.demo.schema import COLUMNS
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io import files

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

SMALLEST = 1_000
LARGEST = 10_000_000
LARGEST_SEED = 2**63 - 1
ONE_FILE_RECORDS = 1_000_000
"""Up to here a path with a file's ending becomes one file: a single task writes it in seconds."""

FORMATS = ("csv", "tsv", "parquet")
_DELIMITERS = {"csv": ",", "tsv": "\t"}
_NOTE_KEY = "ctdc_spark_demo"

_NOTE = """\
THESE CASE RECORDS ARE ARTIFICIAL.

They were made by a random generator, to try out software. They describe no person and are no statistics:
their shares, trends and routes are invented, whatever country or year they name. Do not quote figures from
them.

made by   ctdc-spark demo-data, generator version {generator_version}
records   {records}
seed      {seed}
columns   those of the CTDC global synthetic data set; an empty value means unknown
"""


def demo_cases(spark: SparkSession, records: int, seed: int = 0, partitions: int | None = None) -> DataFrame:
    """Make artificial case records.

    The same seed gives the same records in the same order, whatever the partitions, and the first records of
    a larger set are the smaller set.

    Args:
        spark: the session to run on.
        records: how many, 1,000 to 10,000,000.
        seed: which records, 0 to 2^63-1.
        partitions: how many tasks make them; None: the session's default.

    Returns:
        `records` rows of 27 string columns, those of `schema.COLUMNS`, without nulls: "" means unknown.

    Raises:
        SettingsError: an argument is out of bounds.

    Example:
        >>> demo_cases(spark, records=10_000, seed=0).count()  # doctest: +SKIP
        10000
    """
    from pyspark.sql import functions as sf

    _check_arguments(records, seed, partitions)

    def generate(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for block in batch.column(0).to_pylist():
                yield generate_block(block, min(BLOCK_ROWS, records - block * BLOCK_ROWS), seed)

    blocks = spark.range(0, -(-records // BLOCK_ROWS), 1, partitions)  # (id)
    cases = blocks.mapInArrow(generate, ", ".join(f"{name} string" for name in COLUMNS))
    note = {"artificial": True, "records": records, "seed": seed, "generator_version": GENERATOR_VERSION}
    first, *others = COLUMNS
    return cases.select(sf.col(first).alias(first, metadata={_NOTE_KEY: note}), *others)


def write_demo_cases(cases: DataFrame, path: str, file_format: str) -> None:
    """Write what `demo_cases` made, with a header and a note that it is artificial.

    A local path that ends in .csv, .tsv or .parquet becomes one file of that name, with `<name>.README.txt`
    beside it, if there are at most 1,000,000 records. Any other path becomes a folder of part files with
    `_README.txt` in it: readers of folders, Spark among them, skip names that begin with an underscore.

    Args:
        cases: the table from `demo_cases`, unchanged.
        path: a local path or an address on a Hadoop file system.
        file_format: "csv", "tsv" or "parquet"; the ending of `path`, if it is one of these, must be the same.

    Raises:
        SettingsError: the path exists, or the format is unknown or not that of the path's ending.
        DataError: the table is not from `demo_cases`, or the place cannot be written.
    """
    note = _read_note(cases)
    ending = _check_target(path, file_format)
    local = files.local_path(path)
    if local is not None:
        _make_folder(local.parent)
    if local is not None and ending and note["records"] <= ONE_FILE_RECORDS:
        _write_file(cases, path, file_format)
        files.write_text(f"{path}.README.txt", _NOTE.format(**note))
    else:
        _write_parts(cases, _address(path), file_format)
        if local is not None and not local.is_dir():
            raise _lost(path)
        files.write_text(files.join(path, "_README.txt"), _NOTE.format(**note))


def _check_arguments(records: int, seed: int, partitions: int | None) -> None:
    problems = []
    if not SMALLEST <= records <= LARGEST:
        problems.append(f"records: found {records}; allowed: {SMALLEST:,} to {LARGEST:,} demo records")
    if not 0 <= seed <= LARGEST_SEED:
        problems.append(f"seed: found {seed}; allowed: a whole number from 0 to 2^63-1")
    if partitions is not None and partitions < 1:
        problems.append(f"partitions: found {partitions}; allowed: 1 or more; leave it out for the default")
    if problems:
        raise SettingsError(problems)


def _read_note(cases: DataFrame) -> dict[str, Any]:
    note = cases.schema.fields[0].metadata.get(_NOTE_KEY)
    if cases.columns != list(COLUMNS) or not isinstance(note, dict):
        raise DataError(
            "demo data: found a table that `demo_cases` did not make; allowed: its result, unchanged and labelled as "
            "artificial"
        )
    return note


def _check_target(path: str, file_format: str) -> str | None:
    """Return the file ending of the path, if it is one of the formats, or raise."""
    files.require_no_credentials(path, "path")
    if file_format not in FORMATS:
        raise SettingsError(f"format: found {file_format!r}; allowed: {', '.join(FORMATS)}")
    ending = path.rstrip("/").rpartition(".")[2].lower()
    if ending in FORMATS and ending != file_format:
        raise SettingsError(
            f"format: found {file_format!r} for {files.hide_credentials(path)}, whose ending says {ending}; "
            "make the two agree"
        )
    if files.exists(path):
        raise SettingsError(
            f"path: found {files.hide_credentials(path)}, which exists already; allowed: a new path, because demo data "
            "never replace anything"
        )
    return ending if ending in FORMATS and not path.endswith("/") else None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {folder}: {error.strerror}; choose another path") from None


def _address(path: str) -> str:
    """The path for Spark, which may run in another working directory: a plain path is made absolute."""
    local = files.local_path(path)
    return str(local.absolute()) if local is not None and local == Path(path) else path


def _write_file(cases: DataFrame, path: str, file_format: str) -> None:
    """Let Spark write one part into a folder beside the file, then move the part to its name."""
    folder, _, name = _address(path).rpartition("/")
    staging = f"{folder}/.{name}.{uuid4().hex}"
    staged, target = files.local_path(staging), files.local_path(path)
    assert staged is not None
    assert target is not None
    try:
        _write_parts(cases.coalesce(1), staging, file_format)
        parts = list(staged.glob("part-*"))
        if len(parts) != 1:
            raise _lost(path)
        parts[0].replace(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _lost(path: str) -> DataError:
    return DataError(
        f"{path}: found nothing there after Spark wrote it: its workers and this process do not share that file "
        "system; allowed: a place that both see, by its whole address, such as hdfs:///data/demo"
    )


def _write_parts(cases: DataFrame, address: str, file_format: str) -> None:
    writer = cases.write.mode("error")
    if file_format == "parquet":
        writer.parquet(address)
    else:
        # Spark would write "" with its quotes; `extension` (Spark 4) names the part files as their content is
        writer.options(
            sep=_DELIMITERS[file_format], header=True, emptyValue="", encoding="utf-8", extension=file_format
        ).csv(address)
