"""Bins of numeric columns: their edges, their readable labels, and the expression that applies them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.settings import Bins

QUANTILE_DIGITS = 3
"""Significant digits of the numbers from which quantiles are taken, one more than an edge keeps: so few different
numbers are left that exact quantiles are cheap. Approximate ones depend on how the rows are divided among tasks."""


def round_edge(value: float) -> float:
    """Round to two significant digits, so that an edge is never one person's exact value.

    Example:
        >>> round_edge(3749.25)
        3700.0
    """
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))


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


def learn_edges(frame: DataFrame, bins: Mapping[str, Bins], names: Mapping[str, str]) -> dict[str, list[float]]:
    """The edges of each binned column: as given, or rounded quantiles of its numbers.

    Args:
        frame: string columns, among them the keys of `bins`.
        bins: what was asked for each column of the frame.
        names: the input's name of each column, for messages.

    Raises:
        DataError: a column holds values that are not numbers, or quantiles that do not differ.
    """
    measured = frame.agg(*(expression for column in bins for expression in _measures(column, bins[column]))).collect()[
        0
    ]
    strangers = {names[c]: measured[f"{c}_strangers"] for c in bins if measured[f"{c}_strangers"]}
    if strangers:
        found = "; ".join(f"bins.{name}: {count:,} values are not numbers" for name, count in strangers.items())
        raise DataError(
            f"{found}. Name what means unknown in missing_values or column_missing_values, or drop the bins"
        )
    return {
        column: _edges(names[column], asked, measured.asDict().get(f"{column}_quantiles"))
        for column, asked in bins.items()
    }


def _measures(column: str, asked: Bins) -> list[Column]:
    number = F.expr(f"try_cast({column} as double)")
    measures = [
        F.count(F.when(F.col(column).isNotNull() & (number.isNull() | F.isnan(number)), 1)).alias(f"{column}_strangers")
    ]
    if asked.quantiles is not None:
        shares = [i / asked.quantiles for i in range(1, asked.quantiles)]
        measures.append(quantiles_of(number, shares).alias(f"{column}_quantiles"))
    return measures


def quantiles_of(number: Column, shares: Sequence[float]) -> Column:
    """The quantiles of a column of numbers, rounded to QUANTILE_DIGITS before; the same for any division into tasks."""
    size = F.floor(F.log10(F.abs(F.when(number != 0, number))))
    unit = F.pow(F.lit(10.0), size - (QUANTILE_DIGITS - 1))
    rounded = F.when(number == 0, number).otherwise(F.round(number / unit) * unit)
    return F.percentile(F.when(F.abs(number) < float("inf"), rounded), list(shares))


def _edges(name: str, asked: Bins, quantiles: Sequence[float] | None) -> list[float]:
    if asked.edges is not None:
        return [float(edge) for edge in asked.edges]
    edges = sorted({round_edge(value) for value in quantiles or ()})
    if not edges:
        raise DataError(f"bins.{name}: quantiles were asked for, but the column holds no numbers")
    return edges
