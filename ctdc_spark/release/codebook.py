"""The codebook: every published value with its label, group and kind. Rare values are not in it.

What counts as a flag decides what the page shows as one chart, and so which columns the table `coverage` puts together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY

if TYPE_CHECKING:
    from ctdc_spark.records.coverage import Coverage, Scope
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings

FLAG, WITHHELD = "flag", "withheld"
"""Kinds of columns: one with no other values than 0 and 1; one without a published value."""

LEAST_FLAGS = 3
"""Flags of which the table `coverage` says how many people have any, where a smallest group protects."""

CodebookRow = tuple[str, str | None, str | None, str | None, str]
CoverageRow = tuple[str | None, str | None, int | None, int | None, int | None, int | None]


def codebook_rows(dictionary: Dictionary, named: Collection[int], settings: Settings) -> list[CodebookRow]:
    """Rows (column, value, label, group, kind) of all published attributes, in reading order.

    A column without published values has one row without a value, of the kind `withheld`.

    Args:
        dictionary: the attributes.
        named: those that may be named.
        settings: labels and groups.
    """
    groups, kinds, allowed = group_columns(settings), _kinds_of(dictionary, named, settings), frozenset(named)
    rows: list[CodebookRow] = []
    for i in dictionary.reading_order():
        if i not in allowed:
            continue
        column, value = dictionary.columns[dictionary.column_of[i]], dictionary.values[i]
        label = settings.value_labels.get(column, {}).get(value, value)
        rows.append((column, value, label, groups.get(column), kinds[column]))
    withheld = [column for column in dictionary.columns if kinds[column] == WITHHELD]
    return rows + [(column, None, None, groups.get(column), WITHHELD) for column in withheld]


def list_scopes(dictionary: Dictionary, named: Collection[int], settings: Settings) -> tuple[Scope, ...]:
    """What the table `coverage` has a row for: each column, and the flags of each group, which the page shows as one.

    Except under noise nothing is said of two flags together: how many have either, with the counts of each, would often
    prove that few have both.

    Args:
        dictionary: the attributes.
        named: those that may be named: they decide what is a flag.
        settings: the groups; flags without one are together too.
    """
    groups, kinds = group_columns(settings), _kinds_of(dictionary, named, settings)
    flags: dict[str | None, Scope] = {}
    for index, column in enumerate(dictionary.columns):
        if kinds[column] == FLAG:
            flags[groups.get(column)] = (*flags.get(groups.get(column), ()), index)
    single = tuple((index,) for index in range(len(dictionary.columns)))
    least = 2 if settings.protection == DIFFERENTIAL_PRIVACY else LEAST_FLAGS
    return (*single, *(scope for scope in flags.values() if len(scope) >= least))


def coverage_rows(coverage: Iterable[Coverage], columns: Sequence[str], settings: Settings) -> list[CoverageRow]:
    """Rows of the table `coverage`; the flags of a group have no column, but the group's name."""
    groups = group_columns(settings)
    return [
        (
            columns[one.scope[0]] if len(one.scope) == 1 else None,
            groups.get(columns[one.scope[0]]),
            one.with_information,
            one.with_published_value,
            one.not_recorded,
            one.withheld_as_too_rare,
        )
        for one in coverage
    ]


def group_columns(settings: Settings) -> dict[str, str]:
    """The group of each column that has one."""
    return {column: group for group, columns in settings.column_groups.items() for column in columns}


def _kinds_of(dictionary: Dictionary, named: Collection[int], settings: Settings) -> dict[str, str]:
    values: dict[int, set[str]] = {index: set() for index in range(len(dictionary.columns))}
    for i in named:
        values[dictionary.column_of[i]].add(dictionary.values[i])
    many = dictionary.multi_valued
    return {
        column: _kind(column, values[index], settings, many=index in many)
        for index, column in enumerate(dictionary.columns)
    }


def _kind(column: str, values: set[str], settings: Settings, *, many: bool) -> str:
    if not values:
        return WITHHELD
    if column in settings.bins:
        return "bin"
    if many:
        return "multi_value"
    return FLAG if values <= {"0", "1"} else "category"
