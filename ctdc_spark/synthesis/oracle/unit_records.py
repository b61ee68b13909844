"""The records of one unit of work: which ones, how many, and in which order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Records, offsets_of

SORTED_BY = 3
"""Attributes by which the records of a unit are sorted."""

PART = 2
"""Stream of the content hash that chooses a part; other streams order records."""


def choose_part(records: Records, share: float) -> Records:
    """About this share of the records, chosen by their content: the same ones however the data are divided.

    What at least k subjects of a part hold, at least k of all hold, so a yes stays true. A no may be wrong if fewer
    than about k / share subjects hold a set, which only costs candidates.
    """
    if share >= 1:
        return records
    return records.take(np.flatnonzero(records.content_hash(PART) < np.uint64(share * 2.0**64)))


def hold_unit(records: Records, unit_of: npt.NDArray[np.int64], unit: int) -> Records:
    """The whole records that hold an attribute of the unit; those that share the rarest from there on are neighbours.

    So the subjects of a set are close together, and few words of its bitmap are non-zero.
    """
    units = unit_of[records.attributes]
    before, mine = (offsets_of(which.astype(np.int64)) for which in (units < unit, units == unit))
    held = np.flatnonzero(mine[records.offsets[1:]] > mine[records.offsets[:-1]])
    ends = records.offsets[1:][held]
    cell = records.offsets[:-1][held] + before[ends] - before[records.offsets[:-1][held]]
    key = np.zeros(len(held), np.int64)
    for step in range(SORTED_BY):
        there = np.minimum(cell + step, len(records.attributes) - 1)
        key = key * (len(unit_of) + 1) + np.where(cell + step < ends, records.attributes[there] + 1, 0)
    return records.take(held[np.argsort(key, kind="stable")])


def leave_out_rarer(records: Records, first: int) -> Records:
    """Records without the attributes below `first`, with the others numbered from 0."""
    if first == 0:
        return records
    kept = records.attributes >= first
    ends = np.concatenate([[0], np.cumsum(kept)])
    return Records(records.attributes[kept] - np.int32(first), ends[records.offsets], records.weights)
