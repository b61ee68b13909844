"""Two readings of the same rows have the same digest, in any order and blocks; other rows have a different one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.cases.pack import pack_batches
from ctdc_spark.cases.reading_digest import sum_blocks

Row = tuple[str | None, list[str]]

ROWS: list[Row] = [("a", ["x", "y"]), ("a", []), (None, ["y"]), ("b", ["x"]), ("a", ["x", "y"]), (None, [])]


def digest(rows: Sequence[Row], blocks: int = 1) -> tuple[int, ...]:
    """What is added up over the blocks."""
    parts = np.array_split(np.arange(len(rows)), blocks)
    batches = [
        pa.record_batch(
            [
                pa.array([rows[i][0] for i in part], pa.string()),
                pa.array([rows[i][1] for i in part], pa.list_(pa.string())),
            ],
            names=["c0", "c1"],
        )
        for part in parts
    ]
    packed = [block for batch in batches for block in pack_batches([batch])]
    sums = [row for batch in sum_blocks(packed) for row in batch.to_pylist()]
    return tuple(sum(row[name] for row in sums) % 2**64 for name in ("subjects", "first", "second"))


def test_neither_order_nor_blocks_make_a_difference() -> None:
    rows = [(one, list(reversed(several))) for one, several in reversed(ROWS)]
    assert digest(ROWS) == digest(rows) == digest(ROWS, 3) == digest(rows, 6)


@pytest.mark.parametrize(
    "change",
    [
        ROWS[1:],
        [*ROWS, ROWS[0]],
        [*ROWS, (None, [])],
        [("b", ["x", "y"]), *ROWS[1:]],
        [("a", ["x"]), ("a", ["y"]), *ROWS[2:]],
        [("a", ["y"]), ("a", ["x"]), (None, ["y"]), ("b", ["x"]), *ROWS[4:]],
        [("b", ["x", "y"]), ("a", []), (None, ["y"]), ("a", ["x"]), *ROWS[4:]],
        [(None, ["a", "x", "y"]), *ROWS[1:]],
        [],
    ],
)
def test_whatever_changes_in_a_row_or_in_how_often_it_comes_changes_both_sums(change: list[Row]) -> None:
    for one, other in zip(digest(ROWS)[1:], digest(change)[1:], strict=True):
        assert one != other


def test_rows_that_change_values_of_one_column_among_each_other_are_seen() -> None:
    swapped = [("b", ["x", "y"]), ("a", []), (None, ["y"]), ("a", ["x"]), ("a", ["x", "y"]), (None, [])]
    assert sorted(str(one) for one, _ in swapped) == sorted(str(one) for one, _ in ROWS)
    assert digest(swapped) != digest(ROWS)
