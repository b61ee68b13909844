"""Files of synthetic records and of counts that any tool wrote, or `ctdc-spark export`, opened to be verified."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.cases.pack import PackedCases, pack_cases
from ctdc_spark.cases.prepare import PreparedCases, prepare_cases
from ctdc_spark.cases.source import load_opened, open_cases
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.formulas import unquote_formulas, unquote_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.cases.opened import OpenedData
    from ctdc_spark.settings import Settings

COMBINATIONS = "length int, combination array<struct<column: string, value: string>>, protected_count bigint"

TEXT_COLUMNS = ("combination_text", "selections")
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
    path = {"sensitive_microdata_path": given.microdata}
    as_input = settings.model_copy(update={**_PLAIN, **path, "use_columns": list(columns)})
    opened = open_cases(spark, as_input)
    cases = opened if given.plain or opened.encoding is None else _unquote(opened)
    prepared = prepare_cases(load_opened(cases, as_input)[0], as_input)
    place = {name: i for i, name in enumerate(prepared.columns)}
    multi_valued = frozenset(i for i, name in enumerate(columns) if place[name] in prepared.multi_valued)
    ordered = prepared.frame.select(*(F.col(f"c{place[name]}").alias(f"c{i}") for i, name in enumerate(columns)))
    return pack_cases(PreparedCases(ordered, columns, multi_valued))


def _unquote(opened: OpenedData) -> OpenedData:
    """The texts and names of a delimited file whose cells are quoted where they would be formulas."""
    cells = {f"c{i}": unquote_formulas(F.col(f"c{i}")) for i in range(len(opened.names))}
    return replace(opened, names=tuple(map(unquote_text, opened.names)), frame=opened.frame.withColumns(cells))


_PLAIN: dict[str, Any] = {
    "sensitive_microdata_table": None,
    "sensitive_microdata_format": None,
    "sensitive_microdata_delimiter": None,
    "subject_id": None,
    "record_limit": -1,
    "bins": {},
    "group_rare_values": {},
}
"""Synthetic records are binned and grouped already, and one row each."""


def read_aggregates_file(spark: SparkSession, given: ExternalFiles) -> DataFrame:
    """Reported combinations from a delimited file with a header.

    Returns:
        COMBINATIONS; null where a row's combination cannot be read.

    Raises:
        DataError: it is not there, or has no such columns.
    """
    path = str(given.aggregates)
    if not files.exists(path):
        raise DataError(f"aggregates: {files.hide_credentials(path)}: there is no such file", parameters=["aggregates"])
    delimiter = "\t" if path.lower().endswith((".tsv", ".tsv.gz")) else ","
    rows = (
        spark.read.option("header", "true")
        .option("sep", delimiter)
        .option("escape", '"')
        .option("multiLine", "true")
        .csv(path)
    )
    text = next((name for name in TEXT_COLUMNS if name in rows.columns), None)
    if text is None or "protected_count" not in rows.columns:
        raise DataError(
            f"aggregates: {files.hide_credentials(path)} needs the columns protected_count and one of "
            f"{', '.join(TEXT_COLUMNS)}; found {len(rows.columns)} others",
            parameters=["aggregates"],
        )
    cell = F.col(text) if given.plain else unquote_formulas(F.col(text))
    counts = rows.where(F.col(text) != ALL_SUBJECTS).select(cell, F.expr("try_cast(protected_count as bigint)"))
    return counts.mapInArrow(decode_combinations_text, COMBINATIONS)


def decode_combinations_text(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield COMBINATIONS from (text, protected_count)."""
    kind = pa.list_(pa.struct([("column", pa.string()), ("value", pa.string())]))
    for batch in batches:
        read = [split_combination(text) for text in batch.column(0).to_pylist()]
        lengths = pa.array([None if pairs is None else len(pairs) for pairs in read], pa.int32())
        structs = [None if pairs is None else [{"column": c, "value": v} for c, v in pairs] for pairs in read]
        yield pa.record_batch(
            [lengths, pa.array(structs, kind), batch.column(1)], names=["length", "combination", "protected_count"]
        )


def split_combination(text: str) -> list[tuple[str, str]] | None:
    r"""The attributes of `column:value;column:value`, with a backslash before non-separators; None: not readable.

    Example:
        >>> split_combination("sex:f;place:a\\;b:c")
        [('sex', 'f'), ('place', 'a;b:c')]
    """
    pairs = []
    for part in re.findall(r"(?:[^\\;]|\\.)+", text, re.DOTALL):
        found = re.fullmatch(r"((?:[^\\:]|\\.)+):(.*)", part, re.DOTALL)
        if found is None:
            return None
        column, value = (re.sub(r"\\(.)", r"\1", side, flags=re.DOTALL) for side in found.groups())
        pairs.append((column, value))
    return pairs
