"""A look at the records themselves: what would go wrong later, or silently, is refused here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.cases.encodings import REPLACEMENT
from ctdc_spark.cases.extra_rows import EXTRA, describe_rows, measure_rows, name_kinds
from ctdc_spark.cases.headers import name_file, suggest_encoding
from ctdc_spark.cases.opened import OpenedData, join_sql
from ctdc_spark.cases.row_marks import BROKEN_LINE, FILE_NAME, MISREAD, RAGGED, TRAILING
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import Column

    from ctdc_spark.cases.columns import ChosenColumns
    from ctdc_spark.settings import Settings

_MOST_FILES = 3


@dataclass(frozen=True)
class CasesSummary:
    """What is known about the records after a first look.

    Attributes:
        rows: number of records, at most `record_limit`; sensitive, so never shown.
        columns: the columns that are used, without the subject's.
        subject_id: the column that tells the subjects apart.
        remarks: what is odd about the input and was left out or kept, with numbers of lines; no values.
        left_out: the kinds of lines that were left out, without numbers; None: none.
    """

    rows: int = field(repr=False)
    columns: tuple[str, ...]
    subject_id: str | None
    remarks: tuple[str, ...] = ()
    left_out: str | None = None


def check_records(opened: OpenedData, chosen: ChosenColumns, settings: Settings) -> CasesSummary:
    """Look at all records in one pass (two where delimited files hold line breaks within quotes).

    Raises:
        DataError: all problems at once: no records, records of another length than the header, text that
            cannot be decoded, subjects without an id, quotes that are never closed, arrays whose parts hold
            the delimiter.
    """
    with explained_failures(opened.place):
        found = opened.frame.agg(*list_measures(opened, chosen)).collect()[0].asDict()
    return evaluate_records(found, opened, chosen, settings)


def evaluate_records(
    found: Mapping[str, Any], opened: OpenedData, chosen: ChosenColumns, settings: Settings
) -> CasesSummary:
    """Judge the records by the values of `list_measures` over all of them.

    Raises:
        DataError: as `check_records`.
    """
    with explained_failures(opened.place):
        problems = list(_find_problems(found, opened, chosen, settings))
        if found["broken"] and not found[RAGGED]:
            problems.extend(_find_unclosed_quotes(found["rows"], opened))
    if problems:
        raise DataError("\n".join(f"{opened.place}: {problem}" for problem in problems))
    rows = found["rows"] if settings.record_limit < 0 else min(found["rows"], settings.record_limit)
    remarks = (*opened.remarks, *describe_rows(found))
    columns = tuple(opened.names[i] for i in chosen.used)
    return CasesSummary(rows, columns, settings.subject_id, remarks, name_kinds(found))


def list_measures(opened: OpenedData, chosen: ChosenColumns) -> list[Column]:
    """What `evaluate_records` needs to know, as aggregates over the frame of the opened data."""
    is_record = F.lit(True) if opened.encoding is None else F.col(EXTRA).isNull()

    def count(condition: Column) -> Column:
        return F.count(F.when(is_record & condition, 1))

    measures = [count(F.lit(True)).alias("rows"), count(F.col(BROKEN_LINE)).alias("broken")]
    if opened.encoding is not None:
        files = F.collect_set(F.when(is_record & F.col(RAGGED), F.col(FILE_NAME)))
        measures += [
            count(F.col(RAGGED)).alias(RAGGED),
            F.slice(F.array_sort(files), 1, _MOST_FILES).alias("files"),
            *measure_rows([f"c{i}" for i in chosen.used]),
        ]
    if opened.trailing:
        measures.append(count(F.col(TRAILING)).alias(TRAILING))
    # one measure for all columns: there may be thousands
    texts = join_sql("", (f"c{i}" for i in chosen.all))
    measures.append(count(texts.contains(REPLACEMENT)).alias("undecoded"))
    measures += [count(F.col(f"clash{i}")).alias(f"clash{i}") for i in opened.joined if i in chosen.all]
    if opened.in_folders:
        measures.append(count(F.col(MISREAD)).alias(MISREAD))
    if chosen.subject is not None:
        measures.append(count(F.coalesce(F.col(f"c{chosen.subject}"), F.lit("")) == "").alias("nobody"))
    return measures


def _find_problems(
    found: Mapping[str, Any], opened: OpenedData, chosen: ChosenColumns, settings: Settings
) -> Iterator[str]:
    if not found["rows"]:
        yield "found no records" + (", only a header" if opened.encoding else "") + "; give data with records"
    if found.get(RAGGED):
        files = ", ".join(name_file(name) for name in found["files"])
        yield (
            f"found {found[RAGGED]:,} record(s) that do not have {len(opened.names)} fields as the header "
            f"does (in {files}); text that holds a delimiter, a quote or a line break must stand in quotes, "
            "with quotes inside doubled. Lines that are no records, such as notes below a table, can be left out by "
            "what their first field holds (drop_rows)"
        )
    if found.get(TRAILING):
        yield (
            f"found {found[TRAILING]:,} record(s) with something after the last named column, in a field that has no "
            "name; name every column"
        )
    if found["undecoded"]:
        yield _explain_undecoded(_count_undecoded(opened, chosen), opened.encoding)
    for i in opened.joined:
        if found.get(f"clash{i}"):
            name = opened.names[i]
            yield (
                f"found {found[f'clash{i}']:,} record(s) in which a part of column {name} holds its "
                f"delimiter {json.dumps(settings.multi_value_columns[name])}; choose another in "
                "multi_value_columns"
            )
    if found.get(MISREAD):
        yield (
            f"found {found[MISREAD]:,} record(s) whose values of {', '.join(opened.in_folders)} Spark read otherwise "
            "than the names of their folders say; write the data with these columns inside the files"
        )
    if found.get("nobody"):
        yield (
            f"found {found['nobody']:,} record(s) without a value in the subject_id {settings.subject_id}; "
            "give each record one, or take those records out"
        )


def _count_undecoded(opened: OpenedData, chosen: ChosenColumns) -> dict[str, int]:
    """In how many records each column has a value that could not be decoded."""
    counts = [F.count(F.when(F.col(f"c{i}").contains(REPLACEMENT), 1)).alias(f"c{i}") for i in chosen.all]
    found = opened.records.agg(*counts).collect()[0]
    return {opened.names[i]: found[f"c{i}"] for i in chosen.all if found[f"c{i}"]}


def _explain_undecoded(undecoded: Mapping[str, int], encoding: str | None) -> str:
    counts = ", ".join(f"{name} ({count:,})" for name, count in undecoded.items())
    remedy = "the data were damaged earlier; write them again" if encoding is None else suggest_encoding(encoding)
    return f"found values that cannot be decoded{f' as {encoding}' if encoding else ''}: {counts}; {remedy}"


def _find_unclosed_quotes(rows: int, opened: OpenedData) -> Iterator[str]:
    """A quote that is never closed swallows all records up to the end of its file."""
    if opened.lines is None:
        return
    files = opened.lines.count_complete(len(opened.names))
    complete = sum(lines for lines, _ in files.values()) - len(files)  # without the headers
    odd = sorted(path for path, (_, is_odd) in files.items() if is_odd)
    if odd and complete > rows:
        yield (
            "found a quote that is opened and never closed (in "
            f"{', '.join(map(name_file, odd[:_MOST_FILES]))}), so that records are taken for text; close it, "
            "or double it if it belongs to the text"
        )
