"""The problem of the calibrated synthesizer: the protected counts, brought to the driver as one lattice with targets.

    protected counts --pack--> a few rows of binary columns --collect--> lattice, targets, units

What is collected is bounded by MOST_COMBINATIONS protected counts, and their table by TABLE_CELLS numbers. If there are
more, only the most frequent attributes or the shorter combinations are calibrated; the others are left to chance, but
are evaluated and proven all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.records.records import Ids, Longs
from ctdc_spark.synthesis.calibrated.lattice import Lattice, build_lattice
from ctdc_spark.synthesis.calibrated.targets import Doubles, expect_counts
from ctdc_spark.synthesis.calibrated.units import share_units, split_units
from ctdc_spark.synthesis.oracle.questions import Units

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.counts import ProtectedCounts

MOST_COMBINATIONS = 1_000_000
"""Protected counts on the driver: about 40 MB with their targets and prices."""

TABLE_CELLS = 8_000_000
"""Cells of the lattice's table, 32 MB; sent to every task that grows candidates."""

MOST_ATTRIBUTES = 2_000
"""The most attributes that candidates are made of; if there are more, the most frequent ones."""

PACKED = "length int, members binary, counts binary"


@dataclass(frozen=True)
class Problem:
    """The problem; it holds protected information only.

    Attributes:
        lattice: the combinations that are calibrated; its attribute a is the dictionary's `units.first + a`.
        target: expected count of each; 0 for those that only limit what may be a record. Shape (combinations,).
        units: of growth, from `split_units` and `share_units`.
        length: combinations up to this length have targets.
        longest: length of the longest known frequent combination, whether it fitted or not.
    """

    lattice: Lattice
    target: Doubles
    units: Units
    length: int
    longest: int


def read_problem(reported: DataFrame, counts: ProtectedCounts, precision: int, *, longer: DataFrame | None) -> Problem:
    """Collect the protected counts and build the lattice.

    Args:
        reported: (combination array<int>, protected_count bigint).
        counts: of all subjects, and of each attribute.
        precision: step between protected counts.
        longer: frequent combinations beyond the reporting length; only the fact that they are frequent is used.

    Returns:
        The problem; `length` states up to which length there was room.
    """
    attributes = len(counts.of_attribute)
    first = max(0, attributes - MOST_ATTRIBUTES)
    if longer is not None:
        nothing = F.lit(0).cast("bigint").alias("protected_count")
        reported = reported.unionByName(longer.select("combination", nothing))
    usable = reported.where(F.element_at("combination", 1) >= first)  # ascending: the first is the rarest
    sizes = usable.groupBy(F.size("combination").alias("length")).count().collect()
    by_size = {int(row["length"]): int(row["count"]) for row in sizes}
    length = choose_length(by_size, attributes - first)
    packed = usable.where(F.size("combination") <= length).coalesce(8).mapInArrow(pack_combinations, PACKED)
    rows = [(row["length"], row["members"], row["counts"]) for row in packed.collect()]
    by_length, found = _unpack(rows, first)
    lattice, orders = build_lattice(by_length, attributes - first)
    expected = [expect_counts(np.array([counts.subjects]), precision)]
    for part, order in zip(found, orders, strict=True):
        expected.append(expect_counts(part[order], precision) * (part[order] > 0))
    singles = found[0][orders[0]] if found else np.zeros(0, np.int64)
    by_attribute = np.zeros(attributes - first, np.int64)
    by_attribute[by_length[0][orders[0], 0] if by_length else []] = singles
    unit_of = split_units(by_attribute)
    return Problem(
        lattice=lattice,
        target=np.concatenate(expected),
        units=Units(unit_of, share_units(by_attribute, unit_of, counts.subjects), first),
        length=sum(bool((part > 0).any()) for part in found),
        longest=max(by_size, default=1),
    )


def choose_length(sizes: dict[int, int], attributes: int) -> int:
    """The longest length up to which all combinations fit; at least 1."""
    total = rows = 1
    for length in range(1, max(sizes, default=1) + 1):
        total += sizes.get(length, 0)
        if length > 1 and (total > MOST_COMBINATIONS or rows * attributes > TABLE_CELLS):
            return length - 1
        rows = total
    return max(sizes, default=1)


def pack_combinations(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One row of PACKED for each batch and length: (combination, protected_count) in, bytes out."""
    for batch in batches:
        lists, counts = batch.column(0), np.asarray(batch.column(1)).astype(np.int64)
        lengths = np.asarray(lists.value_lengths()).astype(np.int64)
        flat = np.asarray(lists.flatten()).astype(np.int32)
        at_length = np.repeat(lengths, lengths)
        present = np.unique(lengths)
        parts = [
            pa.array(present.astype(np.int32)),
            pa.array([flat[at_length == length].tobytes() for length in present], pa.binary()),
            pa.array([counts[lengths == length].tobytes() for length in present], pa.binary()),
        ]
        yield pa.record_batch(parts, names=["length", "members", "counts"])


def _unpack(rows: list[tuple[int, bytes, bytes]], first: int) -> tuple[list[Ids], list[Longs]]:
    """Combinations and counts of length 1, 2, ..., attributes numbered from 0."""
    by_length, found = [], []
    for length in range(1, max((row[0] for row in rows), default=0) + 1):
        mine = [row for row in rows if row[0] == length]
        members = np.concatenate([np.frombuffer(row[1], np.int32) for row in mine]).reshape(-1, length)
        by_length.append(members - np.int32(first))
        found.append(np.concatenate([np.frombuffer(row[2], np.int64) for row in mine]))
    return by_length, found
