"""The codebook: every published value with its label, group and kind. Rare values are not in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.settings import Settings

CodebookRow = tuple[str, str | None, str | None, str | None, str]


def codebook_rows(dictionary: Dictionary, named: Collection[int], settings: Settings) -> list[CodebookRow]:
    """Rows (column, value, label, group, kind) of all published attributes, in reading order.

    A column without published values has one row without a value, of the kind `withheld`.

    Args:
        dictionary: the attributes.
        named: those that may be named.
        settings: labels and groups.
    """
    groups = {column: group for group, columns in settings.column_groups.items() for column in columns}
    allowed = frozenset(named)
    published = [attribute for attribute in dictionary.reading_order() if attribute in allowed]
    values_of: dict[str, set[str]] = {}
    for i in published:
        values_of.setdefault(dictionary.columns[dictionary.column_of[i]], set()).add(dictionary.values[i])
    rows: list[CodebookRow] = []
    for i in published:
        column, value = dictionary.columns[dictionary.column_of[i]], dictionary.values[i]
        label = settings.value_labels.get(column, {}).get(value, value)
        many = dictionary.column_of[i] in dictionary.multi_valued
        rows.append((column, value, label, groups.get(column), _kind(column, values_of[column], settings, many=many)))
    withheld = [column for column in dictionary.columns if column not in values_of]
    return rows + [(column, None, None, groups.get(column), "withheld") for column in withheld]


def _kind(column: str, values: set[str], settings: Settings, *, many: bool) -> str:
    if column in settings.bins:
        return "bin"
    if many:
        return "multi_value"
    return "flag" if values <= {"0", "1"} else "category"
