"""Sums over combinations with their counts on each side, from which all metrics of a comparison follow. Pure kernel.

    (combination, exact, reported, made) --a batch at a time--> sums of whole numbers --added up--> metrics

One pass gives the comparison with the exact counts, with the reported ones, and by attribute and column. Only whole
numbers are summed, so the sums are the same however the rows are divided among tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ctdc_spark.evaluation.marginals import ONE, SIZES

if TYPE_CHECKING:
    from ctdc_spark.records.records import Ids, Longs

COUNTS = "combination array<int>, exact bigint, reported bigint, made bigint"
"""The counts of a combination: in the sensitive records, null if not frequent; as reported, null if not reported; and
in the synthetic records, null if none has it."""

EXACT, REPORTED, ATTRIBUTE, COLUMN = "exact", "reported", "attribute", "column"
SINGLE, SET, OUTSIDE = "single", "set", "outside"


@dataclass(frozen=True)
class Tally:
    """The sums over one group of combinations.

    With a the count of the reference and b that of the synthetic records: combinations with a >= k; those of them with
    b > 0; those with either; min(a, b) / a over the latter, as wholes and as parts of ONE; |b - a| / a over the first,
    likewise; |b - a| over the first; and the three kinds of combinations that must not occur.
    """

    frequent: int = 0
    present: int = 0
    compared: int = 0
    kept_whole: int = 0
    kept_parts: int = 0
    error_whole: int = 0
    error_parts: int = 0
    distance: int = 0
    rare: int = 0
    leakage: int = 0
    fabrication: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in SUMS))

    @property
    def presence(self) -> float | None:
        """The share of the frequent combinations that the synthetic records have; None if there are none."""
        return self.present / self.frequent if self.frequent else None

    @property
    def preservation(self) -> float | None:
        """The mean of min(b / a, 1) over combinations that are frequent or synthetic."""
        return (self.kept_whole + self.kept_parts / ONE) / self.compared if self.compared else None

    @property
    def mean_relative_error(self) -> float | None:
        """The mean of |b - a| / a over the frequent combinations."""
        return (self.error_whole + self.error_parts / ONE) / self.frequent if self.frequent else None


SUMS = tuple(total.name for total in fields(Tally))
"""The columns of these sums."""

TALLIES = ", ".join(["kind string, number int, low bigint", *(f"{name} bigint" for name in SUMS)])
"""SUMS of a group. Its kind is EXACT or REPORTED: the combinations of the length `number` with a reference count in the
bin that begins at `low`; ATTRIBUTE or COLUMN: the reported combinations of two or more attributes that hold `number`;
SINGLE: the reported attribute `number`, of which `present` is the reported count and `frequent` the synthetic one;
SET: CELL_SUMS of the set of columns `number`, as `distance`, `frequent` and `present`; OUTSIDE: how many combinations
of the synthetic records are not frequent, as `frequent`."""

CellKernel = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""From (combination, reported count, synthetic count) to CELL_SUMS."""

Tallies = dict[tuple[str, int, int], Tally]
"""By kind, number and low."""


