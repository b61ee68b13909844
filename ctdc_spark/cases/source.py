"""Read the sensitive records as text columns, and check them before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F

from ctdc_spark.cases.checks import CasesSummary, check_records, evaluate_records, list_measures
from ctdc_spark.cases.columns import ChosenColumns, choose_columns
from ctdc_spark.cases.delimited import open_delimited
from ctdc_spark.cases.extra_rows import EXTRA
from ctdc_spark.cases.location import guess_format
from ctdc_spark.cases.opened import OpenedData
from ctdc_spark.cases.row_marks import BLOCK, FILE_PATH, POSITION
from ctdc_spark.cases.spreadsheet import open_xlsx
from ctdc_spark.cases.structured import open_delta, open_parquet, open_table
from ctdc_spark.cases.unicode_form import TextKernel, is_normalized, normalize_texts
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.engine.reading_settings import require_usual_reading
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings


def load_cases(spark: SparkSession, settings: Settings) -> tuple[DataFrame, CasesSummary]:
    """Read the records and check all of them.

    Args:
        spark: any session, also of Spark Connect.
        settings: where the records are, how they are written and how they are used.

    Returns:
        The frame of `read_cases`, and what the check found.

    Raises:
        DataError: the data cannot be read or used; the message says everything that was found, and no value.

    Example:
        >>> cases, summary = load_cases(spark, settings)  # doctest: +SKIP
        >>> summary.columns  # doctest: +SKIP
        ('gender', 'ageBroad')
    """
    return load_opened(open_cases(spark, settings), settings)


def load_opened(opened: OpenedData, settings: Settings) -> tuple[DataFrame, CasesSummary]:
    """The same for records that are opened already."""
    chosen = choose_columns(opened, settings)
    summary = check_records(opened, chosen, settings)
    return _select_cases(opened, chosen, settings), summary


@dataclass(frozen=True)
class ObservedCases:
    """Cases that are checked while they are read for another purpose.

    Attributes:
        frame: the frame of `read_cases`.
        checked: a context; the action that reads all of `frame` belongs inside, and leaving it raises what
            `load_cases` raises.
        summary: what the check found; to be called when that context was left.
    """

    frame: DataFrame
    checked: Callable[[], AbstractContextManager[None]]
    summary: Callable[[], CasesSummary]


def load_cases_once(spark: SparkSession, settings: Settings) -> ObservedCases:
    """Read the records so that they can be checked in the pass that uses them.

    Where the preparation has to look at the records beforehand, to learn bins or rare values, they are checked here.

    Raises:
        DataError: as `load_cases`.
    """
    opened = open_cases(spark, settings)
    chosen = choose_columns(opened, settings)
    if is_looked_at_before(settings):
        summary = check_records(opened, chosen, settings)
        return ObservedCases(_select_cases(opened, chosen, settings), nullcontext, lambda: summary)
    found: list[CasesSummary] = []
    observation = Observation()
    observed = opened.frame.observe(observation, *list_measures(opened, chosen))

    @contextmanager
    def checked() -> Iterator[None]:
        with explained_failures(opened.place):
            yield
        found.append(evaluate_records(observation.get, opened, chosen, settings))

    return ObservedCases(_select_cases(replace(opened, frame=observed), chosen, settings), checked, lambda: found[-1])


def is_looked_at_before(settings: Settings) -> bool:
    """Whether the records are looked at before the pass that prepares them: for bins, rare values or the first ones."""
    return bool(settings.bins or settings.group_rare_values or settings.record_limit >= 0)


def read_cases(spark: SparkSession, settings: Settings) -> DataFrame:
    """Read the records without looking at each.

    Returns:
        One string column for each of `use_columns`, or of the data's columns but `subject_id`, and then
        `subject_id` if there is one; values without white space around them, null or "" where there is none.
        With `record_limit` the first records: as they stand in files taken in the order of their addresses; a
        table has no order, so there a choice that depends on the records' content only. Neither depends on
        how Spark divides the data.

    Raises:
        DataError: the data cannot be found or opened, or a column cannot be used.
    """
    opened = open_cases(spark, settings)
    return _select_cases(opened, choose_columns(opened, settings), settings)


def open_cases(spark: SparkSession, settings: Settings) -> OpenedData:
    """Open the input by its format.

    Raises:
        DataError: there is nothing to read.
        SparkSetupError: the session would read other values than usual.
    """
    require_usual_reading(spark)
    if settings.sensitive_microdata_table is not None:
        _refuse_drop_rows(settings, "a table")
        return open_table(spark, settings)
    kind = settings.sensitive_microdata_format or guess_format(str(settings.sensitive_microdata_path))
    if kind not in ("csv", "xlsx"):
        _refuse_drop_rows(settings, kind)
    openers = {"csv": open_delimited, "parquet": open_parquet, "delta": open_delta, "xlsx": open_xlsx}
    return openers[kind](spark, settings)


def _refuse_drop_rows(settings: Settings, found: str) -> None:
    if settings.drop_rows:
        raise DataError(f"drop_rows: found with {found}; allowed: with csv files. Leave such rows out beforehand")


def _select_cases(opened: OpenedData, chosen: ChosenColumns, settings: Settings) -> DataFrame:
    columns, names = [f"c{i}" for i in chosen.all], [opened.names[i] for i in chosen.all]
    if settings.record_limit >= 0:
        order = [F.col(mark) for mark in (FILE_PATH, BLOCK, POSITION)] if opened.ordered else [F.xxhash64(*columns)]
        first = opened.records.orderBy(*order).limit(settings.record_limit)
        return normalize_texts(first.select(*columns), settings).toDF(*names)
    # named by position on the way through the kernel, so that any name will do
    marked = opened.encoding is not None
    kernel = TextKernel(is_normalized(settings), marked)
    texts = opened.frame.select(*columns, *([EXTRA] if marked else []))
    return texts.mapInArrow(kernel, ", ".join(f"{column} string" for column in columns)).toDF(*names)
