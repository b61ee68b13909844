"""Rows that were sorted before a kernel, with the engine held to it: out of order they would give wrong numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, TypeVar

Row = TypeVar("Row")


class OutOfOrderError(RuntimeError):
    """An engine that does not keep the order of rows within a partition."""

    def __init__(self, found: object, last: object) -> None:
        super().__init__(
            f"rows of unit {found} came after those of unit {last}: this engine does not keep the order of rows that "
            "was requested, and a result would be wrong. Run on Apache Spark, 3.5 or newer"
        )


def group_in_order(rows: Iterable[Row], key: Callable[[Row], Any]) -> Iterator[tuple[Any, Iterator[Row]]]:
    """`itertools.groupby` of rows that ascend by their key, so that all rows of a key are together.

    Args:
        rows: sorted by the key.
        key: of a row; numbers or tuples of numbers.

    Raises:
        OutOfOrderError: a key is not above the one before.

    Example:
        >>> [(unit, list(rows)) for unit, rows in group_in_order([(0, "a"), (0, "b"), (2, "c")], lambda row: row[0])]
        [(0, [(0, 'a'), (0, 'b')]), (2, [(2, 'c')])]
    """
    last = None
    for found, group in groupby(rows, key=key):
        if last is not None and not last < found:
            raise OutOfOrderError(found, last)
        last = found
        yield found, group
