"""Give every value its meaning: what is absent, what is binned or grouped, and which rows are one subject.

The prepared frame names its columns by position (`c0`, `c1`, ...), so that no later expression has to quote a name that
came with the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.binning import SUBJECT, bin_values, learn_edges
from ctdc_spark.cases.numbers import form_of
from ctdc_spark.engine.sql_names import literal_pattern
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.settings import Settings

ZEROS = ("0", "0.0", "-0", "-0.0")
"""How programs write the number zero: typed data hold `0.0` where a CSV file of the same data has it as text."""

MOST_GROUPED_VALUES = 10_000
"""The most values of one column outside the group of rare ones; they are held on the driver."""


@dataclass(frozen=True)
class PreparedCases:
    """One row per subject: column `c<i>` holds the values of `columns[i]`.

    Attributes:
        frame: a string (null = absent) per column, or an array of distinct strings where several values may occur.
        columns: the names of the input columns, in order.
        multi_valued: which of them hold arrays.
    """

    frame: DataFrame
    columns: tuple[str, ...]
    multi_valued: frozenset[int]


def prepare_cases(cases: DataFrame, settings: Settings) -> PreparedCases:
    """Turn raw rows into one row per subject, with absent values as null.

    Args:
        cases: string columns, `subject_id` among them if the settings name one.
        settings: what is absent, multi-valued, binned or grouped.

    Raises:
        DataError: a binned column holds something other than numbers, or a grouped one too many values.
    """
    columns = tuple(name for name in cases.columns if name != settings.subject_id)
    multi_valued = frozenset(i for i, name in enumerate(columns) if name in settings.multi_value_columns)
    named = _select_present(cases, columns, settings)
    named = bin_columns(named, columns, settings)
    if settings.subject_id is not None:
        named, multi_valued = _join_subjects(named, columns, multi_valued), frozenset(range(len(columns)))
    prepared = PreparedCases(named.select(*(f"c{i}" for i in range(len(columns)))), columns, multi_valued)
    return group_rare_values(prepared, settings)


def require_columns(columns: tuple[str, ...], settings: Settings) -> None:
    """Refuse a reporting length that no record can have.

    Raises:
        DataError: naming what was found and what is allowed.
    """
    if settings.reporting_length > len(columns):
        raise DataError(
            f"reporting_length: found {settings.reporting_length}, but {len(columns)} columns are used; "
            f"allowed: -1 (all lengths) or 1 to {len(columns)}"
        )


def absent_tokens(column: str, settings: Settings) -> list[str]:
    """The tokens that mean "does not apply or unknown" in this column; in a column of numbers, 0 is one of them."""
    zero = () if column in settings.sensitive_zeros or column in settings.bins else ZEROS
    return sorted({"", *zero, *settings.missing_values, *settings.column_missing_values.get(column, [])})


def _select_present(cases: DataFrame, columns: tuple[str, ...], settings: Settings) -> DataFrame:
    """The columns as `c<i>`, and the subject's, with null for what is absent.

    There may be thousands of columns, and every part of an expression that is put together here is a call to another
    process: so they are given as SQL over columns that are named by position.
    """
    tokens = [tuple(absent_tokens(name, settings)) for name in columns]
    several = list(dict.fromkeys(tokens))
    place = {name: f"r{i}" for i, name in enumerate(cases.columns)}
    rows = cases.toDF(*place.values()).withColumns(
        {f"absent{i}": F.array(*map(F.lit, t)) for i, t in enumerate(several)}
    )
    chosen: list[Column] = [] if settings.subject_id is None else [F.col(place[settings.subject_id]).alias(SUBJECT)]
    for i, name in enumerate(columns):
        value, delimiter = place[name], settings.multi_value_columns.get(name)
        if delimiter is None:
            absent = f"absent{several.index(tokens[i])}"
            chosen.append(
                F.expr(f"case when not array_contains({absent}, trim({value})) then trim({value}) end as c{i}")
            )
        else:
            chosen.append(_split(F.col(value), list(tokens[i]), delimiter).alias(f"c{i}"))
    return rows.select(*chosen)


def _split(value: Column, absent: list[str], delimiter: str) -> Column:
    parts = F.transform(F.split(value, literal_pattern(delimiter)), lambda part: F.trim(part))
    kept = F.filter(F.array_distinct(parts), lambda part: ~part.isin(absent))
    return F.coalesce(kept, F.array().cast("array<string>"))


def bin_columns(named: DataFrame, columns: tuple[str, ...], settings: Settings) -> DataFrame:
    """Replace numbers by the labels of their bins; quantile edges are learnt here, from protected counts."""
    binned = {i: settings.bins[name] for i, name in enumerate(columns) if name in settings.bins}
    if not binned:
        return named
    multi_valued = [columns[i] for i in binned if columns[i] in settings.multi_value_columns]
    if multi_valued:
        raise DataError(
            f"bins: {', '.join(multi_valued)} hold several values each; only single-valued columns can be binned"
        )
    forms = {f"c{i}": form_of(columns[i], settings) for i in binned}
    edges = learn_edges(
        named,
        {f"c{i}": bins for i, bins in binned.items()},
        {f"c{i}": columns[i] for i in binned},
        (settings.threshold, settings.precision),
        forms,
    )
    ranges = {
        name: bin_values(F.col(name), edges[name], bins.labels, forms[name])
        for name, bins in ((f"c{i}", bins) for i, bins in binned.items())
    }
    return named.withColumns(ranges)


def _join_subjects(named: DataFrame, columns: tuple[str, ...], multi_valued: frozenset[int]) -> DataFrame:
    # (subject, c0.., one row for each row of the input) -> (subject, c0: all values of all the subject's rows, ..)
    def joined(index: int) -> Column:
        values = F.collect_set(f"c{index}")
        return F.array_distinct(F.flatten(values)) if index in multi_valued else values

    return named.groupBy(SUBJECT).agg(*(joined(i).alias(f"c{i}") for i in range(len(columns))))


def group_rare_values(prepared: PreparedCases, settings: Settings) -> PreparedCases:
    """Put the values of a column that fewer than `below` subjects hold, by protected counts, under one named value.

    Which values stay is published, so it must follow from what may be published: a value stays if its protected count
    is `below` or more. Values of fewer than k subjects are always put together, as they could not be published
    themselves.

    Raises:
        DataError: too many values stay, or one of them is the named value and the settings do not allow that.
    """
    allowed = settings.into_existing or ()
    grouped: dict[str, Column] = {}
    for index, name in enumerate(prepared.columns):
        if name not in settings.group_rare_values:
            continue
        rule = settings.group_rare_values[name]
        least = max(rule.below or 0, settings.threshold)
        below = -(-least // settings.precision) * settings.precision
        kept = _frequent_values(prepared.frame, index, name, below, None if name in allowed else rule.into)
        into, value = F.lit(rule.into), F.col(f"c{index}")
        if index in prepared.multi_valued:
            parts = F.transform(value, lambda v: F.when(v.isin(kept), v).otherwise(into))  # noqa: B023 - used at once
            grouped[f"c{index}"] = F.array_distinct(parts)
        else:
            grouped[f"c{index}"] = F.when(value.isNotNull(), F.when(value.isin(kept), value).otherwise(into))
    frame = prepared.frame.withColumns(grouped) if grouped else prepared.frame
    return PreparedCases(frame, prepared.columns, prepared.multi_valued)


def _frequent_values(frame: DataFrame, index: int, name: str, below: int, label: str | None) -> list[str]:
    """The values with at least this many subjects; the label of all others must not be one of the column's values."""
    values = frame.select(F.explode(F.col(f"c{index}")) if _is_list(frame, index) else F.col(f"c{index}"))
    counted = values.toDF("value").where("value is not null").groupBy("value").count()
    is_frequent, is_label = F.col("count") >= below, F.col("value").eqNullSafe(F.lit(label))
    wanted = counted.where(is_frequent | is_label).select("value", is_frequent, is_label)
    found = [tuple(row) for row in wanted.limit(MOST_GROUPED_VALUES + 2).collect()]
    if any(clashes for _, _, clashes in found):
        raise DataError(
            f"group_rare_values.{name}: found a value that is written like the one that rare values become (into), so "
            "that both would be counted as one; choose another `into`, or name the column under into_existing if that "
            "is meant"
        )
    kept = sorted(value for value, is_kept, _ in found if is_kept)
    if len(kept) > MOST_GROUPED_VALUES:
        raise DataError(
            f"group_rare_values.{name}: more than {MOST_GROUPED_VALUES:,} values have at least {below} subjects; "
            "raise `below`, bin the column, or leave it out"
        )
    return kept


def _is_list(frame: DataFrame, index: int) -> bool:
    return frame.schema[f"c{index}"].dataType.typeName() == "array"
