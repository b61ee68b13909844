"""Arrange columns and counts into charts: flags of one group share a chart, other columns have their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ctdc_spark.explorer.data import Bar, Chart

Attribute = tuple[str, str]  # (column, value)


@dataclass(frozen=True)
class CodebookEntry:
    """One row of the published codebook.

    `group` is None for columns without a group, `value` for columns of which no value is published.
    """

    column: str
    value: str | None
    label: str
    group: str | None
    kind: str


@dataclass(frozen=True)
class Counts:
    """The counts that fill the charts.

    Attributes:
        estimated: Synthetic records by attribute.
        actual: Protected number of subjects by attribute; an attribute without one is not reported.
        information: Synthetic records with a value in any column of the chart, by position of the chart.
    """

    estimated: Mapping[Attribute, int]
    actual: Mapping[Attribute, int]
    information: Mapping[int, int]


def plan_charts(
    columns: Sequence[str], codebook: Iterable[CodebookEntry], column_labels: Mapping[str, str]
) -> tuple[Chart, ...]:
    """Say which charts there are and which columns each covers; they have no bars yet.

    Charts of one group stand together; groups and charts come in the order of their first column.

    Args:
        columns: The data columns of the published records, in order.
        codebook: The codebook; a column without entries is a category without a group.
        column_labels: Readable names by column.

    Returns:
        Charts without bars, in display order.
    """
    kinds: dict[str, str] = {}
    groups: dict[str, str | None] = {}
    for entry in codebook:
        kinds[entry.column] = entry.kind
        groups[entry.column] = entry.group
    charts: dict[tuple[str | None, str], Chart] = {}
    for column in columns:
        group, kind = groups.get(column), kinds.get(column, "category")
        is_flag = kind == "flag"
        key = (group, "" if is_flag else column)
        title = group if is_flag else column_labels.get(column, column)
        covered = charts[key].columns if key in charts else ()
        charts[key] = Chart(title, group, kind, (*covered, column), 0, ())
    group_order = list(dict.fromkeys(chart.group for chart in charts.values()))
    return tuple(sorted(charts.values(), key=lambda chart: group_order.index(chart.group)))


def fill_charts(
    charts: Sequence[Chart],
    counts: Counts,
    codebook: Iterable[CodebookEntry],
    column_labels: Mapping[str, str],
) -> tuple[Chart, ...]:
    """Give every chart its bars: one for each attribute that the codebook or a count names."""
    labels = {(entry.column, entry.value): entry.label for entry in codebook if entry.value is not None}
    values: dict[str, dict[str, None]] = {}  # a dict of None is a set that keeps its order
    for column, value in [*labels, *sorted(counts.actual), *sorted(counts.estimated)]:
        values.setdefault(column, {})[value] = None
    filled = []
    for position, chart in enumerate(charts):
        attributes = [(column, value) for column in chart.columns for value in values.get(column, {})]
        names = _name_bars(chart, attributes, labels, column_labels)
        bars = tuple(
            Bar(*attribute, name, counts.estimated.get(attribute, 0), counts.actual.get(attribute))
            for attribute, name in zip(attributes, names, strict=True)
        )
        filled.append(replace(chart, information=counts.information.get(position, 0), bars=bars))
    return tuple(filled)


def _name_bars(
    chart: Chart,
    attributes: Sequence[Attribute],
    labels: Mapping[Attribute, str],
    column_labels: Mapping[str, str],
) -> list[str]:
    """A flag with one value is called by its column; with several (a sensitive zero) by column and value."""
    per_column: dict[str, int] = {}
    for column, _ in attributes:
        per_column[column] = per_column.get(column, 0) + 1
    names = []
    for column, value in attributes:
        label = labels.get((column, value)) or value
        column_label = column_labels.get(column, column)
        if chart.kind != "flag":
            names.append(label)
        elif per_column[column] == 1:
            names.append(column_label)
        else:
            names.append(f"{column_label}: {label}")
    return names
