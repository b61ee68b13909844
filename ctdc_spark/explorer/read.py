"""Read what a page shows from the published tables of one release: the only Spark code of this room.

Three Spark actions: the small tables, the records and the combinations. Records and combinations are encoded by the
workers and come to the driver as blocks of numbers: published rows only, and never more than `limits` allows. Of rows
that are at hand the same is made without Spark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.engine.concurrency import run_concurrently
from ctdc_spark.engine.sql_names import quote_name
from ctdc_spark.errors import DataError
from ctdc_spark.explorer.charts import plan_layout
from ctdc_spark.explorer.data import Coverage, Covered, Layout, PageData, Reported
from ctdc_spark.explorer.encoding import combinations_encoder, records_encoder
from ctdc_spark.explorer.estimates import count_reported
from ctdc_spark.explorer.limits import choose_length, sampling_bound
from ctdc_spark.explorer.small_tables import SmallTables, read_small_tables
from ctdc_spark.records.blocks import UNIT_BLOCKS, collect_blocks, unpack_blocks
from ctdc_spark.records.records import Records, concatenate
from ctdc_spark.release.rows import Rows, names_of
from ctdc_spark.release.small_rows import SmallRows, collect_small_rows

KEY_COLUMNS = ("release_id", "record_id")


def read_page_data(tables: Mapping[str, Rows], collected: SmallRows | None = None) -> PageData:
    """Read one release.

    Args:
        tables: The published tables by name (`synthetic_microdata`, `aggregate_counts`, `evaluation_metrics`,
            `codebook`, `releases`, and `coverage` unless the release has none), each already filtered to one
            release_id.
        collected: The rows of the small tables, if already collected.

    Returns:
        What the page shows.

    Raises:
        DataError: The tables do not belong together, or do not hold exactly one release.
    """
    small = read_small_tables(collected or collect_small_rows(tables))
    layout = _make_layout(small, names_of(tables["synthetic_microdata"]))
    length = choose_length(small.combinations, small.release.length)
    records, reported = run_concurrently(
        [
            lambda: _read_records(tables["synthetic_microdata"], layout, small),
            lambda: _read_reported(tables["aggregate_counts"], layout, length),
        ]
    )
    return PageData(
        release=small.release,
        layout=layout,
        records=records,
        reported=_add_estimates(reported, records, (length, small.release.records)),
        metrics=small.metrics,
        pages=_read_pages(small.settings),
        coverage=find_coverage(small.coverage, layout) if small.coverage else None,
    )


def find_coverage(rows: Mapping[tuple[str | None, str | None], Covered], layout: Layout) -> Coverage:
    """The coverage of the columns and charts of a page.

    Args:
        rows: By column and group; without a column: any flag of the group.
        layout: The columns and charts.
    """
    of_column = {column: covered for (column, _), covered in rows.items() if column is not None}
    columns = tuple(of_column.get(column.name) for column in layout.columns)
    charts = (
        columns[chart.columns[0]] if len(chart.columns) == 1 else rows.get((None, chart.group))
        for chart in layout.charts
    )
    return Coverage(columns, tuple(charts))


def _make_layout(small: SmallTables, found: Iterable[str]) -> Layout:
    """The layout of this release's columns; the table may also have those of other releases."""
    columns = small.settings.get("use_columns") or [name for name in found if name not in KEY_COLUMNS]
    return plan_layout(columns, small.codebook, small.actual, small.settings.get("column_labels") or {})


def _read_pages(settings: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name, tuple(members)) for name, members in (settings.get("report_pages") or {}).items())


def _read_records(microdata: Rows, layout: Layout, small: SmallTables) -> Records:
    """The records that fit on a page, identical ones once."""
    bound, names = sampling_bound(small.records), [column.name for column in layout.columns]
    delimiters = small.settings.get("multi_value_columns") or {}
    encode = records_encoder(layout, [delimiters.get(name) for name in names])
    if isinstance(microdata, pa.Table):
        kept = microdata if bound is None else microdata.filter(_begins_below(bound))
        blocks = [records for _, records in unpack_blocks(encode(kept.select(names).to_batches()))]
    else:
        chosen = microdata if bound is None else microdata.where(F.substring("record_id", 1, len(bound)) < bound)
        # plain names: mapInArrow does not find columns with a dot in their names
        text = chosen.select(*(F.col(quote_name(name)).alias(f"c{i}") for i, name in enumerate(names)))
        blocks = collect_blocks(text.mapInArrow(encode, UNIT_BLOCKS))
    records = concatenate(blocks).distinct()
    _require_known(records.attributes, layout, "synthetic_microdata")
    return records


def _begins_below(bound: str) -> pc.Expression:
    return pc.less(pc.utf8_slice_codeunits(pc.field("record_id"), 0, len(bound)), bound)


def _read_reported(counts: Rows, layout: Layout, length: int) -> Records:
    """The reported combinations up to a length, as records weighted with their protected counts."""
    encode = combinations_encoder(layout)
    if isinstance(counts, pa.Table):
        kept = counts.filter(pc.field("length") <= length).select(["combination", "protected_count"])
        blocks = [records for _, records in unpack_blocks(encode(kept.to_batches()))]
    else:
        shown = counts.where(F.col("length") <= length).select("combination", "protected_count")
        blocks = collect_blocks(shown.mapInArrow(encode, UNIT_BLOCKS))
    combinations = concatenate(blocks)
    _require_known(combinations.attributes, layout, "aggregate_counts")
    return combinations


def _require_known(ids: np.ndarray[Any, Any], layout: Layout, table: str) -> None:
    known = len(layout.attributes)
    unknown = np.unique(ids[ids >= known]) - known
    if len(unknown):
        names = ", ".join(layout.columns[i].name for i in unknown)
        raise DataError(
            f"{table}: found values in the columns {names} that neither the codebook nor a count of one attribute "
            "names; the release is incomplete or mixed with another: publish it again"
        )


def _add_estimates(reported: Records, records: Records, known: tuple[int, int]) -> tuple[Reported, ...]:
    """Reported combinations by length (a length may have none), with their counts in the records.

    Args:
        reported: The combinations, weighted with their protected counts.
        records: The records on the page.
        known: The longest length, and the release's number of records, to which counts in a sample are scaled up.
    """
    lengths, (longest, number) = reported.lengths, known
    tables, actual = {}, {}
    for length in range(1, longest + 1):
        rows = np.flatnonzero(lengths == length)
        table = reported.attributes[reported.offsets[rows][:, None] + np.arange(length)]
        order = np.lexsort(table.T[::-1])
        tables[length], actual[length] = table[order], reported.weights[rows[order]]
    estimated = count_reported(records, tables)
    shown = max(1, int(records.weights.sum()))
    scaled = {length: np.rint(counts * (number / shown)).astype(np.int64) for length, counts in estimated.items()}
    return tuple(Reported(tables[length], actual[length], scaled[length]) for length in tables)
