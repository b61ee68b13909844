"""Files of synthetic records and of counts that any tool wrote, or `ctdc-spark export`, opened to be verified."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.cases.guess import guess_input
from ctdc_spark.cases.pack import PackedCases, pack_cases
from ctdc_spark.cases.prepare import PreparedCases, prepare_cases
from ctdc_spark.cases.source import load_opened, open_cases
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.formulas import unquote_formulas, unquote_text
from ctdc_spark.verification.combination_text import COMBINATIONS, CombinationReader

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.opened import OpenedData
    from ctdc_spark.settings import Settings

SELECTIONS = "selections"
COUNT = "protected_count"
TEXT_COLUMNS = ("combination_text", SELECTIONS)
"""Names of the column that holds `column:value;column:value`: ours, and that of Synthetic Data Showcase."""

ALL_SUBJECTS = "record_count"
"""Stands in place of a combination in the first row of the aggregates of Synthetic Data Showcase."""


@dataclass(frozen=True)
class ExternalFiles:
    """Files to verify; None where a kind is missing.

    Attributes:
        microdata: synthetic records.
        aggregates: reported combinations.
        plain: no quote stands before what a spreadsheet would take for a formula.
    """

    microdata: str | None
    aggregates: str | None
    plain: bool = False

    def __post_init__(self) -> None:
        """Refuse addresses with credentials, before anything is read."""
        files.require_no_credentials(self.microdata or "", "microdata")
        files.require_no_credentials(self.aggregates or "", "aggregates")


def read_microdata_file(
    spark: SparkSession, given: ExternalFiles, settings: Settings, columns: tuple[str, ...]
) -> PackedCases:
    """Synthetic records with the input's columns, in their order; absent values and lists as the settings say.

    Raises:
        DataError: the file cannot be read, or lacks a column.
    """
    cases, as_input = _load_file(spark, str(given.microdata), settings, columns, plain=given.plain)
    prepared = prepare_cases(cases, as_input)
    place = {name: i for i, name in enumerate(prepared.columns)}
    multi_valued = frozenset(i for i, name in enumerate(columns) if place[name] in prepared.multi_valued)
    ordered = prepared.frame.select(*(F.col(f"c{place[name]}").alias(f"c{i}") for i, name in enumerate(columns)))
    return pack_cases(PreparedCases(ordered, columns, multi_valued))


def _load_file(
    spark: SparkSession, path: str, settings: Settings, columns: Sequence[str], *, plain: bool
) -> tuple[DataFrame, Settings]:
    """The columns of a file as text, and the settings with which it was read.

    The file is written in a way of its own, whatever the input's is.
    """
    guessed = guess_input(spark, path)
    as_file = settings.model_copy(update={**_PLAIN, **guessed, "use_columns": list(columns)})
    try:
        return _load(spark, as_file, plain=plain), as_file
    except DataError as error:
        if guessed.get("sensitive_microdata_encoding") != "utf-8":
            raise
        other = as_file.model_copy(update={"sensitive_microdata_encoding": "windows-1252"})
        with suppress(DataError):
            return _load(spark, other, plain=plain), other
        raise error from None


def _load(spark: SparkSession, as_file: Settings, *, plain: bool) -> DataFrame:
    opened = open_cases(spark, as_file)
    return load_opened(opened if plain or opened.encoding is None else _unquote(opened), as_file)[0]


def _unquote(opened: OpenedData) -> OpenedData:
    """The texts and names of a delimited file whose cells are quoted where they would be formulas."""
    cells = {f"c{i}": unquote_formulas(F.col(f"c{i}")) for i in range(len(opened.names))}
    return replace(opened, names=tuple(map(unquote_text, opened.names)), frame=opened.frame.withColumns(cells))


_PLAIN: dict[str, Any] = {
    "sensitive_microdata_table": None,
    "sensitive_microdata_format": None,
    "sensitive_microdata_delimiter": None,
    "sensitive_microdata_encoding": "utf-8",
    "sensitive_microdata_header_line": None,
    "sensitive_microdata_sheet": None,
    "sensitive_microdata_escape": None,
    "drop_rows": None,
    "extra_rows": "keep",
    "subject_id": None,
    "record_limit": -1,
    "bins": {},
    "group_rare_values": {},
}
"""Synthetic records are binned and grouped already, and one row each, also where they hold nothing."""

_OF_THE_CASES: dict[str, Any] = {
    "multi_value_columns": {},
    "sensitive_zeros": [],
    "column_missing_values": {},
    "column_groups": {},
    "column_labels": {},
    "value_labels": {},
    "sensitive_columns": [],
    "domain": {},
    "into_existing": None,
    "decimal_commas": None,
    "thousands_separators": None,
}
"""What is said of the columns of the cases means nothing in a file of counts."""


def read_aggregates_file(
    spark: SparkSession, given: ExternalFiles, settings: Settings, known: Collection[tuple[str, str]]
) -> DataFrame:
    """Reported combinations from a delimited file with a header.

    Args:
        spark: the session.
        given: names the file.
        settings: of the release.
        known: the attributes that may be reported, as (column, value).

    Returns:
        COMBINATIONS.

    Raises:
        DataError: it is not there, has no such columns, or rows that cannot be read.
    """
    path = str(given.aggregates)
    place = files.hide_credentials(path)
    if not files.exists(path):
        raise DataError(f"aggregates: {place}: there is no such file", parameters=["aggregates"])
    of_counts = settings.model_copy(update=_OF_THE_CASES)
    names = open_cases(spark, of_counts.model_copy(update={**_PLAIN, **guess_input(spark, path)})).names
    text = next((name for name in TEXT_COLUMNS if name in names), None)
    if text is None or COUNT not in names:
        raise DataError(
            f"aggregates: {place} needs the columns {COUNT} and one of {', '.join(TEXT_COLUMNS)}; found {len(names)} "
            "others",
            parameters=["aggregates"],
        )
    cells, _ = _load_file(spark, path, of_counts, [text, COUNT], plain=given.plain)
    rows = cells.where(~F.col(text).eqNullSafe(ALL_SUBJECTS) & (F.concat_ws("", text, COUNT) != ""))
    reader = CombinationReader(known if text == SELECTIONS else None)
    counts = rows.select(text, F.expr(f"try_cast({COUNT} as bigint)").alias(COUNT)).mapInArrow(reader, COMBINATIONS)
    unreadable = counts.where(F.col("combination").isNull() | F.col(COUNT).isNull()).count()
    if unreadable:
        raise DataError(
            f"aggregates: {place} has {unreadable:,} rows whose combination or {COUNT} cannot be read, or can be read "
            "in several ways; export it as csv, in which columns and values are told apart",
            parameters=["aggregates"],
        )
    return counts
