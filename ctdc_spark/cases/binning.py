"""Bins of numeric columns: their edges, their readable labels, and the expression that applies them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.quantiles import find_quantiles, finite_number, middle_number
from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.settings import Bins

SUBJECT = "subject"
"""The column of raw rows that tells subjects apart, where there is one."""


def bin_labels(edges: Sequence[float]) -> list[str]:
    """Readable labels of the len(edges) + 1 bins; the outer ones are open, so no extreme value is published.

    Example:
        >>> bin_labels([18, 30])
        ['< 18', '18 to < 30', '>= 30']
    """
    written = [f"{edge:.12g}" for edge in edges]
    between = [f"{low} to < {high}" for low, high in itertools.pairwise(written)]
    return [f"< {written[0]}", *between, f">= {written[-1]}"]


def bin_values(value: Column, edges: Sequence[float], labels: Sequence[str] | None = None) -> Column:
    """The label of the bin that each number of a string column falls into; null stays null."""
    names = list(labels) if labels else bin_labels(edges)
    number = value.cast("double")
    label = F.lit(names[-1])
    for edge, name in reversed(list(zip(edges, names[:-1], strict=True))):
        label = F.when(number < edge, F.lit(name)).otherwise(label)
    return F.when(value.isNotNull(), label)


def learn_edges(
    frame: DataFrame, bins: Mapping[str, Bins], names: Mapping[str, str], resolution: tuple[int, int]
) -> dict[str, list[float]]:
    """The edges of each binned column: as given, or quantiles of its numbers by protected counts.

    Args:
        frame: string columns, among them the keys of `bins`; with SUBJECT among them, several rows may be one subject.
        bins: what was requested for each column of the frame.
        names: the input's name of each column, for messages.
        resolution: threshold and precision.

    Raises:
        DataError: a column holds values that are not numbers, or too few numbers for quantiles.
    """
    _require_numbers(frame, names)
    shares = {
        column: [i / chosen.quantiles for i in range(1, chosen.quantiles)]
        for column, chosen in bins.items()
        if chosen.quantiles is not None
    }
    found = find_quantiles(_select_numbers(frame, list(shares)), shares, resolution) if shares else {}
    too_few = [names[column] for column, quantiles in found.items() if not quantiles]
    if too_few:
        raise DataError(
            f"bins: quantiles were requested for {', '.join(too_few)}, but fewer than k = {resolution[0]} subjects "
            "have a number there; give edges, or leave the columns out"
        )
    return {
        column: [float(edge) for edge in chosen.edges or sorted(set(found[column]))] for column, chosen in bins.items()
    }


def _require_numbers(frame: DataFrame, names: Mapping[str, str]) -> None:
    """Refuse columns that hold anything but numbers; the message says how many values are not."""
    strangers = [
        F.count(F.when(F.col(column).isNotNull() & (_number(column).isNull() | F.isnan(_number(column))), 1))
        for column in names
    ]
    counted = zip(names.values(), frame.agg(*strangers).collect()[0], strict=True)
    found = "; ".join(f"bins.{name}: {count:,} values are not numbers" for name, count in counted if count)
    if found:
        raise DataError(
            f"{found}. List what means unknown under missing_values or column_missing_values, or drop the bins"
        )


def _select_numbers(frame: DataFrame, columns: Sequence[str]) -> DataFrame:
    """The columns as finite doubles or null, one row per subject."""
    if SUBJECT in frame.columns:
        return frame.groupBy(SUBJECT).agg(*(middle_number(_number(column)).alias(column) for column in columns))
    return frame.select(*(finite_number(_number(column)).alias(column) for column in columns))


def _number(column: str) -> Column:
    return F.expr(f"try_cast({column} as double)")
