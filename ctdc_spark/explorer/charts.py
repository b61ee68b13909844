"""Arrange columns and attributes into charts: flags of one group share a chart, other columns have their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ctdc_spark.explorer.data import Attribute, Chart, Column, Layout
from ctdc_spark.explorer.names import spell_column, spell_value

Pair = tuple[str, str]  # (column, value)


@dataclass(frozen=True)
class CodebookEntry:
    """One row of the published codebook.

    `group` is None for columns without a group, `value` for columns with no published value.
    """

    column: str
    value: str | None
    label: str
    group: str | None
    kind: str


def plan_layout(
    columns: Sequence[str],
    codebook: Sequence[CodebookEntry],
    actual: Mapping[Pair, int],
    column_labels: Mapping[str, str],
) -> Layout:
    """Decide which charts there are and number the attributes, each chart's largest first.

    Charts of one group are adjacent; groups and charts come in the order of their first column.

    Args:
        columns: The data columns of the published records, in order.
        codebook: The codebook; a column without entries is a category without a group.
        actual: Protected counts of single attributes.
        column_labels: Readable names by column.

    Returns:
        The layout of the page.
    """
    kinds = {entry.column: entry.kind for entry in codebook}
    known = tuple(
        Column(name, column_labels.get(name) or spell_column(name), kinds.get(name) != "multi_value")
        for name in columns
    )
    labels = _collect_labels(columns, codebook, actual)
    attributes: list[Attribute] = []
    charts = []
    for chart in _plan_charts(known, codebook, kinds):
        found = [
            Attribute(position, value, _name(chart, known[position], values, value))
            for position in chart.columns
            for values in [labels.get(known[position].name, {})]
            for value in values
        ]
        found.sort(key=lambda a: (-actual.get((known[a.column].name, a.value), 0), a.column, a.value))
        start = len(attributes)
        attributes += found
        charts.append(replace(chart, start=start, end=len(attributes)))
    return Layout(known, tuple(charts), tuple(attributes))


def _plan_charts(columns: Sequence[Column], codebook: Iterable[CodebookEntry], kinds: Mapping[str, str]) -> list[Chart]:
    """Charts without attributes, in display order."""
    groups = {entry.column: entry.group for entry in codebook}
    charts: dict[tuple[str | None, str], Chart] = {}
    for position, column in enumerate(columns):
        group, kind = groups.get(column.name), kinds.get(column.name, "category")
        is_flag = kind == "flag"
        key = (group, "" if is_flag else column.name)
        covered = charts[key].columns if key in charts else ()
        title = group if is_flag else column.label
        charts[key] = Chart(title, group, kind, (*covered, position), 0, 0)
    group_order = list(dict.fromkeys(chart.group for chart in charts.values()))
    return sorted(charts.values(), key=lambda chart: group_order.index(chart.group))


def _collect_labels(
    columns: Sequence[str], codebook: Iterable[CodebookEntry], actual: Iterable[Pair]
) -> dict[str, dict[str, str]]:
    """Labels by column and value, for every value that the codebook or a count names."""
    labels: dict[str, dict[str, str]] = {name: {} for name in columns}
    for entry in codebook:
        if entry.value is not None and entry.column in labels:
            given = entry.label not in ("", entry.value)
            labels[entry.column][entry.value] = entry.label if given else spell_value(entry.value)
    for column, value in actual:
        if column in labels:
            labels[column].setdefault(value, spell_value(value))
    return labels


def _name(chart: Chart, column: Column, values: Mapping[str, str], value: str) -> str:
    """A flag with one value is named by its column; with several (a sensitive zero), by column and value."""
    if chart.kind != "flag":
        return values[value]
    return column.label if len(values) == 1 else f"{column.label}: {values[value]}"