class Tallier:
    """Add up the rows of COUNTS, a batch at a time."""

    def __init__(self, threshold: int, column_of: Ids, cells: CellKernel | None = None) -> None:
        self._threshold = threshold
        self._column_of = column_of
        self._cells = cells

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield TALLIES of all batches together."""
        found: Tallies = {}
        for batch in batches:
            add_up(found, self._tally(batch))
        yield _to_batch(found)

    def _tally(self, batch: pa.RecordBatch) -> Tallies:
        lists = batch.column(0)
        lengths, attributes = np.asarray(lists.value_lengths()).astype(np.int64), np.asarray(lists.flatten())
        exact, reported, made = (_counts_of(batch.column(i)) for i in (1, 2, 3))
        found: Tallies = {}
        outside = int(((exact < 0) & (made > 0)).sum())
        if outside:
            found[OUTSIDE, 0, 0] = Tally(frequent=outside)
        b = np.maximum(made, 0)
        for kind, said in ((EXACT, exact), (REPORTED, reported)):
            # unreported combinations count as held by nobody; exact counts of infrequent ones are found elsewhere
            rows = np.flatnonzero((said >= 0) | ((b > 0) & (kind == REPORTED)))
            a = np.maximum(said[rows], 0)
            sums = sum_pairs(a, b[rows], self._threshold)
            _add_groups(found, kind, (lengths[rows], bin_starts(a, self._threshold)), sums)
        self._tally_attributes(found, lengths, attributes, (reported, b))
        if self._cells is not None:
            fitting = (reported >= 0) & (lengths >= min(SIZES)) & (lengths <= max(SIZES))
            shown = [lists.filter(pa.array(fitting)), pa.array(reported[fitting]), pa.array(b[fitting])]
            _tally_sets(found, self._cells, pa.record_batch(shown, names=["combination", "reported", "made"]))
        return found

    def _tally_attributes(self, found: Tallies, lengths: Longs, attributes: Ids, counts: tuple[Longs, Longs]) -> None:
        reported, b = counts
        starts = np.cumsum(lengths) - lengths
        single = np.flatnonzero((lengths == 1) & (reported >= 0))
        for number, a, of_it in zip(attributes[starts[single]].tolist(), reported[single], b[single], strict=True):
            found[SINGLE, number, 0] = Tally(frequent=int(of_it), present=int(a))
        longer = np.flatnonzero((lengths > 1) & (reported >= 0))
        sums = sum_pairs(reported[longer], b[longer], 1)
        row = np.repeat(np.arange(len(longer)), lengths[longer])
        cells = np.repeat(starts[longer], lengths[longer]) + _places_within(lengths[longer])
        held = attributes[cells].astype(np.int64)
        _add_groups(found, ATTRIBUTE, (held, np.zeros_like(held)), sums[:, row])
        width = int(self._column_of.max()) + 1 if len(self._column_of) else 1
        # a combination with several values of a column counts once
        row, column = np.divmod(np.unique(row * width + self._column_of[held]), width)
        _add_groups(found, COLUMN, (column, np.zeros_like(column)), sums[:, row])


def sum_pairs(a: Longs, b: Longs, threshold: int) -> Longs:
    """What each pair of counts adds to SUMS; shape (SUMS, pairs)."""
    frequent, rare = a >= threshold, (a > 0) & (a < threshold) & (b > 0)
    compared, error = frequent | (b > 0), np.abs(b - a)
    kept = np.divmod(np.where(a > 0, np.minimum(a, b), 0), np.maximum(a, 1))
    off = np.divmod(error, np.maximum(a, 1))
    parts = [np.floor(rest / np.maximum(a, 1) * ONE + 0.5).astype(np.int64) for rest in (kept[1], off[1])]
    columns = {
        "frequent": frequent,
        "present": frequent & (b > 0),
        "compared": compared,
        "kept_whole": np.where(compared, kept[0], 0),
        "kept_parts": np.where(compared, parts[0], 0),
        "error_whole": np.where(frequent, off[0], 0),
        "error_parts": np.where(frequent, parts[1], 0),
        "distance": np.where(frequent, error, 0),
        "rare": rare,
        "leakage": rare & (b < threshold),
        "fabrication": (a == 0) & (b > 0),
    }
    return np.array([columns[name] for name in SUMS], np.int64).reshape(len(SUMS), -1)


def bin_starts(counts: Longs, threshold: int) -> Longs:
    """Lower edge of each count's bin: k, 2k, 4k, ...; 0 for counts below k."""
    doublings = np.frexp(np.maximum(counts // threshold, 1).astype(np.float64))[1].astype(np.int64) - 1
    return np.where(counts >= threshold, threshold << doublings, 0)


def sums_of_sets(tallies: Tallies) -> dict[int, tuple[int, int, int]]:
    """The row of CELL_SUMS of each set of columns, without the set."""
    sets = {number: tally for (kind, number, _), tally in tallies.items() if kind == SET}
    return {number: (tally.distance, tally.frequent, tally.present) for number, tally in sets.items()}


def add_up(found: Tallies, more: Tallies) -> None:
    """Add some tallies to others."""
    for key, tally in more.items():
        found[key] = found[key] + tally if key in found else tally


def read_tallies(rows: Iterable[Iterable[Any]]) -> Tallies:
    """The tallies of all tasks together.

    Args:
        rows: of TALLIES.
    """
    found: Tallies = {}
    for kind, number, low, *sums in rows:
        add_up(found, {(kind, number, low): Tally(*sums)})
    return found


def _tally_sets(found: Tallies, cells: CellKernel, batch: pa.RecordBatch) -> None:
    for sums in cells([batch]):
        for number, apart, said, made in zip(*(column.to_pylist() for column in sums.columns), strict=True):
            add_up(found, {(SET, number, 0): Tally(distance=apart, frequent=said, present=made)})


def _counts_of(column: pa.Array) -> Longs:
    """The counts, -1 for null."""
    return np.asarray(column.fill_null(-1)).astype(np.int64)


def _places_within(lengths: Longs) -> Longs:
    """0, 1, ... for each length, one after the other."""
    return np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _add_groups(found: Tallies, kind: str, keys: tuple[Longs, Longs], sums: Longs) -> None:
    """Add up the columns of `sums` that have the same two keys; shape (SUMS, columns)."""
    if not len(keys[0]):
        return
    order = np.lexsort(keys[::-1])
    first, second = keys[0][order], keys[1][order]
    starts = np.flatnonzero(np.concatenate([[True], (first[1:] != first[:-1]) | (second[1:] != second[:-1])]))
    grouped = np.add.reduceat(sums[:, order], starts, axis=1)
    for number, low, of_group in zip(first[starts].tolist(), second[starts].tolist(), grouped.T.tolist(), strict=True):
        add_up(found, {(kind, number, low): Tally(*of_group)})


def _to_batch(found: Tallies) -> pa.RecordBatch:
    kinds, numbers, lows = ([key[i] for key in found] for i in range(3))
    sums = [pa.array([getattr(tally, name) for tally in found.values()], pa.int64()) for name in SUMS]
    keys = [pa.array(kinds, pa.string()), pa.array(numbers, pa.int32()), pa.array(lows, pa.int64())]
    return pa.record_batch([*keys, *sums], names=["kind", "number", "low", *SUMS])
