"""The longest combinations of a record that a promise up to a length covers. Pure kernel.

If a combination of m attributes is frequent, so is every combination within it. So only the combinations of exactly m
attributes of each record need checking, or the record itself if it is shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

import numpy as np

from ctdc_spark.proof.gathering import merge_equal
from ctdc_spark.records.records import Records, offsets_of

MOST_CELLS = 4_000_000
"""Attributes of the combinations written out at once: 16 MB, and as much again while duplicates are removed."""


def cut_to_length(records: Records, length: int) -> Iterator[Records]:
    """Write out each record's combinations of `length` attributes, or the whole record if it has no more.

    Args:
        records: attributes ascending.
        length: at least 1.

    Yields:
        Records with weight 1, distinct within each. Empty records have no combinations.
    """
    for size in np.unique(records.lengths[records.lengths > 0]):
        rows = np.flatnonzero(records.lengths == size)
        members = records.attributes[records.offsets[rows][:, None] + np.arange(size)]
        places = combinations(range(int(size)), min(length, int(size)))
        together = max(1, MOST_CELLS // (len(rows) * min(length, int(size))))
        while chosen := list(islice(places, together)):
            found = members[:, np.array(chosen)].reshape(-1, len(chosen[0]))
            lengths = np.full(len(found), found.shape[1], np.int64)
            written = merge_equal(Records(found.ravel(), offsets_of(lengths), np.ones(len(found), np.int64)))
            yield Records(written.attributes, written.offsets, np.ones(len(written), np.int64))
