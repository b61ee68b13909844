"""Bins of numeric columns: their edges, their readable labels, and the expression that applies them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.numbers import PLAIN, NumberForm, is_written_otherwise, read_number
from ctdc_spark.cases.quantiles import find_quantiles, middle_number
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


def bin_values(
    value: Column, edges: Sequence[float], labels: Sequence[str] | None = None, form: NumberForm = PLAIN
) -> Column:
    """The label of the bin that each number of a string column falls into; null stays null."""
    names = list(labels) if labels else bin_labels(edges)
    number = read_number(value, form)
    label = F.lit(names[-1])
    for edge, name in reversed(list(zip(edges, names[:-1], strict=True))):
        label = F.when(number < edge, F.lit(name)).otherwise(label)
    return F.when(value.isNotNull(), label)


def learn_edges(
    frame: DataFrame,
    bins: Mapping[str, Bins],
    names: Mapping[str, str],
    resolution: tuple[int, int],
    forms: Mapping[str, NumberForm] | None = None,
) -> dict[str, list[float]]:
    """The edges of each binned column: as given, or quantiles of its numbers by protected counts.

    Args:
        frame: string columns, among them the keys of `bins`; with SUBJECT among them, several rows may be one subject.
        bins: what was requested for each column of the frame.
        names: the input's name of each column, for messages.
        resolution: threshold and precision.
        forms: how numbers are written in columns of the frame; plainly unless given.

    Raises:
        DataError: a column holds values that are not numbers, or too few numbers for quantiles.
    """
    numbers = {column: read_number(F.col(column), (forms or {}).get(column, PLAIN)) for column in names}
    _require_numbers(frame, numbers, names)
    shares = {
        column: [i / chosen.quantiles for i in range(1, chosen.quantiles)]
        for column, chosen in bins.items()
        if chosen.quantiles is not None
    }
    wanted = {column: numbers[column] for column in shares}
    found = find_quantiles(_select_numbers(frame, wanted), shares, resolution) if shares else {}
    too_few = [names[column] for column, quantiles in found.items() if not quantiles]
    if too_few:
        raise DataError(
            f"bins: quantiles were requested for {', '.join(too_few)}, but fewer than k = {resolution[0]} subjects "
            "have a number there; give edges, or leave the columns out"
        )
    return {
        column: [float(edge) for edge in chosen.edges or sorted(set(found[column]))] for column, chosen in bins.items()
    }


def _require_numbers(frame: DataFrame, numbers: Mapping[str, Column], names: Mapping[str, str]) -> None:
    """Refuse columns that hold anything but numbers; the message says how many values are not."""

    def count(condition: Column) -> Column:
        return F.count(F.when(condition, 1))

    strangers = {column: F.col(column).isNotNull() & number.isNull() for column, number in numbers.items()}
    others = {column: is_strange & is_written_otherwise(F.col(column)) for column, is_strange in strangers.items()}
    measures = [
        count(condition) for pair in zip(strangers.values(), others.values(), strict=True) for condition in pair
    ]
    counts = frame.agg(*measures).collect()[0]
    found = [(names[column], counts[2 * i], counts[2 * i + 1]) for i, column in enumerate(numbers) if counts[2 * i]]
    if not found:
        return
    said = "; ".join(
        f"bins.{name}: {count:,} values are not numbers such as 12, -0.5 or 1e3" for name, count, _ in found
    )
    hints = [f"{count:,} in {name}" for name, _, count in found if count]
    hint = (
        f". Of these, {', '.join(hints)} look like numbers with a decimal comma or with separators of thousands: if "
        "so, list the column under decimal_commas, or give its separator under thousands_separators"
    )
    raise DataError(
        f"{said}{hint * bool(hints)}. List what means unknown under missing_values or column_missing_values, or drop "
        "the bins"
    )


def _select_numbers(frame: DataFrame, numbers: Mapping[str, Column]) -> DataFrame:
    """The numbers of the columns as finite doubles or null, one row per subject."""
    if SUBJECT in frame.columns:
        return frame.groupBy(SUBJECT).agg(*(middle_number(number).alias(name) for name, number in numbers.items()))
    return frame.select(*(number.alias(name) for name, number in numbers.items()))
