"""The published k-marginal score: synthetic records against protected counts, over sets of 2 and of 3 columns.

For a set C of columns, each reported combination S with one attribute in each column of C is a cell. Its share is p(S)
on the reported side and q(S) on the synthetic side; everything in no such cell forms one more cell, the rest:

    p(S) = (2 c(S) + precision - 1) / (2 n + precision - 1)      q(S) = b(S) / N
    p(rest) = max(0, 1 - sum of p)                               q(rest) = max(0, 1 - sum of q)
    distance(C) = (sum of |p - q|, the rest included) / (2 max(1, sum of p, sum of q))
    score = 1000 (1 - mean distance over the sets of columns that have a cell)

with c and n the protected counts of the combination and of all subjects, each taken as the midpoint of the range that
it stands for, b the number of synthetic records that hold S, and N that of all synthetic records. If every column has
one value per record, this is the total variation distance between the two distributions. With several values in a
column, a record is in a cell with each of them; then the sums may exceed one, and the divisor keeps the distance
between 0 and 1.

Everything it uses is published, so it reveals no more than the published tables do. For the same reason it cannot see
how absent and withheld values are distributed (they are the rest, on both sides), nor errors below the precision: for
records that are exactly the sensitive ones it gives somewhat less than 1000. NIST's SDNist, which the score is named
after, compares with the sensitive records themselves; see `k_marginal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ctdc_spark.evaluation.marginals import ONE, SIZES, choose_column_sets, rank_columns

if TYPE_CHECKING:
    from ctdc_spark.evaluation.metrics import MetricRow
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.records.records import Ids, Longs

CELL_SUMS = "column_set int, apart bigint, said bigint, made bigint"
"""Sums over the cells of a set of columns: of |p - q| in multiples of 1 / ONE, which is the same in any order; of
2 c + precision - 1; and of b."""


@dataclass(frozen=True)
class Whole:
    """The base of the shares.

    Attributes:
        subjects: their protected number.
        records: the number of synthetic records.
        precision: the step between reported counts.
    """

    subjects: int
    records: int
    precision: int

    @property
    def doubled(self) -> int:
        """Twice the midpoint of the range that the number of subjects stands for."""
        return 2 * self.subjects + self.precision - 1


def adder_of(dictionary: Dictionary, whole: Whole) -> CellAdder:
    """The kernel that adds up the cells of all sets of these columns."""
    return CellAdder(choose_column_sets(len(dictionary.columns)), rank_columns(dictionary), whole)


def score_sets(sums: Mapping[int, Sequence[int]], columns: int, whole: Whole) -> list[MetricRow]:
    """The score by size of the sets and over both sizes.

    Args:
        sums: the row of CELL_SUMS of each set of columns, without the set.
        columns: how many there are.
        whole: the base of the shares.

    Returns:
        Rows of METRICS; none for a size with no reported cell.
    """
    column_sets = choose_column_sets(columns)
    distances = {size: list[Fraction]() for size in SIZES}
    for column_set, summed in sums.items():
        distances[len(column_sets[column_set])].append(measure_distance(summed, whole))
    found: list[tuple[int | None, list[Fraction]]] = [(size, of_size) for size, of_size in distances.items() if of_size]
    everything = [distance for _, of_size in found for distance in of_size]
    if everything:
        found.append((None, everything))
    return [
        ("k_marginal", "reported", size, None, None, float(1000 * (1 - sum(of_size) / len(of_size))))
        for size, of_size in found
    ]


def measure_distance(sums: Sequence[int], whole: Whole) -> Fraction:
    """The distance of one set of columns, from its row of CELL_SUMS without the set; 0..1."""
    apart, said, made = Fraction(sums[0], ONE), Fraction(sums[1], whole.doubled), Fraction(sums[2], whole.records)
    rest = abs(max(Fraction(0), 1 - said) - max(Fraction(0), 1 - made))
    return (apart + rest) / (2 * max(Fraction(1), said, made))


class CellAdder:
    """Adds up the cells of each set of columns, a batch at a time."""

    def __init__(self, column_sets: Sequence[tuple[int, ...]], column_of: Ids, whole: Whole) -> None:
        self._column_of = column_of
        self._whole = whole
        self._numbers = [  # for each size: (which of all sets, their columns)
            (np.array(mine), np.array([column_sets[number] for number in mine]))
            for size in SIZES
            if (mine := [number for number, chosen in enumerate(column_sets) if len(chosen) == size])
        ]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield CELL_SUMS."""
        for batch in batches:
            lists, lengths = batch.column(0), np.asarray(batch.column(0).value_lengths())
            attributes = np.asarray(lists.flatten())
            counts = [np.asarray(batch.column(i)).astype(np.int64) for i in (1, 2)]
            starts = np.cumsum(lengths) - lengths
            for numbers, columns in self._numbers:
                rows = np.flatnonzero(lengths == columns.shape[1])
                held = attributes[starts[rows][:, None] + np.arange(columns.shape[1])]
                yield self._add_up((numbers, columns), held, [of_cell[rows] for of_cell in counts])

    def _add_up(self, sets: tuple[Longs, Longs], attributes: Ids, counts: list[Longs]) -> pa.RecordBatch:
        numbers, columns = sets
        radix = int(columns.max()) + 1
        places = radix ** np.arange(columns.shape[1], dtype=np.int64)[::-1]
        keys = columns @ places  # ascending, as the sets are sorted; columns that hold two attributes are in none
        key = np.sort(np.minimum(self._column_of[attributes], radix), axis=1).astype(np.int64) @ places
        at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        mine = (keys[at] == key) & (np.sort(self._column_of[attributes], axis=1)[:, -1] < radix)
        said, made = 2 * counts[0][mine] + self._whole.precision - 1, counts[1][mine]
        apart = np.rint(np.abs(said / self._whole.doubled - made / self._whole.records) * ONE)
        found, within = np.unique(at[mine], return_inverse=True)
        sums = [np.zeros(len(found), np.int64) for _ in range(3)]
        for total, part in zip(sums, (apart.astype(np.int64), said, made), strict=True):
            np.add.at(total, within, part)
        return pa.record_batch(
            [pa.array(numbers[found].astype(np.int32)), *(pa.array(total) for total in sums)],
            names=["column_set", "apart", "said", "made"],
        )
