"""Units of work on partitions of their own.

Spark puts a row on the partition hash(key) mod n. With n units on n partitions, more than a third of the partitions get
none and one gets about four, so that three tasks wait for one. Here each unit's key is chosen by its hash.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SEED = 42
"""The seed of Spark's hash partitioning."""

MOST_PLACED = 512
"""Above this, chance spreads the work well enough, and the list of keys would burden the plan."""


def partition_by_unit(frame: DataFrame, units: int, *within: Column) -> DataFrame:
    """Repartition so that the rows of unit u are alone on partition u; sorted by unit, where several share one.

    An engine with another hash function gives the same rows, spread by chance.

    Args:
        frame: rows with a column `unit int`.
        units: its values are 0 to units - 1.
        within: how the rows of a unit are sorted.
    """
    number, key = max(1, units), F.col("unit")
    if number <= MOST_PLACED:
        key = F.expr(f"element_at(array({', '.join(map(str, keys_of(number)))}), unit + 1)")
    return frame.repartition(number, key).sortWithinPartitions("unit", *within)


@lru_cache(maxsize=64)
def keys_of(partitions: int) -> tuple[int, ...]:
    """For each partition the smallest whole number that Spark puts there.

    Example:
        >>> keys_of(3)
        (0, 1, 11)
    """
    drawn, found = 16 * partitions, np.empty(0)
    while len(found) < partitions:
        drawn *= 2
        found, first = np.unique(murmur3(np.arange(drawn, dtype=np.uint32)) % partitions, return_index=True)
    return tuple(first.tolist())


def murmur3(values: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """MurmurHash3 (Appleby 2011) of 32-bit numbers, x86 in 32 bits, as Spark's `hash`. Shape as the values'."""
    with np.errstate(over="ignore"):
        mixed = _rotate(values * np.uint32(0xCC9E2D51), 15) * np.uint32(0x1B873593)
        state = _rotate(mixed ^ np.uint32(SEED), 13) * np.uint32(5) + np.uint32(0xE6546B64)
        state ^= np.uint32(4)  # bytes of a value
        state = (state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        state = (state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    hashes: npt.NDArray[np.int64] = (state ^ (state >> np.uint32(16))).view(np.int32).astype(np.int64)
    return hashes


def _rotate(values: npt.NDArray[np.uint32], bits: int) -> npt.NDArray[np.uint32]:
    turned: npt.NDArray[np.uint32] = (values << np.uint32(bits)) | (values >> np.uint32(32 - bits))
    return turned
