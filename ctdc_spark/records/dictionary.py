"""The attributes of a release, numbered: what combinations and records are made of.

How many subjects hold them is kept elsewhere, in `records.counts`: code that needs only the names cannot see a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_ATTRIBUTES = 100_000
"""Frequent attributes held on the driver and sent to every worker: about 10 MB at this bound."""


@dataclass(frozen=True)
class Dictionary:
    """Attribute i is (columns[column_of[i]], values[i]).

    Where a smallest group protects, these are the attributes of at least k subjects, in ascending order of protected
    count: rarer ones can be in no frequent combination. Rare first keeps the counting engine's units of work even: an
    attribute that many records hold has few behind it. With differential privacy it is the domain, by column and value.

    Attributes:
        columns: names of all used columns, in the input's order, also those without any attribute.
        column_of: index into `columns` of each attribute.
        values: value of each attribute.
        multi_valued: indices of the columns in which one subject may have several values.
    """

    columns: tuple[str, ...]
    column_of: tuple[int, ...]
    values: tuple[str, ...]
    multi_valued: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """The number of attributes."""
        return len(self.values)

    def reading_order(self) -> list[int]:
        """Attribute ids by column, then value: the order in which people read them."""
        return sorted(range(len(self)), key=lambda i: (self.column_of[i], self.values[i]))


def order_attributes(
    found: Iterable[tuple[int, int, str]], columns: Sequence[str], resolution: tuple[int, int]
) -> list[tuple[int, int, str]]:
    """Put attributes (count, index of the column, value) in the order of their numbers.

    By protected count: the numbers reach the synthesizer's choices, which may depend on nothing more exact. Then by
    name and not by place: the order of the input's columns must not matter.

    Args:
        found: the attributes.
        columns: their names.
        resolution: threshold and precision; withheld attributes come first.
    """
    threshold, precision = resolution

    def key(one: tuple[int, int, str]) -> tuple[int, str, str]:
        rounded = one[0] // precision * precision
        return rounded if rounded >= threshold else 0, columns[one[1]], one[2]

    return sorted(found, key=key)
