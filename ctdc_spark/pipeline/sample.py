"""Further records from the trained model of a release, which lies in the sensitive place, without the case records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.reported_counts import number_attributes
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files
from ctdc_spark.release import contracts
from ctdc_spark.release.export import write_file
from ctdc_spark.release.ledger import published_settings
from ctdc_spark.release.microdata import decode_records
from ctdc_spark.release.reading import choose_release
from ctdc_spark.release.table_location import open_location
from ctdc_spark.storage.model_binding import require_bound
from ctdc_spark.storage.workspace import RESTRICTED
from ctdc_spark.synthesis.calibrated.model import MODEL, collect_model, sample_model
from ctdc_spark.synthesis.task import frame_records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FORMATS = ("csv", "tsv", "parquet")


@dataclass(frozen=True)
class Resampling:
    """What is asked for.

    Attributes:
        place: folder or schema of published tables.
        release_id: None for the latest complete release.
        model: folder of the release in the sensitive place, or a copy of its table `trained_model`.
        records: how many records; None: as many as the release has.
        seed: another seed, other records.
        plain: leave texts as they are that a spreadsheet would take for formulas.
    """

    place: str
    release_id: str | None
    model: str
    records: int | None
    seed: int
    plain: bool = False


@dataclass(frozen=True)
class _Resolution:
    threshold: int
    precision: int


def resample(spark: SparkSession, asked: Resampling, target: str) -> int:
    """Write records drawn anew from a trained model into one file, with the columns of the release.

    Returns:
        How many records were written.

    Raises:
        DataError: no such release or model, or the model is not the one that was proven with the release.
        SettingsError: the target is not a new local file of a known format.
    """
    path = _target_file(target)
    files.require_no_credentials(asked.model, "model")
    source = open_location(spark, asked.place)
    release_id = choose_release(spark, source, asked.place, asked.release_id)

    def rows(table: str) -> DataFrame:
        return source.read(spark, table).where(F.col("release_id") == release_id)

    ledger = rows(contracts.RELEASES.name).collect()[0]
    settings = published_settings(ledger["settings"])
    resolution = _Resolution(ledger["reporting_threshold"], ledger["reporting_precision"])
    reported = rows(contracts.AGGREGATE_COUNTS.name).select("combination", "protected_count")
    subjects = ledger["protected_number_of_subjects"]
    dictionary = number_attributes(reported, subjects, settings["use_columns"])
    folder = _model_folder(asked.model)
    with explained_failures(files.hide_credentials(asked.model), "model"):
        model = collect_model(spark.read.schema(MODEL).parquet(folder))
        require_bound((row.asDict() for row in model), folder, ledger.asDict())
        made = sample_model(
            model,
            reported,
            dictionary,
            resolution,
            records=asked.records or ledger["number_of_synthetic_records"],
            seed=asked.seed,
        )
    delimiters = settings["multi_value_columns"]
    written = decode_records(frame_records(spark, made), dictionary, delimiters, f"{release_id} {asked.seed}")
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = written.repartition(1).sortWithinPartitions("record_id")
    write_file(ordered, path, path.suffix.lstrip("."), plain=asked.plain)
    return int(made.weights.sum())


def _model_folder(path: str) -> str:
    return path if path.rstrip("/").endswith("trained_model") else files.join(path, RESTRICTED, "trained_model")


def _target_file(target: str) -> Path:
    path = files.local_path(target)
    if path is None or path.suffix.lstrip(".") not in FORMATS:
        raise SettingsError(
            f"output: found {target}; allowed: a local file that ends in .csv, .tsv or .parquet", parameters=["output"]
        )
    if path.exists():
        raise SettingsError(f"output: {target} exists already; choose another name or remove it", parameters=["output"])
    return path
