"""Further records from the trained model of a release, which lies in the sensitive place, without the case records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ctdc_spark.cases.reported_counts import number_attributes
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import SettingsError
from ctdc_spark.io import files
from ctdc_spark.release import contracts
from ctdc_spark.release.ledger import published_settings, read_row
from ctdc_spark.release.microdata import decode_records
from ctdc_spark.release.plain_files import write_file
from ctdc_spark.release.reading import release_tables
from ctdc_spark.storage.model_binding import require_bound
from ctdc_spark.storage.workspace import RESTRICTED
from ctdc_spark.synthesis.calibrated.model import MODEL, collect_model, sample_model
from ctdc_spark.synthesis.task import frame_records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.table_location import TableLocation

FORMATS = ("csv", "tsv", "parquet")


@dataclass(frozen=True)
class Drawing:
    """What is requested.

    Attributes:
        model: folder of the release in the sensitive place, or a copy of its table `trained_model`.
        records: how many records; None: as many as the release has.
        seed: different seeds give different records.
    """

    model: str
    records: int | None
    seed: int

    def __post_init__(self) -> None:
        """Refuse an address with credentials and numbers out of bounds, before anything is read."""
        files.require_no_credentials(self.model, "model")
        for name, least in (("records", 1), ("seed", 0)):
            number = getattr(self, name)
            if number is not None and number < least:
                raise SettingsError(f"{name}: found {number}; allowed: {least} or more", parameters=[name])


@dataclass(frozen=True)
class DrawnRecords:
    """Records drawn from a model.

    Attributes:
        frame: record_id, and the columns of the release.
        number: how many there are.
    """

    frame: DataFrame
    number: int


@dataclass(frozen=True)
class _Resolution:
    threshold: int
    precision: int


def draw_records(spark: SparkSession, place: TableLocation, release_id: str, drawing: Drawing) -> DrawnRecords:
    """Draw further records from the trained model of a complete release.

    Raises:
        DataError: there is no such model, or it is not the one that was proven with the release.
    """
    tables = release_tables(spark, place, release_id)
    ledger = read_row(spark, place, release_id)
    settings = published_settings(ledger["settings"])
    resolution = _Resolution(ledger["reporting_threshold"], ledger["reporting_precision"])
    reported = tables[contracts.AGGREGATE_COUNTS.name].select("combination", "protected_count")
    subjects = ledger["protected_number_of_subjects"]
    dictionary, counts = number_attributes(reported, subjects, settings["use_columns"])
    folder = _model_folder(drawing.model)
    with explained_failures(files.hide_credentials(drawing.model), "model"):
        model = collect_model(spark.read.schema(MODEL).parquet(folder))
        require_bound((row.asDict() for row in model), folder, ledger)
        made = sample_model(
            model,
            reported,
            (dictionary, counts),
            resolution,
            records=drawing.records or ledger["number_of_synthetic_records"],
            seed=drawing.seed,
        )
    delimiters = settings["multi_value_columns"]
    frame = decode_records(frame_records(spark, made), dictionary, delimiters, f"{release_id} {drawing.seed}")
    return DrawnRecords(frame, int(made.weights.sum()))


def write_records(drawn: DrawnRecords, path: Path, *, plain: bool) -> None:
    """Write records into one file, in the format that its name ends with.

    Args:
        drawn: the records.
        path: from `require_new_file`.
        plain: leave unchanged the texts that a spreadsheet would take for formulas.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = drawn.frame.repartition(1).sortWithinPartitions("record_id")
    write_file(ordered, path, path.suffix.lstrip("."), plain=plain)


def require_new_file(output: str) -> Path:
    """The path of a file that is not there yet.

    Raises:
        SettingsError: it is not a new local file of a known format.
    """
    path = files.local_path(output)
    if path is None or path.suffix.lstrip(".") not in FORMATS:
        raise SettingsError(
            f"output: found {output}; allowed: a local file that ends in .csv, .tsv or .parquet", parameters=["output"]
        )
    if path.exists():
        raise SettingsError(f"output: {output} exists already; choose another name or remove it", parameters=["output"])
    return path


def _model_folder(path: str) -> str:
    return path if path.rstrip("/").endswith("trained_model") else files.join(path, RESTRICTED, "trained_model")
